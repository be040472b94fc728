"""Whether a file runs on a machine: before a byte of it is sent there."""

from __future__ import annotations

from pexlite.errors import HostError
from pexlite.listed import listed
from pexlite.model import Libc, Manifest, Variant
from pexlite.model.pythons import serves
from pexlite.ship.destination import Destination
from pexlite.ship.state import Machine

_INTERPRETERS = {"cp": "CPython", "pp": "PyPy"}


def check_fits(manifest: Manifest, machine: Machine, destination: Destination) -> None:
    """Raise HostError, saying what is there and how to build for it, unless a Python there runs the file."""
    if any(_fits(variant, machine) for variant in manifest.variants):
        return
    # A Python in the file takes the wheels of its own tag.
    for own in manifest.own_pythons:
        if own.platform == machine.platform and _has_libc(Libc(*own.libc) if own.libc else None, machine):
            return
    host = destination.host
    raise HostError(
        f"no Python on {host} runs this file",
        causes=[f"it runs on {manifest.runs_on}", f"{host} has {described(machine)}"],
        hint=f"build it for that machine: pexlite … --for {host}",
    )


def described(machine: Machine) -> str:
    """A machine in words: `CPython 3.9 and 3.11 on linux x86_64 (glibc 2.31)`."""
    pythons = listed([_python_in_words(tag) for tag in machine.pythons]) if machine.pythons else "no Python"
    system, _, name = machine.platform.partition("_")
    libc = ""
    if machine.libc:
        version = f" {'.'.join(map(str, machine.libc[1]))}" if machine.libc[1] else ""
        libc = f" ({machine.libc[0]}{version})"
    return f"{pythons} on {system} {name}{libc}"


def _fits(variant: Variant, machine: Machine) -> bool:
    return _fits_platform(variant, machine) and any(
        serves(variant.pythons, tag) for tag in machine.pythons if tag[:2] in _INTERPRETERS
    )


def _fits_platform(variant: Variant, machine: Machine) -> bool:
    if variant.platform == "any":
        return True
    if variant.platform != machine.platform:
        return False
    if variant.libc and not _has_libc(variant.libc, machine):
        return False
    return not variant.macos or machine.macos is None or machine.macos >= variant.macos


def _has_libc(needed: Libc | None, machine: Machine) -> bool:
    if needed is None:
        return True
    if machine.libc is None or machine.libc[0] != needed.name:
        return False
    return machine.libc[1] is None or machine.libc[1] >= needed.version


def _python_in_words(tag: str) -> str:
    name, free = tag.rstrip("t"), " free-threaded" * tag.endswith("t")
    return f"{_INTERPRETERS.get(name[:2], name[:2])} {name[2:3]}.{name[3:]}{free}"
