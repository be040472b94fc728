"""The command that is meant is run, and its end becomes words and an exit code."""

from __future__ import annotations

import errno
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pexlite import __version__, errors
from pexlite.cli.main import run
from pexlite.model import Report
from tests.cli.conftest import Pipeline

Output = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("arguments", "inputs"),
    [
        (["requests", "click"], ("requests", "click")),
        (["build", "requests"], ("requests",)),
        (["build", "build"], ("build",)),
        (["build", "info"], ("info",)),
        (["-o", "x.pex", "requests"], ("requests",)),
        (["my_package/", "-o", "x.pex", "click"], ("my_package/", "click")),
    ],
)
def test_a_first_argument_that_is_no_command_belongs_to_build(
    arguments: list[str], inputs: tuple[str, ...], pipeline: Pipeline
) -> None:
    assert run(arguments) == 0
    assert pipeline.requests[0].requirements == inputs


def test_without_arguments_the_help_is_shown_and_nothing_has_gone_well(capsys: Output) -> None:
    assert run([]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("Usage: pexlite [OPTIONS] [REQUIREMENT|PATH]...")
    assert len(told.err.splitlines()) <= 15
    assert all(len(line) <= 100 for line in told.err.splitlines())


def test_the_commands_of_the_short_help_are_understood(capsys: Output, pipeline: Pipeline) -> None:
    run([])
    shown = [line.split("  ")[1] for line in capsys.readouterr().err.splitlines() if line.startswith("  pexlite ")]
    assert len(shown) == 4
    for line in shown[:3]:
        assert run(shlex.split(line)[1:]) == 0
    assert shown[3] == "pexlite info app.pex"


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["build", "--help"], ["-o", "x", "-h"]])
def test_the_help_has_examples_first_and_then_every_section(arguments: list[str], capsys: Output) -> None:
    assert run(arguments) == 0
    told = capsys.readouterr().out
    titles = ["Examples:", "What goes in:", "Where it runs:", "How it starts:", "Indexes:", "Output:"]
    places = [told.index(title) for title in titles]
    assert places == sorted(places)


def test_the_help_lists_the_commands(capsys: Output) -> None:
    run(["--help"])
    told = capsys.readouterr().out
    assert "\n  build  " in told
    assert "\n  info " in told


@pytest.mark.parametrize("name", ["PEXLITE_CACHE_DIR", "PEX_ROOT", "SOURCE_DATE_EPOCH", "NO_COLOR", "--version"])
def test_the_help_names_the_variables_and_the_version(name: str, capsys: Output) -> None:
    run(["--help"])
    assert f"\n  {name}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["--version"], ["-q", "--version"], ["--version", "lock"]])
def test_the_version_is_told(arguments: list[str], capsys: Output) -> None:
    assert run(arguments) == 0
    assert capsys.readouterr().out == f"pexlite {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--ouput", "x"], ["error: there is no option --ouput", "hint: did you mean --output?"]),
        (["--entrypoint", "x"], ["error: there is no option --entrypoint", "hint: did you mean --entry-point?"]),
        (["-z"], ["error: there is no option -z", "hint: pexlite build --help"]),
        (["--pylock", "x"], ["error: there is no option --pylock", "hint: use --lock"]),
        (["-o"], ["error: option '-o' requires an argument", "hint: pexlite --help"]),
        (["info", "x", "--", "y"], ["error: nothing can follow --: info runs nothing"]),
        (["info"], ["error: missing argument 'FILE...'", "hint: pexlite info --help"]),
        (["--bin-path", "x"], ["error: invalid value for '--bin-path': 'x' is not one of"]),
        (["--inject-env", "X"], ["error: invalid value for '--inject-env': 'X' is not NAME=VALUE"]),
        (["--inject-env", "=X"], ["error: invalid value for '--inject-env': '=X' is not NAME=VALUE"]),
        (["--inject-args", "'x"], ["error: invalid value for '--inject-args': \"'x\" cannot be split"]),
        (["--inject-args", "-o"], ["error: invalid value for '--inject-args': '-o' is an option of pexlite"]),
        (["--inject-args", "--lock", "x"], ["error: invalid value for '--inject-args': '--lock' is an option of"]),
        (["--runtime-pex-root", "-o"], ["error: invalid value for '--runtime-pex-root': '-o' is an option of"]),
        (["--runtime-pex-root", "-v"], ["error: invalid value for '--runtime-pex-root': '-v' is an option of"]),
        (["-D", "nowhere"], ["error: invalid value for '-D'"]),
    ],
)
def test_a_wrong_command_line_is_told_like_any_error(
    arguments: list[str], told: list[str], capsys: Output, pipeline: Pipeline
) -> None:
    assert run(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert len(lines) == 2
    for line, expected in zip(lines, told, strict=False):
        assert line.startswith(expected)
    assert pipeline.requests == []


def failing(failure: BaseException) -> Callable[[Report], None]:
    def act(report: Report) -> None:
        raise failure

    return act


EVERY_ERROR = sorted(
    (kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.PexliteError)),
    key=lambda kind: kind.__name__,
)


@pytest.mark.parametrize("kind", EVERY_ERROR)
def test_an_error_is_told_with_causes_and_hint_and_its_own_exit_code(
    kind: type[errors.PexliteError], capsys: Output, pipeline: Pipeline
) -> None:
    pipeline.act = failing(kind("it broke", causes=["first", "second"], hint="mend it"))
    assert run(["requests"]) == kind.exit_code
    captured = capsys.readouterr()
    assert captured.err.splitlines() == ["error: it broke", "  first", "  second", "hint: mend it"]
    assert captured.out == ""


@pytest.mark.parametrize("verbose", ["-v", "--verbose"])
def test_the_traceback_of_an_error_is_shown_only_when_asked_for(
    verbose: str, capsys: Output, pipeline: Pipeline
) -> None:
    pipeline.act = failing(errors.WriteError("it broke", hint="mend it"))
    assert run(["requests", verbose]) == 5
    told = capsys.readouterr().err
    assert "Traceback" in told
    assert told.endswith("error: it broke\nhint: mend it\n")
    assert told.count("hint:") == 1


def test_an_error_is_told_to_programs_as_json_and_to_people_as_ever(capsys: Output, pipeline: Pipeline) -> None:
    pipeline.act = failing(errors.FetchError("it broke", causes=["why"], hint="mend it"))
    assert run(["requests", "--json"]) == 3
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {
        "error": "it broke",
        "causes": ["why"],
        "hint": "mend it",
        "exit_code": 3,
    }
    assert "error: it broke\n  why\nhint: mend it\n" in captured.err


def test_a_wrong_command_line_is_told_to_programs_too(capsys: Output) -> None:
    assert run(["--json", "--ouput"]) == 2
    assert json.loads(capsys.readouterr().out)["error"] == "there is no option --ouput"


def test_a_bug_is_one_line_and_asks_for_a_report(capsys: Output, pipeline: Pipeline) -> None:
    pipeline.act = failing(KeyError("wheel\nmore"))
    assert run(["requests"]) == 1
    first, hint = capsys.readouterr().err.splitlines()
    assert first.startswith("error: a bug in pexlite: KeyError: ")
    assert hint == "hint: run it again with -v and report the traceback"


# Modules that a Python has only where their libraries were there when it was made; pexlite does without the first.
@pytest.mark.parametrize(("missing", "told"), [("_lzma", ""), ("_bz2", ""), ("_ctypes", ""), ("_ssl", "ssl")])
def test_a_python_that_lacks_a_module_is_no_bug(missing: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.modules[{missing!r}] = None\n")
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "own.py").write_text("def main():\n    pass\n")
    words = ["-m", "pexlite", "-D", "code", "-e", "own:main", "-o", "app.pex", "--no-compress"]
    words += [] if told else ["--no-index"]
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "PEXLITE_CACHE_DIR": str(tmp_path / "store")}
    done = subprocess.run(
        [sys.executable, *words], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == (1 if told else 0), done.stderr
    if told:
        assert f"has no module {told}, which pexlite needs" in done.stderr
        assert "hint: install pexlite for another Python" in done.stderr


def test_a_full_disk_is_no_bug(capsys: Output, pipeline: Pipeline) -> None:
    pipeline.act = failing(OSError(errno.ENOSPC, "No space left on device", "somewhere/x.whl"))
    assert run(["requests"]) == 5
    first, hint = capsys.readouterr().err.splitlines()
    assert first == "error: no space left on device: somewhere/x.whl"
    assert hint.startswith("hint: make room there")


def test_a_file_that_may_not_be_read_is_no_bug(capsys: Output, pipeline: Pipeline) -> None:
    pipeline.act = failing(PermissionError(errno.EACCES, "Permission denied", "plain/pyproject.toml"))
    assert run(["requests"]) == 5
    first, hint = capsys.readouterr().err.splitlines()
    assert first == "error: permission denied: plain/pyproject.toml"
    assert hint.startswith("hint: check who may read")


def test_an_interruption_is_one_line(capsys: Output, pipeline: Pipeline) -> None:
    pipeline.act = failing(KeyboardInterrupt())
    assert run(["requests"]) == 130
    assert capsys.readouterr().err == "error: interrupted\n"
