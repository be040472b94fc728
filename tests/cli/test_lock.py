"""`pexlite lock`: options become a request, a lock becomes a file or text on stdout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pexlite.cli.main import run
from pexlite.model import BuildRequest, IndexSettings, LockChange, LockResult, LockTerms, Report
from tests.pylock.values import lock_of

Output = pytest.CaptureFixture[str]
TERMS: list[LockTerms] = []
CHANGES: dict[str, tuple[LockChange, ...] | None] = {}


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[BuildRequest]:
    """The requests that reach the locking function, which is replaced and locks nothing."""
    seen: list[BuildRequest] = []

    def lock(request: BuildRequest, report: Report, terms: LockTerms) -> LockResult:
        seen.append(request)
        TERMS.append(terms)
        path = request.directory / request.output if request.output else None
        return LockResult(path, "the text\n", lock_of(), ("a note",), 0.4, CHANGES.get("now"))

    monkeypatch.setattr("pexlite.pipeline.lock.lock", lock)
    monkeypatch.chdir(tmp_path)
    return seen


ROWS: list[tuple[list[str], dict[str, Any]]] = [
    (["requests", "click"], {"requirements": ("requests", "click"), "output": Path("pylock.toml")}),
    (["x", "-o", "pylock.a.toml"], {"output": Path("pylock.a.toml")}),
    (["x", "-o", "-"], {"output": None}),
    (["-r", "a.txt", "--constraint", "c.txt"], {"requirement_files": ("a.txt",), "constraint_files": ("c.txt",)}),
    (["x", "--extra", "a", "--group", "b"], {"extras": ("a",), "groups": ("b",)}),
    (["x", "--exclude", "a", "--override", "b==1"], {"excluded": ("a",), "overrides": ("b==1",)}),
    (["x", "--python", "3.12", "--platform", "p"], {"pythons": ("3.12",), "platforms": ("p",)}),
    (["x", "--pre", "--resolver", "pip"], {"index": IndexSettings(prereleases=True), "resolver": "pip"}),
]


@pytest.mark.parametrize(("arguments", "expected"), ROWS)
def test_options_become_a_request(
    arguments: list[str], expected: dict[str, Any], requests: list[BuildRequest], tmp_path: Path
) -> None:
    assert run(["lock", *arguments]) == 0
    usual: dict[str, Any] = {"directory": tmp_path, "output": Path("pylock.toml")}
    if "x" in arguments:
        usual["requirements"] = ("x",)
    assert requests == [BuildRequest(**(usual | expected))]


@pytest.mark.parametrize("arguments", [["--lock", "a"], ["-D", "."], ["--sh-boot"], ["--json"], ["-c", "x"]])
def test_what_only_a_file_has_is_no_option(
    arguments: list[str], requests: list[BuildRequest], capsys: Output
) -> None:
    assert run(["lock", "x", *arguments]) == 2
    assert f"there is no option {arguments[0]}" in capsys.readouterr().err


def test_a_lock_on_stdout_is_nothing_but_the_lock(requests: list[BuildRequest], capsys: Output) -> None:
    assert run(["lock", "x", "-o", "-"]) == 0
    said = capsys.readouterr()
    assert said.out == "the text\n"
    assert said.err == "note: a note\nlocked  0 packages  0.4 s\n"


def test_a_file_is_named_and_quiet_says_nothing(requests: list[BuildRequest], capsys: Output) -> None:
    assert run(["lock", "x"]) == 0
    assert run(["lock", "x", "-q"]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "note: a note\nwrote pylock.toml  0 packages  0.4 s\n")


def test_defaults_of_the_project_hold_for_its_lock_but_for_the_files_own(
    requests: list[BuildRequest], tmp_path: Path
) -> None:
    table = '[tool.pexlite]\npython = "3.12"\nexclude = "a"\noutput = "app.pex"\nscript = "x"\n'
    (tmp_path / "pyproject.toml").write_text(table)
    assert run(["lock", "."]) == 0
    [request] = requests
    assert (request.pythons, request.excluded, request.output) == (("3.12",), ("a",), Path("pylock.toml"))
    assert request.script is None


def test_what_is_to_change_becomes_terms(requests: list[BuildRequest]) -> None:
    assert (
        run(["lock", "x", "--upgrade-package", "a", "--upgrade-package", "b==1", "--format", "requirements"]) == 0
    )
    assert TERMS[-1] == LockTerms(upgraded=("a", "b==1"), format="requirements")
    assert run(["lock", "x", "--upgrade"]) == 0
    assert TERMS[-1] == LockTerms(upgrade=True)


def test_the_changes_stand_before_the_closing_line(
    requests: list[BuildRequest], capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = (LockChange("a", ("1",), ("2", "3")), LockChange("b", (), ("1",)), LockChange("c", ("1",), ()))
    monkeypatch.setitem(CHANGES, "now", changes)
    assert run(["lock", "x"]) == 0
    *_, first, second, third, last = capsys.readouterr().err.splitlines()
    assert [first, second, third] == ["  a 1 -> 2, 3", "  + b 1", "  - c 1"]
    assert last == "wrote pylock.toml  0 packages  1 added, 1 removed, 1 changed  0.4 s"
    monkeypatch.setitem(CHANGES, "now", ())
    assert run(["lock", "x"]) == 0
    assert capsys.readouterr().err.endswith("0 packages  nothing changed  0.4 s\n")
