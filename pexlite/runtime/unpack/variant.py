"""The file's variants: the wheels that this Python on this machine gets."""

import os

from .. import system
from ..start import cache_root, python_tag
from ..tags import are_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..app.switches import Switches


def choose(manifest: "dict[str, Any]", file: str, switches: "Switches | None") -> int:
    """The number of the variant for this Python.

    May not return: where there is none, execs another Python or exits with an error.
    """
    found = here(manifest)
    if found is not None:
        return found
    from .. import pythons
    from ..file import interpreter

    own = manifest["pexlite"].get("interpreters")
    fitting = [variant for variant in manifest["pexlite"]["variants"] if fits_platform(variant)]
    accepted = [python for variant in fitting for python in variant["pythons"]]
    words = "" if fitting else " on " + platform_words()
    root = cache_root(manifest["pex_root"])
    # Where pexlite looks at the file there are no switches, and nothing of the file runs.
    if own and switches and not interpreter.of_this_process(manifest) and not pythons.is_asked_for(switches):
        pythons.run_another(file, accepted, manifest["pexlite"]["runs_on"], switches, root, words)
        switches.give_back()
        pythons.hand_over(file)
    pythons.run_fitting(file, accepted, manifest["pexlite"]["runs_on"], switches, root, words)


def here(manifest: "dict[str, Any]") -> "int | None":
    """The number of the variant for this Python; None where there is none."""
    tag = python_tag()
    if tag.startswith("pp"):
        import _imp

        tag += "_" + _imp.extension_suffixes()[0].split("-")[1]  # .pypy311-pp73-x86_64-linux-gnu.so
    for number, variant in enumerate(manifest["pexlite"]["variants"]):
        if are_of(variant["pythons"], tag) and fits_platform(variant):
            return number
    return None


def wheels_of(manifest: "dict[str, Any]", number: int) -> "list[dict[str, Any]]":
    """A variant's wheels, in installation order."""
    own = manifest["pexlite"]
    return [own["wheels"][index] for index in own["variants"][number]["wheels"]]


def fits_platform(variant: "dict[str, Any]") -> bool:
    """Whether the variant's wheels run on this machine, by its system, C library and macOS version."""
    platform = variant["platform"]
    if platform == "any":
        return True
    if platform != system.platform():
        return False
    if variant["libc"]:
        name, version = _libc()
        if name != variant["libc"][0] or version and version < tuple(variant["libc"][1]):
            return False
    if variant["macos"]:
        from platform import mac_ver

        here = tuple([int(part) for part in mac_ver()[0].split(".")[:2]])
        return here >= tuple(variant["macos"])
    return True


def _libc() -> "tuple[str, tuple[int, ...] | None]":
    """The system's C library, as ("glibc", (2, 36)); the version is None where it is unknown."""
    try:
        name, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").split()
        return name, tuple([int(part) for part in version.split(".")[:2]])
    except (AttributeError, OSError, ValueError):
        return "musl", _musl_version("/lib")


def _musl_version(directory: str) -> "tuple[int, ...] | None":
    """The version that musl's loader tells when it is called without a program; None where it does not.

    Its output is "musl libc (x86_64)", then "Version 1.2.5", on stderr.
    """
    import subprocess

    try:
        for name in sorted(os.listdir(directory)):
            if name.startswith("ld-musl-"):
                told = subprocess.Popen([directory + "/" + name], stderr=subprocess.PIPE).communicate()[1]
                version = told.partition(b"\nVersion ")[2].split(b".")
                return int(version[0]), int(version[1])
    except (OSError, ValueError, IndexError):
        pass
    return None


def platform_words() -> str:
    """A description of this machine, as "linux x86_64 (glibc 2.36)"."""
    kind, _, machine = system.platform().partition("_")
    name, version = _libc() if kind == "linux" else ("", None)
    libc = " (%s%s)" % (name, " %d.%d" % version[:2] if version else "") if name else ""
    return "%s %s%s" % (kind, machine, libc)
