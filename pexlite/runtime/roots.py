"""The directory under which everything is unpacked: the one that was named, or a private one in its place."""

import errno
import os
import stat
import time

# What has a start go elsewhere: the place is no directory, or not ours to write in.
UNWRITABLE = (
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.ENOENT,
    errno.ELOOP,
    errno.ENAMETOOLONG,
)
_CACHE_TAG = b"Signature: 8a477f597d28d172789f06886806bc55\n# Unpacked applications made by pexlite.\n"


def find_or_install(facts, file, prefix, switches):
    """The app's directory: one in a private place where the named one cannot be written, or a new one.

    Without a cache of its own every start comes here, so what only a first one needs is not imported before.
    """
    root = os.path.dirname(os.path.dirname(prefix))
    if not _may_be_made(root):
        private = _find_private()
        elsewhere = "%s/lite-1/apps/%s" % (private, os.path.basename(prefix))
        if private and is_ready(elsewhere):
            return elsewhere
    from . import cold

    return cold.install(facts, file, prefix, switches)


def _may_be_made(path):
    while not os.path.lexists(path):
        path = os.path.dirname(path)
    return os.path.isdir(path) and os.access(path, os.W_OK | os.X_OK)


def nearest_directory(path):
    """The directory `path`, or the one above it that there is."""
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


def is_ready(prefix):
    """Whether there is an app in the directory `prefix`; one whose READY is empty was hit by a power cut."""
    try:
        return os.stat(prefix + "/READY").st_size > 0
    except OSError:
        return False


def make(root):
    """`root` (".../lite-1") is there with all its parts, and can be written. Raises OSError."""
    from . import unzip

    for name in ("apps", "wheels", "locks"):
        unzip.make_directories("%s/%s" % (root, name))
    for name in ("apps", "wheels"):
        if not os.access("%s/%s" % (root, name), os.W_OK | os.X_OK):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), root)
    tag = os.path.dirname(root) + "/CACHEDIR.TAG"
    if not os.path.exists(tag):
        try:
            with open(os.open(tag, os.O_WRONLY | os.O_CREAT, 0o644), "wb") as signature:
                signature.write(_CACHE_TAG)
        except OSError as failure:
            if failure.errno not in UNWRITABLE:
                raise


def private():
    """A directory of this user for temporary files, found again by later starts; None where there can be none.

    Its name is not to be guessed, and one that is not this user's own, or open to others, is not taken.
    """
    import tempfile

    found = _find_private()
    for place in [] if found else _places():
        try:
            turn = _take_turn(place)
            try:
                return _find_private() or tempfile.mkdtemp(prefix=_private_name(), dir=place)
            finally:
                os.close(turn)
        except OSError:
            continue
    return found


def _places():
    """Where a private directory may be, best first."""
    places = [os.environ.get("TMPDIR"), "/var/tmp", "/tmp", "/dev/shm"]
    return [os.path.abspath(place) for place in places if place and _may_hold_private(place, os.geteuid())]


def _private_name():
    return "pexlite-%d-" % os.geteuid()


def _find_private():
    for place in _places():
        for name in sorted(os.listdir(place)):
            path = os.path.join(place, name)
            if name.startswith(_private_name()) and _is_private(path, os.geteuid()):
                return path
    return None


def _take_turn(place):
    """An open descriptor of the directory, locked, so that many first starts at once make one directory in it.

    For two seconds at most: anybody may hold that lock, and several directories are but a waste.
    """
    turn = os.open(place, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
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


def _may_hold_private(place, user):
    """Whether nobody else (but root) can put something in the place of what lies there."""
    try:
        found = os.stat(place)
    except OSError:
        return False
    closed = not found.st_mode & 0o022 or found.st_mode & stat.S_ISVTX
    writable = os.access(place, os.R_OK | os.W_OK | os.X_OK)
    return stat.S_ISDIR(found.st_mode) and found.st_uid in (0, user) and closed and writable


def _is_private(path, user):
    try:
        found = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == user and stat.S_IMODE(found.st_mode) == 0o700


def refuses_programs(root):
    """Whether what lies there cannot be executed or loaded: its file system is mounted noexec."""
    try:
        return bool(os.statvfs(root).f_flag & getattr(os, "ST_NOEXEC", 0))
    except OSError:
        return False
