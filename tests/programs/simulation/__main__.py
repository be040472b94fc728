"""`python -m tests.programs.simulation`: many schedules, or with --seed alone one, every call of it shown."""

from __future__ import annotations

import argparse
import concurrent.futures
import functools
import gc
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.programs.simulation.broken import BREAKS
from tests.programs.simulation.cases import CASES
from tests.programs.simulation.door import Door
from tests.programs.simulation.room import HOME, Room
from tests.programs.simulation.rules import Rules
from tests.programs.simulation.trial import Trials, Verdict

_NAMES = [case.name for case in CASES]
_PORTION = 100


def main() -> int:
    options = _options()
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The room walks through sets: the same seed is the same trace only where they have the same order.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.programs.simulation", *sys.argv[1:]])
    if not options.schedules:
        return _show(_trials(options.room, options.broken, options.by_harm).play(options.seed, traced=True), True)
    return _run_many(options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.programs.simulation", description=__doc__)
    parser.add_argument(
        "--schedules", type=int, default=0, metavar="N", help="how many; without: one, with its trace"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="the first one")
    parser.add_argument("--case", action="append", choices=_NAMES, help="only these cases")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="stop after so long")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="so many processes")
    parser.add_argument("--keep-going", action="store_true", help="do not stop at the first that fails")
    parser.add_argument("--room", type=Path, default=HOME, help="the folder of the runtime's modules")
    parser.add_argument(
        "--by-harm", action="store_true", help="judge by what comes of it alone, not by the protocol's rules"
    )
    parser.add_argument("--broken", choices=list(BREAKS), help="with this fault put into it")
    return parser.parse_args()


@functools.cache
def _trials(room: Path, broken: str | None, by_harm: bool) -> Trials:
    door = Door(Room(room, BREAKS[broken] if broken else None))
    return Trials(door, None if by_harm else Rules(door.cache))


def _seeds(options: argparse.Namespace) -> Iterator[int]:
    wanted = {_NAMES.index(name) for name in options.case or _NAMES}
    seed = options.seed
    for _ in range(options.schedules):
        while seed % len(CASES) not in wanted:
            seed += 1
        yield seed
        seed += 1


def _play(options: argparse.Namespace, seeds: list[int], end: float) -> list[Verdict]:
    trials = _trials(options.room, options.broken, options.by_harm)
    gc.disable()
    verdicts: list[Verdict] = []
    for seed in seeds:
        if verdicts and time.time() > end:
            break  # one is tried, however long the machine took to come here
        verdicts.append(trials.play(seed))
        if verdicts[-1].violations and not options.keep_going:
            break
        if len(verdicts) % 50 == 0:
            gc.collect()
    gc.enable()
    return verdicts


def _run_many(options: argparse.Namespace) -> int:
    began = time.time()
    seeds = list(_seeds(options))
    portions = [seeds[place : place + _PORTION] for place in range(0, len(seeds), _PORTION)]
    play = functools.partial(_play, options, end=began + options.seconds)
    failed: list[Verdict] = []
    done: Counter[str] = Counter()
    for verdicts in _played(play, portions, options.jobs):
        for verdict in verdicts:
            done[verdict.case] += 1
            if verdict.violations:
                failed.append(verdict)
                # The first one with its last calls.
                again = (
                    _trials(options.room, options.broken, options.by_harm).play(verdict.seed, True)
                    if len(failed) == 1
                    else verdict
                )
                _show(again, False)
        if failed and not options.keep_going:
            break
    took = time.time() - began
    count = sum(done.values())
    print(f"{count} schedules in {took:.1f} s ({count / took:.0f} a second), {len(failed)} failed")
    print("  " + ", ".join(f"{name} {number}" for name, number in done.items()))
    if failed:
        print("  seeds: " + " ".join(str(verdict.seed) for verdict in failed[:40]))
    return 1 if failed or not count else 0


def _played(
    play: functools.partial[list[Verdict]], portions: list[list[int]], jobs: int
) -> Iterator[list[Verdict]]:
    if jobs == 1:
        yield from map(play, portions)
        return
    with concurrent.futures.ProcessPoolExecutor(jobs) as pool:
        futures = [pool.submit(play, portion) for portion in portions]
        try:
            for future in futures:
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _show(verdict: Verdict, whole: bool) -> int:
    if verdict.trace:
        print("\n".join(verdict.trace if whole else verdict.trace[-60:]))
    outcome = "FAILED" if verdict.violations else "good"
    print(f"seed {verdict.seed} ({verdict.case}): {outcome}, {verdict.calls} calls")
    for line in (*verdict.happened, *verdict.told):
        print(f"  {line}")
    for violation in verdict.violations:
        print("  VIOLATION: " + violation.rstrip().replace("\n", "\n    "))
    return 1 if verdict.violations else 0


if __name__ == "__main__":
    sys.exit(main())
