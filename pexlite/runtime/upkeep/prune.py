"""The pruner: it removes apps that nobody has used for long, then the wheels and Pythons that no app uses.

Only the pruner removes, holding alone a lock that all first starts share. The time of an app's last use is READY's
mtime. The pruner first dates READY of each app that may go back to 1970: a start that finds an old date waits for
that lock before it goes on. Then the pruner looks at the running processes, and at READY once more. Where locks do
not work it removes nothing.
"""

import os
import stat
import time

from .. import failed, system
from ..cache import app, files, lock, roots

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..windows import directory

DAY = 86400
_KEPT_DAYS = 90.0
_DATED_BACK = 0.0  # an mtime that every start finds old
_ABANDONED = DAY  # seconds that a wheel may be without an app, whose first start may be at work or was killed
_ANOTHER_HOSTS = 3600  # seconds that a temporary file of another host may be in use
_FRESH = 60  # seconds that a launcher may take from finding a Python to becoming it
_PATIENCE = 2.0  # seconds that a start spends on removing; a later start removes the rest


class Gone:
    """The names of the apps, wheels and Pythons that were removed; and why other apps stayed, by name."""

    def __init__(self) -> None:
        self.apps: list[str] = []
        self.wheels: list[str] = []
        self.interpreters: list[str] = []
        self.kept: dict[str, str] = {}


def after_install(root: str, kept: str) -> None:
    """Prune as PEX_KEEP_DAYS says, but for the app named `kept`. Failures are ignored."""
    try:
        days = kept_days()
        prune(root, days or None, kept, time.time() + _PATIENCE)
    except Exception:
        pass  # the app is ready to start whatever happened here


def kept_days() -> float:
    """The days an unused app stays, by PEX_KEEP_DAYS. 0 is for ever, as is a value that is no number."""
    said = os.environ.get("PEX_KEEP_DAYS") or _KEPT_DAYS
    try:
        days = float(said)
        if days >= 0:
            return days
    except ValueError:
        pass
    failed.notice("PEX_KEEP_DAYS=%s is no number of days: nothing is removed" % said)
    return 0.0


def prune(root: str, days: "float | None", kept: str = "", deadline: "float | None" = None) -> "Gone | None":
    """Remove leftovers of killed starts, and apps unused for `days` unless that is None; return what has gone.

    Apps of running processes stay. Wheels and Pythons go with their last app. Returns None where another process
    holds the lock, or `root` (".../lite-2") is no cache of pexlite's and this user's.
    """
    with lock.Lock(root + "/locks/prune").take(0) as alone:
        if not alone.held or not roots.is_ours(root):
            return None
        pruner = _Pruner(root)
        try:
            pruner.put_aside_leftovers()
            if days is not None:
                pruner.put_aside_unused(time.time() - days * DAY, kept)
                pruner.put_aside_wheels(time.time() - min(days * DAY, _ABANDONED))
                pruner.put_aside_interpreters(time.time() - days * DAY)
        finally:
            pruner.close()
    for path in pruner.aside:
        if deadline is None or time.time() < deadline:
            files.remove(path)
    return pruner.gone


class _Directory:
    """A directory of the cache, used by its descriptor. Empty if it is a link or another account's."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.descriptor = -1
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:
            return
        found = os.fstat(descriptor)
        if found.st_uid == os.geteuid():
            self.descriptor = descriptor
            self.device = found.st_dev
        else:
            os.close(descriptor)

    def names(self) -> "list[str]":
        """All names in the directory."""
        return os.listdir(self.descriptor) if self.descriptor >= 0 else []

    def own(
        self, is_of_form: "Callable[[str], object]", kind: "Callable[[int], bool]"
    ) -> "Iterator[tuple[str, float]]":
        """The (name, mtime) of this user's entries on this device whose name and kind fit."""
        for name in self.names():
            if not is_of_form(name):
                continue
            try:
                found = os.stat(name, dir_fd=self.descriptor, follow_symlinks=False)
            except OSError:
                continue
            if kind(found.st_mode) and found.st_uid == os.geteuid() and found.st_dev == self.device:
                yield name, found.st_mtime

    def rename(self, name: str, new: str) -> bool:
        """Whether `name` could be renamed to `new`."""
        try:
            os.rename(name, new, src_dir_fd=self.descriptor, dst_dir_fd=self.descriptor)
            return True
        except OSError:
            return False

    def unlink(self, name: str) -> None:
        """Remove a file, if possible."""
        try:
            os.unlink(name, dir_fd=self.descriptor)
        except OSError:
            pass

    def close(self) -> None:
        if self.descriptor >= 0:
            os.close(self.descriptor)


def _directory(path: str) -> "_Directory | directory.Directory":
    if system.IS_WINDOWS:
        from ..windows import directory

        return directory.Directory(path)
    return _Directory(path)


class _Pruner:
    """One pruning, under the lock. It renames entries aside; they are removed after the lock is released."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.gone = Gone()
        self.aside: list[str] = []
        self.apps, self.wheels = _directory(root + "/apps"), _directory(root + "/wheels")
        self.interpreters, self.locks = _directory(root + "/interpreters"), _directory(root + "/locks")
        self.held: list[lock.Lock] = []
        self._orphans: set[str] = set()

    def close(self) -> None:
        for directory in (self.apps, self.wheels, self.interpreters, self.locks):
            directory.close()
        for alone in self.held:
            alone.__exit__()

    def put_aside_leftovers(self) -> None:
        """Put aside temporary files of killed starts; under the lock, no start of this host is at work."""
        limit = time.time() - _ANOTHER_HOSTS
        known_by = ((self.apps, _is_of_apps), (self.wheels, app.is_wheel_name))
        # sh knows no hash of the host's name: what it unpacks is another host's.
        for directory, is_known in known_by + ((self.interpreters, app.is_wheel_name),):
            for name, seconds in list(directory.own(app.final_name, _is_any)):
                known = is_known(app.final_name(name))
                if known and (files.is_of_this_host(name) or seconds < limit):
                    self.aside.append("%s/%s" % (directory.path, name))

    def put_aside_unused(self, limit: float, kept: str) -> None:
        """Put aside unused apps, last used before `limit`, and remove what belongs to apps that are gone."""
        marks = {}
        for name, _ in self.apps.own(app.is_app_name, stat.S_ISDIR):
            mark = self._app(name).mark()
            if mark is not None and mark <= limit and name != kept:
                marks[name] = mark
        for name in self._not_in_use(marks):
            wheels, interpreter = self._app(name).wheels(), self._app(name).interpreter()
            if self._put_app_aside(name):
                self.gone.apps.append(name)
                self._orphans.update(wheels + (interpreter,))
        self._remove_what_apps_left()

    def _app(self, name: str) -> "app.App":
        return app.App("%s/apps/%s" % (self.root, name))

    def _not_in_use(self, marks: "dict[str, float]") -> "list[str]":
        """The names of the apps that no process uses. Their marks are dated back, so that new starts wait."""
        if not marks:
            return []
        if system.IS_WINDOWS:
            return [name for name in marks if self._could_hold(name)]
        from . import users

        candidates = [users.Candidate(self._app(name), mark) for name, mark in marks.items()]
        for candidate in candidates:
            candidate.app.set_mark(_DATED_BACK)
        used = users.in_use(candidates)
        for candidate in candidates:
            if candidate.name not in used:
                continue
            process = used[candidate.name]
            words = "in use, as far as can be seen, by process %d (%s)"
            self.gone.kept[candidate.name] = words % (process.number, os.path.basename(process.words[0]))
            if candidate.app.mark() == _DATED_BACK:
                candidate.app.set_mark(candidate.mark)
        return [candidate.name for candidate in candidates if candidate.name not in used]

    def _could_hold(self, name: str) -> bool:
        """Whether no process uses the app, by the lock that each holds; now this one does, alone."""
        alone = lock.Lock("%s/locks/%s.use" % (self.root, name)).take(0)
        self.held.append(alone)
        if alone.held:
            self._app(name).set_mark(_DATED_BACK)
        else:
            self.gone.kept[name] = "in use"
        return alone.held

    def _put_app_aside(self, name: str) -> bool:
        """Whether the app was put aside. It stays where a start has moved its mark meanwhile."""
        found = self._app(name)
        try:
            ready = os.lstat(found.ready_path)
            if ready.st_size and ready.st_mtime != _DATED_BACK:
                return False
        except FileNotFoundError:
            pass  # no READY: its first start was killed, or READY was lost, so no start can use it
        new = os.path.basename(files.beside(found.place))
        if not self.apps.rename(name, new):
            return False
        self.aside.append("%s/apps/%s" % (self.root, new))
        return True

    def _remove_what_apps_left(self) -> None:
        """Remove pointers of the sh header and locks whose app has gone."""
        names = set(self.apps.names())
        for name, _ in list(self.apps.own(app.is_pointer_name, stat.S_ISREG)):
            if app.app_pointed_to(name) not in names:
                self.apps.unlink(name)
        # A process may have opened such a lock and be waiting for it, but never for a day.
        limit = time.time() - DAY
        names.update(self.interpreters.names())
        for name, seconds in list(self.locks.own(_has_lock, stat.S_ISREG)):
            if app.app_locked_by(name) not in names and seconds < limit:
                self.locks.unlink(name)

    def put_aside_wheels(self, limit: float) -> None:
        """Put aside the wheels without an app: those whose app has just gone, and those older than `limit`.

        Raises OSError where an app's READY cannot be read, which would tell its wheels.
        """
        kept: set[str] = set()
        for name in self.apps.names():
            kept.update(self._app(name).wheels() if app.is_app_name(name) else ())
        for name, seconds in list(self.wheels.own(app.is_wheel_name, stat.S_ISDIR)):
            if name in kept or name not in self._orphans and seconds >= limit:
                continue
            new = os.path.basename(files.beside("%s/wheels/%s" % (self.root, name)))
            if self.wheels.rename(name, new):
                self.aside.append("%s/wheels/%s" % (self.root, new))
                self.gone.wheels.append(name)

    def put_aside_interpreters(self, limit: float) -> None:
        """Put aside the Pythons without an app: those whose app has just gone, and those used before `limit`.

        Those of running processes stay, and for a minute those that the launcher of a file has just found there.
        """
        kept = set([self._app(name).interpreter() for name in self.apps.names() if app.is_app_name(name)])
        fresh = time.time() - _FRESH
        idle = []
        for name, _ in list(self.interpreters.own(app.is_wheel_name, stat.S_ISDIR)):
            used = self._interpreter_used(name)
            if name not in kept and used < fresh and (name in self._orphans or used <= limit):
                if not app.has_venv("%s/interpreters/%s" % (self.root, name)):
                    idle.append(name)
        if not idle:
            return
        from . import users

        for name in users.without_process(idle):
            new = os.path.basename(files.beside("%s/interpreters/%s" % (self.root, name)))
            if self._interpreter_used(name) < fresh and self.interpreters.rename(name, new):
                self.aside.append("%s/interpreters/%s" % (self.root, new))
                self.gone.interpreters.append(name)

    def _interpreter_used(self, name: str) -> float:
        """When a start that found no app has last looked for the Python."""
        place = "%s/interpreters/%s" % (self.root, name)
        for path in (place + "/READY", place):
            try:
                return os.lstat(path).st_mtime
            except OSError:
                continue
        return 0.0


def _has_lock(name: str) -> bool:
    return app.is_app_name(app.app_locked_by(name)) or app.is_wheel_name(name)


def _is_of_apps(name: str) -> bool:
    return app.is_app_name(name) or app.is_pointer_name(name)


def _is_any(mode: int) -> bool:
    return True
