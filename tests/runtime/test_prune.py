"""An app unused for long leaves the cache, an app in use never does, and good starts write nothing."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from pexlite.model import EntryPoint, LaunchOptions, StartKind
from pexlite.runtime.cache.lock import Lock
from pexlite.runtime.upkeep import prune, users
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter

DAY = 86400
# Says when it runs, and on the next line of stdin imports what it has not needed before.
WAITER = """
import os
import sys


def main(*more):
    print("running", flush=True)
    sys.stdin.readline()
    import later
    import shared
    print(later.words, flush=True)


def as_a_child():
    os.execv(sys.executable, [sys.executable, "-m", "waiter"])


def as_an_orphan():
    if not os.fork():
        main()


if __name__ == "__main__":
    main()
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root" / "lite-2"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path / "root")


def app(directory: Path, words: str, *, sh_boot: bool = False) -> Path:
    """A version of an app of its own module and a wheel that all versions share."""
    place = directory / words
    place.mkdir()
    files = {"waiter.py": WAITER, "later.py": f"words = {words!r}\n", "quick.py": "def main():\n    pass\n"}
    wheels = [
        make_wheel(place, "waiter", files=files),
        make_wheel(place, "shared", files={"shared/__init__.py": ""}),
    ]
    return bundle_file(
        place / "app.pex", wheels, function("waiter", "main"), launch=LaunchOptions(sh_boot=sh_boot)
    )


def start(python: Interpreter, file: Path, env: dict[str, str]) -> None:
    run([python.path, file], {**env, "PEX_MODULE": "quick:main"})


def cold_start(python: Interpreter, directory: Path, env: dict[str, str], until: Callable[[], bool]) -> None:
    """Start other apps for the first time until `until()`: another test's process may still seem to use an app."""
    deadline = time.monotonic() + 60
    for number in itertools.count():
        start(python, app(directory, f"other{number}"), env)
        if until() or time.monotonic() > deadline:
            return
        time.sleep(0.2)


def age(path: Path, days: float) -> None:
    os.utime(path, (time.time() - days * DAY,) * 2)


def apps(root: Path) -> list[Path]:
    return sorted(root.glob("apps/*-*"))


def wheels(root: Path) -> list[str]:
    return sorted(path.name for path in root.glob("wheels/*"))


@contextlib.contextmanager
def running(command: Sequence[str | Path], env: dict[str, str], cwd: Path | None = None) -> Iterator[list[str]]:
    """A running app; after the block, the list holds what it printed once it was let go on."""
    process = subprocess.Popen(
        command,
        env=env,
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdin and process.stdout
    said: list[str] = []
    try:
        assert process.stdout.readline() == "running\n"
        yield said
        said.append(process.communicate("go on\n", timeout=60)[0])
    finally:
        process.kill()
        process.wait()


def test_an_app_unused_for_long_goes_with_the_wheels_that_only_it_has(
    newest: Interpreter, tmp_path: Path, root: Path, env: dict[str, str]
) -> None:
    start(newest, app(tmp_path, "one"), env)
    (one,) = apps(root)
    before = wheels(root)
    age(one / "READY", 91)
    cold_start(newest, tmp_path, env, lambda: not one.exists())
    assert not one.exists() and apps(root)
    assert len(set(wheels(root)) & set(before)) == 1  # the wheel that both have
    assert len(wheels(root)) == len(apps(root)) + 1
    for name in ("other0", "one"):
        start(newest, tmp_path / name / "app.pex", env)


@pytest.mark.parametrize(
    ("days", "kept", "stays"), [(89, None, True), (91, "0", True), (91, "a", True), (2, "1", False)]
)
def test_how_long_is_said_by_pex_keep_days(
    days: int, kept: str | None, stays: bool, newest: Interpreter, tmp_path: Path, root: Path, env: dict[str, str]
) -> None:
    start(newest, app(tmp_path, "one"), env)
    (one,) = apps(root)
    age(one / "READY", days)
    env |= {"PEX_KEEP_DAYS": kept} if kept else {}
    cold_start(newest, tmp_path, env, lambda: one.exists() is stays)
    assert one.exists() is stays


def test_twenty_versions_leave_what_two_would(
    newest: Interpreter, tmp_path: Path, root: Path, env: dict[str, str]
) -> None:
    for version in range(19):
        start(newest, app(tmp_path, str(version)), env)
        for place in apps(root):
            age(place / "READY", 100)
    old = apps(root)
    cold_start(newest, tmp_path, env, lambda: not set(old) & set(apps(root)))
    assert not set(old) & set(apps(root))
    assert len(wheels(root)) == len(apps(root)) + 1
    assert list(root.glob("*/.*")) == []


@pytest.mark.parametrize("sh_boot", [False, True])
def test_a_start_writes_its_mark_once_a_day(
    sh_boot: bool, newest: Interpreter, tmp_path: Path, root: Path, env: dict[str, str]
) -> None:
    wheel = make_wheel(tmp_path, "quick", files={"quick.py": "def main():\n    pass\n"})
    launch = LaunchOptions(sh_boot=sh_boot)
    file = bundle_file(tmp_path / "app.pex", [wheel], function("quick", "main"), launch=launch)
    env["PATH"] = f"{newest.programs}:/usr/bin:/bin"
    for _ in range(2):
        run([file], env)
    (ready,) = root.glob("apps/*/READY")
    since_boot = time.monotonic() / 86400
    # Of before the machine was started; and a clock that was wrong is forgotten as well.
    for days in (1.5, 80, -1.5, since_boot + 0.01):
        age(ready, days)
        run([file], env)
        assert abs(ready.stat().st_mtime - time.time()) < 600
    for days in (min(0.5, since_boot / 2), -0.5):
        age(ready, days)
        before = ready.stat().st_mtime_ns
        run([file], env)
        assert ready.stat().st_mtime_ns == before


@pytest.mark.parametrize("command", [["-c", "pass"], ["-m", "this"], ["-"]])
def test_as_an_interpreter_it_is_in_use_too(
    command: list[str], newest: Interpreter, tmp_path: Path, root: Path, env: dict[str, str]
) -> None:
    wheel = make_wheel(tmp_path, "quick", files={"quick.py": ""})
    file = bundle_file(tmp_path / "app.pex", [wheel], EntryPoint(StartKind.INTERPRETER))
    words: list[str | Path] = [newest.path, file, *command]
    run(words, env)
    (ready,) = root.glob("apps/*/READY")
    for start_of_it in (words[:2], [ready.parent / "bin" / "python"]):
        age(ready, 5)
        run([*start_of_it, *command], env)
        assert abs(ready.stat().st_mtime - time.time()) < 600


def test_a_mark_that_cannot_be_written_is_no_failure(newest: Interpreter, tmp_path: Path, root: Path) -> None:
    place = tmp_path / "app"
    place.mkdir()
    (place / "READY").write_text("x")
    age(place / "READY", 5)
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[1]); from runtime.app import launch\n"
        "def refuse(path):\n    raise PermissionError(path)\n"
        "os.utime = refuse\nlaunch.note_use(sys.argv[2])\nprint('well')\n"
    )
    room = Path(prune.__file__).parents[2]
    assert run([newest.path, "-c", code, room, place], environment(tmp_path)).stdout == "well\n"


WAYS = ["python app", "./app", "relative", "sh header", "as_a_child", "as_an_orphan", "replaced", "deleted"]


@pytest.mark.parametrize("way", WAYS)
def test_what_a_running_process_uses_stays(
    way: str, newest: Interpreter, tmp_path: Path, root: Path, env: dict[str, str]
) -> None:
    env["PATH"] = f"{newest.programs}:/usr/bin:/bin"
    file = app(tmp_path, "one", sh_boot=way == "sh header")
    start(newest, file, env)
    run([file], {**env, "PEX_MODULE": "quick:main"})
    commands: dict[str, list[str | Path]] = {
        "./app": [file],
        "sh header": [file],
        "relative": [newest.path, "-W", "ignore", "app.pex"],
    }
    command = commands.get(way, [newest.path, file])
    given = {**env, "PEX_MODULE": f"waiter:{way}"} if way.startswith("as_") else env
    with running(command, given, file.parent) as said:
        if way == "replaced":
            app(tmp_path, "new").replace(file)
        elif way == "deleted":
            file.unlink()
        (one,) = apps(root)
        for path in root.rglob("*"):
            if not path.is_symlink():
                age(path, 100)
        start(newest, app(tmp_path, "two"), env)
        assert one.exists()
    assert said == ["one\n"]
    age(one / "READY", 100)
    cold_start(newest, tmp_path, env, lambda: not one.exists())
    assert not one.exists()


def test_while_a_cold_start_is_at_work_nothing_goes(
    newest: Interpreter, tmp_path: Path, root: Path, env: dict[str, str]
) -> None:
    start(newest, app(tmp_path, "one"), env)
    (one,) = apps(root)
    age(one / "READY", 100)
    with Lock(f"{root}/locks/prune", shared=True).take(0) as shared:
        assert shared.held
        start(newest, app(tmp_path, "two"), env)
        assert len(apps(root)) == 2
    cold_start(newest, tmp_path, env, lambda: not one.exists())
    assert not one.exists()


def test_where_locks_do_not_work_nothing_goes(
    newest: Interpreter, tmp_path: Path, root: Path, env: dict[str, str]
) -> None:
    start(newest, app(tmp_path, "one"), env)
    age(apps(root)[0] / "READY", 100)
    (root / "locks" / "prune").unlink()
    (root / "locks" / "prune").mkdir()
    start(newest, app(tmp_path, "two"), env)
    assert len(apps(root)) == 2


@pytest.mark.parametrize("days", [0, 90])
def test_a_start_during_a_pruning_waits_for_its_end(
    days: int,
    newest: Interpreter,
    tmp_path: Path,
    root: Path,
    env: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It waits whatever the pruner does then: it may have looked at the processes before this one was there."""
    start(newest, app(tmp_path, "one"), env)
    if days:
        age(apps(root)[0] / "READY", 100)
    begun = []

    def start_meanwhile(candidates: list[users.Candidate]) -> dict[str, users.Process]:
        command = [newest.path, tmp_path / "one" / "app.pex"]
        given = {**env, "PEX_MODULE": "quick:main"}
        begun.append(subprocess.Popen(command, env=given, stderr=subprocess.PIPE, text=True))
        time.sleep(0.5)
        assert begun[0].poll() is None
        return {}

    monkeypatch.setattr(users, "in_use", start_meanwhile)
    gone = prune.prune(str(root), days)
    errors = begun[0].communicate(timeout=60)[1]
    assert (begun[0].returncode, errors) == (0, "")
    assert gone and len(gone.apps) == len(apps(root)) == 1


def test_what_is_in_use_keeps_the_time_of_its_last_use(
    newest: Interpreter, tmp_path: Path, root: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start(newest, app(tmp_path, "one"), env)
    (one,) = apps(root)
    monkeypatch.setattr(
        users, "in_use", lambda candidates: {one.name: users.Process(["/x/python3"], 0, 0, number=7)}
    )
    age(one / "READY", 5)
    before = (one / "READY").stat().st_mtime
    assert pruned(root, 0) == []
    assert (one / "READY").stat().st_mtime == before
    monkeypatch.setattr(users, "in_use", lambda candidates: {})
    assert pruned(root, 0) == [one.name]


def pruned(root: Path, days: float) -> list[str]:
    """The names of the apps that went."""
    gone = prune.prune(str(root), days)
    assert gone is not None
    return gone.apps


def test_a_prune_between_the_look_and_the_mark_makes_a_start_cold(tmp_path: Path, newest: Interpreter) -> None:
    place = tmp_path / "app"
    place.mkdir()
    (place / "READY").write_text("x")
    age(place / "READY", 5)
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[1]); from runtime.app import launch; utime = os.utime\n"
        "def late(path):\n    os.unlink(path)\n    utime(path)\n"
        "os.utime = late\n"
        "try:\n    launch.note_use(sys.argv[2])\nexcept OSError:\n    print('cold')\n"
    )
    room = Path(prune.__file__).parents[2]
    assert run([newest.path, "-c", code, room, place], environment(tmp_path)).stdout == "cold\n"


def test_leftovers_go(newest: Interpreter, tmp_path: Path, root: Path, env: dict[str, str]) -> None:
    env["PATH"] = f"{newest.programs}:/usr/bin:/bin"
    run([app(tmp_path, "one", sh_boot=True)], {**env, "PEX_MODULE": "quick:main"})
    (one,), (pointer,) = apps(root), list(root.glob("apps/*.sh"))
    for path in (*root.glob("locks/*"), one / "READY"):
        age(path, 100)
    (abandoned := root / "wheels" / ("a" * 32)).mkdir()
    age(abandoned, 2)
    (young := root / "wheels" / ("b" * 32)).mkdir()
    cold_start(newest, tmp_path, env, lambda: not one.exists())
    assert not pointer.exists()
    assert {path.name for path in root.glob("locks/*")} == {path.name for path in apps(root)} | {"prune"}
    assert young.exists() and not abandoned.exists()


def test_nothing_goes_that_this_cache_has_not_made(
    newest: Interpreter, tmp_path: Path, root: Path, env: dict[str, str]
) -> None:
    """Names of another form, what links lead to, and a directory without the cache's tag."""
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / ("c" * 32)).mkdir(parents=True)
    root.mkdir(parents=True)
    (root / "wheels").symlink_to(elsewhere)
    strange = ("my-photos", ".hidden", "0123456789abcdef-cp311-0123456789-old")
    for name in strange:
        (root / "apps" / name).mkdir(parents=True)
        age(root / "apps" / name, 100)
    age(elsewhere / ("c" * 32), 100)
    start(newest, app(tmp_path, "one"), env)
    start(newest, app(tmp_path, "two"), env)
    assert len(pruned(root, 0)) == 2
    assert (elsewhere / ("c" * 32)).exists()
    assert {"my-photos", ".hidden", "0123456789abcdef-cp311-0123456789-old"} <= {
        path.name for path in (root / "apps").iterdir()
    }
    (root / "CACHEDIR.TAG").write_text("another's")
    assert prune.prune(str(root), 0) is None
