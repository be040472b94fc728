"""The paths of where a Python was built and installed, taken out of its files so that it may lie anywhere."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from pexlite.own_python.prefix import Prefix

_HERE = "/pexlite-prefix"
"""Stands for the directory in which the Python lies, until the module is imported."""
_ELSEWHERE = "/nonexistent"
# What is after a letter, a dot or a closing bracket is the rest of a relative path or of a variable of make.
_ABSOLUTE = re.compile(r"""(?<![\w.$)}/-])(/[\w.+@-]+)(?:/[\w.+@-]*)*""", re.ASCII)
_PREFIX = re.compile(r"'prefix': '(/[^'\n]*)'")
_COMMON = frozenset({"/", "/usr", "/usr/local", "/opt"})
_EVERYWHERE = frozenset({"/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/dev", "/proc", _HERE})
# Variables of sysconfig that are places in the prefix. Nothing else that lies in one of the system's, as /usr, is
# Python's.
_PLACES = re.compile(
    r"'(?:BINDIR|BINLIBDEST|CONFINCLUDEDIR|CONFINCLUDEPY|DATADIR|DATAROOTDIR|DESTDIRS|DESTLIB|DESTSHARED|"
    r"INCLDIRSTOMAKE|INCLUDEDIR|INCLUDEPY|LIBDEST|LIBDIR|LIBPC|LIBPL|MACHDESTLIB|MANDIR|SCRIPTDIR|datarootdir)'"
    r": *'[^'\n]*'(?:\n +'[^'\n]*')*"
)
_SETUP_OF_PIP = re.compile(r'^( +)def _setup_pip\(self, context\):\n(?: +""".*"""\n)?', re.MULTILINE)
_WITHOUT_PIP = (
    "raise RuntimeError('this Python came in a file, without ensurepip: "
    "add --without-pip, or build the file with --python-full')\n"
)
_COMPUTED = f"""
import sys
build_time_vars = {{
    name: value.replace("{_HERE}", sys.base_prefix) if isinstance(value, str) else value
    for name, value in build_time_vars.items()
}}
build_time_vars["prefix"] = build_time_vars["exec_prefix"] = sys.base_prefix
"""


def free_of_places(prefix: Prefix, root: Path, binaries: Iterable[str]) -> None:
    """Take the prefix's place, and that where it was built, out of the files of its copy at `root`.

    sysconfig's variables are computed from where the copy lies.
    """
    data = sorted((root / prefix.standard_library).glob("_sysconfigdata*.py"))
    built = (_PREFIX.search(path.read_text(encoding="utf-8")) for path in data)
    known = {str(prefix.root), os.path.realpath(prefix.root), *(found[1] for found in built if found)}
    names = sorted(known - _COMMON, key=len, reverse=True)
    for path in data:
        text = path.read_text(encoding="utf-8")
        for name in names:
            text = text.replace(name, _HERE)
        for name in known & _COMMON - {"/"}:
            inside = re.compile(rf"{name}(?=[/' ])")
            text = _PLACES.sub(partial(_moved, inside), text)
        path.write_text(_ABSOLUTE.sub(_known_everywhere, text) + _COMPUTED, encoding="utf-8")
    # All but the last part of the path: linkers have one text end in another, and "3.11.7" may be the version.
    directories = {str(Path(name).parent) for name in names} - _COMMON
    for binary in binaries:
        for directory in sorted(directories, key=len, reverse=True):
            _overwrite(root / binary, directory.encode())


def tell_of_ensurepip(prefix: Prefix, root: Path) -> None:
    """Have `python -m venv` of the copy at `root` say what to type, where it has no wheel of pip."""
    library = root / prefix.standard_library
    venv = library / "venv" / "__init__.py"
    if venv.is_file() and not (library / "ensurepip" / "_bundled").is_dir():
        text = venv.read_text(encoding="utf-8")
        text = _SETUP_OF_PIP.sub(lambda found: f"{found[0]}{found[1]}    {_WITHOUT_PIP}", text)
        venv.write_text(text, encoding="utf-8")


def _moved(inside: re.Pattern[str], found: re.Match[str]) -> str:
    return inside.sub(_HERE, found[0])


def _known_everywhere(found: re.Match[str]) -> str:
    return found[0] if found[1] in _EVERYWHERE else _ELSEWHERE


def _overwrite(path: Path, directory: bytes) -> None:
    """Put another name, of as many bytes, in the place of `directory` in a program or library."""
    content = path.read_bytes()
    if directory + b"/" in content:
        path.write_bytes(content.replace(directory + b"/", b"/".ljust(len(directory), b"-") + b"/"))
