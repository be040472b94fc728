"""A host's Pythons and platform: this module travels."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_KINDS = {"python": "cp3", "pypy": "pp3"}


def described() -> "dict[str, Any]":
    """The Pythons and the platform of this machine."""
    machine = os.uname()[4]
    if sys.maxsize <= 2**32:
        machine = {"x86_64": "i686", "aarch64": "armv7l"}.get(machine, machine)
    said = {}  # type: dict[str, Any]
    said["platform"] = ("macosx" if sys.platform == "darwin" else sys.platform) + "_" + machine
    said["python"] = _python_tag()
    said["executable"] = sys.executable
    said["pythons"] = _pythons_by_name()
    said["libc"] = _libc() if sys.platform.startswith("linux") else None
    if sys.platform == "darwin":
        from platform import mac_ver

        said["macos"] = [int(part) for part in mac_ver()[0].split(".")[:2]]
    return said


def _python_tag() -> str:
    version = "%d%d" % sys.version_info[:2]
    if sys.implementation.name == "cpython":
        return "cp" + version + ("t" if "t" in getattr(sys, "abiflags", "") else "")
    return ("pp" if sys.implementation.name == "pypy" else sys.implementation.name) + version


def _pythons_by_name() -> "list[str]":
    """The tags of all Pythons on PATH, by their names."""
    found = set()
    for directory in os.environ.get("PATH", "").split(":"):
        try:
            names = os.listdir(directory or ".")
        except OSError:
            continue
        for name in names:
            tag = _tag_in(name)
            if tag and os.access(os.path.join(directory, name), os.X_OK):
                found.add(tag)
    return sorted(found)


def _tag_in(name: str) -> "str | None":
    """The tag of a Python of this name, as python3.13t."""
    kind, _, version = name.partition("3.")
    minor = version[:-1] if version[-1:] == "t" else version
    known = kind in _KINDS and minor and set(minor) <= set("0123456789")
    return _KINDS[kind] + version if known else None


def _libc() -> "list[Any]":
    try:
        name, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").split()
        return [name, [int(part) for part in version.split(".")[:2]]]
    except (AttributeError, OSError, ValueError):
        return ["musl", None]


def has(codec: str) -> bool:
    """Whether this Python has the module that decompresses `codec`."""
    try:
        __import__({"xz": "lzma"}.get(codec, codec))
        return True
    except ImportError:
        return False
