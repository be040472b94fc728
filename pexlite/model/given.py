"""Values that a program gives, in the types of the fields that they are for. Click checks what is typed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pexlite.errors import UsageError

_NOUNS = {str: "text", Path: "path", int: "whole number", float: "number"}


class _UnfitError(Exception):
    """The value that has another type than its field."""

    def __init__(self, value: object) -> None:
        self.value = value


def as_fields(of: type, given: Mapping[str, object]) -> dict[str, Any]:
    """The values of `given`, each in the type that the dataclass `of` annotates the field of its name with.

    Lists become tuples, texts become paths and members of an enumeration, and None becomes the usual settings in a
    field of settings. Raises UsageError for a value of another type.
    """
    annotations = {one.name: str(one.type) for one in fields(of)}
    return {name: _field(name, _kind(of.__module__, annotations[name]), value) for name, value in given.items()}


@cache
def _kind(module: str, annotation: str) -> Any:
    """The type that our own source text `annotation` means in `module`."""
    # get_type_hints evaluates every field: two milliseconds, and few fields are given.
    return eval(annotation, vars(sys.modules[module]))  # noqa: S307 - text of the class itself, of no request


def _field(name: str, kind: Any, value: object) -> object:
    try:
        return _value(kind, value)
    except _UnfitError as unfit:
        raise UsageError(_sentence(name, kind, value, unfit.value)) from None


def _value(kind: Any, value: object) -> object:
    """`value` as the type `kind` has it. Raises _UnfitError with the part of it that is of another."""
    if get_origin(kind) is tuple:
        return _several(get_args(kind), value)
    if get_origin(kind) in (Union, UnionType):
        (one,) = set(get_args(kind)) - {NoneType}
        return None if value is None else _value(one, value)
    if is_dataclass(kind):
        return _settings(kind, value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _member(kind, value)
    if kind in (str, Path) and isinstance(value, (str, os.PathLike)) and isinstance(path := os.fspath(value), str):
        return kind(path)
    if isinstance(value, bool) and kind is not bool:
        raise _UnfitError(value)
    if kind is float and isinstance(value, int):
        return value
    if value in get_args(kind) if get_origin(kind) is Literal else isinstance(value, kind) and kind is not Path:
        return value
    raise _UnfitError(value)


def _several(kinds: tuple[Any, ...], value: object) -> tuple[object, ...]:
    # A lone text would be taken letter by letter, and of a dictionary only its keys.
    if not isinstance(value, Iterable) or isinstance(value, (str, bytes, os.PathLike, Mapping)):
        raise _UnfitError(value)
    values = tuple(value)
    if kinds[-1] is ...:
        return tuple(_value(kinds[0], one) for one in values)
    if len(values) != len(kinds):
        raise _UnfitError(values)
    return tuple(map(_value, kinds, values))


def _settings(kind: Any, value: object) -> object:
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise _UnfitError(value)
    return replace(value, **as_fields(kind, {one.name: getattr(value, one.name) for one in fields(kind)}))


def _member(kind: type[Enum], value: object) -> Enum:
    try:
        return kind(value)
    except ValueError:
        raise _UnfitError(value) from None


def _sentence(name: str, kind: Any, value: object, unfit: object) -> str:
    """The error about the field `name`: what it takes, and that `unfit` in `value` is something else."""
    if get_origin(kind) is tuple and isinstance(value, (str, os.PathLike)) and get_args(kind)[0] in _NOUNS:
        return f"{name} takes several: write {name}=[{str(value)!r}]"
    others = " or None" if NoneType in get_args(kind) else ""
    return f"{name} is {_described(kind)}{others}, and not {unfit!r}{_written(name, kind)}"


def _described(kind: Any) -> str:
    """Values of the type `kind`, in words."""
    if get_origin(kind) is tuple:
        inner = get_args(kind)[0]
        return f"a list of {_NOUNS[inner]}s" if inner in _NOUNS else "a list of pairs of texts"
    if get_origin(kind) in (Union, UnionType):
        (kind,) = set(get_args(kind)) - {NoneType}
    if kind is bool:
        return "True or False"
    if is_dataclass(kind):
        return f"made by pexlite.{kind.__name__}(…)"  # type: ignore[union-attr]
    if kind in _NOUNS:
        return f"a {_NOUNS[kind]}"
    *most, last = [repr(word) for word in get_args(kind) or [one.value for one in kind]]
    return f"{', '.join(most)} or {last}"


def _written(name: str, kind: Any) -> str:
    """How pairs are written, which no other value shows."""
    if get_origin(kind) is tuple and get_origin(get_args(kind)[0]) is tuple:
        return f": write {name}=[('name', 'value')]"
    return ""
