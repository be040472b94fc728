"""The static launcher: the first bytes of a file that has to start where there is neither a Python nor a shell.

A machine's name comes in, the bytes of an ELF program go out. Its source is C, in `source/`; `source/launcher.c`
says how to read it. It stands alone: no C library, some forty system calls, and it does what the sh header
(archive/header.py) does, the unpacking of the file's own Python included.

    prebuilt   the programs as they travel, and what compiled them
    compiled   the same, compiled anew: `python -m pexlite.launcher.compiled` after a change to the source

They travel compiled, since who builds a file need not have a compiler, least of all one for the other machine, and
the same request must make the same bytes everywhere. `tests/launcher` compiles the source and compares.
"""

from pexlite.launcher.prebuilt import MACHINES, launcher

__all__ = ["MACHINES", "launcher"]
