"""A lock as a value and as a file: pylock.toml (PEP 751). `packaging.pylock.Pylock` is the value everywhere.

A lock of unknown origin comes in; the packages of each target go out, and files with at least one digest each.

    select               the packages of a lock for a target, or why the target cannot have the lock
    extras_and_groups    the requested optional parts
    dependencies         the packages that a package is recorded to depend on
    rules                the rules that a lock's files keep before one of them is fetched
    artifact             a package's file: its address, size and digests
    prefer_pure          a lock of pure wheels only, where there are any (`--prefer-pure`)
    earlier              a lock that is there: the versions to keep of it, and what changed
    commits              the commits of its repositories, kept likewise
    merge                locks for one target each, made into one lock with markers
    write                the text of a lock, without paths and secrets of this machine
"""
