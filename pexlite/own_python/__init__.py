"""Pythons that files carry: from `--python-from PATH|ARCHIVE|uv` to an interpreter archive in the store.

Imported only by a build that asks for one, since few do; tools that take a Python out of a file use `members`.

    find        the Pythons of a request, and each as an archive in the store: open this first
    source      what `--python-from` names: a prefix on this machine, and the target that it is
    uv          one that uv manages; unpack: an archive, unpacked into the store; members: judged and written
    match       Pythons and targets, one for each
    make        a prefix into an archive, step by step; kept: such archives in the store
    prefix      a directory that CPython is installed in
    selection   the files of it that travel
    elf         the machine and libraries of programs and shared libraries
    libraries   the system's libraries, copied in beside it
    text        the paths of where it was built, taken out
    moved       a copy moved and run elsewhere
    trial, compile_library
                programs that it runs there
    pack        a directory as an archive, the same bytes each time
"""
