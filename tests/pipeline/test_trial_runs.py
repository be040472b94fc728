"""The finished file is run at build with the arguments of `--trace-start`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from pexlite.errors import EntryPointMissing, UsageError
from pexlite.model import BuildRequest, BuildResult, IndexSettings
from pexlite.pipeline import trial_runs
from pexlite.pipeline.build import build as build_file
from tests.factories import make_wheel

pytestmark = pytest.mark.usefixtures("bare_machine")

APP = """\
import os, subprocess, sys, time

def main():
    if sys.argv[1:] == ["wait"]:
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        time.sleep(600)
    open(os.environ["HOME"] + "/seen", "a").write(" ".join(sys.argv[1:]))
    print("in", os.getcwd(), os.environ.get("PYTHONPATH"), os.environ["PEX_ROOT"], repr(sys.stdin.read()))
    print("words", sys.argv[1:], file=sys.stderr)
    return len(sys.argv) - 1
"""


def build(directory: Path, *trace_start: str, **more: Any) -> BuildResult:
    links = directory / "links"
    links.mkdir(exist_ok=True)
    make_wheel(links, "app", files={"app.py": more.pop("app", APP)})
    index = IndexSettings(no_index=True, find_links=(str(links),))
    asked = BuildRequest(
        directory=directory,
        requirements=("app",),
        index=index,
        output=Path("x.pex"),
        entry_point="app:main",
        trace_start=trace_start,
        **more,
    )
    return build_file(asked)


def told(result: BuildResult) -> list[str]:
    return [notice for notice in result.notices if "--trace-start" in notice]


def test_a_run_that_ends_with_0_is_not_told(tmp_path: Path) -> None:
    assert told(build(tmp_path, "")) == []


def test_another_end_is_told_with_the_last_words(tmp_path: Path) -> None:
    words = "the run of --trace-start {} ended with {}: words {}"
    assert told(build(tmp_path, "one 'and two'", "x")) == [
        words.format("""\"one 'and two'\"""", 2, ["one", "and two"]),
        words.format('"x"', 1, ["x"]),
    ]


def test_a_run_has_a_home_and_a_cache_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PEX_ROOT", str(tmp_path / "root"))
    seen = []
    run = trial_runs.FinishedFile.run

    def noted(self: trial_runs.FinishedFile, *words: Any, **more: Any) -> trial_runs.TrialRun:
        seen.append(run(self, *words, **more))
        return seen[-1]

    monkeypatch.setattr(trial_runs.FinishedFile, "run", noted)
    build(tmp_path, "word")
    assert f"in {tmp_path} None " in seen[-1].stdout.decode()
    assert str(tmp_path / "root") not in seen[-1].stdout.decode()
    assert seen[-1].stdout.decode().endswith(" ''\n")
    assert not (tmp_path / "root").exists()
    assert not [*(tmp_path / "home").rglob("seen")]


def test_what_runs_for_ever_is_stopped_with_all_that_it_has_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        trial_runs.FinishedFile.run, "__kwdefaults__", {"variables": None, "python_arguments": (), "longest": 3.0}
    )
    began = time.monotonic()
    assert told(build(tmp_path, "wait")) == ['the run of --trace-start "wait" was stopped after 60 s']
    # The child holds the pipes: without its end the build would wait for it.
    assert time.monotonic() - began < 300


def test_a_file_for_no_python_of_this_machine_cannot_be_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no Python of this machine"):
        build(tmp_path, "", platforms=("linux_x86_64-cp-39-cp39",))


def test_a_file_that_cannot_be_unpacked_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_runs, "write", lambda draft, path: path.write_text("no file of ours"))
    with pytest.raises(EntryPointMissing, match="does not start"):
        build(tmp_path, "")
