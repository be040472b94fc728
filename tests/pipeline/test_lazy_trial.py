"""--lazy-imports is tried at build: what makes a difference imports at once, and what cannot be tried is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pexlite.archive.reader import read_manifest
from pexlite.model import BuildRequest, BuildResult, IndexSettings, LaunchOptions
from pexlite.pipeline import lazy_trial
from pexlite.pipeline.build import build as build_file
from pexlite.pipeline.lazy_trial import Trial, has_lazy_imports
from pexlite.pipeline.trial_runs import FinishedFile, TrialRun
from tests.factories import make_wheel
from tests.interpreters import Interpreter, interpreters

MODULES = [f"m{number}" for number in range(100)]


@dataclass(frozen=True)
class Pretended(FinishedFile):
    """A file that prints what `answer` says of the modules whose imports are made at once, as its hook is told."""

    answer: Callable[[frozenset[str]], str] = str
    asked: list[frozenset[str]] = field(default_factory=list)

    def run(
        self,
        arguments: Sequence[str],
        *,
        variables: Mapping[str, str] | None = None,
        python_arguments: Sequence[str] = (),
        longest: float = 0,
    ) -> TrialRun:
        place = Path((variables or {})["__PEXLITE_LAZY_TRIAL"])
        assert "set_lazy_imports" in (place / "sitecustomize.py").read_text()
        eager = frozenset((place / "eager").read_text().splitlines())
        (place / "importers").write_text("\n".join(MODULES))
        self.asked.append(eager)
        told = self.answer(frozenset(MODULES) if "*" in eager else eager)
        return TrialRun(tuple(arguments), 0, told.encode(), b"")


def outcome(place: Path, answer: Callable[[frozenset[str]], str], *given: str) -> lazy_trial.Outcome:
    file = Pretended(place, place, place, place, place, answer)
    found = Trial(file, place, given).outcome([["--version"]])
    assert len(file.asked) < 100
    return found


@pytest.mark.parametrize(
    "needed", [(), ("m0",), ("m99",), ("m41",), ("m3", "m4"), ("m0", "m50", "m99"), tuple(MODULES[10:14])]
)
def test_exactly_the_modules_that_make_a_difference_are_found(needed: tuple[str, ...], tmp_path: Path) -> None:
    found = outcome(tmp_path, lambda eager: str(set(needed) <= eager))
    assert set(found.eager) == set(needed)
    assert bool(found.notices) == bool(needed)
    assert all(name in found.notices[0] for name in needed[:3])


def test_modules_that_are_named_count_from_the_beginning(tmp_path: Path) -> None:
    assert outcome(tmp_path, lambda eager: str({"m3", "m7"} <= eager), "m7").eager == ("m3",)


def test_numbers_that_change_anyway_tell_nothing(tmp_path: Path) -> None:
    count = iter(range(1000))
    found = outcome(tmp_path, lambda eager: f"took {next(count)} ms at 0x7f{next(count):x}: {'m5' in eager}")
    assert found.eager == ("m5",) and found.is_settled


def test_an_output_that_changes_anyway_is_told_and_not_compared(tmp_path: Path) -> None:
    words = iter([chr(97 + number) * 3 for number in range(20)])
    found = outcome(tmp_path, lambda eager: next(words))
    assert found.eager == () and found.is_settled
    assert 'two runs of "--version" differ anyway' in found.notices[0].replace("'", '"')


def test_a_difference_that_no_module_explains_leaves_it_out(tmp_path: Path) -> None:
    answers = iter(["a", "a"])
    found = outcome(tmp_path, lambda eager: next(answers, "b"))
    assert not found.is_settled and "is left out" in found.notices[-1]


@pytest.mark.parametrize(("limit", "most"), [("_MOST_RUNS", 40), ("_LONGEST_SEARCH", 0.0)])
def test_a_search_without_an_end_leaves_it_out(
    limit: str, most: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lazy_trial, limit, most)
    found = outcome(tmp_path, lambda eager: str(len(eager)))
    assert not found.is_settled and found.eager == () and "takes too long to find" in found.notices[-1]


@pytest.mark.parametrize(
    ("tags", "has"),
    [(["cp314"], False), (["cp315"], True), (["cp39", "cp310+"], True), (["cp315t"], True), (["pp311"], False)],
)
def test_which_pythons_have_lazy_imports(tags: list[str], has: bool) -> None:
    assert has_lazy_imports(tags) is has


# -- whole builds -------------------------------------------------------------------------------------

APP = {
    "app.py": "import hooks\nimport plugin\n\n\ndef main():\n    print(hooks.NAMES)\n",
    "hooks.py": "NAMES = []\n",
    "plugin.py": "import hooks\n\nhooks.NAMES.append('plugin')\n",
}


def build(
    directory: Path, *, launch: LaunchOptions | None = None, requires_python: str | None = None, **more: Any
) -> BuildResult:
    links = directory / "links"
    links.mkdir(exist_ok=True)
    make_wheel(links, "app", files=APP, requires_python=requires_python)
    asked: dict[str, Any] = {
        "directory": directory,
        "requirements": ("app",),
        "index": IndexSettings(no_index=True, find_links=(str(links),)),
        "output": Path("x.pex"),
        "entry_point": "app:main",
        "launch": launch or LaunchOptions(lazy_imports="all"),
    }
    return build_file(BuildRequest(**{**asked, **more}))


def about(result: BuildResult) -> list[str]:
    return [notice for notice in result.notices if "lazy" in notice]


def sealed(result: BuildResult) -> object:
    return read_manifest(result.path).facts["pexlite"].get("lazy_imports")


@pytest.mark.usefixtures("bare_machine")
@pytest.mark.parametrize(
    ("more", "told", "eager"),
    [
        ({}, "--lazy-imports is not tried: --trace-start says with which arguments", []),
        ({"launch": LaunchOptions(lazy_imports="all", not_lazy=("b", "a"))}, "is not tried", ["b", "a"]),
        ({"entry_point": None}, "does nothing here: the file is a Python interpreter", None),
        ({"requires_python": "<3.15"}, "does nothing here: it runs on no CPython 3.15", None),
        ({"launch": LaunchOptions(not_lazy=("a",))}, "--not-lazy a does nothing without --lazy-imports", None),
    ],
)
def test_what_cannot_be_or_is_not_tried_is_told(
    more: dict[str, Any], told: str, eager: list[str] | None, tmp_path: Path
) -> None:
    result = build(tmp_path, **more)
    assert len(about(result)) == 1 and told in about(result)[0]
    assert sealed(result) == eager
    assert result.decision.lazy_imports == (eager is not None)


@pytest.mark.usefixtures("bare_machine")
def test_a_file_of_no_python_here_is_not_tried(tmp_path: Path) -> None:
    here = [python for python in interpreters() if python.version < (3, 15)]
    if not here:
        pytest.skip("every Python here has lazy imports")
    result = build(tmp_path, trace_start=("",), pythons=(str(here[0].path),))
    assert "has to be named by --python" in about(result)[0] and sealed(result) == []


def newest() -> Interpreter:
    found = next((one for one in interpreters() if one.tag[:2] == "cp" and one.version >= (3, 15)), None)
    if found is None:
        pytest.skip("there is no CPython 3.15 on this machine")
    return found


@pytest.mark.usefixtures("bare_machine")
def test_a_module_that_is_imported_for_what_it_does_is_found(tmp_path: Path) -> None:
    python = newest()
    result = build(tmp_path, trace_start=("",), pythons=(str(python.path),))
    assert sealed(result) == ["app"]
    assert about(result) == ["--lazy-imports: imports stay as they are in app, or the app differs"]
