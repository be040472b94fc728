"""Targets: ask an interpreter, parse a platform, list the Pythons around it.

Every Target is made from facts (`facts.Python` and `facts.Platform`), never from the interpreter that runs
pexlite, so that one that was asked and one that was only named come out alike.
"""

from __future__ import annotations

from pexlite.targets.find import find_targets as find_targets
from pexlite.targets.probe import probe as probe
from pexlite.targets.surroundings import NEWEST_CPYTHON as NEWEST_CPYTHON
from pexlite.targets.surroundings import neighbours as neighbours
from pexlite.targets.surroundings import other_platforms as other_platforms

__all__ = ["NEWEST_CPYTHON", "find_targets", "neighbours", "other_platforms", "probe"]
