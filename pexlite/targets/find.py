"""The targets of a build, from `--python` and `--platform`."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from pexlite.model import Progress, Report, Target
from pexlite.targets.interpreters import named_target, running_target
from pexlite.targets.platforms import platform_target


def find_targets(pythons: Sequence[str], platforms: Sequence[str], report: Report) -> tuple[Target, ...]:
    """Whom to build for: each of `pythons` and `platforms` once, or the running interpreter.

    Raises TargetError for a Python that is not there or does not answer, and for a misspelt platform.
    """
    here = functools.cache(running_target)
    if not pythons and not platforms:
        return (here(),)
    found = []
    for spelling in platforms:
        found.append(here() if spelling == "current" else platform_target(spelling))
    asked = []
    for spelling in pythons:
        report(Progress("targets", f"asking {spelling}"))
        asked.append(named_target(spelling, here()))
    unique = {(target.python, target.platform, target.libc): target for target in reversed([*asked, *found])}
    return tuple(unique.values())[::-1]
