"""Files of wheels that Python runs when it starts (.pth, .start) do what they do in a virtual environment."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pexlite.model import LaunchOptions
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter

TOLD = """\
import sys

events = []


def say(words):
    if words not in events:  # many a Python runs the files of a virtual environment twice
        events.append(words)


def start():
    import beside  # which a .pth file makes importable, of whatever name

    say("a.start")


def later():
    say("later.start")


class Deep:
    @staticmethod
    def start():
        say("deep")


def main():
    print(events, [entry.rpartition("/")[2] for entry in sys.path if "/site-packages/" in entry])
"""
FILES: dict[str, str | bytes] = {
    "told.py": TOLD,
    "extra/beside.py": "",
    "a.pth": "import told; told.say('a.pth')\n",
    "a.start": "told:start\n",
    "b.pth": "import told, sys; told.say(sys._getframe(1).f_locals['sitedir'][-13:])\n# words\nnowhere\n\n",
    "empty.pth": "import told; told.say('empty.pth')\nextra\nextra\n",
    "empty.start": "# no more than this\n",
    "later.start": b"\xef\xbb\xbfnot an entry point\ntold:missing\ntold:later\ntold:Deep.start\nno.such:module\n",
    "latin.start": "told:latin # é\n".encode("latin-1"),
    "package/c.start": "told:later\n",
}


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return make_wheel(tmp_path, "told", files=FILES)


def test_startup_files_run_as_in_a_venv(python: Interpreter, wheel: Path, tmp_path: Path) -> None:
    file = bundle_file(tmp_path / "app.pex", [wheel], function("told", "main"))
    env = environment(tmp_path / "root")
    run([python.path, file, "venv", tmp_path / "venv"], {**env, "PEX_TOOLS": "1"})
    expected = run([tmp_path / "venv" / "bin" / "python", "-c", "import told; told.main()"], env)
    for _ in range(2):
        done = run([python.path, file], env)
        assert done.stdout == expected.stdout
    if python.version >= (3, 15):
        assert "'a.pth'" not in done.stdout and "'a.start', 'later.start', 'deep'" in done.stdout
        words = _of_startup_files(done.stderr)
        assert words == _of_startup_files(expected.stderr)
        assert all(word in "".join(words) for word in ("not an entry point", "told:missing", "no.such:module"))
    else:
        assert "'a.pth'" in done.stdout and "start'" not in done.stdout
    imported = run([python.path, "-c", "import __pex__, told; told.main()"], {**env, "PYTHONPATH": str(file)})
    assert imported.stdout == expected.stdout


def _of_startup_files(told: str) -> list[str]:
    """The lines that `site` wrote, without the places of an app and with its tracebacks' last lines alone."""
    lines = [re.sub(r"/\S*/site-packages/", "", line) for line in told.splitlines()]
    return [line for line in lines if line[:4] != "    " and "Traceback" not in line]


def test_startup_files_run_behind_sh_and_for_scripts(python: Interpreter, wheel: Path, tmp_path: Path) -> None:
    starter = make_wheel(
        tmp_path, "starter", files={"starter-1.0.data/scripts/starter": "#!python\nimport told; told.main()\n"}
    )
    file = bundle_file(
        tmp_path / "app.pex", [wheel, starter], function("told", "main"), launch=LaunchOptions(sh_boot=True)
    )
    env = environment(tmp_path / "root", PATH=f"{python.programs}:/usr/bin:/bin", PEX_PYTHON=str(python.path))
    first, second = (run([file], env).stdout for _ in range(2))
    assert first == second
    assert run([python.path, file], {**env, "PEX_SCRIPT": "starter"}).stdout == first
