"""A first start in bad company: ended, crowded, without room, and what it says of itself."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pexlite.runtime.cache import lock
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter
from tests.runtime.trials import as_root, judged, litter, mounted


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=str)
def test_a_start_that_was_ended_anywhere_is_completed_by_the_next(
    number: signal.Signals, newest: Interpreter, slow: Path, tmp_path: Path
) -> None:
    dice = random.Random(number)
    for attempt in range(6):
        env = environment(tmp_path / str(attempt))
        with subprocess.Popen(
            [newest.path, slow], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as begun:
            time.sleep(dice.random() * 0.2)
            begun.send_signal(number)
            begun.communicate(timeout=60)
        # Python's own, where SIGINT meets it before it has read the file, and as it writes out its last words.
        pythons = (1, 120) if number == signal.SIGINT else ()
        assert begun.returncode in (-number, 3, *pythons)
        judged(run([newest.path, slow], env, check=False))
        root = tmp_path / str(attempt)
        assert litter(root) == []
        shutil.rmtree(root)


EMPTIED = ["apps/*/READY", "apps/*/*", "wheels/*/lib/app.py", "wheels/*/lib/stuff/*", "apps/*/lib/*/*/app.py"]


@pytest.mark.parametrize("pattern", EMPTIED)
def test_a_power_cut_leaves_ready_empty_and_all_is_looked_at(
    pattern: str, python: Interpreter, slow: Path, tmp_path: Path
) -> None:
    """The last file written reaches the disk last: where any is empty, so is READY."""
    env = environment(tmp_path / "root")
    judged(run([python.path, slow], env, check=False))
    for path in [*(tmp_path / "root").glob(f"lite-2/{pattern}"), *(tmp_path / "root").glob("lite-2/apps/*/READY")]:
        if path.is_file() and not path.is_symlink():
            path.write_bytes(b"")
    judged(run([python.path, slow], env, check=False))
    assert all(path.stat().st_size for path in (tmp_path / "root").glob("lite-2/wheels/*/lib/stuff/m*.py"))


def test_a_power_cut_before_ready_is_noticed_by_any_app_with_the_wheel(
    newest: Interpreter, slow: Path, tmp_path: Path
) -> None:
    env = environment(tmp_path / "root")
    judged(run([newest.path, slow], env, check=False))
    shutil.rmtree(tmp_path / "root/lite-2/apps")
    files = [path for path in (tmp_path / "root").glob("lite-2/wheels/*/lib/*/*") if path.is_file()]
    emptied = [path for path in files if path.stat().st_size]
    assert {path.name for path in emptied} >= {"RECORD", "METADATA"}
    for path in emptied:
        path.write_bytes(b"")
    judged(run([newest.path, slow], env, check=False))
    assert all(path.stat().st_size for path in emptied)


WITHOUT_LOCKS = """
import fcntl, runpy, sys
def flock(*arguments):
    raise OSError(38, "no locks here")
fcntl.flock = flock
del sys.argv[0]
sys.path.insert(0, sys.argv[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.parametrize("locks", [True, False])
def test_many_first_starts_at_once_all_end_well(
    locks: bool, newest: Interpreter, slow: Path, tmp_path: Path
) -> None:
    command = [str(newest.path), str(slow)] if locks else [str(newest.path), "-c", WITHOUT_LOCKS, str(slow)]
    env = environment(tmp_path / "root")
    begun = [
        subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    for process in begun:
        output, errors = process.communicate(timeout=120)
        judged(subprocess.CompletedProcess(command, process.returncode, output, errors))
    assert litter(tmp_path / "root") == []
    assert len(list((tmp_path / "root").glob("lite-2/wheels/*"))) == 2


def test_waiting_for_another_start_is_told_and_has_an_end(tmp_path: Path) -> None:
    told: list[float] = []
    path = tmp_path / "lock"
    path.touch(0o600)
    holder = os.open(path, os.O_RDWR)
    fcntl.flock(holder, fcntl.LOCK_EX)
    release = threading.Timer(0.3, os.close, [holder])
    release.start()
    with lock.Lock(str(path)).take(60, waiting=told.append) as taken:
        release.join()
        assert taken.held and not taken.refused
    assert told and told == sorted(told)
    holder = os.open(path, os.O_RDWR)
    fcntl.flock(holder, fcntl.LOCK_EX)
    with lock.Lock(str(path)).take(0.05) as refused:
        assert refused.refused and not refused.held
    with lock.Lock(str(path)).take(60, until=lambda: True) as needless:
        assert not needless.refused and not needless.held
    os.close(holder)


@pytest.mark.parametrize("mode", [0o644, 0o666, 0o620])
def test_a_lock_that_others_may_open_is_not_waited_for(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.touch()
    path.chmod(mode)
    holder = os.open(path, os.O_RDWR)
    fcntl.flock(holder, fcntl.LOCK_EX)
    begin = time.monotonic()
    with lock.Lock(str(path)).take(60) as taken:
        assert not taken.held and not taken.refused
    assert time.monotonic() - begin < 5
    os.close(holder)


@as_root
@pytest.mark.skipif(sys.platform != "linux", reason="tmpfs is Linux's")
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("size=3m", " MB needed, 3.1 MB free"),
        ("size=64k", " MB needed, 0.1 MB free"),
        ("size=50m,nr_inodes=90", " files needed, "),
        ("size=1m,nr_inodes=4", "(inodes)"),
    ],
)
def test_a_full_disk_is_told_with_what_is_needed_and_free(
    options: str, words: str, newest: Interpreter, slow: Path, tmp_path: Path
) -> None:
    with mounted(tmp_path / "disk", options) as disk:
        (disk / "mine").write_text("kept")
        env = environment(disk / "root")
        done = run([newest.path, slow], env, check=False)
        error, hint = done.stderr.splitlines()
        assert (done.returncode, done.stdout) == (1, "")
        assert error.startswith(f"error: no room to unpack into {disk / 'root' / 'lite-2'}: ") and words in error
        assert hint.startswith("hint: make room, or set PEX_ROOT")
        assert (disk / "mine").read_text() == "kept"
        assert litter(disk / "root") == [] and not list((disk / "root").glob("lite-2/wheels/*"))
        subprocess.run(["mount", "-o", "remount,size=90m,nr_inodes=9000", disk], check=True)
        judged(run([newest.path, slow], env, check=False))


LIMITED = """
import os, resource, sys
limit = getattr(resource, sys.argv[1])
resource.setrlimit(limit, (int(sys.argv[2]),) * 2)
os.execv(sys.argv[3], sys.argv[3:])
"""


def test_a_limit_on_the_size_of_files_is_told(python: Interpreter, slow: Path, tmp_path: Path) -> None:
    env = environment(tmp_path / "root")
    command: list[str | Path] = [sys.executable, "-c", LIMITED, "RLIMIT_FSIZE", "1000000", python.path, slow]
    done = run(command, env, check=False)
    error, _ = done.stderr.splitlines()
    assert done.returncode == 1 and "no room" in error and error.endswith("(ulimit -f)")
    assert litter(tmp_path / "root") == []
    judged(run([python.path, slow], env, check=False))


def test_few_descriptors_are_enough(newest: Interpreter, slow: Path, tmp_path: Path) -> None:
    command: list[str | Path] = [sys.executable, "-c", LIMITED, "RLIMIT_NOFILE", "12", newest.path, slow]
    judged(run(command, environment(tmp_path / "root"), check=False))


def test_each_step_is_told_with_its_milliseconds(python: Interpreter, slow: Path, tmp_path: Path) -> None:
    env = environment(tmp_path / "root", PEX_VERBOSE="1")
    cold, warm = (run([python.path, slow], env, check=False).stderr.splitlines() for _ in range(2))
    for line in (*cold, *warm):
        assert line.startswith("pexlite: ") and line[9:].split()[1] == "ms"
    for step in ("app.pex is whole", "unpacking 2 wheels", "laying out", "ready: ", "calling app:main"):
        assert any(step in line for line in cold)
    assert len(warm) < len(cold) and any("calling app:main" in line for line in warm)


def test_a_slow_first_start_is_explained_on_a_terminal_only(newest: Interpreter, tmp_path: Path) -> None:
    slow = "import runpy, sys, time, zlib\n"
    slow += "real, zlib.crc32 = zlib.crc32, lambda *words: (time.sleep(0.01), real(*words))[1]\n"
    slow += "del sys.argv[0]\nsys.path.insert(0, sys.argv[0])\nrunpy.run_path(sys.argv[0], run_name='__main__')\n"
    many = {f"many/m{number}.py": "" for number in range(700)}
    wheel = make_wheel(tmp_path, "many", files={"many/__init__.py": "def main():\n    print('ran')\n", **many})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("many", "main"))
    command = [str(newest.path), "-c", slow, str(file)]
    master, terminal = pty.openpty()
    with subprocess.Popen(command, env=environment(tmp_path / "one"), stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        shown = b""
        with contextlib.suppress(OSError):  # Linux ends a terminal so
            while block := os.read(master, 1 << 16):
                shown += block
    assert process.returncode == 0
    assert b"\rapp.pex: unpacking for the first start, " in shown and b" %" in shown
    assert shown.endswith(b"\r\x1b[Kran\r\n")
    done = run(command, environment(tmp_path / "two"))
    assert (done.stdout, done.stderr) == ("ran\n", "")


def test_a_bug_of_the_boot_is_one_line_and_where_to_report_it(
    python: Interpreter, slow: Path, tmp_path: Path
) -> None:
    bug = "import runpy, sys, zlib\nreal = zlib.decompressobj\ndel sys.argv[0]\nsys.path.insert(0, sys.argv[0])\n"
    bug += "import os\ndef broken(*words):\n    raise KeyError('broken')\nos.symlink = broken\n"
    bug += "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    env = environment(tmp_path / "root")
    done = run([python.path, "-c", bug, slow], env, check=False)
    error, hint = done.stderr.splitlines()
    assert done.returncode == 1 and error.startswith("error: app.pex could not be started: KeyError: 'broken' (")
    assert "PEX_VERBOSE=1" in hint and "report" in hint
    told = run([python.path, "-c", bug, slow], {**env, "PEX_VERBOSE": "1"}, check=False)
    assert "Traceback (most recent call last)" in told.stderr
    judged(run([python.path, slow], env, check=False))
