"""Work in a process of its own, beside the app and perhaps longer than it."""

import os

from . import pool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def run(held: "list[int]", work: "Callable[[], object]") -> bool:
    """Do `work` after the app, in a process that is no child of this one and keeps only the open files `held`.

    False where the system allows no more processes: then nothing is done. What goes wrong there is not told.
    """

    def after_the_app() -> None:
        give_way()
        work()

    process = begin(held, after_the_app)
    end(process)
    return process > 0


def begin(held: "list[int]", work: "Callable[[], object]", first: "Callable[[], object] | None" = None) -> int:
    """As `run`, and return at once: the number of a child, which does `first` and ends; 0 where there is none."""
    try:
        process = pool.fork()
    except OSError:
        return 0
    if process:
        return process
    try:
        os.setsid()
        if first:
            first()
        if os.fork():
            os._exit(0)
        # Who reads the app's output must not wait for this process.
        null = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(null, standard)
        for name in os.listdir("/proc/self/fd"):
            if int(name) > 2 and int(name) not in held:
                try:
                    os.close(int(name))
                except OSError:
                    pass  # the listing's own
        work()
    except BaseException:
        pass  # nobody would read it here: who needs what was not done does it, and says why
    finally:
        os._exit(0)


class Helper:
    """Another process: it does `first`, and then `more`, while this one goes on; `held` are open files of both.

    `more` is handed a function that returns whether this process has let it go on, once that is said.
    """

    def __init__(
        self,
        held: "list[int]",
        first: "Callable[[], object] | None",
        more: "Callable[[Callable[[], bool]], object]",
    ) -> None:
        has_done, tells = os.pipe()
        waits, lets_go = os.pipe()

        def at_once() -> None:
            if first:
                first()
                os.write(tells, b"+")
            os.close(tells)

        self._process = begin([tells, waits, *held], lambda: more(lambda: bool(os.read(waits, 1))), at_once)
        self._has_done, self._lets_go = has_done, lets_go
        os.close(tells)
        os.close(waits)

    def has_done(self) -> bool:
        """Whether `first` is done, once the process has done it or has failed to."""
        found = os.read(self._has_done, 1) if self._process else b""
        return bool(found)

    def end(self, goes_on: bool) -> None:
        """Let the process go on to do `more`, else have it end."""
        try:
            if goes_on:
                os.write(self._lets_go, b"+")
        except BrokenPipeError:
            pass  # it has failed
        os.close(self._lets_go)
        os.close(self._has_done)
        end(self._process)


def end(process: int) -> None:
    """Wait until the child has ended."""
    try:
        if process:
            os.waitpid(process, 0)
    except ChildProcessError:
        pass  # SIGCHLD is ignored


def give_way() -> None:
    """Have the app go first from now on, where processors are scarce."""
    os.nice(5)
