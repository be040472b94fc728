"""The conformance run compares what it says, and its table is sound."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from tests.checkout import REPOSITORY
from tests.factories import make_wheel
from tests.programs.bench.setting import Setting
from tests.programs.conformance import report
from tests.programs.conformance.application import Application
from tests.programs.conformance.compare import TOOLS, Bench, NotAsExpectedError, Programs, compare
from tests.programs.conformance.report import Outcome
from tests.programs.conformance.table import APPLICATIONS, JOURNEYS

LIBRARY = Application(
    "made", ("made-library",), ("it.py", "a"), files={"it.py": "import sys, made_library\nprint(sys.argv[1:])\n"}
)
PROGRAM = Application("made", ("made-library",), ("a",), script="made", blank=(r"time \d+",))
SOURCE = """
import sys, time


def main():
    print("took time", time.time_ns(), sys.argv[1:], __file__)
    return 3
"""


@pytest.fixture
def bench(setting: Setting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A row about to be compared, its wheel in a directory instead of an index."""
    house = tmp_path / "house"
    house.mkdir()
    scripts = {"console_scripts": {"made": "made_library:main"}}
    make_wheel(house, "made-library", files={"made_library.py": SOURCE}, entry_points=scripts)
    for variable in ("UV_FIND_LINKS", "PIP_FIND_LINKS"):
        monkeypatch.setenv(variable, str(house))
    for variable in ("UV_NO_INDEX", "PIP_NO_INDEX"):
        monkeypatch.setenv(variable, "1")
    # uv has no variable for no index, so it gets an empty one.
    monkeypatch.setenv("UV_DEFAULT_INDEX", house.as_uri())
    place = tmp_path / "row"
    place.mkdir()
    return Bench(PROGRAM, place, Programs(setting.python, setting.program("pexlite", "pexlite")))


@pytest.mark.parametrize(("application", "resolver"), [(PROGRAM, "uv"), (LIBRARY, "pip")])
def test_a_row_passes_that_does_what_it_does_in_a_venv(
    bench: Bench, application: Application, resolver: str
) -> None:
    compare(replace(bench, application=application), "pexlite", resolver)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; print(len(sys.modules))", "printed"),
        (
            "import sys; sys.exit('__pexlite__' in sys.modules or 'lite-2' in sys.prefix)",
            "exit code 1 instead of 0",
        ),
        ("import sys; 'lite-2' in sys.prefix or open('made.txt', 'w')", "made.txt was not made"),
        ("raise SystemExit", "the venv itself does not do it"),
    ],
)
def test_a_row_fails_that_does_something_else(bench: Bench, code: str, words: str) -> None:
    makes = ("made.txt",) if "made.txt" in words or "venv itself" in words else ()
    application = replace(LIBRARY, files={"it.py": code}, arguments=("it.py",), makes=makes)
    with pytest.raises(NotAsExpectedError, match=words):
        compare(replace(bench, application=application), "pexlite", "uv")


def test_the_same_bytes_are_run_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    passed: set[str] = set()
    compare(bench, "pexlite", "uv", passed)
    assert len(passed) == 1
    monkeypatch.setattr(Bench, "run", None)
    compare(replace(bench, directory=again(bench.directory)), "pexlite", "pip", passed)
    with pytest.raises(TypeError):
        compare(replace(bench, directory=again(bench.directory)), "pexlite", "pip", set())


def again(directory: Path) -> Path:
    """Another place beside `directory`."""
    return Path(tempfile.mkdtemp(dir=directory.parent))


def test_the_table_has_forty_rows_and_more_each_once() -> None:
    names = [row.name for row in APPLICATIONS]
    assert len(names) >= 40
    assert len(set(names)) == len(names)
    assert 15 <= len(JOURNEYS) < len(APPLICATIONS)


@pytest.mark.parametrize("row", APPLICATIONS, ids=str)
def test_a_row_can_be_run_in_both_forms(row: Application) -> None:
    files, arguments = row.as_interpreter()
    assert arguments
    assert bool(row.script) != bool(row.code)
    assert set(row.excused) <= set(TOOLS)
    assert all(row.excused.values())
    for argument in arguments:
        argument.format(work="")
    compile(files.get("it.py", "") if row.code else "", row.name, "exec")


def test_a_row_counts_once_and_only_if_it_passes_with_every_resolver() -> None:
    outcomes = [Outcome("a", "pexlite", "uv"), Outcome("a", "pexlite", "pip", "no"), Outcome("b", "pexlite", "uv")]
    assert report.totals(outcomes) == {"pexlite": (1, 2)}


def test_outcomes_come_back_as_written_and_rows_run_again_replace_the_old(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    machine = {"python": "3.11.7", "system": "Linux", "date": "2026-01-01"}
    first = [
        Outcome("a", "pex", "uv", "broken", "known"),
        Outcome("b", "pex", "uv"),
        Outcome("b", "pexlite", "uv"),
    ]
    report.write(path, machine, first)
    assert report.read(path) == tuple(first)
    assert "Linux, 2026-01-01.\n" in report.markdown(path)
    report.write(path, {**machine, "date": "2026-01-02"}, [Outcome("b", "pex", "uv", "worse")])
    old, new = (replace(first[0], date="2026-01-01"), Outcome("b", "pex", "uv", "worse"))
    assert report.read(path) == (old, new, replace(first[2], date="2026-01-01"))
    assert "Linux, pex and pexlite 2026-01-01, pex 2026-01-02.\n" in report.markdown(path)


def test_the_page_shows_what_results_json_says() -> None:
    text = (REPOSITORY / "pexlite" / "docs" / "conformance.md").read_text(encoding="utf-8")
    assert report.BEGIN in text
    assert report.in_page(text, REPOSITORY / "tests" / "programs" / "conformance" / "results.json") == text
