"""The targets of a build, from `--python`, `--platform`, `--target` and `--for`."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pexlite.model import Progress, Report, Target
from pexlite.targets.interpreters import named_target, running_target
from pexlite.targets.platforms import platform_target
from pexlite.targets.probe import host_target, read_target


@dataclass(frozen=True)
class Described:
    """Targets that describe themselves."""

    files: Sequence[Path] = ()
    """Written by `pexlite probe`, or by pex."""
    hosts: Sequence[str] = ()
    """As ssh names them."""


def find_targets(
    pythons: Sequence[str],
    platforms: Sequence[str],
    report: Report,
    described: Described = Described(),
    otherwise: Sequence[Target] = (),
) -> tuple[Target, ...]:
    """The targets of `pythons`, `platforms` and those that are `described`, without duplicates.

    Where none is named it is `otherwise`, or the running interpreter.

    Raises TargetError for a Python that is missing or does not answer, a misspelt platform, and a file that
    `pexlite probe` did not write; HostError for a host that does not answer.
    """
    here = functools.cache(running_target)
    if not pythons and not platforms and not described.files and not described.hosts:
        return tuple(otherwise) or (here(),)
    found = []
    for spelling in platforms:
        found.append(here() if spelling == "current" else platform_target(spelling))
    found += map(read_target, described.files)
    for host in described.hosts:
        report(Progress("targets", f"asking {host}"))
        found.append(host_target(host))
    asked = []
    for spelling in pythons:
        report(Progress("targets", f"asking {spelling}"))
        asked.append(named_target(spelling, here()))
    unique = {(target.python, target.platform, target.libc): target for target in reversed([*asked, *found])}
    return tuple(unique.values())[::-1]
