"""A private root in the place of one that cannot be written, or that others could change."""

import errno
import os
import stat
import time

from ..failed import notice
from ..start import LAYOUT


def place_in(place: str, why: str) -> "str | None":
    """The place of the app in a directory of this user for temporary files, None where there can be none.

    `why`, if not empty, is said to the user.
    """
    root = find_private() or _make_private()
    if root is None:
        return None
    if why:
        notice("%s: using %s" % (why, root))
    return "%s/%s/apps/%s" % (root, LAYOUT, os.path.basename(place))


def _make_private() -> "str | None":
    """A new directory, found again by later starts. Its name is not to be guessed."""
    import tempfile

    for place in _places():
        try:
            turn = _take_turn(place)
            try:
                return find_private() or tempfile.mkdtemp(prefix=_private_name(), dir=place)
            finally:
                os.close(turn)
        except OSError:
            continue
    return None


def _places() -> "list[str]":
    """Where a private directory may be, best first."""
    places = [os.environ.get("TMPDIR"), "/var/tmp", "/tmp", "/dev/shm"]
    return [os.path.abspath(place) for place in places if place and _may_hold_private(place, os.geteuid())]


def _private_name() -> str:
    return "pexlite-%d-" % os.geteuid()


def find_private() -> "str | None":
    """The private directory that there is: one that is not this user's own, or open to others, is not taken."""
    for place in _places():
        for name in sorted(os.listdir(place)):
            path = os.path.join(place, name)
            if name.startswith(_private_name()) and _is_private(path, os.geteuid()):
                return path
    return None


def _take_turn(place: str) -> int:
    """An open descriptor of the directory, locked, so that many first starts at once make one directory in it.

    For two seconds at most: anybody may hold that lock, and several directories are but a waste.
    """
    turn = os.open(place, os.O_RDONLY)
    try:
        import fcntl

        end = time.time() + 2
        while True:
            try:
                fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as failure:
                if failure.errno not in (errno.EAGAIN, errno.EACCES) or not time.time() < end:
                    break
                time.sleep(0.01)
    except ImportError:
        pass
    return turn


def _may_hold_private(place: str, user: int) -> bool:
    """Whether nobody else (but root) can put something in the place of what lies there."""
    try:
        found = os.stat(place)
    except OSError:
        return False
    closed = not found.st_mode & 0o022 or bool(found.st_mode & stat.S_ISVTX)
    writable = os.access(place, os.R_OK | os.W_OK | os.X_OK)
    return stat.S_ISDIR(found.st_mode) and found.st_uid in (0, user) and closed and writable


def _is_private(path: str, user: int) -> bool:
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == user and found.st_mode & 0o777 == 0o700
