"""A request without effect is told: a requirement for no target, an exclusion or override that matches nothing."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement

from pexlite.bundle.without_effect import ineffective_amendments, ineffective_requirements
from pexlite.model import Amendments
from tests.bundle.values import roots, target, wheel

WHEELS = (wheel("app-1.0", ["Core_Parts>=1", "net; extra == 'web'"]), wheel("core_parts-1.5"))


@pytest.mark.parametrize(
    ("minors", "on"),
    [
        ((9,), "cp39 on linux_x86_64"),
        ((6, 7, 8, 9), "cp36 on linux_x86_64, cp37 on linux_x86_64, cp38 on linux_x86_64 and others"),
    ],
)
def test_a_requirement_for_no_target_stays_out(minors: tuple[int, ...], on: str) -> None:
    asked = roots("app", "tomli; python_version < '3.11'", "new; python_version >= '3.11'")
    said = f'new stays out: python_version >= "3.11" is not so on {on}'
    assert ineffective_requirements(asked, [target(minor) for minor in minors]) == (said,)


def test_a_requirement_for_one_of_several_targets_goes_in() -> None:
    assert ineffective_requirements(roots("new; python_version >= '3.11'"), [target(9), target(11)]) == ()


@pytest.mark.parametrize(
    ("excluded", "overrides", "said"),
    [
        ([], [], ()),
        (["net"], ["core-parts>=1.2"], ()),
        (["APP>=2"], [], ("--exclude APP>=2 does not concern app 1.0, which goes in",)),
        (
            ["core-part"],
            [],
            ("--exclude core-part changes nothing: nothing here asks for core-part; did you mean core-parts?",),
        ),
        ([], ["zzz==1"], ("--override zzz==1 changes nothing: nothing here asks for zzz",)),
    ],
)
def test_amendments_that_match_nothing_are_told(
    excluded: list[str], overrides: list[str], said: tuple[str, ...]
) -> None:
    amendments = Amendments(tuple(map(Requirement, excluded)), tuple(map(Requirement, overrides)))
    assert ineffective_amendments(amendments, ["app"], WHEELS) == said
