"""Files, directories and programs of this machine, for every other room.

Paths, names and bytes come in that others may have chosen; answers go out that need no `try` around them.

    paths       questions about paths that may be no valid paths at all
    names       valid names of files: the one judge of names out of wheels, locks and manifests
    digests     the sha256 of a file, computed once in a process
    replacing   files that replace others atomically
    sealed      pexlite's own JSON, recognised as its own when it is read again
    places      where the store is, whether only its owner can write to it, and where pip's configuration lies
    programs    the programs on PATH, never those of the current directory
"""
