"""Refusals of the system are told as such, with a fitting exit code, and never as a bug or a traceback."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pexlite.cli.main import run
from tests.bundles import bundle_file, function
from tests.checkout import REPOSITORY, clean_environment
from tests.factories import make_wheel

Said = pytest.CaptureFixture[str]
LONG = "a" * 300
DEEP = "/".join(["b" * 200] * 30)


@pytest.fixture
def work(bare_machine: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, with a built file in it."""
    place = tmp_path / "work"
    place.mkdir()
    wheel = make_wheel(place, "app", files={"app.py": "def main(): pass\n", "large.txt": "x" * 2_000_000})
    bundle_file(place / "app.pex", [wheel], function("app", "main"))
    monkeypatch.chdir(place)
    return place


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((LONG,), 2, "is no name of a project: it has 300 characters"),
        ((f"{LONG}==1.0",), 2, "is no name of a project: it has 300 characters"),
        ((f"./{LONG}",), 2, "there is no aaa"),
        ((f"{DEEP}/x.whl",), 2, "there is no bbb"),
        ((f"~{LONG}/x",), 2, "there is no ~aaa"),
        (("~nobody-has-this-name/x",), 2, "there is no ~nobody-has-this-name/x"),
        (("-r", LONG), 2, "cannot be read: file name too long"),
        (("-r", DEEP), 2, "cannot be read: file name too long"),
        (("--constraint", LONG), 2, "there is no constraints file aaa"),
        (("--exe", LONG), 2, "does not exist"),
        (("-e", LONG), 4, "is in no wheel of this bundle"),
        (("app", "--python", f"./{LONG}"), 2, "there is no interpreter ./aaa"),
        (("app", "-o", LONG), 5, "File name too long"),
        (("info", LONG), 6, "there is no aaa"),
        (("info", "."), 6, ". is a directory"),
        (("verify", "."), 6, ". is a directory"),
        (("extract", ".", "out"), 6, ". is a directory"),
        (("venv", ".", "out"), 6, ". is a directory"),
        (("info", "/dev/zero"), 6, "/dev/zero is no regular file"),
        (("extract", "app.pex", "app.pex"), 5, "cannot write app.pex"),
        (("venv", "app.pex", "."), 2, "is there already and is no venv"),
        (("venv", "app.pex", "app.pex/env"), 5, "Not a directory"),
    ],
)  # fmt: skip
def test_what_is_no_file_or_no_name_is_told_in_words(
    arguments: tuple[str, ...], code: int, told: str, work: Path, capsys: Said
) -> None:
    assert (
        run([*arguments, *(() if arguments[0] in ("info", "verify", "extract", "venv") else ("--no-index",))])
        == code
    )
    said = capsys.readouterr().err
    assert told in said
    assert "a bug" not in said and "Traceback" not in said


def test_a_long_requirement_of_a_short_name_is_one_like_any_other(work: Path, capsys: Said) -> None:
    make_wheel(work, "other", files={"other.py": ""}, extras=["x"])
    condition = " or ".join(["python_version > '3'"] * 20)
    assert run([f"other ; {condition}", "--no-index", "-f", ".", "-o", "x.pex"]) == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("README.md", "# Title\n\nInstall\n\n- a point\n- another: point\n\n    pip install x\n"),
        ("environment.yml", "name: x\ndependencies:\n  - python=3.11\n"),
        ("setup.cfg", "[metadata]\nname = x\n"),
        ("notes.txt", "buy some milk\nand not too late\nplease\n"),
        ("Pipfile", "[[source]]\nurl = 'x'\n[packages]\nx = '*'\n"),
    ],
)
def test_a_file_that_is_none_of_requirements_is_one_error(name: str, text: str, work: Path, capsys: Said) -> None:
    (work / name).write_text(text)
    assert run(["-r", name, "--no-index"]) == 2
    first, hint = capsys.readouterr().err.splitlines()
    assert first.startswith(f"error: {name} is no requirements file: {name} line ")
    assert hint.startswith("hint: name a requirements.txt")


def test_the_mistakes_in_a_requirements_file_are_told_one_by_one(work: Path, capsys: Said) -> None:
    (work / "requirements.txt").write_text("app\nclick 8\nflask\nrich = 1\nyarl\n")
    assert run(["-r", "requirements.txt", "--no-index"]) == 2
    assert "2 things in the request are wrong" in capsys.readouterr().err


# -- as a process -----------------------------------------------------------------------------------


def pexlite(
    directory: Path, *arguments: str, wrap: str = 'exec "$@"', prepare: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run pexlite by the shell's words `wrap`, and return how it ended."""
    command = [sys.executable, "-m", "pexlite", *arguments]
    return subprocess.run(
        ["sh", "-c", wrap, "sh", *command],
        cwd=directory,
        env={**clean_environment(directory), "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=prepare,
        timeout=120,
    )


@pytest.mark.parametrize(
    "arguments",
    [("info", "app.pex"), ("info", "app.pex", "--json"), ("--help",), ("info", "--help"), ("--version",)],
)
def test_a_stdout_that_takes_nothing_is_told(arguments: tuple[str, ...], work: Path) -> None:
    done = pexlite(work, *arguments, wrap='exec "$@" >/dev/full')
    assert (done.returncode, done.stderr) == (5, "error: stdout cannot be written\n  no space left on device\n")


def test_a_stdout_that_is_closed_is_told(work: Path) -> None:
    done = pexlite(work, "info", "app.pex", wrap='exec "$@" >&-')
    assert (done.returncode, done.stderr) == (5, "error: stdout cannot be written\n  it is closed\n")


@pytest.mark.parametrize("wrap", ['exec "$@" 2>/dev/full', 'exec "$@" 2>&-', 'exec "$@" 2>&- <&-'])
def test_the_work_is_done_though_nothing_can_be_said_of_it(wrap: str, work: Path) -> None:
    (work / "job.py").write_text("print('hello')\n")
    done = pexlite(work, "job.py", "--no-index", "-o", "job.pex", "--json", wrap=wrap)
    assert done.returncode == 0 and '"written": true' in done.stdout
    assert run(["verify", str(work / "job.pex")]) == 0
    assert pexlite(work, "nowhere.py", wrap=wrap).returncode == 2


@pytest.mark.parametrize("arguments", [("x",), ("lock", "x"), ("probe", "-o", "x.json"), ("venv", "{file}", "x")])
def test_a_current_directory_that_is_gone_is_told(arguments: tuple[str, ...], work: Path) -> None:
    (work / "gone").mkdir()
    words = [word.format(file=work / "app.pex") for word in arguments]
    done = pexlite(work / "gone", *words, wrap='rmdir "$PWD"; exec "$@"')
    told = "error: the current directory is not there any more\nhint: change to one that is: cd\n"
    assert (done.returncode, done.stderr) == (2, told)


def test_what_needs_no_current_directory_does_without(work: Path) -> None:
    (work / "gone").mkdir()
    done = pexlite(work / "gone", "info", str(work / "app.pex"), wrap='rmdir "$PWD"; exec "$@"')
    assert (done.returncode, done.stderr) == (0, "")


def small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))


@pytest.mark.parametrize("arguments", [("venv", "app.pex", "env"), ("extract", "app.pex", "out")])
def test_a_disk_that_takes_no_more_is_told_and_nothing_half_done_stays(
    arguments: tuple[str, ...], work: Path
) -> None:
    (work / "app-1.0-py3-none-any.whl").unlink()
    wheel = make_wheel(work, "app", files={"app.py": "", "large.bin": os.urandom(2_000_000)})
    bundle_file(work / "app.pex", [wheel], function("app", "main"))
    done = pexlite(work, *arguments, prepare=small_files)
    assert done.returncode == 5, done.stderr
    first, *_, hint = done.stderr.splitlines()
    assert first.startswith("error: ") and str(work / arguments[-1]) in first
    assert "File too large" in done.stderr and hint.startswith("hint: ")
    assert "a bug" not in done.stderr and "Traceback" not in done.stderr
    assert not list((work / arguments[-1]).rglob("*"))


# The module is looked for at a moment that the test chooses, and there Ctrl-C comes.
INTERRUPTED = """
import os, signal, sys, time

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == MODULE:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)

sys.meta_path.insert(0, Interrupting())
from pexlite.__main__ import main
sys.argv[1:] = ["--help"]
main()
"""


@pytest.mark.parametrize("module", ["pexlite.cli", "click", "pexlite.cli.failures", "pexlite.errors", "json"])
def test_ctrl_c_while_the_command_line_is_imported_is_one_line(module: str, work: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED.replace("MODULE", repr(module), 1)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "error: interrupted\n")


def test_ctrl_c_stays_ignored_where_it_was(work: Path) -> None:
    program = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)" + INTERRUPTED.replace(
        "MODULE", "'click'", 1
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, check=False)
    assert done.returncode == 0 and done.stdout.startswith(b"Usage: ")


def test_a_signal_of_the_tests_own_is_as_it_was() -> None:
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
