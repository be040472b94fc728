"""The locks of poetry, pdm and pipenv, which name versions and hashes, and no addresses of files.

A lock's file comes in; a `ForeignLock` goes out, and from that, by a resolver that may take these files only, a
`Pylock`.

    kinds      the table of the kinds, by their file's name: open this first
    pinned     the values: a package as such a lock has it
    of_poetry, of_pdm, of_pipenv    a kind each
    entries    values out of tables that others wrote, or an error that names the entry
    exported   such a lock as its own tool exports it, where no resolver finds the files
    located    the packages that some requirements need, with the addresses of their files
"""
