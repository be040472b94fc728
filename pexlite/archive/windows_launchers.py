"""The programs that start console scripts on Windows, as distlib has them; only files for Windows carry them.

Windows finds and starts a program by its ending .exe, as a venv's. pip and distlib take the same ones: a launcher,
then a line that names the Python, then a zip with the script. A launcher for x86-64 has 108 kB, 52 kB deflated.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path

FOLDER = ".launchers/"
"""The folder of a file that holds them, each under the name of a platform, as the runtime has it."""
_PROGRAMS = {"win_amd64": "t64.exe", "win_arm64": "t64-arm.exe", "win32": "t32.exe"}
_LICENSE = "LICENSE.txt"


def windows_launchers(platforms: Iterable[str]) -> tuple[tuple[str, bytes], ...]:
    """The launchers for those of `platforms` that are Windows, and their licence, by their paths in the file."""
    own = sorted(_PROGRAMS.keys() & set(platforms))
    found = [(f"{FOLDER}{platform}.exe", _program(_PROGRAMS[platform])) for platform in own]
    return (*found, (FOLDER + _LICENSE, _license())) if found else ()


@functools.cache
def _program(name: str) -> bytes:
    import distlib  # type: ignore[import-untyped]  # few builds are for Windows

    return Path(distlib.__file__).with_name(name).read_bytes()


@functools.cache
def _license() -> bytes:
    from importlib import metadata

    files = metadata.files("distlib") or ()
    return next(Path(str(file.locate())).read_bytes() for file in files if file.name == _LICENSE)
