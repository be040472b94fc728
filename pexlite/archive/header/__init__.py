"""The first bytes of a file: what the kernel starts it with.

A `#!` line for a Python, a program with its configuration (launcher_configuration), or a program of sh, which
`shell` puts together of these parts:

    warm.sh    starts an app that is unpacked, by the pointer that its first start has left
    host.sh    finds a Python of this machine; none.sh: the words where there is none
    whole.sh   looks for what a file that brings a Python cannot do without: its own end, /dev/null
    own.sh     unpacks the Python that the file brings
"""

from __future__ import annotations

from collections.abc import Sequence

from pexlite.archive.header.shell import program
from pexlite.archive.launch_options import shebang_of
from pexlite.archive.launcher_configuration import launcher_with_configuration
from pexlite.model import Bundle
from pexlite.outputs import UNREADABLE

_SAMPLE_BUILD_ID = "0" * 16


def header(bundle: Bundle, build_id: str = _SAMPLE_BUILD_ID, own_offsets: Sequence[int] = ()) -> bytes:
    """The `#!` line, a program of sh, or an ELF program; as many bytes for one build id as for any other.

    `own_offsets` are the places in the file of the bundle's own Pythons, which make it no longer either. Raises
    UsageError for a line that no kernel could read.
    """
    places = tuple(own_offsets) or (0,) * len(bundle.own_pythons)
    if bundle.launch.launcher == "elf":
        return launcher_with_configuration(bundle, build_id, places)
    if bundle.launch.sh_boot or bundle.own_pythons:
        return program(bundle, build_id, places).encode("utf-8", "surrogateescape")
    return f'#!{shebang_of(bundle.launch)}\n"{UNREADABLE}\n'.encode()
