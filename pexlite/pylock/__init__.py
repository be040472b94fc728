"""A lock as a value and as a file: pylock.toml (PEP 751). `packaging.pylock.Pylock` is the value everywhere.

In comes a lock of anybody's; out come the packages of each target, and files of which each has a digest.

    select               what a lock gives a target, or what keeps the target from it
    extras_and_groups    the optional parts that are wanted
    rules                the rules that a lock's files keep before one of them is fetched
    artifact             a package's file: its address, size and digests
    prefer_pure          a lock of pure wheels only, where there are any (`--prefer-pure`)
    merge                locks for one target each, made into one lock with markers
    write                the text of a lock, without paths and secrets of this machine
"""
