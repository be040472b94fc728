"""Limits of a file are named by wheel: other Pythons, other platforms, an older C library."""

from __future__ import annotations

from pexlite.contents.graph import Roots
from pexlite.contents.limits import limits
from pexlite.contents.values import HeldWheel, Limit
from pexlite.model import Libc, Variant
from pexlite.targets.served import served_environments
from tests.contents.values import held

_HERE = Variant(("cp311", "cp312"), "linux_x86_64", Libc("glibc", (2, 28)), None, (0,))
_NUMPY = held("numpy", "2.1", tag="cp311-cp311-manylinux_2_28_x86_64", requires_python=">=3.10")
_NEWER = held("numpy", "2.1", tag="cp312-cp312-manylinux_2_28_x86_64", requires_python=">=3.10")


def found(wheels: list[HeldWheel], *variants: Variant) -> dict[str, Limit]:
    served = variants or (_HERE,)
    roots = Roots([wheels[0].name], [served_environments(one) for one in served])
    return {one.place: one for one in limits(served, wheels, roots)}


def test_a_python_that_no_wheel_is_for_names_the_wheel() -> None:
    there = found([_NUMPY, _NEWER])
    assert there["CPython 3.14"].reasons == ("numpy 2.1 has no wheel for CPython 3.14 here",)
    assert there["CPython 3.9"].reasons == ("numpy 2.1 requires Python >=3.10",)
    assert "CPython 3.11" not in there
    assert "CPython 3.12" not in there


def test_what_other_pythons_need_and_the_file_has_not_is_named() -> None:
    there = found([held("app", "1.0", "tomli; python_version < '3.11'")])
    assert there["CPython 3.10"].reasons == ("tomli is required there by app, and is not here",)
    assert there["CPython 3.10"].wheels == ("tomli",)


def test_a_stable_abi_and_a_pure_wheel_are_in_nobodys_way() -> None:
    stable = held("cryptography", tag="cp39-abi3-manylinux_2_17_x86_64")
    assert not [place for place in found([stable, held("idna")]) if place.startswith("CPython")]


def test_platforms_are_limited_by_what_is_compiled() -> None:
    there = found([_NUMPY, held("idna")])
    assert there["other platforms"].wheels == ("numpy",)
    assert there["glibc before 2.28"].reasons == ("numpy 2.1 needs glibc 2.28 or newer",)
    assert not found([held("idna")], Variant(("cp38+",), "any", None, None, (0,)))
