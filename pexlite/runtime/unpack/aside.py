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


def begin(held: "list[int]", work: "Callable[[], object]", begun: "Callable[[], object]" = int) -> int:
    """As `run`, and return at once: the number of a child that ends soon; 0 where there is none.

    The child calls `begun` once there is the process.
    """
    try:
        process = pool.fork()
    except OSError:
        return 0
    if process:
        return process
    try:
        os.setsid()
        if os.fork():
            begun()
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
    """Another process: it does `work` with this while the first one goes on; `held` are open files of both."""

    def __init__(self, held: "list[int]", work: "Callable[[Helper], object]") -> None:
        self._told, self._tells = os.pipe()
        self._waits, self._lets_go = os.pipe()
        # Both are open in the other process until it ends.
        self._process = begin([self._tells, self._waits, *held], lambda: work(self), self.tell)
        os.close(self._tells)
        os.close(self._waits)

    # -- in the other process ------------------------------------------------------------------------

    def tell(self) -> None:
        """Tell the first one that it may go on, if it waits for that; at first, that there is this process."""
        try:
            os.write(self._tells, b"+")
        except BrokenPipeError:
            pass  # it has gone on

    def is_let(self) -> bool:
        """Whether the first one has let this process go on, once that is said."""
        return bool(os.read(self._waits, 1))

    # -- in the first one ----------------------------------------------------------------------------

    def has_told(self) -> bool:
        """Whether there is the other process, once that is known; the next time, whether it has told anything."""
        found = os.read(self._told, 1) if self._process else b""
        return bool(found)

    def end(self, goes_on: bool) -> None:
        """Let the other process go on, else wait until it has ended."""
        try:
            if goes_on:
                os.write(self._lets_go, b"+")
        except BrokenPipeError:
            pass  # it has failed
        os.close(self._lets_go)
        while not goes_on and os.read(self._told, 1):
            pass
        os.close(self._told)
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
