"""A wheel's library that a power cut has cut is back before the app loads it, and a good start does not look.

What is cut ends the process that maps it by SIGBUS: no code of ours runs then, and each later start ends as well.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pexlite.model import LaunchOptions
from pexlite.runtime.upkeep import prune
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no SIGBUS on Windows")
LIBRARY = "extension.so"
SIZE = 40_000
APP = f"""
import mmap, os, sys

def main():
    with open(os.path.join(os.path.dirname(__file__), "{LIBRARY}"), "rb") as file:
        print(mmap.mmap(file.fileno(), {SIZE}, access=mmap.ACCESS_READ)[{SIZE - 1}])
"""
WRITTEN_BACK = f"pexlite: the unpacked files of app.pex were damaged: {LIBRARY}: they have been written back\n"


def two_days_ago() -> float:
    return time.time() - 2 * 86400


def before_this_boot() -> float:
    """A minute before the machine was started; on one that has run for longer, half a day would be after it."""
    return time.time() - time.monotonic() - 60


Start = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def start(newest: Interpreter, tmp_path: Path) -> Start:
    """Start an app with a library, which is unpacked already."""
    wheel = make_wheel(tmp_path, "app", files={"app.py": APP, LIBRARY: "x" * SIZE})
    path = f"{newest.programs}:/usr/bin:/bin"

    def started(how: str, **variables: str) -> subprocess.CompletedProcess[str]:
        env = environment(tmp_path / "root", PATH=path, **variables)
        file = tmp_path / how / "app.pex"
        if not file.exists():
            file.parent.mkdir()
            launch = LaunchOptions(sh_boot=how == "sh header")
            bundle_file(file, [wheel], function("app", "main"), launch=launch)
            run([file], env)
        return run([file] if how == "sh header" else [newest.path, file], env)

    return started


def of_the_app(root: Path, pattern: str) -> Path:
    (found,) = root.glob(f"root/lite-2/apps/*-*/{pattern}")
    return found


def cut(library: Path) -> None:
    os.truncate(library, 3)


def empty(library: Path) -> None:
    library.write_bytes(b"")


def delete(library: Path) -> None:
    library.unlink()


CASES = [
    ("python", two_days_ago, cut),
    ("python", before_this_boot, empty),
    ("sh header", two_days_ago, delete),
    ("sh header", before_this_boot, cut),
]


@pytest.mark.parametrize(("how", "when", "damage"), CASES)
def test_the_first_start_of_a_day_or_a_boot_writes_it_back(
    how: str,
    when: Callable[[], float],
    damage: Callable[[Path], None],
    start: Start,
    tmp_path: Path,
) -> None:
    start(how)
    damage(of_the_app(tmp_path, f"lib/*/site-packages/{LIBRARY}"))
    os.utime(of_the_app(tmp_path, "READY"), (when(), when()))
    done = start(how)
    assert (done.stdout, done.stderr) == (f"{ord('x')}\n", WRITTEN_BACK)
    done = start(how)
    assert (done.stdout, done.stderr) == (f"{ord('x')}\n", "")


# Notes each file that this room asks for, until the app does.
WATCHER = """
import json, os

asked, stat = [], os.stat


def noted(path, *more, **options):
    asked.append(str(path))
    return stat(path, *more, **options)


def told():
    with open(os.environ["SEEN"], "w") as file:
        json.dump(asked, file)


os.stat = noted
import atexit
atexit.register(told)
"""


def test_a_good_start_asks_for_no_library(start: Start, tmp_path: Path) -> None:
    start("python")
    (tmp_path / "sitecustomize.py").write_text(WATCHER)
    seen = {"SEEN": str(tmp_path / "seen"), "PYTHONPATH": str(tmp_path)}

    def libraries_asked_for() -> int:
        start("python", **seen)
        asked = json.loads((tmp_path / "seen").read_text())
        assert any(name.endswith("/READY") for name in asked)
        return sum(name.endswith(LIBRARY) for name in asked)

    assert libraries_asked_for() == 0
    os.utime(of_the_app(tmp_path, "READY"), (before_this_boot(), before_this_boot()))
    assert (libraries_asked_for(), libraries_asked_for()) == (1, 0)


def test_nobody_looks_at_each_start_in_a_cache_that_is_only_read(newest: Interpreter, tmp_path: Path) -> None:
    ready = tmp_path / "READY"
    ready.write_text("x")
    os.utime(ready, (two_days_ago(), two_days_ago()))
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[1]); from runtime.app import launch; utime = os.utime\n"
        "def refuse(path):\n    raise PermissionError(path)\n"
        "for os.utime in (refuse, utime):\n    launch.note_use(sys.argv[2]); print(launch.IS_FIRST)\n"
    )
    room = Path(prune.__file__).parents[2]
    done = run([newest.path, "-c", code, room, tmp_path], environment(tmp_path))
    assert done.stdout == "False\nTrue\n"
