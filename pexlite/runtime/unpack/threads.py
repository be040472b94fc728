"""Work divided among threads, where processes cannot be forked: the system writes while another thread reads."""

import os
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

_MOST = 8


def run(jobs: "Sequence[Any]", work: "Callable[[Any], object]", watch: "Callable[[int], object]") -> None:
    """Do `work(job)` for each of `jobs` in one of the threads, as `pool.run`; raise the first failure."""
    numbers = iter(range(len(jobs)))
    failed: list[BaseException] = []
    turn = threading.Lock()

    def do_all(told: "Callable[[int], object]") -> None:
        try:
            while not failed:
                with turn:
                    number = next(numbers, None)
                if number is None:
                    return
                told(number + 1)
                work(jobs[number])
        except BaseException as failure:
            failed.append(failure)

    count = min(_MOST, os.cpu_count() or 1, len(jobs))
    others = [threading.Thread(target=do_all, args=(int,)) for _ in range(count - 1)]
    for other in others:
        other.start()
    do_all(watch)
    for other in others:
        while other.is_alive():
            try:
                other.join()
            except KeyboardInterrupt as failure:  # what the others write has to be finished before it is removed
                failed.append(failure)
    if failed:
        raise failed[0]
