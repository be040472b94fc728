"""Locks by flock: one start makes an app and the others wait for it; the pruner is alone."""

import errno
import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_BUSY = (errno.EAGAIN, errno.EACCES, errno.EINTR)


class Lock:
    """The lock at `path`, for as long as it is entered.

    `held` says whether it is held; `refused` whether somebody else has it still, after all the waiting. Where
    neither is true, locks do not work here, or `until` has come true.
    """

    def __init__(self, path: str, shared: bool = False) -> None:
        self.path = path
        self.shared = shared
        self.held = self.refused = False
        self._handle = -1

    def take(
        self,
        patience: float,
        until: "Callable[[], bool] | None" = None,
        waiting: "Callable[[float], None] | None" = None,
    ) -> "Lock":
        """The lock itself, taken if that can be done within `patience` seconds.

        Gives up as soon as `until()` is true; `waiting(seconds)` is called while it waits.
        """
        try:
            import fcntl

            self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            found = os.fstat(self._handle)
            if found.st_uid != os.geteuid() or found.st_mode & 0o077:
                return self  # others may open it, and hold it for as long as they like
            how = (fcntl.LOCK_SH if self.shared else fcntl.LOCK_EX) | fcntl.LOCK_NB
        except (ImportError, OSError):
            return self
        begin, pause = time.time(), 0.002
        while until is None or not until():
            try:
                fcntl.flock(self._handle, how)
                self.held = True
                break
            except OSError as failure:
                if failure.errno not in _BUSY:
                    break
            waited = time.time() - begin
            if waited >= patience:
                self.refused = True
                break
            if waiting:
                waiting(waited)
            time.sleep(pause)
            pause = min(2 * pause, 0.05)
        return self

    def __enter__(self) -> "Lock":
        return self

    def __exit__(self, *failure: object) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
        self.held = False
