"""Locks: one start makes an app while others wait for it; the pruner runs alone."""

import errno
import os
import time

from .. import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_BUSY = (errno.EAGAIN, errno.EACCES, errno.EINTR)


class Lock:
    """The lock at `path`, held within a `with` statement.

    `held` tells whether it was taken, `refused` whether another process kept it through all the waiting. If both
    are false, locks do not work here, or `until` became true.
    """

    def __init__(self, path: str, shared: bool = False) -> None:
        self.path = path
        self.shared = shared
        self.held = self.refused = False
        self.handle = -1

    def take(
        self,
        patience: float,
        until: "Callable[[], bool] | None" = None,
        waiting: "Callable[[float], None] | None" = None,
    ) -> "Lock":
        """The lock itself, taken if possible within `patience` seconds.

        Gives up as soon as `until()` is true. Calls `waiting(seconds)` while it waits.
        """
        try:
            self.handle = system.open_file(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            found = os.fstat(self.handle)
            if found.st_uid != system.user() or system.permissions(found) & 0o077:
                return self  # other accounts could open it too, and hold it for ever
            attempt = _by_range if system.IS_WINDOWS else _by_flock()
        except (ImportError, OSError):
            return self
        begin, pause = time.time(), 0.002
        while until is None or not until():
            try:
                if attempt(self.handle, self.shared):
                    self.held = True
                    break
            except OSError:
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
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1
        self.held = False


def _by_flock() -> "Callable[[int, bool], bool]":
    """The function that tries to lock an open file, alone or shared. Raises ImportError without flock."""
    import fcntl

    def attempt(handle: int, shared: bool) -> bool:
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            return True
        except OSError as failure:
            if failure.errno in _BUSY:
                return False
            raise

    return attempt


def _by_range(handle: int, shared: bool) -> bool:
    from ..app.windows import attempt

    return attempt(handle, shared)
