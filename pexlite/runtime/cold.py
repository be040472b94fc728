"""The first start: unpack the wheels this Python needs, lay out the app's directory, mark it READY.

Everything is written beside its place under a name of its own and renamed into it, so that whatever happens
in between, what has its final name is whole. The lock only saves work.

Nothing is fsynced: after a power cut the files written last are the ones that are empty, and the last of all is
READY, which counts only when it is not. (To sync 500 MB takes from one second to ten.)
"""

import errno
import os
import time
import zlib

from . import cache_root, failed, layout, python_tag, roots, unzip, whole
from .lock import Held, Lock
from .progress import Progress
from .roots import is_ready

_BLOCK = 4096  # what file systems give to a file, at least
_NO_ROOM = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)


def install(facts, file, prefix, switches):
    """The app's directory, READY; `prefix` unless that place cannot be written."""
    say = switches.say if switches else _silent
    try:
        with whole.opened(file) as opened:
            if opened.manifest["pexlite"]["build_id"] != facts["build_id"]:
                whole.fail_replaced(file)
            say("%s is whole" % file)
            variant = choose(opened.manifest, file, switches)
            return FirstStart(facts, file, opened, variant, say).install(prefix)
    except KeyboardInterrupt:
        failed.end_as_interrupted()
    except unzip.Damaged as damage:
        failed.fail_damaged(file, damage)


class FirstStart:
    """What is unpacked, out of which file, and whom to tell."""

    def __init__(self, facts, file, opened, variant, say):
        self.facts = facts
        self.name = os.path.basename(file)
        self.opened = opened
        self.wheels = [opened.manifest["pexlite"]["wheels"][index] for index in variant["wheels"]]
        self.say = say
        # What unpacking takes, known exactly once the directories of the wheels are read.
        self.files = 0
        self.needed = sum([wheel["unpacked"] for wheel in self.wheels])
        self.mark = ""

    def install(self, prefix):
        """The app's directory: `prefix`, or its like in a private place where that one cannot be written."""
        root = os.path.dirname(os.path.dirname(prefix))
        try:
            return self._install_under(root, prefix)
        except OSError as failure:
            if failure.errno not in roots.UNWRITABLE:
                self._fail_to_write(failure, root)
            refusal = failure
        private = roots.private()
        if private is None:
            failed.fail(
                "%s cannot be written: %s" % (os.path.dirname(root), refusal.strerror),
                "set PEX_ROOT to a directory that can",
            )
        self.say("%s cannot be written (%s): using %s" % (root, refusal.strerror, private))
        root = private + "/lite-1"
        try:
            return self._install_under(root, "%s/apps/%s" % (root, os.path.basename(prefix)))
        except OSError as failure:
            self._fail_to_write(failure, root)

    def _install_under(self, root, prefix):
        if is_ready(prefix):
            return prefix
        roots.make(root)
        if roots.refuses_programs(root):
            self._check_pure(root)
        with Held(root), Lock("%s/locks/%s" % (root, os.path.basename(prefix)), self.name, prefix) as alone:
            if not is_ready(prefix):
                # The lock was free: what bears this already is of a start that was killed.
                self.mark = _mark(prefix) if alone else ""
                self._unpack_and_lay_out(root, prefix)
        if self._is_not_alone(root, prefix):
            from . import prune

            prune.after_install(root, prefix)
        self.say("ready: %s" % prefix)
        return prefix

    def _is_not_alone(self, root, prefix):
        """Whether the cache holds anything else that might have to go."""
        try:
            others = [name for name in os.listdir(root + "/apps") if name != os.path.basename(prefix)]
            return others or len(os.listdir(root + "/wheels")) > len(self.wheels)
        except OSError:
            return False  # nobody's business here

    def _unpack_and_lay_out(self, root, prefix):
        _sweep(root, self.mark)
        damaged = [wheel for wheel in self._doubtful(root, prefix) if self._is_damaged(root, wheel)]
        missing = [wheel for wheel in self.wheels if not _is_readable(wheel_directory(root, wheel))]
        missing.extend([wheel for wheel in damaged if wheel not in missing])
        if missing:
            self._unpack(missing, damaged, root)
        for wheel in self.wheels:
            if wheel not in missing:
                self._add_bytecode(wheel, wheel_directory(root, wheel))
        self.say("laying out %d wheels" % len(self.wheels))
        temporary = beside(prefix) + self.mark
        try:
            layout.lay_out(self, root, temporary, prefix)
            _put_in_place(temporary, prefix)
        except BaseException as failure:
            _finish_undisturbed(failure)
            remove(temporary)
            raise

    def _doubtful(self, root, prefix):
        """The unpacked wheels that no READY vouches for, which is written last; all where this app's own is gone.

        After a power cut, or by somebody's hands, what is there already may be cut off as well.
        """
        there = [wheel for wheel in self.wheels if os.path.isdir(wheel_directory(root, wheel))]
        if not there or os.path.lexists(prefix):
            return there
        from . import prune

        sure = set()
        for name in os.listdir(root + "/apps"):
            sure.update(prune.listed_wheels("%s/apps/%s" % (root, name)))
        return [wheel for wheel in there if wheel["sha256"][:32] not in sure]

    def _is_damaged(self, root, wheel):
        from . import repair

        return bool(repair.problems_of_wheel(self.opened.descriptor, wheel, root))

    def _unpack(self, missing, damaged, root):
        descriptor = self.opened.descriptor
        temporaries = []
        try:
            jobs = []
            for wheel in missing:
                temporaries.append(beside(wheel_directory(root, wheel)) + self.mark)
                jobs.extend(_plan(descriptor, wheel, temporaries[-1]))
            total = sum([member.size for member, _ in jobs])
            self.files = len(jobs)
            self.needed = sum([-(-member.size // _BLOCK) * _BLOCK for member, _ in jobs])
            self.say("unpacking %d wheels, %d files, %.1f MB" % (len(missing), len(jobs), total / 1e6))
            progress = Progress(self.name, total)
            try:
                unzip.unpack(descriptor, jobs, progress.add)
            finally:
                progress.erase()
            for wheel, temporary in zip(missing, temporaries):
                _correct_record(temporary)
                _put_wheel_in_place(temporary, wheel_directory(root, wheel), wheel in damaged)
        except BaseException as failure:
            _finish_undisturbed(failure)
            for temporary in temporaries:
                remove(temporary)
            raise

    def _add_bytecode(self, wheel, directory):
        """Nothing; a wheel that another Python or another file unpacked has the bytecode of this one too."""
        temporary = os.fsencode(beside(directory) + self.mark)
        pairs = _bytecode(self.opened.descriptor, wheel, directory)
        pairs = [(member, path) for member, path in pairs if not os.path.exists(path)]
        if not pairs:
            return
        places = [temporary + b"/%d" % number for number in range(len(pairs))]
        try:
            os.mkdir(temporary, 0o755)
            jobs = [(member, place) for place, (member, _) in zip(places, pairs)]
            unzip.unpack(self.opened.descriptor, jobs, _silent)
            for place, (_, path) in zip(places, pairs):
                unzip.make_directories(os.path.dirname(path))
                os.rename(place, path)
        except OSError:
            pass  # a cache that is only read, or full: Python compiles for itself
        finally:
            remove(temporary)

    def _check_pure(self, root):
        compiled = [wheel["name"] for wheel in self.wheels if not wheel["name"].endswith("-any.whl")]
        if compiled:
            failed.fail(
                "%s is mounted noexec, and %s has compiled code" % (root, compiled[0].partition("-")[0]),
                "set PEX_ROOT to a directory from which programs may be loaded",
            )

    def _fail_to_write(self, failure, root):
        where = failure.filename or root
        if isinstance(where, bytes):
            where = os.fsdecode(where)
        if failure.errno not in _NO_ROOM:
            failed.fail(
                "%s: %s" % (where, failure.strerror or failure), "set PEX_ROOT to a directory that can be written"
            )
        disk = os.statvfs(roots.nearest_directory(root))
        free = disk.f_bavail * disk.f_frsize
        why = "%.1f MB needed, %.1f MB free" % (self.needed / 1e6, free / 1e6)
        if failure.errno == errno.EFBIG:
            why += ", and files may not be as large (ulimit -f)"
        elif failure.errno == errno.ENOSPC and disk.f_files and disk.f_favail < self.files + 9:
            why = "%d files needed, %d more can be made (inodes)" % (self.files, disk.f_favail)
        elif failure.errno != errno.ENOSPC:
            why += ", and the quota is used up"
        failed.fail(
            "no room to unpack into %s: %s" % (root, why),
            "make room, or set PEX_ROOT to a directory on another disk",
        )


def wheel_directory(root, wheel):
    """Where the unpacked wheel is: one place for all apps that carry it."""
    return "%s/wheels/%s" % (root, wheel["sha256"][:32])


def set_aside(place):
    """Nothing is at `place` any more, at once; processes that have its files open keep them."""
    stale = beside(place)
    try:
        os.rename(place, stale)
    except OSError:
        return
    remove(stale)


def beside(place):
    """A name next to `place` that no other start has: containers that share a cache share process ids as well."""
    return "%s/.%s-%d-%d" % (*os.path.split(place), os.getpid(), time.time() * 1e6)


def _finish_undisturbed(failure):
    """Nothing; after the Ctrl-C that ends this process another one does not have it leave anything behind."""
    if isinstance(failure, KeyboardInterrupt):
        import _signal

        _signal.signal(_signal.SIGINT, _signal.SIG_IGN)


def _is_readable(directory):
    """Whether it is there; one that another user keeps to himself is as good as none."""
    return os.access(directory, os.R_OK | os.X_OK)


def _put_wheel_in_place(temporary, place, replacing):
    """Have the wheel at `place`: one that is there stays, unless it is damaged; the new one is whole by then."""
    try:
        os.rename(temporary, place)
    except OSError as failure:
        if failure.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        if _is_readable(place) and not replacing:
            remove(temporary)  # another start was faster
            return
        set_aside(place)
        os.rename(temporary, place)


def _put_in_place(temporary, prefix):
    """The app is at `prefix`: this one, or that of a start which was faster."""
    for _ in range(10):
        try:
            os.rename(temporary, prefix)
            return
        except OSError as failure:
            if failure.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise
        if is_ready(prefix):
            remove(temporary)
            return
        # A directory that is not READY is no app; it makes way.
        set_aside(prefix)
    raise OSError(errno.EEXIST, os.strerror(errno.EEXIST), prefix)


def _plan(descriptor, wheel, directory):
    """The (member, path) pairs of one wheel; makes the directories they need."""
    jobs = destinations(descriptor, wheel, directory)
    if sum([member.size for member, _ in jobs]) > wheel["unpacked"]:
        raise unzip.Damaged("%s would unpack to more than it should" % wheel["name"])
    taken = set([path for _, path in jobs])
    jobs.extend([job for job in _bytecode(descriptor, wheel, directory) if job[1] not in taken])
    unzip.make_tree(os.fsencode(directory), set([path.rpartition(b"/")[0] for _, path in jobs]))
    return jobs


def _bytecode(descriptor, wheel, directory):
    """The (member, path) pairs of what this Python makes of the wheel's modules, where it was built in."""
    packed = wheel.get("bytecode", {}).get(python_tag())
    if not packed:
        return []
    offset, size, directory_crc32 = packed
    members = unzip.read_members(descriptor, offset, size, wheel["name"], directory_crc32)
    library = os.fsencode(directory) + b"/lib/"
    return [(member, library + member.name.encode("utf-8")) for member in members]


def destinations(descriptor, wheel, directory):
    """The (member, path) pairs of one wheel unpacked to `directory`, each path once."""
    members = unzip.read_members(
        descriptor, wheel["offset"], wheel["size"], wheel["name"], wheel["directory_crc32"]
    )
    tops = set([member.name.partition("/")[0] for member in members])
    data = [top + "/" for top in tops if top.endswith(".data") and top[:-5] + ".dist-info" in tops]
    data_prefix = data[0] if data else None
    top = os.fsencode(directory) + b"/"
    # As UTF-8, whatever the locale of this start: later starts may have another. What .data has comes last, and
    # takes the place of a file of the same name, as in an installation.
    members.sort(key=lambda member: bool(data_prefix and member.name.startswith(data_prefix)))
    found = {top + unzip.destination(member.name, data_prefix).encode("utf-8"): member for member in members}
    return [(member, path) for path, member in found.items()]


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
                content = record.read()
            if b".data/" in content:
                with open(path, "wb") as record:
                    record.write(corrected(content))


def corrected(record):
    """The content of a RECORD with the files of .data where they are installed."""
    return b"\n".join([_installed(line) for line in record.split(b"\n")])


def _installed(line):
    for scheme, place in _INSTALLED:
        top, found, rest = line.partition(scheme)
        if found and b"/" not in top:
            return (b'"' if top[:1] == b'"' else b"") + place + rest
    return line


def _mark(prefix):
    """The end of the names that this app's unpacking gives on this machine, whatever others share the cache."""
    return "-%08x" % zlib.crc32(os.fsencode(os.uname()[1] + os.path.basename(prefix)))


def _sweep(root, mark):
    """Remove what starts that were killed left behind: names with `mark`, and all more than an hour old."""
    for place in ("apps", "wheels"):
        for name in os.listdir("%s/%s" % (root, place)):
            path = "%s/%s/%s" % (root, place, name)
            try:
                left = mark and name.endswith(mark) or os.lstat(path).st_mtime < time.time() - 3600
                if name.startswith(".") and left:
                    remove(path)
            except OSError:
                pass  # another start sweeps too


def choose(manifest, file, switches):
    """The variant made for this Python; where there is none another Python is started, or words are said."""
    variants = manifest["pexlite"]["variants"]
    tag = python_tag()
    here = [variant for variant in variants if layout.fits_platform(variant)]
    for variant in here:
        if tag in variant["pythons"]:
            return variant
    from . import pythons

    accepted = [other for variant in here for other in variant["pythons"]]
    words = "" if here else " on " + layout.platform_words()
    root = cache_root(manifest["pex_root"])
    pythons.run_fitting(file, accepted, manifest["pexlite"]["runs_on"], switches, root, words)


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        import shutil

        shutil.rmtree(path, ignore_errors=True)
    elif os.path.lexists(path):
        os.unlink(path)


def _silent(words):
    pass
