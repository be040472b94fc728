"""Wheels that bring different files under one name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from pexlite.bundle.collisions import collisions
from pexlite.bundle.tree import trees_of
from pexlite.model import Bundle, EntryPoint, LaunchOptions, StartKind, Variant, Wheel
from tests.bundle.values import wheel


class Contents:
    """Digests: the text that a test gives for a member, else one that only this wheel has."""

    def __init__(self, texts: Mapping[tuple[str, str], str]) -> None:
        self.texts = texts
        self.asked: list[str] = []

    def __call__(self, of: Wheel, members: Sequence[str]) -> dict[str, str]:
        self.asked += [f"{of.name}: {member}" for member in members]
        return {member: self.texts.get((of.name, member), f"only in {of.name}") for member in members}


def bundle(*variants: Sequence[Wheel]) -> Bundle:
    wheels = list({id(one): one for variant in variants for one in variant}.values())
    sets = [Variant(("cp311",), "any", None, None, tuple(map(wheels.index, variant))) for variant in variants]
    trees = trees_of(wheels, sets)
    return Bundle(tuple(wheels), tuple(sets), trees, EntryPoint(StartKind.INTERPRETER), LaunchOptions(), (), ())


A = wheel("a-1", files=["a.py", "tests/__init__.py", "a-1.dist-info/METADATA"])
B = wheel("b-1", files=["b.py", "tests/__init__.py", "b-1.dist-info/METADATA"])
C = wheel("c-1", files=["c.py", "c-1.dist-info/METADATA"])
MERGED = wheel("m-1", files=["m-1.data/purelib/tests/__init__.py"])
SCRIPT = wheel("s-1", files=["s-1.data/scripts/run"])
DATA = wheel("d-1", files=["d-1.data/data/bin/run", "d-1.data/data/share/x", "bin/run"])
HEADERS = wheel("h-1", files=["h-1.data/headers/x.h"])
OTHER_HEADERS = wheel("i-1", files=["i-1.data/headers/x.h"])
SHARE = wheel("t-1", files=["t-1.data/data/share/x", "t-1.data/data/include/x.h"])
CONSOLE = wheel("e-1", scripts={"run": "e:main"})
SAME_CONSOLE = wheel("f-1", scripts={"run": "e : main"})
OTHER_CONSOLE = wheel("g-1", scripts={"run": "g:main"})
BYTECODE = [wheel(f"{name}-1", files=["__pycache__/x.cpython-311.pyc"]) for name in ("v", "w")]

ROWS: list[tuple[list[Wheel], list[tuple[str, str, str]]]] = [
    ([A, C], []),
    ([A, B], [("a", "b", "tests/__init__.py")]),
    ([A, MERGED], [("a", "m", "tests/__init__.py")]),
    ([MERGED, A], [("m", "a", "tests/__init__.py")]),
    ([SCRIPT, DATA], [("s", "d", "bin/run")]),
    ([DATA, SHARE], [("d", "t", "share/x")]),
    ([HEADERS, SHARE], []),
    ([HEADERS, OTHER_HEADERS], []),
    ([CONSOLE, SAME_CONSOLE], []),
    ([CONSOLE, OTHER_CONSOLE], [("e", "g", "bin/run")]),
    ([SCRIPT, CONSOLE], [("s", "e", "bin/run")]),
    ([A, B, MERGED], [("a", "b", "tests/__init__.py"), ("b", "m", "tests/__init__.py")]),
    (BYTECODE, []),
]


@pytest.mark.parametrize(("wheels", "expected"), ROWS)
def test_different_files_at_one_installed_path_collide(
    wheels: list[Wheel], expected: list[tuple[str, str, str]]
) -> None:
    found = collisions(bundle(wheels), Contents({}))
    assert [(one.loser.name, one.winner.name, *one.paths) for one in found] == expected


def test_the_same_content_is_no_collision() -> None:
    same = Contents({("a", "tests/__init__.py"): "x", ("b", "tests/__init__.py"): "x"})
    assert collisions(bundle([A, B]), same) == ()


def test_only_contents_of_paths_that_overlap_are_looked_up() -> None:
    contents = Contents({})
    collisions(bundle([A, B, C]), contents)
    assert contents.asked == ["a: tests/__init__.py", "b: tests/__init__.py"]


def test_wheels_that_never_meet_do_not_collide() -> None:
    assert collisions(bundle([A, C], [B, C]), Contents({})) == ()


def test_a_pair_that_meets_in_several_variants_is_told_once() -> None:
    assert len(collisions(bundle([A, B], [A, B, C]), Contents({}))) == 1


def test_the_words_name_both_wheels_and_a_few_paths() -> None:
    many = [f"p/{number}.py" for number in range(5)]
    [found] = collisions(bundle([wheel("a-1", files=many), wheel("b-1", files=many)]), Contents({}))
    assert str(found) == (
        "a-1-py3-none-any.whl and b-1-py3-none-any.whl have different files under one name: "
        "p/0.py, p/1.py, p/2.py and 2 more; what the second has is used"
    )
