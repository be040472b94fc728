"""A lock reduced to pure wheels, for each project that has any (`--prefer-pure`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from packaging.pylock import Package, PackageWheel, Pylock
from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from pexlite.model import Target


def pure_where_possible(lock: Pylock, targets: Sequence[Target]) -> Pylock:
    """`lock` without the compiled wheels of packages that have a pure wheel for every one of `targets`."""
    return replace(lock, packages=[_pure(package, targets) for package in lock.packages])


def _pure(package: Package, targets: Sequence[Target]) -> Package:
    pure = {wheel.filename: tags for wheel in package.wheels or () if _are_pure(tags := _tags(wheel))}
    if not all(any(not tags.isdisjoint(target.tags) for tags in pure.values()) for target in targets):
        return package
    kept = [wheel for wheel in package.wheels or () if wheel.filename in pure]
    return replace(package, wheels=kept) if kept else package


def _tags(wheel: PackageWheel) -> frozenset[Tag]:
    try:
        return parse_wheel_filename(wheel.filename)[3]
    except InvalidWheelFilename:
        return frozenset()


def _are_pure(tags: frozenset[Tag]) -> bool:
    return bool(tags) and all(tag.abi == "none" and tag.platform == "any" for tag in tags)
