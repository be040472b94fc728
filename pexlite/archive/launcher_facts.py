"""The facts of a bundle that both launchers go by, the program of sh and the static one, and words for people."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from pexlite.archive.launch_options import VARIABLE, python_of
from pexlite.model import Bundle, LaunchOptions, OwnPython
from pexlite.model.pythons import known

LARGEST_OFFSET = 15
"""The digits of an offset: as many for each, so that a launcher's length does not depend on it."""
_AHEAD = 3  # minor versions that are yet to come, looked for by name
_PLACEHOLDER = "{pex.env."


def host_pythons(bundle: Bundle) -> list[str]:
    """The names to look for a Python of the host by, best first."""
    names = [python_of(bundle.launch), "python3"]
    tags = list(dict.fromkeys(tag for variant in bundle.variants for tag in known(variant.pythons, _AHEAD)))
    for implementation, program in (("cp", "python"), ("pp", "pypy")):
        names += [f"{program}{tag[2]}.{tag[3:]}" for tag in reversed(tags) if tag.startswith(implementation)]
    return list(dict.fromkeys(names))


@functools.cache
def trial() -> str:
    """The program by which an unpacked Python tells that it starts, and that its files are as they were."""
    return Path(__file__).with_name("trial.py").read_text(encoding="utf-8").split('"""\n', 1)[1].lstrip()


def is_left_to_python(launch: LaunchOptions, in_process: bool) -> bool:
    """Whether Python alone can do what is sealed in: no shell sets such variables, or finds those in arguments."""
    named = not in_process and any(_PLACEHOLDER in word for word in launch.inject_args)
    return named or not all(VARIABLE.fullmatch(name) for name, _ in launch.inject_env)


def in_words(pythons: Sequence[OwnPython]) -> str:
    """The Pythons, as in "CPython 3.11.9 for linux x86_64 (glibc 2.17 and newer)"."""
    found = []
    for own in pythons:
        system, _, machine = own.platform.partition("_")
        libc = f" ({own.libc[0]} {own.libc[1][0]}.{own.libc[1][1]} and newer)" if own.libc else ""
        found.append(f"CPython {own.version} for {system} {machine}{libc}")
    return ", ".join(found)
