"""The command as a process: signals, pipes, terminals and time to start."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pexlite.pylock.write import lock_text, write_lock
from tests.checkout import REPOSITORY, clean_environment
from tests.factories import make_wheel
from tests.pylock.values import lock_of, wheel_entry

# A build that makes a temporary directory, says so, and waits; a stage that takes long, in other words.
WAITING = """
import sys, tempfile, time
from pexlite.pipeline import build as module
from pexlite.model import Progress

def build(request, report):
    with tempfile.TemporaryDirectory(dir=request.directory) as directory:
        report(Progress("fetch", "x.whl", 1_000_000, 2_000_000))
        print("waiting", flush=True)
        time.sleep(60)

module.build = build
from pexlite.cli import main
main()
"""


def start(
    code: str,
    *arguments: str,
    directory: Path,
    stdin: int | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
) -> subprocess.Popen[bytes]:
    environment = clean_environment(directory)
    return subprocess.Popen(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(REPOSITORY)!r})\n{code}", *arguments],
        cwd=directory,
        env={**environment, "TERM": "xterm", "PYTHONDONTWRITEBYTECODE": "1"},
        start_new_session=True,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
    )


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [(signal.SIGINT, 130, b"error: interrupted\n"), (signal.SIGTERM, 143, b""), (signal.SIGHUP, 129, b"")],
)
def test_a_signal_ends_it_quickly_and_leaves_nothing(
    number: signal.Signals, code: int, said: bytes, tmp_path: Path
) -> None:
    process = start(
        WAITING, "x", "--no-progress", directory=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"waiting\n"
    assert len(list(tmp_path.iterdir())) == 1
    process.send_signal(number)
    _, told = process.communicate(timeout=20)
    assert process.returncode == code
    assert told == said
    assert list(tmp_path.iterdir()) == []


def test_under_nohup_a_hangup_is_ignored(tmp_path: Path) -> None:
    code = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + WAITING
    process = start(code, "x", "-q", directory=tmp_path, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGHUP)
    time.sleep(0.3)
    assert process.poll() is None
    process.terminate()
    assert process.wait(timeout=20) == 143


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = start(
        "from pexlite.cli import main; main()",
        "--help",
        directory=tmp_path,
        stdout=writing,
        stderr=subprocess.PIPE,
    )
    os.close(writing)
    _, told = process.communicate(timeout=20)
    assert told == b""
    assert process.returncode == 141


def test_on_a_terminal_progress_is_shown_and_then_erased(tmp_path: Path) -> None:
    shown = on_terminal(WAITING.replace("time.sleep(60)", "time.sleep(0.5); raise KeyboardInterrupt"), tmp_path)
    assert b"fetching wheels" in shown
    assert b"1.0 MB of 2.0 MB" in shown
    # The last thing before the error is the cursor's way up and the erased line.
    before, _, _ = shown.rpartition(b"interrupted")
    assert b"\x1b[2K" in before[before.rindex(b"fetching wheels") :]


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colour_can_be_turned_off(name: str, value: str, tmp_path: Path) -> None:
    code = f"import os; os.environ[{name!r}] = {value!r}\nfrom pexlite.cli import main; main()"
    assert on_terminal(code, tmp_path, "--nonsense").startswith(b"error: there is no option --nonsense")
    for command in (["--help"], ["help", "lock"], ["-q", "lock", "--help"]):
        assert b"\x1b[" not in on_terminal(code, tmp_path, *command)


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--nonsense"], b"\x1b[31m\x1b[1merror:\x1b[0m there is no option"),
        (["--help"], b"\x1b[1mWhat goes in\x1b[0m:"),
        (["help"], b"  \x1b[36m--platform PLATFORM\x1b[0m  "),
        (["help", "cache"], b"  \x1b[36mprune\x1b[0m  "),
        (["probe", "-o", "here.json"], b"\x1b[32m\x1b[1mwrote\x1b[0m here.json"),
    ],
)
def test_a_terminal_has_colour(arguments: list[str], shown: bytes, tmp_path: Path) -> None:
    code = "from pexlite.cli import main; main()"
    assert shown in on_terminal(code, tmp_path, *arguments)


def on_terminal(code: str, directory: Path, *arguments: str) -> bytes:
    """The bytes that a terminal is sent."""
    terminal, side = pty.openpty()
    process = start(code, *(arguments or ("x",)), directory=directory, stdin=side, stdout=side, stderr=side)
    os.close(side)
    shown = b""
    while select.select([terminal], [], [], 20)[0]:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux says this, and not end of file, when the other side is closed
            break
        if not piece:
            break
        shown += piece
    process.wait(timeout=20)
    os.close(terminal)
    return shown


def test_the_version_is_told_without_any_command() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(REPOSITORY)!r})\n"
        "from pexlite.cli.commands import COMMANDS\n"
        "from pexlite.cli.main import run\n"
        "run(['--version'])\n"
        "print({place.partition(':')[0] for place in COMMANDS.values()} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "set()\n"


def test_help_imports_neither_rich_nor_the_pipeline() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(REPOSITORY)!r})\n"
        "from pexlite.cli.main import run\n"
        "run(['--help'])\n"
        "heavy = {'rich', 'packaging', 'urllib3', 'pexlite.pipeline', 'pexlite.model'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.returncode == 0


def test_a_build_that_is_remembered_loads_nothing_that_downloads_or_reads_and_writes_wheels(
    tmp_path: Path, bare_machine: None
) -> None:
    wheel = make_wheel(tmp_path, "demo", files={"demo.py": ""})
    write_lock(lock_text(lock_of(wheel_entry(wheel, wheel.as_uri()))), tmp_path / "pylock.toml")
    heavy = {"urllib3", "truststore", "certifi", "tomli_w", "wheel.wheelfile", "zipp", "email.parser", "ssl"}
    code = (
        f"import sys; sys.path.insert(0, {str(REPOSITORY)!r})\n"
        "from pexlite.cli.main import run\n"
        "run(['--lock', 'pylock.toml', '-o', 'x.pex', '-q', '--force'])\n"
        f"print(sorted({heavy!r} & set(sys.modules)))"
    )
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
        )
    assert done.stdout == "[]\n"
