"""Targets -> those that a Python of this machine can compile for, and words about the others (`--compile`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pexlite.model import Target
from pexlite.targets.interpreters import python_here


def with_compilers(targets: Sequence[Target]) -> tuple[Target, ...]:
    """Those of `targets` that a Python here can compile for, each with that Python as its interpreter.

    Bytecode is the same on every platform: it depends on the implementation and its minor version.
    """
    return tuple(found for target in targets if (found := _with_compiler(target)) is not None)


def uncompiled(targets: Sequence[Target], compiled: Sequence[Target]) -> tuple[str, ...]:
    """Why those of `targets` that are not among the `compiled` get no bytecode, in words."""
    names = {target.name for target in compiled}
    others = [target for target in targets if target.name not in names]
    return tuple(f"no bytecode for {target.name}: {_reason(target)}" for target in others)


def _with_compiler(target: Target) -> Target | None:
    if _is_too_old(target):
        return None
    if target.interpreter is not None:
        return target
    found = python_here(target.python)
    if found is None:
        return None
    # The exact version counts in the store: patch releases may compile differently.
    environment = target.environment.copy()
    environment["python_full_version"] = found.environment["python_full_version"]
    return replace(target, interpreter=found.interpreter, environment=environment)


def _is_too_old(target: Target) -> bool:
    """Whether the Python compares all bytecode with the times of sources, which a file does not know (PEP 552)."""
    return target.minor < 7


def _reason(target: Target) -> str:
    if _is_too_old(target):
        return "Python 3.6 believes none that was made elsewhere"
    name = "PyPy" if target.python.startswith("pp") else "CPython"
    word = f"{target.environment['python_version']}{'t' if target.python.endswith('t') else ''}"
    return f"there is no {name} {word} on this machine that could make it"
