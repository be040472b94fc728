"""`--exclude` and `--override`, as they are read and as uv and pip keep to them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from pexlite.errors import ResolutionError
from pexlite.model import Amendments, IndexSettings, Root, Target, no_report
from pexlite.requirements.amendments import amended_roots, read_amendments, recorded, with_recorded
from pexlite.resolve.lock import Resolution, resolve
from pexlite.resolve.resolvers import find_resolver
from pexlite.targets.interpreters import named_target, running_target
from pexlite.targets.platforms import platform_target
from tests.factories import make_wheel
from tests.interpreters import supported
from tests.pylock.values import lock_of

HERE = running_target()
MAC = platform_target("macosx_14_0_arm64-cp-313-cp313")


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """app needs core 1 and spark; spark needs py4j; app[web] needs web."""
    directory = tmp_path / "links"
    directory.mkdir()
    needs = ["core<2", "spark>=1", "web; extra == 'web'"]
    make_wheel(directory, "app", requires=needs, extras=["web"])
    for version in ("1.0", "3.0"):
        make_wheel(directory, "core", version)
    make_wheel(directory, "spark", requires=["py4j"])
    make_wheel(directory, "py4j")
    make_wheel(directory, "web")
    return directory


def others() -> list[Target]:
    """Another interpreter at hand that pip runs on, where there is one, and a platform elsewhere."""
    near = [found for found in supported() if found.version >= (3, 9) and found.tag != HERE.python]
    return [*(named_target(str(found.path), HERE) for found in near[-1:]), MAC]


ROWS = [
    (["app"], Amendments((Requirement("Spark"),)), ["app 1.0", "core 1.0"]),
    (["app"], Amendments((Requirement("spark>=1"),)), ["app 1.0", "core 1.0", "py4j 1.0", "spark 1.0"]),
    (["app"], Amendments((Requirement("spark"),), (Requirement("core==3.0"),)), ["app 1.0", "core 3.0"]),
    (
        ["app", "core"],
        Amendments((Requirement("app"),)),
        ["core 3.0"],
    ),
    (["app[web]"], Amendments((Requirement("spark"), Requirement("web"))), ["app 1.0", "core 1.0"]),
]


# What is told to pip goes by other ways for another interpreter and for another platform.
CASES = [(*row, HERE) for row in ROWS] + [(*ROWS[2], target) for target in others()]


@pytest.mark.parametrize("resolver", ["uv", "pip"])
@pytest.mark.parametrize(("asked", "amendments", "expected", "target"), CASES)
def test_both_resolvers_keep_to_them(
    asked: list[str], amendments: Amendments, expected: list[str], target: Target, resolver: str, links: Path
) -> None:
    roots = amended_roots([Root(Requirement(text), "the test") for text in asked], amendments)
    settings = IndexSettings(no_index=True, find_links=(str(links),))
    found = resolve(Resolution(roots, (), [target], settings, amendments), find_resolver(resolver), no_report)
    assert sorted(f"{package.name} {package.version}" for package in found.packages) == expected


def test_roots_are_amended() -> None:
    roots = [Root(Requirement(text), "the test") for text in ("a[x]>=1", "b", "c", "c>1")]
    amendments = Amendments((Requirement("b"), Requirement("a<1")), (Requirement("C==2"), Requirement("c==3")))
    found = [(str(root.requirement), root.origin) for root in amended_roots(roots, amendments)]
    assert found == [("a[x]>=1", "the test"), ("C==2", "--override"), ("c==3", "--override")]


WRONG = [
    (["a =="], [], "--exclude 'a ==' is no requirement"),
    (["a @ https://a.test/a.whl"], [], "--exclude a names an address"),
    ([], ["a=b"], "--override 'a=b' is no requirement"),
    (["A"], ["a==1"], "a is both excluded and overridden"),
]


@pytest.mark.parametrize(("excluded", "overrides", "message"), WRONG)
def test_what_cannot_be_read_is_a_problem(excluded: list[str], overrides: list[str], message: str) -> None:
    [problem] = read_amendments(excluded, overrides).problems
    assert problem.message.startswith(message)


def test_a_lock_keeps_those_it_was_made_with() -> None:
    made_with = Amendments((Requirement("a"), Requirement("b<2")), (Requirement("c==1"),))
    made = replace(lock_of(), tool=recorded(made_with))
    assert with_recorded(Amendments(), made) == made_with
    own = Amendments((Requirement("c"),), (Requirement("a==2"),))
    assert with_recorded(own, made) == Amendments((Requirement("b<2"), Requirement("c")), (Requirement("a==2"),))
    assert recorded(Amendments()) is None
    with pytest.raises(ResolutionError, match="in the lock cannot be read"):
        with_recorded(own, replace(made, tool={"pexlite": {"excluded": ["a =="]}}))
