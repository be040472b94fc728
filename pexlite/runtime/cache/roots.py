"""The root directory of the cache: whether to trust it, and whether it can be made and written."""

import errno
import os
import stat

from .. import system
from ..start import is_own
from . import files

_CACHE_TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n# Unpacked applications made by pexlite.\n"
_PARTS = (("apps", 0o755), ("wheels", 0o755), ("locks", 0o700))


def distrust(place: str) -> str:
    """Why the app's directory `place` must not be used; "" where it may be (the protocol's rule 6).

    Each existing directory from `place` up to the root has to belong to this user or root and be closed to others.
    The directory in which the root would be made has to belong to one of them.
    """
    apps = os.path.dirname(place)
    layout = os.path.dirname(apps)
    parts = [layout + "/" + name for name in ("wheels", "locks", "interpreters")]
    for path in [os.path.dirname(layout), layout, apps, place] + parts:
        try:
            found = os.stat(path)
        except OSError:
            continue
        if not is_own(found):
            return _words(path, found)
    above = nearest_directory(os.path.dirname(layout))
    try:
        found = os.stat(above)
    except OSError:
        return ""  # a directory that cannot be looked at: making the root there fails by itself
    return "" if found.st_uid in (0, system.user()) else _words(above, found)


def _words(path: str, found: os.stat_result) -> str:
    if found.st_uid not in (0, system.user()):
        return "%s belongs to another account (%d)" % (path, found.st_uid)
    return "%s may be written by others (mode %o)" % (path, stat.S_IMODE(found.st_mode))


def may_be_made(path: str) -> bool:
    """Whether this process may make `path`, or write into it."""
    while not os.path.lexists(path):
        path = os.path.dirname(path)
    return os.path.isdir(path) and os.access(path, os.W_OK | os.X_OK)


def nearest_directory(path: str) -> str:
    """`path` or its nearest parent that is a directory."""
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


def make(layout: str) -> None:
    """Make `layout` (".../lite-2") and its parts. Raises OSError where it cannot be made or written."""
    for name, mode in _PARTS:
        path = "%s/%s" % (layout, name)
        files.make_directories(layout)
        try:
            os.mkdir(path, mode)
        except FileExistsError:
            if not os.path.isdir(path):
                raise
    for name in ("apps", "wheels"):
        if not os.access("%s/%s" % (layout, name), os.W_OK | os.X_OK):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), layout)
    for folder in (layout, os.path.dirname(layout)):
        try:
            files.write(folder + "/CACHEDIR.TAG", _CACHE_TAG)
        except FileExistsError:
            if files.size_of(folder + "/CACHEDIR.TAG") == 0:  # emptied by a power cut
                files.replace(folder + "/CACHEDIR.TAG", _CACHE_TAG)
        except OSError as failure:
            if failure.errno not in files.UNWRITABLE:
                raise


def is_ours(layout: str) -> bool:
    """Whether pexlite made the cache at `layout` (".../lite-2")."""
    return files.read(layout + "/CACHEDIR.TAG") == _CACHE_TAG


def refuses_programs(root: str) -> bool:
    """Whether programs at `root` can be neither run nor loaded, because it is mounted noexec."""
    if system.IS_WINDOWS:
        return False
    try:
        return bool(os.statvfs(root).f_flag & getattr(os, "ST_NOEXEC", 0))
    except OSError:
        return False
