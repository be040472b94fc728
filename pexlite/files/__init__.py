"""Files, directories and programs of this machine, for every other room.

In come paths, names and bytes that somebody else may have chosen; out come answers that need no `try` around them.

    paths       what is at a path, for words that may be no path at all
    names       what a file may be called: the one judge of names out of wheels, locks and manifests
    digests     the sha256 of a file, computed once in a process
    replacing   a file that takes the place of another at once, when it is whole
    sealed      JSON that pexlite keeps for itself, and knows again as its own
    places      where the store is, that nobody else writes to it, and where pip's configuration lies
    programs    the programs on PATH, never those of the current directory
"""
