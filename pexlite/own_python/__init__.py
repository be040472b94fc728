"""Pythons that files carry: from `--python-from PATH|ARCHIVE|uv` to an interpreter archive in the store.

Imported only by a build that asks for one: it stands on pyelftools, which is an extra.

    find        the Pythons of a request, and each as an archive in the store: open this first
    source      what `--python-from` names: a prefix on this machine, and the target that it is
    match       Pythons and targets, one for each
    prefix      a directory that CPython is installed in
    elf         the machine and libraries of programs and shared libraries
    selection   the files of a prefix that travel
    pack        a directory as an archive, the same bytes each time
"""
