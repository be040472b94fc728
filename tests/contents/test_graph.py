"""Who brings whom is told as it holds on the Pythons of the file, and the telling ends."""

from __future__ import annotations

import pytest

from pexlite.contents.graph import Roots, dependencies
from pexlite.contents.values import HeldWheel
from pexlite.model import Variant
from pexlite.targets.served import served_environments
from tests.contents.values import held


def arrows(
    roots: list[str], wheels: list[HeldWheel], *variants: Variant, excluded: tuple[str, ...] = ()
) -> list[str]:
    """Each requirement that holds, in words."""
    served = variants or (Variant(("cp311",), "linux_x86_64", None, None, ()),)
    found = dependencies(Roots(roots, [served_environments(one) for one in served], excluded), wheels)
    return [f"{one.by or '*'} -> {one.requirement}{'' if one.is_there else ' missing'}" for one in found]


def test_what_was_asked_for_comes_first_and_then_what_that_requires() -> None:
    wheels = [held("app", "1.0", "requests >=2", "rich; python_version < '3.14'"), held("requests"), held("rich")]
    assert arrows(["app"], wheels) == ["* -> app", "app -> requests>=2", "app -> rich"]


@pytest.mark.parametrize(
    ("line", "python", "platform", "holds"),
    [
        ("tomli; python_version < '3.11'", "cp311", "linux_x86_64", False),
        ("tomli; python_version < '3.11'", "cp310", "linux_x86_64", True),
        ("colorama; sys_platform == 'win32'", "cp311", "linux_x86_64", False),
        ("colorama; sys_platform == 'win32'", "cp311", "win_amd64", True),
        ("appnope; platform_system == 'Darwin'", "cp311", "any", True),
        ("socks; extra == 'proxy'", "cp311", "any", False),
        ("gone; no_such_variable == 'x'", "cp311", "any", False),
    ],
)
def test_a_marker_counts_on_the_pythons_that_the_file_serves(
    line: str, python: str, platform: str, holds: bool
) -> None:
    found = arrows([], [held("app", "1.0", line)], Variant((python,), platform, None, None, (0,)))
    assert bool(found) is holds


def test_an_extra_brings_its_requirements_where_somebody_asks_for_it() -> None:
    wheels = [
        held("app", "1.0", "requests[socks]"),
        held("requests", "1.0", "PySocks>=1; extra == 'socks'", "chardet; extra == 'use-chardet'"),
        held("pysocks"),
    ]
    served = [served_environments(Variant(("cp311",), "any", None, None, (0,)))]
    [of_extra] = [one for one in dependencies(Roots(["app"], served), wheels) if one.of_extra]
    assert (of_extra.by, of_extra.name, of_extra.of_extra, of_extra.marker) == ("requests", "pysocks", "socks", "")


def test_a_circle_is_told_once() -> None:
    wheels = [held("one", "1.0", "two", "one"), held("two", "1.0", "one[all]", "three; extra == 'all'")]
    assert arrows(["one"], wheels) == ["* -> one", "one -> one", "one -> two", "two -> one"]


def test_lines_that_are_no_requirements_are_passed_over() -> None:
    lines = ["not a requirement at all", "", "((((", "good>=1", "bad; python_version ~= 'x'", "[extra]"]
    assert arrows([], [held("app", "1.0", *lines)]) == ["app -> good>=1 missing"]


def test_what_was_left_out_on_purpose_is_not_missing() -> None:
    wheels = [held("app", "1.0", "numpy", "pyspark")]
    assert arrows(["app"], wheels, excluded=("pyspark",)) == ["* -> app", "app -> numpy missing"]


def test_each_wheel_of_a_project_counts_on_its_own_pythons() -> None:
    variants = (Variant(("cp311",), "any", None, None, (0,)), Variant(("cp312",), "any", None, None, (1,)))
    wheels = [
        held("app", "1.0", "old; python_version < '3.12'", variants=(0,)),
        held("app", "2.0", "older; python_version < '3.12'", "new", variants=(1,)),
    ]
    assert arrows([], wheels, *variants) == ["app -> new missing", "app -> old missing"]
