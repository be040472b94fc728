"""The directory under which everything is unpacked: whose it is, and whether it can be made and written."""

import errno
import os
import stat

from ..start import is_own
from . import files

_CACHE_TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n# Unpacked applications made by pexlite.\n"
_PARTS = (("apps", 0o755), ("wheels", 0o755), ("locks", 0o700))


def distrust(place: str) -> str:
    """Why the app's directory `place` is not used, whatever it holds; "" where it may be (the protocol's rule 6).

    What is there of it and of what is above it, up to the root, is this user's own or root's and closed to others;
    and so is the owner of the directory in which the root would be made.
    """
    apps = os.path.dirname(place)
    layout = os.path.dirname(apps)
    for path in (os.path.dirname(layout), layout, apps, layout + "/wheels", layout + "/locks", place):
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
        return ""  # nor can anything be made there
    return "" if found.st_uid in (0, os.geteuid()) else _words(above, found)


def _words(path: str, found: os.stat_result) -> str:
    if found.st_uid not in (0, os.geteuid()):
        return "%s belongs to another account (%d)" % (path, found.st_uid)
    return "%s may be written by others (mode %o)" % (path, stat.S_IMODE(found.st_mode))


def may_be_made(path: str) -> bool:
    """Whether `path`, or what is missing of it, lies in a directory that this process may write in."""
    while not os.path.lexists(path):
        path = os.path.dirname(path)
    return os.path.isdir(path) and os.access(path, os.W_OK | os.X_OK)


def nearest_directory(path: str) -> str:
    """The directory `path`, or the one above it that there is."""
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


def make(layout: str) -> None:
    """Make `layout` (".../lite-2") with all its parts. Raises OSError where it cannot be made or written."""
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
            if files.size_of(folder + "/CACHEDIR.TAG") == 0:  # what a power cut leaves
                files.replace(folder + "/CACHEDIR.TAG", _CACHE_TAG)
        except OSError as failure:
            if failure.errno not in files.UNWRITABLE:
                raise


def is_ours(layout: str) -> bool:
    """Whether `layout` (".../lite-2") is a cache that this project has made."""
    return files.read(layout + "/CACHEDIR.TAG") == _CACHE_TAG


def refuses_programs(root: str) -> bool:
    """Whether what lies there cannot be executed or loaded: its file system is mounted noexec."""
    try:
        return bool(os.statvfs(root).f_flag & getattr(os, "ST_NOEXEC", 0))
    except OSError:
        return False
