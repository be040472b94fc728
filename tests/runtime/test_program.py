"""An interpreter's program, run in the process of the start, finds what it finds in the app's own Python."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from pexlite.model import EntryPoint, LaunchOptions, StartKind
from tests.bundles import bundle_file, environment, run
from tests.factories import make_wheel, write_files
from tests.interpreters import Interpreter, supported

TOLD = """
import os
import sys

main = vars(sys.modules["__main__"])
print("argv", sys.argv)
print("path", sys.path)
print("orig_argv", getattr(sys, "orig_argv", None))
print("flags", [bool(flag) for flag in sys.flags], sorted(set(sys.warnoptions)), sys._xoptions)
print("prefix", sys.prefix, sys.exec_prefix, sys.base_prefix, sys.executable)
print("names", sorted(name for name in main if name[:2] == "__"))
print("main", [main.get(name) for name in ("__name__", "__file__", "__package__", "__cached__", "__doc__")])
print("loader", getattr(main["__loader__"], "__name__", type(main["__loader__"]).__name__))
print("spec", getattr(main["__spec__"], "name", None))
print("site", "site" in sys.modules, "sitecustomize" in sys.modules, __debug__)
"""
SPAWNED = """
import multiprocessing

def double(number):
    return 2 * number

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(double, [1, 2]))
"""
SOURCE = "import inspect\ndef told():\n    return 1\nprint(inspect.getsource(told), inspect.getfile(told))\n"
AGAIN = """
import os, subprocess, sys
print("pid" if os.environ.pop("FIRST", None) else "again", sys.argv, flush=True)
if "once" in sys.argv:
    words = [sys.executable, *sys.orig_argv[1:]]
    words[words.index("once")] = "twice"
    subprocess.run(words, check=True)
"""
FILES: dict[str, str | bytes] = {
    "told.py": TOLD,
    "sub/told.py": TOLD,
    "crlf.py": TOLD.replace("\n", "\r\n"),
    "latin.py": b"# coding: latin-1\nprint(ascii('\xe9'))\n",
    "fails.py": "def fail():\n    raise ValueError('words')\n\nfail()\n",
    "wrong.py": "print(1)\nif:\n",
    "ends.py": "import sys\nsys.exit(3)\n",
    "says.py": "import sys\nsys.exit('words')\n",
    "interrupted.py": "raise KeyboardInterrupt\n",
    "future.py": "from __future__ import annotations\ndef f(a: b): pass\nprint(f.__annotations__)\n",
    "empty.py": "",
    "noend": "print('no end', __file__)",
    "spawned.py": SPAWNED,
    "source.py": SOURCE,
    "directory/__main__.py": TOLD,
    "sitedir/onpath.py": "print('on the path', __file__)\n",
}
CASES: list[tuple[list[str], dict[str, str]]] = [
    (["-c", TOLD], {}),
    (["-c", TOLD, "a", "-c", "-m"], {}),
    (["-c", "1/0"], {}),
    (["-c", "import sys; sys.exit(4)"], {}),
    (["-c", "if:"], {}),
    (["-c", "  print(1)"], {}),
    (["-c", ""], {}),
    (["-c"], {}),
    (["-c", "raise KeyboardInterrupt"], {}),
    (["-c", "import fails"], {}),
    (["-cprint(1)"], {}),
    (["-m", "bundled"], {}),
    (["-m", "bundled", "a"], {}),
    (["-m", "bundled.part", "a"], {}),
    (["-m", "told"], {}),
    (["-m", "nowhere"], {}),
    (["-m", "bundled.fails"], {}),
    (["-m"], {}),
    (["told.py"], {}),
    (["./told.py", "a"], {}),
    (["sub/told.py", "-c", "b"], {}),
    (["sub/../told.py"], {}),
    (["link.py"], {}),
    (["crlf.py"], {}),
    (["latin.py"], {}),
    (["fails.py"], {}),
    (["wrong.py"], {}),
    (["ends.py"], {}),
    (["says.py"], {}),
    (["interrupted.py"], {}),
    (["future.py"], {}),
    (["empty.py"], {}),
    (["noend"], {}),
    (["missing.py"], {}),
    (["spawned.py"], {}),
    (["source.py"], {}),
    (["directory"], {}),
    (["archive.zip", "a"], {}),
    (["-"], {}),
    ([], {}),
    (["-V"], {}),
    (["-I", "-c", TOLD], {}),
    (["-O", "told.py"], {}),
    (["-W", "error", "-c", TOLD], {}),
    (["-c", TOLD], {"PYTHONPATH": "sitedir"}),
    (["-m", "onpath"], {"PYTHONPATH": "sitedir:"}),
    (["told.py"], {"PYTHONPATH": ":sitedir"}),
    (["-c", TOLD], {"PYTHONSAFEPATH": "1"}),
    (["told.py"], {"PYTHONSAFEPATH": "1", "PYTHONPATH": "sitedir"}),
    (["-c", TOLD], {"PYTHONWARNINGS": "error", "PYTHONOPTIMIZE": "1"}),
]
OPTIONS = [["-I"], ["-E"], ["-s"], ["-O"], ["-B"], ["-W", "error"], ["-X", "utf8"], ["-P"], ["-u"], ["-b"]]


@dataclass(frozen=True)
class Beside:
    """A file that is an interpreter, and the Python that its first start has made, in one directory of sources."""

    python: Path
    file: Path
    own: Path
    place: Path
    variables: dict[str, str]

    def ended(self, *words: str | Path, **more: str) -> tuple[int, str, str]:
        """How the command ended: its code, what it wrote, and what it said, without the frames of `-m`."""
        done = run(words, {**self.variables, **more}, cwd=self.place, stdin=TOLD, check=False)
        frames = r'  File "[^"]*runpy[^"]*", line .*\n(    .*\n)*'
        return done.returncode, done.stdout, re.sub(frames, "", done.stderr)


@pytest.fixture(scope="module", params=supported(), ids=lambda one: one.tag)
def beside(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Beside:
    python: Interpreter = request.param
    place = tmp_path_factory.mktemp("program")
    write_files(place, FILES)
    (place / "link.py").symlink_to("sub/told.py")
    with zipfile.ZipFile(place / "archive.zip", "w") as archive:
        archive.writestr("__main__.py", TOLD)
    files = {"__init__.py": "", "__main__.py": TOLD, "part.py": TOLD, "fails.py": "1/0\n"}
    wheel = make_wheel(place, "bundled", files={f"bundled/{name}": text for name, text in files.items()})
    file = bundle_file(place / "env.pex", [wheel], EntryPoint(StartKind.INTERPRETER), launch=LaunchOptions())
    variables = environment(place / "root", PATH=f"{python.programs}:/usr/bin:/bin")
    run([python.path, file, "-c", ""], variables)
    (own,) = (place / "root").glob("lite-2/apps/*-*/bin/python")
    return Beside(python.path, file, own, place, variables)


@pytest.mark.parametrize(("words", "variables"), CASES, ids=lambda value: " ".join(value)[:24] or "none")
def test_a_program_finds_what_it_finds_in_the_apps_python(
    words: list[str], variables: dict[str, str], beside: Beside
) -> None:
    found = beside.ended(beside.python, beside.file, *words, **variables)
    assert found == beside.ended(beside.own, *words, **variables)


@pytest.mark.parametrize("options", OPTIONS, ids="".join)
def test_options_of_the_python_that_starts_the_file_hold(options: list[str], beside: Beside) -> None:
    expected = beside.ended(beside.own, *options, "-c", TOLD)
    if "nknown option" in expected[2]:
        pytest.skip("this Python has no such option")
    assert beside.ended(beside.python, *options, beside.file, "-c", TOLD) == expected


@pytest.mark.skipif(sys.version_info < (3, 10), reason="sys.orig_argv is new in Python 3.10")
def test_a_program_that_starts_itself_again_is_that_program(newest: Interpreter, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "bundled", files={"bundled.py": "print('the entry point')\n", "again.py": AGAIN})
    file = bundle_file(tmp_path / "app.pex", [wheel], EntryPoint(StartKind.MODULE, "bundled"))
    env = environment(tmp_path / "root", PEX_INTERPRETER="1", FIRST="1")
    told = run([newest.path, file, "-m", "again", "once"], env).stdout.splitlines()
    assert [line.split()[0] for line in told] == ["pid", "again"] and "twice" in told[1]


def test_it_is_one_process(newest: Interpreter, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "bundled", files={"bundled.py": ""})
    file = bundle_file(tmp_path / "env.pex", [wheel], EntryPoint(StartKind.INTERPRETER))
    words = [str(newest.path), str(file), "-c", "import os; print(os.readlink('/proc/self/exe'))"]
    for _ in range(2):
        started = subprocess.Popen(words, env=environment(tmp_path / "root"), stdout=subprocess.PIPE)
        assert started.communicate()[0].decode().strip() == os.path.realpath(newest.path)


@pytest.mark.parametrize(
    "words", [["-c", "print('well')"], ["-m", "bundled"], []], ids=lambda words: "".join(words[:1])
)
def test_a_program_runs_where_the_current_directory_has_gone(
    words: list[str], newest: Interpreter, tmp_path: Path
) -> None:
    text = "print('well')\n"
    wheel = make_wheel(tmp_path, "bundled", files={"bundled.py": text}, data={"scripts/tool": f"#!python\n{text}"})
    start = EntryPoint(StartKind.INTERPRETER) if words else EntryPoint(StartKind.SCRIPT, script="tool")
    file = bundle_file(tmp_path / "app.pex", [wheel], start)
    gone = 'mkdir gone && cd gone && rmdir ../gone && exec "$@"'
    env = environment(tmp_path / "root")
    for _ in range(2):
        done = run(["/bin/sh", "-c", gone, "sh", newest.path, file, *words], env, cwd=tmp_path)
        assert done.stdout == "well\n"
