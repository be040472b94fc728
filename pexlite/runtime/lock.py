"""One start unpacks, the others wait for it; and none prunes meanwhile."""

import errno
import os
import time

from . import progress
from .roots import is_ready

_WORD_AFTER = 5  # seconds of waiting until something is said
_LONGEST = 300  # until a start no longer relies on the one it waits for


class Lock:
    """Held by one start at a time, unless the app at `prefix` becomes READY meanwhile.

    Where flock does not work, or another one has it for too long, it is not held.
    """

    def __init__(self, path, name, prefix=None):
        self.path = path
        self.name = name
        self.prefix = prefix
        self.handle = None

    def __enter__(self):
        """Whether it is held."""
        try:
            import fcntl

            self.handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            return self._wait(fcntl)
        except (ImportError, OSError):
            return False

    def _wait(self, fcntl):
        start = time.time()
        pause = 0.002
        told = False
        while self.prefix is None or not is_ready(self.prefix):
            try:
                fcntl.flock(self.handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except OSError as failure:
                if failure.errno not in (errno.EAGAIN, errno.EACCES, errno.EINTR):
                    raise
            waited = time.time() - start
            if not told and waited > _WORD_AFTER:
                told = True
                progress.notice("waiting while another start unpacks %s" % self.name)
            if waited > _LONGEST:
                progress.notice("waited long enough for the other start of %s, unpacking it here too" % self.name)
                break
            time.sleep(pause)
            pause = min(2 * pause, 0.05)
        return False

    def __exit__(self, *failure):
        if self.handle is not None:
            os.close(self.handle)


class Held:
    """The lock of all pruning: cold starts share it, the pruner has it alone; `works` says whether it is held."""

    def __init__(self, root, alone=False):
        self.path = root + "/locks/prune"
        self.alone = alone
        self.works = False
        self.handle = None

    def __enter__(self):
        try:
            import fcntl

            self.handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            how = (fcntl.LOCK_EX if self.alone else fcntl.LOCK_SH) | fcntl.LOCK_NB
        except (ImportError, OSError):
            return self
        deadline = time.time() + 5
        while not self.works:
            try:
                fcntl.flock(self.handle, how)
                self.works = True
            except OSError as failure:
                # A pruner holds it for as long as some renames take.
                if self.alone or not isinstance(failure, BlockingIOError) or time.time() > deadline:
                    break
                time.sleep(0.01)
        return self

    def __exit__(self, *failure):
        if self.handle is not None:
            os.close(self.handle)
