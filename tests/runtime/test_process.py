"""An app runs in a process that looks as it does when its console script runs in a venv."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pexlite.model import LaunchOptions
from tests import needs
from tests.bundles import bundle_file, environment, function
from tests.factories import make_wheel
from tests.interpreters import Interpreter

DOES = """
import json, os, signal, sys


class Thing:
    def __init__(self, number):
        self.number = number


def double(number):
    return 2 * number


def state():
    import threading

    fds = {}
    for name in os.listdir("/dev/fd"):
        try:
            fds[name] = os.readlink("/dev/fd/" + name).partition(":")[0]
        except OSError:
            pass
    return {
        "descriptors": sorted(name for name in fds if not fds[name].startswith("/proc/")),
        "threads": [thread.name for thread in threading.enumerate()],
        "environment": dict(os.environ),
        "session": os.getsid(0) == os.getsid(os.getppid()),
        "group": os.getpgrp() == os.getpgid(os.getppid()),
        "parent": os.getppid(),
        "signals": [str(signal.getsignal(number)) for number in (1, 2, 13, 15, 17)],
        "finders": [str(getattr(finder, "__name__", finder)) for finder in sys.meta_path + sys.path_hooks],
        "shows": [sys.excepthook is sys.__excepthook__, sys.displayhook is sys.__displayhook__],
        "options": [sys.warnoptions, str(sys.flags), str(sys._xoptions), sys.getrecursionlimit()],
        "modules": sorted(name for name in sys.modules),
        "stdin": sys.stdin.read(),
    }


def main():
    what, words = sys.argv[1], sys.argv[2:]
    return globals()["do_" + what](*words)


def do_state():
    print(json.dumps(state()))


def do_return(expression):
    return eval(expression)


def do_exit(expression):
    sys.exit(eval(expression))


def do_raise(expression):
    raise eval(expression)


def do_cause():
    try:
        1 / 0
    except ZeroDivisionError as failure:
        raise KeyError("x") from failure


def do_signal(number):
    os.kill(os.getpid(), int(number))


def do_wait():
    import time

    print("up", flush=True)
    time.sleep(60)


def do_count(*words):
    print(len(words), sum(map(len, words)))
    sys.stdout.flush()
    os.write(1, os.fsencode(words[-1])[:40])


def do_atexit():
    import atexit

    print(atexit._ncallbacks())
    atexit.register(print, "bye")


def do_thread():
    import threading

    thread = threading.Thread(target=double, args=("a", "b"))
    thread.start()
    thread.join()


def do_pool(kind):
    import multiprocessing

    context = multiprocessing.get_context(kind)
    with context.Pool(2) as pool:
        print(pool.map(double, [1, 2]))
    queue = context.Queue()
    process = context.Process(target=queue.put, args=(Thing(3),))
    process.start()
    print(queue.get().number)
    process.join()


def do_futures():
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(2) as executor:
        print(list(executor.map(double, range(3))))


def do_child():
    import subprocess

    code = "import does, sys; print(does.double(2), sys.argv)"
    print(subprocess.check_output([sys.executable, "-c", code, "x"]).decode())
    print(subprocess.call([sys.executable, "-m", "does", "return", "7"]))
    print(subprocess.call([sys.executable, sys.argv[0], "return", "8"]))


def do_pickle():
    import pickle

    print(type(pickle.loads(pickle.dumps(Thing(1)))))


def do_source():
    import inspect

    print(inspect.getsource(double))


def do_fork():
    child = os.fork()
    if not child:
        return 7
    print(os.WEXITSTATUS(os.waitpid(child, 0)[1]))


def do_again(*words):
    if words:
        print("again")
    else:
        os.execv(sys.argv[0], [sys.argv[0], "again", "x"])


def do_close():
    sys.stdout.close()


def do_hook():
    sys.excepthook = lambda kind, value, traceback: print("my hook", kind.__name__)
    raise ValueError("x")


if __name__ == "__main__":
    sys.exit(main())
"""

CASES: list[list[str]] = [
    *(["return", code] for code in ("0", "1", "127", "128", "255", "256", "-1", "'text'", "None", "True", "[1]")),
    *(["exit", code] for code in ("0", "5", "255", "None", "'bye'", "(1, 2)")),
    *(["raise", what] for what in ("ValueError('words')", "OSError(2, 'x')", "ImportError('y')", "SystemExit(4)")),
    ["raise", "KeyboardInterrupt()"],
    ["cause"],
    *(["signal", str(number)] for number in (1, 2, 3, 6, 9, 13, 14, 15)),
    ["count", "x" * 131_000],
    ["count", *["y" * 1000] * 128],
    ["count", "\udcff\udcfe"],
    ["atexit"],
    ["thread"],
    *(["pool", kind] for kind in ("fork", "spawn", "forkserver")),
    ["futures"],
    ["child"],
    ["pickle"],
    ["source"],
    ["fork"],
    ["again"],
    ["close"],
    ["hook"],
]


class Beside:
    """An app as a file with either header, and in a venv."""

    def __init__(self, python: Path, directory: Path) -> None:
        wheel = make_wheel(directory, "does", files={"does.py": DOES})
        subprocess.run([python, "-m", "venv", "--without-pip", directory / "venv"], check=True)
        (site,) = (directory / "venv").glob("lib/*/site-packages")
        (site / "does.py").write_text(DOES)
        self.venv = directory / "venv" / "bin" / "does"
        first = f"#!{directory}/venv/bin/python\n"
        self.venv.write_text(
            f"{first}import sys\nfrom does import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
        )
        self.venv.chmod(0o755)
        for name in ("plain", "sh", "bin"):
            (directory / name).mkdir()
        start = function("does", "main")
        plain, sh = LaunchOptions(shebang=str(python)), LaunchOptions(sh_boot=True)
        self.files = [
            bundle_file(directory / "plain" / "does", [wheel], start, launch=plain),
            bundle_file(directory / "sh" / "does", [wheel], start, launch=sh),
        ]
        (directory / "bin" / "python3").symlink_to(python)
        self.env = environment(directory / "root", PATH=f"{directory / 'bin'}:/usr/bin:/bin")
        for file in self.files:
            self.run(file, ["return", "0"])

    def run(self, file: Path, arguments: list[str], stdin: bytes = b"") -> tuple[int, str, str]:
        words = [os.fsencode(word) for word in (str(file), *arguments)]
        done = subprocess.run(words, env=self.env, input=stdin, capture_output=True, check=False, timeout=120)
        texts = (text.decode("utf-8", "surrogateescape") for text in (done.stdout, done.stderr))
        return (done.returncode, *(without_places(text, file) for text in texts))  # type: ignore[return-value]


def without_places(text: str, file: Path) -> str:
    """The text without what depends on where the app lies: its file's name, and frames before its own code."""
    text = text.replace(str(file), "IT")
    text = re.sub(r'  File "IT", line \d+, in <module>\n(    .*\n)+', "", text)
    return re.sub(r'"/[^"]*/site-packages/', '"', text)


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory, newest: Interpreter) -> Beside:
    return Beside(newest.path, tmp_path_factory.mktemp("beside"))


@pytest.mark.unmeasured
@pytest.mark.parametrize("arguments", CASES, ids=lambda arguments: " ".join(word[:12] for word in arguments[:2]))
def test_it_ends_and_speaks_as_in_a_venv(arguments: list[str], beside: Beside) -> None:
    expected = beside.run(beside.venv, arguments)
    for file in beside.files:
        assert beside.run(file, arguments) == expected


def test_its_state_is_that_of_a_venvs_but_for_what_is_documented(beside: Beside) -> None:
    def state(file: Path) -> dict[str, Any]:
        code, output, errors = beside.run(file, ["state"], b"words")
        assert (code, errors) == (0, "")
        found: dict[str, Any] = json.loads(output)
        return found

    needs.shell_of_its_own()  # busybox's counts itself in SHLVL
    venv = state(beside.venv)
    assert venv["parent"] == os.getpid()
    for file in beside.files:
        own = state(file)
        assert own["environment"] == {**venv["environment"], "PEX": "IT"}
        # Python runs a zip, and reads .pth files, with more of its own modules. The module that makes further
        # interpreters is looked after from the start, and the collector let wait during imports.
        more = {name.partition(".")[0] for name in set(own["modules"]) - set(venv["modules"])}
        more -= {"_interpreters", "_xxsubinterpreters"}
        assert more <= ({"encodings", "gc"} if "sh" in file.parts else sys.stdlib_module_names)
        for name in ("environment", "modules"):
            del own[name]
        assert own == {name: value for name, value in venv.items() if name in own}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT], ids=str)
def test_a_signal_from_outside_ends_it_as_in_a_venv(number: signal.Signals, beside: Beside) -> None:
    def ended(file: Path) -> tuple[int, list[str]]:
        pipe = subprocess.PIPE
        with subprocess.Popen([file, "wait"], env=beside.env, stdout=pipe, stderr=pipe) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"up\n"
            process.send_signal(number)
            errors = process.communicate(timeout=60)[1].decode()
        return process.returncode, errors.splitlines()[-1:]

    expected = ended(beside.venv)
    assert expected[0] == -number
    for file in beside.files:
        assert ended(file) == expected


def test_a_reader_that_goes_away_ends_it_as_in_a_venv(beside: Beside) -> None:
    def ended(file: Path) -> tuple[int, str]:
        reading, writing = os.pipe()
        os.close(reading)
        command = [str(file), "return", "print('x' * 100_000)"]
        done = subprocess.run(command, env=beside.env, stdout=writing, stderr=subprocess.PIPE, check=False)
        os.close(writing)
        return done.returncode, without_places(done.stderr.decode(), file)

    expected = ended(beside.venv)
    for file in beside.files:
        assert ended(file) == expected
