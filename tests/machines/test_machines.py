"""The program that takes files to other machines: its table, what it makes of outcomes, and the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pexlite.targets.platforms import platform_target
from tests.bundles import bundle_file, environment, function, run
from tests.checkout import REPOSITORY
from tests.docs.tables import page
from tests.factories import make_wheel
from tests.interpreters import supported
from tests.programs.machines import __main__ as program
from tests.programs.machines import journey, neighbours, report
from tests.programs.machines.application import MODULE, application_wheel
from tests.programs.machines.files import Files, NotBuiltError
from tests.programs.machines.inside import Done, Inside, furnish
from tests.programs.machines.machine import Machine, Python
from tests.programs.machines.report import Outcome
from tests.programs.machines.table import BY_NAME, MACHINES
from tests.programs.machines.visit import NotAsExpectedError, NotHereError, Visit, told

RESULTS = REPOSITORY / "tests" / "programs" / "machines" / "results.json"
PYTHONS = [pytest.param(one, python, id=f"{one}-{python.tag}") for one in MACHINES for python in one.pythons]
STABLE = BY_NAME["stable"]


@pytest.mark.parametrize(("machine", "python"), PYTHONS)
def test_a_build_knows_the_platform_of_each_python(machine: Machine, python: Python) -> None:
    target = platform_target(machine.target(python))
    assert target.name.partition(" ")[0] == python.tag
    assert str(target.tags[0]) == f"{python.tag.rstrip('t')}-{python.abi or python.tag}-{machine.platform}"


def test_a_python_has_the_words_of_its_tag() -> None:
    assert Python("cp313t", "").words == "CPython 3.13 (free-threaded)"
    assert (Python("pp311", "").words, Python("pp311", "").version) == ("PyPy 3.11", (3, 11))
    assert STABLE.target(STABLE.pythons[1]) == "manylinux_2_41_x86_64-cp-313-cp313t"


def test_the_page_shows_what_results_json_says() -> None:
    text = page("machines")
    assert report.BEGIN in text
    assert report.in_page(text, report.read(RESULTS)) == text


def test_the_page_has_every_machine_and_python() -> None:
    lines = report.table(()).splitlines()[2:]
    assert len(lines) == sum(len(machine.pythons) or 1 for machine in MACHINES)
    shown = page("machines")
    for line in lines:
        assert line.partition("| not run")[0] in shown


def test_recorded_rows_are_rows_of_the_program() -> None:
    known = {*journey.ROWS, report.TESTS, journey.OF_32_BITS, neighbours.SHARED, neighbours.NO_PYTHON}
    for outcome in report.read(RESULTS):
        assert outcome.row in known
        tags = [python.tag for python in BY_NAME[outcome.machine].pythons]
        assert outcome.python in (tags or [""])


def test_outcomes_come_back_as_written_and_rows_run_again_replace_the_old(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    first = Outcome("stable", "cp313", "a", "2026-01-01", "broken")
    other = Outcome("stable", "cp313", "b", "2026-01-01", "no wheel", could_be_tried=False)
    report.write(path, [first, other])
    assert report.read(path) == (first, other)
    again = replace(first, date="2026-01-02", why="")
    report.write(path, [again])
    assert set(report.read(path)) == {again, other}


def test_the_table_counts_what_could_be_tried() -> None:
    outcomes = [
        Outcome("stable", "cp313", "a", "2026-01-01"),
        Outcome("stable", "cp313", "b", "2026-01-02", "broken"),
        Outcome("stable", "cp313", "c", "2026-01-02", "no wheel", could_be_tried=False),
        Outcome("stable", "cp313", report.TESTS, "2026-01-02", count=321),
    ]
    text = report.markdown(outcomes)
    assert "| Debian 13, x86-64 (`stable`) | CPython 3.13 | 1 of 2 | 321 passed | 2026-01-02 |" in text
    assert "- *stable, cp313: b*: broken\n" in text and "- stable, cp313: c: no wheel\n" in text
    assert f"\nNot run so far:\n\n- stable, cp313: {'; '.join(journey.rows_of('cp313'))}\n" in text
    assert text.count("| not run |") == len(report.table(()).splitlines()) - 3


@pytest.mark.parametrize(
    ("failure", "failed", "could_be_tried"),
    [(NotAsExpectedError("x"), True, True), (NotBuiltError("x"), True, True), (NotHereError("x"), False, False)],
    ids=lambda value: type(value).__name__,
)
def test_a_row_that_raises_has_not_passed(failure: Exception, failed: bool, could_be_tried: bool) -> None:
    def tried() -> None:
        raise failure

    visit = Visit(STABLE, STABLE.pythons[0], Inside(Path()), Files(Path()))
    found = program.outcome(visit, "a", tried)
    assert (found.failed, found.could_be_tried, found.passed, found.why) == (failed, could_be_tried, False, "x")
    assert program.outcome(visit, "a", lambda: 321).count == 321


def test_an_unknown_machine_is_told_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        program.main(["--machine", "vax"])
    assert "there is no machine vax, but stable, sid" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("done", "words"),
    [
        (Done(1, "", "error: app.pex is damaged\n"), "exit code 1: error: app.pex is damaged"),
        (Done(7, "{}", "warning\n"), "it said: warning"),
        (Done(7, "no JSON", ""), "it printed 'no JSON'"),
    ],
)
def test_what_is_not_as_expected_is_told(done: Done, words: str) -> None:
    with pytest.raises(NotAsExpectedError, match=words):
        told(done)
    assert told(Done(7, '"served"\n', "")) == "served"


@pytest.mark.parametrize(
    ("kind", "machine", "tag"),
    [
        ("another C library", "stable", "musllinux_1_1_x86_64"),
        ("another C library", "musl", "manylinux_2_17_x86_64"),
        ("another processor", "arm64", "manylinux_2_41_x86_64"),
        ("another processor", "i386", "manylinux_2_41_x86_64"),
        ("a newer C library", "stable", "manylinux_2_42_x86_64"),
    ],
)
def test_a_foreign_file_differs_in_one_thing(kind: str, machine: str, tag: str, tmp_path: Path) -> None:
    one = BY_NAME[machine]
    visit = Visit(one, one.pythons[0], Inside(tmp_path), Files(tmp_path))
    assert journey.foreign_to(visit, kind) == ("cp313-cp313", tag)


def test_a_foreign_file_is_built_from_a_wheel_of_its_tag(tmp_path: Path) -> None:
    tag = "cp313-cp313t-musllinux_1_1_x86_64"
    word = journey.platform_word("cp313-cp313t", "musllinux_1_1_x86_64")
    assert word == "musllinux_1_1_x86_64-cp-313-cp313t"
    assert Files(tmp_path).foreign(tag, word).name == f"for-{tag}.pex"
    with pytest.raises(NotBuiltError, match="foreign"):
        Files(tmp_path).foreign("cp312-cp312-linux_x86_64", word)


@pytest.mark.parametrize(("word", "found"), [("child", ["True"]), ("spawn", [[0, True, "click"]])])
def test_the_application_does_what_its_word_says(word: str, found: list[object], tmp_path: Path) -> None:
    wheels = [make_wheel(tmp_path, name, files={f"{name}.py": ""}) for name in ("click", "requests")]
    file = bundle_file(tmp_path / "app.pex", [application_wheel(tmp_path), *wheels], function(MODULE, "main"))
    done = run([supported()[0].path, file, word], environment(tmp_path / "root"), check=False)
    answer = told(Done(done.returncode, done.stdout, done.stderr))
    assert isinstance(answer, list) and answer[0] == found[0]


def test_the_users_account_is_added_once(tmp_path: Path) -> None:
    for _ in range(2):
        furnish(tmp_path)
    assert (tmp_path / "etc/passwd").read_text().count("\ntester:") == 1
    assert (tmp_path / "home/tester").is_dir()
