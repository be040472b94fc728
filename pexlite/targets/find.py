"""The targets of a build, from `--python`, `--platform` and `--target`."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from pexlite.model import Progress, Report, Target
from pexlite.targets.interpreters import named_target, running_target
from pexlite.targets.platforms import platform_target
from pexlite.targets.probe import read_target


def find_targets(
    pythons: Sequence[str],
    platforms: Sequence[str],
    report: Report,
    files: Sequence[Path] = (),
    otherwise: Sequence[Target] = (),
) -> tuple[Target, ...]:
    """The targets of `pythons`, `platforms` and `files`, without duplicates.

    Where none is named it is `otherwise`, or the running interpreter.

    Raises TargetError for a Python that is missing or does not answer, a misspelt platform, and a file that
    `pexlite probe` did not write.
    """
    here = functools.cache(running_target)
    if not pythons and not platforms and not files:
        return tuple(otherwise) or (here(),)
    found = []
    for spelling in platforms:
        found.append(here() if spelling == "current" else platform_target(spelling))
    found += map(read_target, files)
    asked = []
    for spelling in pythons:
        report(Progress("targets", f"asking {spelling}"))
        asked.append(named_target(spelling, here()))
    unique = {(target.python, target.platform, target.libc): target for target in reversed([*asked, *found])}
    return tuple(unique.values())[::-1]
