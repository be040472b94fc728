"""The environment of uv, pip and the programs that they start."""

from __future__ import annotations

import os
import re

from pexlite.files.programs import search_path

# Variables that would make pip install elsewhere, read other files or change its output.
_DIVERTING = (
    "ABI|CHECK_BUILD_DEPENDENCIES|CONSTRAINT|DEST|DRY_RUN|EDITABLE|FORMAT|IMPLEMENTATION|LOG|NO_DEPS|PLATFORM"
    "|PREFIX|PYTHON|PYTHON_VERSION|QUIET|REPORT|REQUIREMENT|REQUIREMENTS_FROM_SCRIPT|REQUIRE_VIRTUALENV|ROOT|SRC"
    "|TARGET|UPGRADE|USER|VERBOSE|WHEEL_DIR"
)


def inherited_environment() -> dict[str, str]:
    """`os.environ` without variables that would divert pip or a build."""
    inherited = {name: value for name, value in os.environ.items() if not _diverts(name)}
    # PATH without the current directory: pip and builds look for git, ssh, a keyring and compilers there.
    inherited["PATH"] = os.pathsep.join(search_path())
    return inherited


def diverts(setting: str) -> bool:
    """Whether the pip setting `setting`, a long option's name, is withheld because it would change pip's task."""
    return _diverts(f"PIP_{setting.upper().replace('-', '_')}")


def _diverts(name: str) -> bool:
    # PYTHONPATH's modules would come before a build's requirements: the same source would give another wheel.
    return name == "PYTHONPATH" or re.fullmatch(f"PIP_(?:{_DIVERTING})", name) is not None
