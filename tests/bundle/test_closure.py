"""The closure of requirements over the wheels at hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.requirements import Requirement

from pexlite.bundle.closure import closure, follow, unknown_extras
from pexlite.errors import ClosureIncomplete
from pexlite.model import Amendments, LockParts, Root
from tests.bundle.values import roots, target, wheel

A = wheel("a-1", ["b>=1", "c; python_version < '3.10'", "d; extra == 'more'"])
B = wheel("b-1", ["e; sys_platform == 'darwin'"])
C = wheel("c-1")
D = wheel("d-1", ["a[other]"])
E = wheel("e-1")
MINE = wheel("aa-1", ["b"], local=True)

ROWS = [
    (["a"], target(11), ["a", "b"]),
    (["a"], target(9), ["a", "b", "c"]),
    (["a[more]"], target(11), ["a", "b", "d"]),
    (["A[More]"], target(11), ["a", "b", "d"]),
    (["a"], target(11, "macosx_arm64"), ["a", "b", "e"]),
    (["a; python_version < '3'"], target(11), []),
    (["aa", "b"], target(11), ["b", "aa"]),
]


@pytest.mark.parametrize(("requirements", "where", "names"), ROWS)
def test_markers_and_extras_are_followed(requirements: list[str], where: object, names: list[str]) -> None:
    found = closure(roots(*requirements), [A, B, C, D, E, MINE], where)  # type: ignore[arg-type]
    assert [found_wheel.name for found_wheel in found] == names


def test_the_best_wheel_by_tag_is_taken() -> None:
    wheels = [
        wheel("n-1"),
        wheel("n-1-cp311-cp311-manylinux_2_17_x86_64.whl"),
        wheel("n-1-cp38-abi3-manylinux_2_17_x86_64.whl"),
        wheel("n-1-cp312-cp312-manylinux_2_17_x86_64.whl"),
        wheel("n-1-cp311-cp311-macosx_11_0_arm64.whl"),
    ]
    assert closure(roots("n"), wheels, target(11))[0].filename == "n-1-cp311-cp311-manylinux_2_17_x86_64.whl"
    assert closure(roots("n"), wheels, target(10))[0].filename == "n-1-cp38-abi3-manylinux_2_17_x86_64.whl"
    assert closure(roots("n"), wheels, target(10, "macosx_arm64"))[0].filename == "n-1-py3-none-any.whl"


MISSING = [
    (["a"], [wheel("a-1", ["gone>2"])], "gone>2, asked for by a-1-py3-none-any.whl, is not here"),
    (["a>=2"], [wheel("a-1")], "a>=2, asked for by the command line, but a-1-py3-none-any.whl is here"),
    (
        ["n"],
        [wheel("n-1-cp312-cp312-manylinux_2_17_x86_64.whl")],
        "n, asked for by the command line, has no wheel that fits: here is n-1-cp312-cp312-manylinux_2_17",
    ),
    (
        ["p"],
        [wheel("p-1", python=">=3.12")],
        "p, asked for by the command line, has no wheel that fits: here is p-1-py3-none-any.whl, for Python >=3",
    ),
]


@pytest.mark.parametrize(("requirements", "wheels", "cause"), MISSING)
def test_what_is_missing_is_named_with_who_asked(
    requirements: list[str], wheels: list[object], cause: str
) -> None:
    with pytest.raises(ClosureIncomplete) as caught:
        closure(roots(*requirements), wheels, target(11))  # type: ignore[arg-type]
    assert len(caught.value.causes) == 1
    assert caught.value.causes[0].startswith(cause)


@pytest.mark.parametrize(
    ("requirements", "hint"),
    [
        (["p"], "build where they fit (--python, --platform), or ask for versions that fit here"),
        (["gone"], "add what is missing to the requirements; where a lock leaves it out, lock again"),
        (["p", "gone"], "add what is missing to the requirements; where a lock leaves it out, lock again"),
    ],
)
def test_only_what_is_missing_is_to_be_added(requirements: list[str], hint: str) -> None:
    with pytest.raises(ClosureIncomplete) as caught:
        closure(roots(*requirements), [wheel("p-1", python=">=3.12")], target(11))
    assert caught.value.hint == hint


def test_every_missing_project_is_named_at_once() -> None:
    with pytest.raises(ClosureIncomplete) as caught:
        closure(roots("a", "b", "c"), [wheel("a-1", ["x", "y"])], target())
    assert len(caught.value.causes) == 4


def test_circles_end() -> None:
    circle = [wheel("a-1", ["b[x]"]), wheel("b-1", ["a", "c; extra == 'x'"]), wheel("c-1", ["a[y]"])]
    assert len(closure(roots("a"), circle, target())) == 3


SPARK = wheel("spark-3", ["py4j", "b"])
PY4J = wheel("py4j-1")
JOB = wheel("job-1", ["spark>=3", "c<2"])
C3 = wheel("c-3")

AMENDED = [
    (Amendments((Requirement("spark"),)), ["c", "job"], ["c<2"]),
    (Amendments((Requirement("Spark<3"),)), ["b", "c", "job", "py4j", "spark"], ["c<2"]),
    (Amendments((Requirement("spark>=3"),)), ["c", "job"], ["c<2"]),
    (Amendments((Requirement("spark; sys_platform == 'darwin'"),)), ["b", "c", "job", "py4j", "spark"], ["c<2"]),
    (Amendments((Requirement("py4j"), Requirement("b"))), ["c", "job", "spark"], ["c<2"]),
    (Amendments(overrides=(Requirement("C==3"),)), ["b", "c", "job", "py4j", "spark"], []),
    (Amendments(overrides=(Requirement("c; python_version < '3'"),)), ["b", "job", "py4j", "spark"], []),
    (Amendments(overrides=(Requirement("c==4"),)), ["b", "c", "job", "py4j", "spark"], ["c==4"]),
]


@pytest.mark.parametrize(("amendments", "names", "lacking"), AMENDED)
def test_what_is_excluded_stays_out_with_what_only_it_needs_and_overrides_replace(
    amendments: Amendments, names: list[str], lacking: list[str]
) -> None:
    needed, lacks = follow(roots("job"), [SPARK, PY4J, JOB, C3, B], target(11), amendments)
    assert [found.name for found in needed] == names
    assert [f"{lack.requirement.name}{lack.requirement.specifier}" for lack in lacks] == lacking


def test_what_others_need_stays_in_though_an_excluded_project_needs_it_too() -> None:
    amendments = Amendments((Requirement("spark"),))
    needed = closure(roots("job", "py4j"), [SPARK, PY4J, JOB, wheel("c-1")], target(11), amendments)
    assert [found.name for found in needed] == ["c", "job", "py4j"]


PARTS = [
    (None, ["e"]),
    (LockParts(frozenset({"more"})), ["d", "e"]),
    (LockParts(groups=frozenset({"dev"})), ["c", "e"]),
    (LockParts(frozenset({"more"}), frozenset({"dev", "other"})), ["c", "d", "e"]),
]


@pytest.mark.parametrize(("parts", "names"), PARTS)
def test_markers_of_a_lock_ask_about_its_extras_and_groups(parts: LockParts | None, names: list[str]) -> None:
    lines = ["d; 'more' in extras", "c; 'dev' in dependency_groups", "e; python_version > '3'"]
    locked = [Root(Requirement(line), "the lock", parts=parts) for line in lines]
    found = closure(locked, [C, wheel("d-1"), E], target(11))
    assert [found_wheel.name for found_wheel in found] == names


def test_an_extra_that_a_project_does_not_have_is_told() -> None:
    has = replace(wheel("a-1"), provides_extra=("Two_Words", "b"))
    assert unknown_extras(roots("a[two-words,B]", "a"), [has]) == ()
    assert unknown_extras(roots("a[nope,b]", "c[x]"), [has]) == ("a has no extra nope; it has b, two-words",)
    assert unknown_extras(roots("a[x]"), [wheel("a-1")]) == ("a has no extra x; it has none",)
