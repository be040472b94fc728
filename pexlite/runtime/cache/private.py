"""A private root, for where the usual one cannot be written, or other accounts could change it."""

import errno
import os
import stat
import time

from .. import system
from ..failed import notice
from ..start import LAYOUT


def place_in(place: str, why: str) -> "str | None":
    """The app's place in a private root, among this user's temporary files; None where there can be none.

    `why`, if not empty, is told to the user.
    """
    root = find_private() or _make_private()
    if root is None:
        return None
    if why:
        notice("%s: using %s" % (why, root))
    return os.sep.join((root, LAYOUT, "apps", os.path.basename(place)))


def _make_private() -> "str | None":
    """The path of a new private directory with an unguessable name; later starts find it by `find_private`."""
    import tempfile

    for place in _places():
        try:
            turn = -1 if system.IS_WINDOWS else _take_turn(place)  # no directory is opened there
            try:
                return find_private() or tempfile.mkdtemp(prefix=_private_name(), dir=place)
            finally:
                if turn >= 0:
                    os.close(turn)
        except OSError:
            continue
    return None


def _places() -> "list[str]":
    """The directories that may hold a private directory, best first."""
    places = [os.environ.get("TMPDIR"), "/var/tmp", "/tmp", "/dev/shm"]
    if system.IS_WINDOWS:
        places = [os.environ.get("TEMP")]  # of this user alone
    return [os.path.abspath(place) for place in places if place and _may_hold_private(place, system.user())]


def _private_name() -> str:
    return "pexlite-%d-" % system.user()


def find_private() -> "str | None":
    """The existing private directory, or None. It counts only if this user owns it and it is closed to others."""
    for place in _places():
        for name in sorted(os.listdir(place)):
            path = os.path.join(place, name)
            if name.startswith(_private_name()) and _is_private(path, system.user()):
                return path
    return None


def _take_turn(place: str) -> int:
    """An open, locked descriptor of `place`, so that many first starts at once make one private directory.

    Waits two seconds at most: any account may hold this lock, and a second directory only wastes space.
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
    """Whether other accounts, except root, cannot replace an entry of the directory `place`."""
    try:
        found = os.stat(place)
    except OSError:
        return False
    closed = not system.permissions(found) & 0o022 or bool(found.st_mode & stat.S_ISVTX)
    writable = os.access(place, os.R_OK | os.W_OK | os.X_OK)
    return stat.S_ISDIR(found.st_mode) and found.st_uid in (0, user) and closed and writable


def _is_private(path: str, user: int) -> bool:
    try:
        found = os.lstat(path)
    except OSError:
        return False
    closed = system.IS_WINDOWS or found.st_mode & 0o777 == 0o700
    return stat.S_ISDIR(found.st_mode) and found.st_uid == user and closed
