"""The environment that uv, pip and what they start run in."""

from __future__ import annotations

import os
import re

from pexlite.files.programs import search_path

# Variables that would make pip install somewhere, read something else or write other words than asked for.
_DIVERTING = (
    "ABI|CHECK_BUILD_DEPENDENCIES|CONSTRAINT|DEST|DRY_RUN|EDITABLE|FORMAT|IMPLEMENTATION|LOG|NO_DEPS|PLATFORM"
    "|PREFIX|PYTHON|PYTHON_VERSION|QUIET|REPORT|REQUIREMENT|REQUIREMENTS_FROM_SCRIPT|REQUIRE_VIRTUALENV|ROOT|SRC"
    "|TARGET|UPGRADE|USER|VERBOSE|WHEEL_DIR"
)


def inherited_environment() -> dict[str, str]:
    """`os.environ` without variables that would divert pip or a build."""
    inherited = {name: value for name, value in os.environ.items() if not _diverts(name)}
    # They look for git, ssh, a keyring and compilers there.
    inherited["PATH"] = os.pathsep.join(search_path())
    return inherited


def diverts(setting: str) -> bool:
    """Whether pip is never told `setting`, by its long option name, since it would do something else then."""
    return _diverts(f"PIP_{setting.upper().replace('-', '_')}")


def _diverts(name: str) -> bool:
    # PYTHONPATH would put its modules before those that a build requires: another wheel, from the same source.
    return name == "PYTHONPATH" or re.fullmatch(f"PIP_(?:{_DIVERTING})", name) is not None
