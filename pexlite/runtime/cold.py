"""The first start: unpack the wheels this Python needs, lay out the app's directory, mark it READY.

Everything is written beside its place under a name of its own and renamed into it, so that whatever happens
in between, what has its final name is whole. The lock only saves work.
"""

import errno
import json
import os
import stat
import sys
import time

from . import layout, python_tag, unzip

_VERBOSE_START = time.time()


def install(facts, loader, file, prefix, switches):
    """The app's directory, READY; `prefix` unless that place cannot be written."""
    say = _verbose if switches and switches.verbose else _silent
    manifest = read_manifest(loader)
    say("first start of %s on %s" % (file, python_tag()))
    variant = _choose(manifest, file, switches)
    root = os.path.dirname(os.path.dirname(prefix))
    name = os.path.basename(prefix)
    try:
        _make_root(root)
    except OSError as failure:
        fallback = _fallback_root(failure, os.path.dirname(root))
        root = fallback + "/lite-1"
        prefix = root + "/apps/" + name
        if os.path.exists(prefix + "/READY"):
            return prefix
        _make_root(root)
    try:
        with _Lock(root + "/locks/" + name):
            if not os.path.exists(prefix + "/READY"):
                _install(manifest, variant, loader, file, root, prefix, say)
    except KeyboardInterrupt:
        _end_as_interrupted()
    except unzip.Damaged as failure:
        _fail("%s is damaged: %s" % (os.path.basename(file), failure), "copy it here again")
    except OSError as failure:
        _fail_to_write(failure, root, manifest, variant)
    say("ready: %s" % prefix)
    return prefix


def read_manifest(loader):
    """PEX-INFO of the file that `loader` reads."""
    return json.loads(loader.get_data(loader.archive + os.sep + "PEX-INFO").decode("utf-8"))


def _install(manifest, variant, loader, file, root, prefix, say):
    wheels = [manifest["pexlite"]["wheels"][index] for index in variant["wheels"]]
    _sweep(root)
    missing = [wheel for wheel in wheels if not os.path.isdir(wheel_directory(root, wheel))]
    if missing:
        _unpack_wheels(missing, file, root, say)
    say("laying out %d wheels" % len(wheels))
    temporary = _beside(prefix)
    layout.lay_out(manifest, wheels, loader, root, temporary, prefix)
    if os.path.lexists(prefix):
        # A directory that is not READY is no app; it makes way.
        stale = "%s-old" % temporary
        os.rename(prefix, stale)
        os.rename(temporary, prefix)
        _remove(stale)
    else:
        os.rename(temporary, prefix)


def wheel_directory(root, wheel):
    """Where the unpacked wheel is: one place for all apps that carry it."""
    return "%s/wheels/%s" % (root, wheel["sha256"][:32])


def set_aside(place):
    """Nothing is at `place` any more, at once; processes that have its files open keep them."""
    stale = _beside(place)
    try:
        os.rename(place, stale)
    except OSError:
        return
    _remove(stale)


def _beside(place):
    """A name next to `place` that no other start has: containers that share a cache share process ids as well."""
    return "%s/.%s-%d-%d" % (*os.path.split(place), os.getpid(), time.time() * 1e6)


def _unpack_wheels(missing, file, root, say):
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    temporaries = []
    try:
        jobs = []
        for wheel in missing:
            temporary = _beside(wheel_directory(root, wheel))
            temporaries.append(temporary)
            jobs.extend(_plan(descriptor, wheel, temporary))
        total = sum([member.size for member, _ in jobs])
        say("unpacking %d wheels, %d files, %.1f MB" % (len(missing), len(jobs), total / 1e6))
        progress = _Progress(os.path.basename(file), total)
        try:
            unzip.unpack(descriptor, jobs, progress.add)
        finally:
            progress.erase()
        for wheel, temporary in zip(missing, temporaries):
            _correct_record(temporary)
            try:
                os.rename(temporary, wheel_directory(root, wheel))
            except OSError as failure:
                if failure.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
                _remove(temporary)  # another start was faster
    except BaseException:
        for temporary in temporaries:
            _remove(temporary)
        raise
    finally:
        os.close(descriptor)


def _plan(descriptor, wheel, directory):
    """The (member, path) pairs of one wheel; makes the directories they need."""
    jobs = destinations(descriptor, wheel, directory)
    for parent in set([path.rpartition(b"/")[0] for _, path in jobs]):
        unzip.make_package_directory(parent)
    return jobs


def destinations(descriptor, wheel, directory):
    """The (member, path) pairs of one wheel unpacked to `directory`."""
    members = unzip.read_members(descriptor, wheel["offset"], wheel["size"], wheel["name"])
    data_prefix = None
    for member in members:
        top = member.name.partition("/")[0]
        if top.endswith(".data"):
            data_prefix = top + "/"
    top = os.fsencode(directory) + b"/"
    # As UTF-8, whatever the locale of this start: later starts may have another.
    return [(member, top + unzip.destination(member.name, data_prefix).encode("utf-8")) for member in members]


# Where what a wheel keeps in .data lies, seen from site-packages, as an installed RECORD has it.
_INSTALLED = (
    (b".data/purelib/", b""),
    (b".data/platlib/", b""),
    (b".data/scripts/", b"../../../bin/"),
    (b".data/data/", b"../../../"),
)


def _correct_record(directory):
    """Have RECORD name the files of .data where they are, for importlib.metadata."""
    library = directory + "/lib"
    for name in os.listdir(library) if os.path.isdir(library) else ():
        path = "%s/%s/RECORD" % (library, name)
        if name.endswith(".dist-info") and os.path.exists(path):
            with open(path, "rb") as record:
                lines = record.read().split(b"\n")
            if any([b".data/" in line for line in lines]):
                with open(path, "wb") as record:
                    record.write(b"\n".join([_installed(line) for line in lines]))


def _installed(line):
    for scheme, place in _INSTALLED:
        top, found, rest = line.partition(scheme)
        if found and b"/" not in top:
            return (b'"' if top[:1] == b'"' else b"") + place + rest
    return line


def _sweep(root):
    """Remove what starts that were killed left behind: temporary directories more than an hour old."""
    for place in ("apps", "wheels"):
        for name in os.listdir("%s/%s" % (root, place)):
            path = "%s/%s/%s" % (root, place, name)
            if name.startswith(".") and os.lstat(path).st_mtime < time.time() - 3600:
                _remove(path)


# -- which wheels ------------------------------------------------------------------------------------


def _choose(manifest, file, switches):
    """The variant made for this Python; where there is none another Python is started, or words are said."""
    variants = manifest["pexlite"]["variants"]
    tag = python_tag()
    here = [variant for variant in variants if layout.fits_platform(variant)]
    for variant in here:
        if tag in variant["pythons"]:
            return variant
    from . import pythons

    accepted = [other for variant in here for other in variant["pythons"]]
    pythons.run_fitting(file, accepted, manifest["pexlite"]["runs_on"], switches)


# -- where --------------------------------------------------------------------------------------------


def _make_root(root):
    for name in ("apps", "wheels", "locks"):
        unzip.make_directories("%s/%s" % (root, name))
    if not os.access(root + "/apps", os.W_OK | os.X_OK) or not os.access(root + "/wheels", os.W_OK | os.X_OK):
        raise OSError(errno.EACCES, "not writable", root)
    tag = os.path.dirname(root) + "/CACHEDIR.TAG"
    if not os.path.exists(tag):
        with open(os.open(tag, os.O_WRONLY | os.O_CREAT, 0o644), "w") as signature:
            signature.write(
                "Signature: 8a477f597d28d172789f06886806bc55\n# Unpacked applications made by pexlite.\n"
            )


def _fallback_root(failure, root):
    """A private directory of this user for temporary files, found again by later starts.

    Its name is not to be guessed, and one that is not this user's own, or open to others, is not taken.
    """
    import tempfile

    user = os.getuid()
    begin = "pexlite-%d-" % user
    for place in [os.environ.get("TMPDIR"), "/var/tmp", "/tmp", "/dev/shm"]:
        if not place or not os.access(place, os.W_OK | os.X_OK):
            continue
        for name in sorted(os.listdir(place)):
            if name.startswith(begin):
                path = os.path.join(os.path.abspath(place), name)
                found = os.lstat(path)
                if stat.S_ISDIR(found.st_mode) and found.st_uid == user and stat.S_IMODE(found.st_mode) == 0o700:
                    return path
        return tempfile.mkdtemp(prefix=begin, dir=os.path.abspath(place))
    _fail("%s cannot be written: %s" % (root, failure.strerror), "set PEX_ROOT to a directory that can")


class _Lock:
    """One start unpacks, the others wait for it. Without a working flock all of them unpack, which is correct."""

    def __init__(self, path):
        self.path = path
        self.handle = None

    def __enter__(self):
        try:
            import fcntl

            self.handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            fcntl.flock(self.handle, fcntl.LOCK_EX)
        except (ImportError, OSError):
            pass

    def __exit__(self, *failure):
        if self.handle is not None:
            os.close(self.handle)


def _remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        import shutil

        shutil.rmtree(path, ignore_errors=True)
    elif os.path.lexists(path):
        os.unlink(path)


# -- words --------------------------------------------------------------------------------------------


class _Progress:
    """A line on the terminal from the first second on, erased at the end."""

    def __init__(self, name, total):
        self.name = name
        self.total = total or 1
        self.done = 0
        self.shown = False
        self.start = time.time()
        self.terminal = sys.stderr is not None and sys.stderr.isatty()

    def add(self, size):
        self.done += size
        if self.terminal and time.time() - self.start > 1:
            self.shown = True
            percent = 100 * min(self.done, self.total) // self.total
            sys.stderr.write("\r%s: unpacking for the first start, %d %%\x1b[K" % (self.name, percent))
            sys.stderr.flush()

    def erase(self):
        if self.shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _silent(words):
    pass


def _verbose(words):
    sys.stderr.write("pexlite: %6.1f ms  %s\n" % ((time.time() - _VERBOSE_START) * 1000, words))


def _fail_to_write(failure, root, manifest, variant):
    path = failure.filename or root
    if failure.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG):
        free = os.statvfs(root)
        needed = sum([manifest["pexlite"]["wheels"][index]["unpacked"] for index in variant["wheels"]])
        _fail(
            "no room to unpack into %s: %.1f MB needed, %.1f MB free"
            % (root, needed / 1e6, free.f_bavail * free.f_frsize / 1e6),
            "make room, or set PEX_ROOT to a directory on another disk",
        )
    _fail("%s: %s" % (path, failure.strerror or failure), "set PEX_ROOT to a directory that can be written")


def _end_as_interrupted():
    """End as a process that SIGINT ended, without the traceback of our own code."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)


def _fail(message, hint):
    sys.stderr.write("error: %s\nhint: %s\n" % (message, hint))
    sys.stderr.flush()
    sys.exit(1)
