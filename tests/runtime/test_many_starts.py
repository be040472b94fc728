"""Many real starts at once all print, whatever state the cache is in and whenever each of them is held up.

Forty starts, two rounds of each. PEXLITE_TEST_STARTS=200x10 has 200 of them and ten rounds, which takes minutes.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.bundles import bundle_file, environment, function
from tests.factories import make_wheel
from tests.interpreters import Interpreter

STARTS, ROUNDS = map(int, os.environ.get("PEXLITE_TEST_STARTS", "40x2").split("x"))
GROUP = 5  # starts that come to a new cache one after the other
HELD = 3  # of them are stopped
LONGEST = 300  # seconds; a start that takes longer hangs
APP = """
def main():
    import helper.early, helper.removed, helper.cut, helper.m39

    with open(helper.__file__.replace("__init__.py", "noise"), "rb") as file:
        print("whole", helper.removed.x + helper.cut.x, len(file.read()))
"""
# On PYTHONPATH it is imported before anything else. A step is whatever Python raises an audit event for: a file
# opened, a name renamed, a module imported, a lock asked for.
STOP_AT_A_STEP = """
import atexit, os, signal, sys

stop_at, done = int(os.environ.get("STOP_AT", 0)), 0
session = os.getsid(0)  # who compiles ahead has another one, in which nobody would have it go on


def step(event, arguments):
    global done
    done += 1
    if done == stop_at and os.getsid(0) == session:
        os.kill(os.getpid(), signal.SIGSTOP)


def tell():
    with open(os.environ["STEPS"], "w") as file:
        file.write(str(done))


sys.addaudithook(step)
if "STEPS" in os.environ:
    atexit.register(tell)
"""
NOISE = random.Random(3).randbytes(1 << 20)

Command = Sequence[str | Path]
Ended = tuple[int, str, str]
"""Exit code, stdout and stderr."""
GOOD: Ended = (0, f"whole 3 {len(NOISE)}\n", "")
# As well, where the machine is so busy that another start took more than seconds.
PATIENT: Ended = (*GOOD[:2], "pexlite: waiting while another start unpacks many.pex\n")

every_round = pytest.mark.parametrize("turn", range(ROUNDS))


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small file whose installation takes long enough for others to start within."""
    directory = tmp_path_factory.mktemp("many")
    helper: dict[str, str | bytes] = {f"helper/m{number}.py": f"x = {number}\n" for number in range(40)}
    helper |= {"helper/__init__.py": "", "helper/early.py": "", "helper/noise": NOISE}
    helper |= {"helper/removed.py": "x = 1\n", "helper/cut.py": "x = 2\n\n\ndef cut():\n    pass\n"}
    wheels = [make_wheel(directory, "app", files={"app.py": APP}), make_wheel(directory, "helper", files=helper)]
    return bundle_file(directory / "many.pex", wheels, function("app", "main"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


@pytest.fixture
def command(newest: Interpreter, file: Path) -> Command:
    return [newest.path, file]


@every_round
def test_first_starts_at_once_all_print(turn: int, command: Command, root: Path) -> None:
    assert strays(at_once(command, environment(root), [0.0] * STARTS)) == Counter()


# Has a start leave a file where it has loaded what makes apps, which this file has no bytecode of.
TELL_OF_INSTALL = """
import os, sys


def tell(event, arguments):
    if event == "compile" and arguments[1] == "<pexlite>/install.py":
        open(os.environ["LOADED"] + str(os.getpid()), "w").close()


sys.addaudithook(tell)
"""


@every_round
def test_of_first_starts_at_once_one_loads_what_makes_apps(
    turn: int, command: Command, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(TELL_OF_INSTALL)
    env = environment(root, PYTHONPATH=str(tmp_path), LOADED=f"{tmp_path}/loaded/")
    (tmp_path / "loaded").mkdir()
    assert strays(at_once(command, env, [0.0] * 12)) == Counter()
    assert len(list((tmp_path / "loaded").iterdir())) == 1


@every_round
def test_first_starts_within_one_installation_all_print(turn: int, command: Command, root: Path) -> None:
    """Those that begin in one instant all wait at the same lock; those that begin later see what is half done."""
    chance = random.Random(turn)
    ended = []
    for number in range(0, STARTS, 10):
        env = environment(root / str(number))
        ended += at_once(command, env, [chance.uniform(0, 0.05) for _ in range(10)])
    assert strays(ended) == Counter()


@every_round
def test_warm_starts_at_once_all_print(turn: int, command: Command, root: Path) -> None:
    env = warm(command, root)
    assert strays(at_once(command, env, pauses(turn))) == Counter()


def without_launcher(root: Path) -> None:
    for path in found(root, "apps/*-*/_pexlite_*"):
        path.unlink()


def without_ready(root: Path) -> None:
    for path in found(root, "apps/*-*/READY"):
        path.unlink()


@every_round
@pytest.mark.parametrize("damage", [without_launcher, without_ready])
def test_damage_that_a_start_sees_by_itself_is_mended_without_a_word(
    turn: int, damage: Callable[[Path], None], command: Command, root: Path
) -> None:
    env = warm(command, root)
    damage(root)
    assert strays(at_once(command, env, pauses(turn))) == Counter()


def damage_a_wheel(root: Path) -> None:
    """Remove a file and cut another, by their names in the wheel's directory and in the app's."""
    places = ("wheels/*/lib/helper", "apps/*-*/lib/*/site-packages/helper")
    for path in [path for place in places for path in found(root, place)]:
        (path / "removed.py").unlink(missing_ok=True)  # the second name may be a link to the first
        (path / "cut.py").write_text("x = 2\n\n\ndef cu")


@every_round
def test_starts_that_meet_damage_of_a_module_tell_it_and_those_of_the_next_round_are_whole(
    turn: int, command: Command, root: Path
) -> None:
    env = warm(command, root)
    damage_a_wheel(root)
    told = strays(at_once(command, env, pauses(turn)))
    assert told
    for code, out, err in told:
        assert (code, out) == (1, "")
        assert err.startswith("error: the unpacked files of many.pex were damaged: "), err
    assert strays(at_once(command, env, pauses(turn))) == Counter()


@every_round
def test_starts_print_while_the_cache_is_pruned(turn: int, command: Command, root: Path) -> None:
    """In groups, so that there are moments in which nothing is in use."""
    env = environment(root)
    gaps = pauses(turn)
    ended = []
    with pruning(command, env) as prunes:
        for first in range(0, STARTS, GROUP):
            ended += at_once(command, env, gaps[first : first + GROUP])
    assert strays(ended) == Counter()
    assert Counter(one for one in prunes if one[0] and "try again" not in one[2]) == Counter()
    assert any(json.loads(out)["apps"] for code, out, _ in prunes if not code)
    assert list(root.glob("*/apps/*-*/READY")) == []


@pytest.fixture
def stopper(tmp_path: Path) -> Path:
    """The directory on PYTHONPATH of a start that is to be stopped."""
    directory = tmp_path / "stopper"
    directory.mkdir()
    (directory / "sitecustomize.py").write_text(STOP_AT_A_STEP)
    return directory


@every_round
def test_first_starts_that_are_stopped_at_a_step_print_when_they_go_on(
    turn: int, command: Command, root: Path, stopper: Path
) -> None:
    """Another start ends meanwhile, unless one that is stopped holds the lock; more begin as they go on.

    Early steps are more likely: that is where a start looks at what is there.
    """
    steps = steps_of(command, root / "other", stopper)

    def of_group(number: int) -> list[Ended]:
        chance = random.Random(turn * STARTS + number)
        stops = [int(steps * chance.random() ** 2) + 1 for _ in range(HELD)]
        env = environment(root / str(number))

        def meanwhile() -> list[subprocess.Popen[str]]:
            free = started(command, env)
            with contextlib.suppress(subprocess.TimeoutExpired):
                free.wait(2)
            return [free]

        return with_stops(command, env, stopper, stops, meanwhile)

    assert strays(in_groups(of_group)) == Counter()


@every_round
def test_warm_starts_that_are_stopped_at_a_step_while_the_cache_is_pruned_print_when_they_go_on(
    turn: int, command: Command, root: Path, stopper: Path
) -> None:
    steps_of(command, root / "other", stopper)
    steps = steps_of(command, root / "other", stopper)

    def of_group(number: int) -> list[Ended]:
        chance = random.Random(turn * STARTS + number)
        stops = [chance.randint(1, steps) for _ in range(HELD)]
        env = warm(command, root / str(number))

        def meanwhile() -> list[subprocess.Popen[str]]:
            assert prune(command, env)[0] == 0
            return []

        return with_stops(command, env, stopper, stops, meanwhile)

    assert strays(in_groups(of_group)) == Counter()


def in_groups(of_group: Callable[[int], list[Ended]]) -> list[Ended]:
    """How all starts of a round end, of which each group has its own cache; the groups run at the same time."""
    groups = range(0, STARTS, GROUP)
    with ThreadPoolExecutor(len(groups)) as pool:
        ended = [end for group in pool.map(of_group, groups) for end in group]
    assert len(ended) >= len(groups) * (GROUP - 1)
    return ended


def steps_of(command: Command, root: Path, stopper: Path) -> int:
    """How many steps a start has."""
    told = stopper / "steps"
    env = environment(root, PYTHONPATH=str(stopper), STEPS=str(told))
    assert ended_as(started(command, env)) == GOOD
    return int(told.read_text())


def with_stops(
    command: Command,
    env: Mapping[str, str],
    stopper: Path,
    stops: Sequence[int],
    meanwhile: Callable[[], list[subprocess.Popen[str]]],
) -> list[Ended]:
    """How starts end that are stopped at the steps `stops`, one at each, those begun `meanwhile`, and later ones.

    What is READY as they go on has to stay, whatever they saw before.
    """
    chance = random.Random(stops[0])
    go_on = threading.Event()
    with ThreadPoolExecutor(len(stops)) as pool:
        held = []
        for stop in stops:
            stopped = {**env, "PYTHONPATH": str(stopper), "STOP_AT": str(stop)}
            held.append(pool.submit(held_up, command, stopped, go_on))
            time.sleep(chance.uniform(0.010, 0.100))
        try:
            others = meanwhile()
            before = ready(Path(env["PEX_ROOT"]))
        finally:
            go_on.set()
        late = at_once(command, env, [chance.uniform(0.010, 0.100) for _ in range(GROUP - HELD - 1)])
        ended = [*(one.result() for one in held), *map(ended_as, others), *late]
    assert before <= ready(Path(env["PEX_ROOT"]))
    return ended


def held_up(command: Command, env: Mapping[str, str], go_on: threading.Event) -> Ended:
    """How a start ends that stops itself and is continued once it may go on."""
    process = started(command, env)
    go_on.wait()
    until = time.monotonic() + LONGEST
    while process.poll() is None and time.monotonic() < until:  # it may come to its step only now
        os.killpg(process.pid, signal.SIGCONT)
        time.sleep(0.02)
    return ended_as(process)


def ready(root: Path) -> set[tuple[str, int, int]]:
    """Each READY app with what tells it from another that has taken its place; none that has no final name yet."""
    marks = root.glob("*/apps/[!.]*-*/READY")
    return {(mark.parent.name, mark.parent.stat().st_ino, mark.stat().st_ino) for mark in marks}


def pauses(turn: int) -> list[float]:
    """Seconds between the starts of a round: by turns none and up to 50 ms."""
    chance = random.Random(turn)
    return [chance.uniform(0, 0.05) if turn % 2 else 0.0 for _ in range(STARTS)]


def at_once(command: Command, env: Mapping[str, str], gaps: Sequence[float]) -> list[Ended]:
    """How the starts end, begun with these gaps after each, none waited for before all have begun."""
    processes = []
    for gap in gaps:
        processes.append(started(command, env))
        time.sleep(gap)
    return [ended_as(process) for process in processes]


def started(command: Command, env: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(word) for word in command],
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended_as(process: subprocess.Popen[str]) -> Ended:
    try:
        out, err = process.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    return process.returncode, out, err


def strays(ended: Sequence[Ended]) -> Counter[Ended]:
    """The ends that are not as they should be, with how often each was seen."""
    return Counter(one for one in ended if one not in (GOOD, PATIENT))


def warm(command: Command, root: Path) -> dict[str, str]:
    """The environment whose cache is `root`, after a start in it."""
    env = environment(root)
    assert ended_as(started(command, env)) == GOOD
    return env


def found(root: Path, pattern: str) -> list[Path]:
    """The paths in the cache, of which there is one at least."""
    paths = list(root.glob(f"*/{pattern}"))
    assert paths, f"nothing is {pattern}"
    return paths


@contextlib.contextmanager
def pruning(command: Command, env: Mapping[str, str]) -> Iterator[list[Ended]]:
    """Prune again and again, and once more when the block has ended; how each run ended."""
    prunes: list[Ended] = []
    over = threading.Event()

    def again() -> None:
        while not over.is_set():
            prunes.append(prune(command, env))

    thread = threading.Thread(target=again)
    thread.start()
    try:
        yield prunes
    finally:
        over.set()
        thread.join()
    prunes.append(prune(command, env))


def prune(command: Command, env: Mapping[str, str]) -> Ended:
    """How the removal of all that is not in use ends; its output is JSON."""
    words: Command = [*command, "cache", "prune", "--days", "0", "--json"]
    return ended_as(started(words, {**env, "PEX_TOOLS": "1"}))
