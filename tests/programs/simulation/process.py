"""One simulated process: what the kernel keeps of it, the thread that it runs in, and what it came to."""

from __future__ import annotations

import _thread
import os
import traceback
from collections.abc import Callable
from typing import Any

from tests.programs.simulation.disk import Directory, Disk, OpenFile
from tests.programs.simulation.scheduler import Killed, Scheduler


class Exited(BaseException):
    """The process ends here, by _exit(2), execve(2) or a signal."""

    def __init__(self, code: int, how: str) -> None:
        super().__init__(how)
        self.code = code


class Process:
    """It does `work(process)`; `code` is its exit code, None where it was killed."""

    def __init__(
        self,
        name: str,
        pid: int,
        scheduler: Scheduler,
        work: Callable[[Process], None],
        environ: dict[str, str],
        user: int = 1000,
    ) -> None:
        self.name = name
        self.pid = pid
        self.user = user
        self.scheduler = scheduler
        self.work = work
        self.environ = environ
        self.umask = 0o022
        self.files: dict[int, OpenFile] = {}
        self.began = scheduler.disk.now
        self.argv: list[str] = []
        # What the scheduler knows of it.
        self.baton = _thread.allocate_lock()
        self.priority = 0.0
        self.calls = 0
        self.sinks: list[int] = []  # calls at which it falls to the last place, the next one last
        self.sinks_before_act = 0  # so many calls of the kind scheduler.ACTS from now on, if any
        self.wakes = 0.0
        self.waits_for: Callable[[], bool] | None = None
        self.thread = 0
        # Asked after every change to the disk, for as long as it is an app that runs.
        self.look: Callable[[], None] | None = None
        # What became of it.
        self.code: int | None = None
        self.dead = False
        self.failed_on_purpose = False
        self.failures: set[int] = set()  # the errors with which calls of it have failed on purpose
        self.looks: dict[str, os.stat_result] = {}  # what lstat has told it last, by path
        self.trusted = False  # no call of it is failed on purpose any more
        self.output: list[str] = []
        self.trouble = ""
        self.violations: list[str] = []
        self.modules: dict[str, Any] = {}
        self.imports: Any = None
        # What the door keeps of a start.
        self.launch: Any = None
        self.has_mended = False

    @property
    def disk(self) -> Disk:
        """The disk that all processes share."""
        return self.scheduler.disk

    @property
    def directory(self) -> Directory:
        """The current directory."""
        return self.disk.root

    def begin(self) -> None:
        """Have the thread wait for its turn."""
        self.baton.acquire()
        _thread.start_new_thread(self._live, ())

    def blame(self, failure: BaseException) -> None:
        """Keep the traceback of a failure that the room is told of."""
        self.trouble = "".join(traceback.format_exception(failure))

    def die(self) -> None:
        """End without a chance to do anything; the kernel closes what was open."""
        self.dead = True
        self._close_all()

    def _close_all(self) -> None:
        for file in self.files.values():
            file.close()
        self.files.clear()

    def _live(self) -> None:
        self.thread = _thread.get_ident()
        self.baton.acquire()
        try:
            if not self.dead:
                self.began = self.disk.now
                self.work(self)
                self.code = 0
        except Killed:
            pass
        except Exited as end:
            self.code = end.code
        except SystemExit as end:
            self._exit(end.code)
        except BaseException:  # noqa: BLE001  any: a traceback is what is looked for
            self.code = 1
            self.trouble = traceback.format_exc()  # which is what people would see
        if self.dead:
            self.code = None
        self.dead = True
        self._close_all()
        self.modules.clear()
        self.imports = self.launch = None
        self.scheduler.ended(self)

    def _exit(self, code: object) -> None:
        if isinstance(code, int) or code is None:
            self.code = code or 0
        else:
            self.output.append(f"{code}\n")
            self.code = 1
