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
LONGEST = 300  # seconds; a start that takes longer hangs
APP = """
def main():
    import helper.early, helper.removed, helper.cut, helper.m39

    with open(helper.__file__.replace("__init__.py", "noise"), "rb") as file:
        print("whole", helper.removed.x + helper.cut.x, len(file.read()))
"""
NOISE = random.Random(3).randbytes(1 << 20)

Command = Sequence[str | Path]
Ended = tuple[int, str, str]
"""Exit code, stdout and stderr."""
GOOD: Ended = (0, f"whole 3 {len(NOISE)}\n", "")

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
    assert strays(at_once(command, environment(root), pauses(turn))) == Counter()


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
        for first in range(0, STARTS, 5):
            ended += at_once(command, env, gaps[first : first + 5])
    assert strays(ended) == Counter()
    assert Counter(one for one in prunes if one[0] and "try again" not in one[2]) == Counter()
    assert any(json.loads(out)["apps"] for code, out, _ in prunes if not code)
    assert list(root.glob("*/apps/*-*/READY")) == []


@every_round
def test_starts_that_are_stopped_on_their_way_print_when_they_go_on(
    turn: int, command: Command, tmp_path: Path, root: Path
) -> None:
    """Each at a moment of its own within a first start, for long enough that others come and end."""
    began = time.monotonic()
    warm(command, tmp_path / "other")
    longest = 1.5 * (time.monotonic() - began)
    chance = random.Random(turn)
    env = environment(root)
    with ThreadPoolExecutor(STARTS) as pool:
        starts = []
        for _ in range(STARTS):
            starts.append(pool.submit(held_up, command, env, chance.uniform(0, longest), chance.uniform(0.3, 1.5)))
            time.sleep(chance.uniform(0.010, 0.100))
        ended = [one.result() for one in starts]
    assert strays(ended) == Counter()


def held_up(command: Command, env: Mapping[str, str], moment: float, pause: float) -> Ended:
    """How a start ends that is stopped after `moment` seconds and goes on after a `pause`."""
    process = started(command, env)
    with contextlib.suppress(ProcessLookupError, PermissionError):  # it may have ended by then
        time.sleep(moment)
        os.killpg(process.pid, signal.SIGSTOP)
        time.sleep(pause)
        os.killpg(process.pid, signal.SIGCONT)
    return ended_as(process)


def pauses(turn: int) -> list[float]:
    """Seconds between the starts of a round: by turns none and up to 50 ms, for a whole installation to lie under.

    Those that begin in one instant all wait at the same lock; those that begin later see what is half done.
    """
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
    return Counter(one for one in ended if one != GOOD)


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
    """Prune all that is not in use again and again, and once more when the block has ended; how each run ended."""
    prune: Command = [*command, "cache", "prune", "--days", "0", "--json"]
    tools = {**env, "PEX_TOOLS": "1"}
    prunes: list[Ended] = []
    over = threading.Event()

    def again() -> None:
        while not over.is_set():
            prunes.append(ended_as(started(prune, tools)))

    thread = threading.Thread(target=again)
    thread.start()
    try:
        yield prunes
    finally:
        over.set()
        thread.join()
    prunes.append(ended_as(started(prune, tools)))
