"""Lazy imports for a package (PEP 562): importing it stays quick, since its names are imported on first use."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def deferred(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """A `__getattr__` for `package` that imports each name from the module that `homes` gives for it."""

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        # A module `draft` that holds a function `draft` has put itself there by now.
        setattr(sys.modules[package], name, value)
        return value

    return find
