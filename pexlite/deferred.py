"""Names of a package that are imported when they are first asked for (PEP 562): a short way stays short."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def deferred(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """A `__getattr__` for `package`, each of whose names is found in the module that `homes` gives it."""

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        # A module `draft` that holds a function `draft` has put itself there by now.
        setattr(sys.modules[package], name, value)
        return value

    return find
