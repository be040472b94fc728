"""What nobody has used for long goes out of the cache: apps, then the wheels that no app is left to link to.

The mark of an app's last use is the time of its READY, at most a day old while it is in use. Whatever goes is
renamed aside first, so that a start finds a thing whole or not at all. Cold starts hold a lock that the pruner
needs for itself; where locks do not work nothing is pruned.
"""

import os
import time

from .lock import Held

DAY = 86400
_KEPT_DAYS = 90.0
_UNUSED = 0.0  # a mark that any start finds old
_ABANDONED = DAY  # a wheel that no app ever came to link to: its start was killed
_PATIENCE = 2.0  # seconds that a start spends on removing; the next one sweeps the rest


class Gone:
    """What a pruning took out: names of apps and wheels, and the bytes of both."""

    def __init__(self):
        self.apps = []
        self.wheels = []


def after_install(root, prefix):
    """Nothing; what the environment says is kept for too long is gone. No failure of this is one of the start."""
    try:
        days = kept_days()
        if days:
            prune(root, days, os.path.basename(prefix), time.time() + _PATIENCE)
    except Exception:
        pass  # the app is ready: that is what counts


def kept_days():
    """How many days an unused app stays, as PEX_KEEP_DAYS says; 0 for ever, as with a text that is no number."""
    try:
        return max(0.0, float(os.environ.get("PEX_KEEP_DAYS") or _KEPT_DAYS))
    except ValueError:
        return 0.0


def prune(root, days, kept="", deadline=None):
    """What has gone, or None where another process is at work: apps unused for `days`, wheels, leftovers.

    The app named `kept` stays, and so does what a running process uses.
    """
    gone = Gone()
    aside = []
    with Held(root, alone=True) as lock:
        if not lock.works:
            return None
        limit = time.time() - days * DAY
        marks = {name: mark(root, name) for name in _names(root + "/apps")}
        unused = [name for name in marks if name != kept and marks[name] is not None and marks[name] <= limit]
        orphans = set()
        for app in _not_in_use(root, unused, marks):
            if _put_app_aside(root, app.name, aside):
                gone.apps.append(app.name)
                orphans.update(app.wheels)
        gone.wheels = _prune_wheels(root, orphans, time.time() - min(days * DAY, _ABANDONED), aside)
        _prune_leftovers(root)
    for path in aside:
        if deadline is None or time.time() < deadline:
            _remove(path)
    return gone


def mark(root, name):
    """When the app was last used, within a day; None where `name` is no app's directory."""
    if "-" not in name:
        return None
    place = "%s/apps/%s" % (root, name)
    for path in (place + "/READY", place):
        try:
            return os.lstat(path).st_mtime
        except OSError:
            continue
    return None


def file_name(place):
    """The name of the file that was unpacked to the app's directory `place`, "" where it has a strange one."""
    try:
        with open(place + "/pyvenv.cfg", encoding="utf-8", errors="replace") as configuration:
            for line in configuration:
                if line.startswith("prompt = "):
                    return line[len("prompt = ") :].strip()
    except OSError:
        pass
    return ""


def wheels_of(root, name):
    """The directories under wheels/ that an app links to: as READY lists them, else as its links say."""
    place = "%s/apps/%s" % (root, name)
    return listed_wheels(place) or sorted(set(_linked(place)))


def listed_wheels(place):
    """What READY of the app's directory `place` lists; nothing where it is not ready."""
    try:
        with open(place + "/READY", encoding="utf-8", errors="surrogateescape") as ready:
            return ready.readline().split()[1:]
    except OSError:
        return []


def _linked(place):
    for directory, directories, files in os.walk(place):
        for name in directories + files:
            try:
                target = os.readlink(os.path.join(directory, name))
            except OSError:
                continue
            before, found, after = target.partition("/wheels/")
            if found and before.strip("./") == "":
                yield after.partition("/")[0]


def _not_in_use(root, names, marks):
    """Those of the apps that no process uses. They are marked so that any start from now on marks them anew."""
    if not names:
        return []
    from . import processes

    apps = [processes.App(root, name, marks[name], wheels_of(root, name)) for name in names]
    for app in apps:
        _set_mark(root, app.name, _UNUSED)
    used = processes.in_use(apps)
    for app in apps:
        if app.name in used and mark(root, app.name) == _UNUSED:
            _set_mark(root, app.name, app.mark)
    return [app for app in apps if app.name not in used]


def _set_mark(root, name, seconds):
    try:
        os.utime("%s/apps/%s/READY" % (root, name), (seconds, seconds))
    except OSError:
        pass  # an app that is not ready, or another user's


def _put_app_aside(root, name, aside):
    """Whether the app has gone; one that was started since its mark was looked at has not."""
    before = mark(root, name)
    place = "%s/apps/%s" % (root, name)
    if before is None or time.time() - before < DAY and os.path.exists(place + "/READY"):
        return False
    if not _put_aside(place, aside):
        return False
    if mark(root, os.path.basename(aside[-1])) == before:
        return True
    os.rename(aside.pop(), place)
    return False


def _prune_wheels(root, orphans, limit, aside):
    """The wheels put aside since no app links to them: of `orphans`, whose app went now, or older than `limit`."""
    names = _names(root + "/wheels")
    linked = set()
    for name in _names(root + "/apps"):
        if mark(root, name) is not None:
            linked.update(wheels_of(root, name))
    gone = []
    for name in names:
        if name in linked:
            continue
        path = "%s/wheels/%s" % (root, name)
        try:
            if (name in orphans or os.lstat(path).st_mtime < limit) and _put_aside(path, aside):
                gone.append(name)
        except OSError:
            continue
    return gone


def _prune_leftovers(root):
    """Pointers of the sh header to apps that are gone, and locks of such apps."""
    apps = set(_names(root + "/apps"))
    builds = set([name.partition("-")[0] for name in apps if "-" in name])
    limit = time.time() - DAY
    for name in apps:
        if name.endswith(".sh") and name[:-3] not in builds:
            _unlink(root + "/apps/" + name)
    for name in _names(root + "/locks"):
        path = root + "/locks/" + name
        if name not in apps and name != "prune" and os.lstat(path).st_mtime < limit:
            _unlink(path)


def _names(directory):
    return [name for name in os.listdir(directory) if name[0] != "."]


def _put_aside(path, aside):
    """Whether nothing is at `path` any more; where it is now is in `aside`."""
    place = "%s/.%s-%d-%d" % (*os.path.split(path), os.getpid(), time.time() * 1e6)
    try:
        os.rename(path, place)
    except OSError:
        return False
    aside.append(place)
    return True


def _unlink(path):
    try:
        os.unlink(path)
    except OSError:
        pass


def _remove(path):
    import shutil

    shutil.rmtree(path, ignore_errors=True)
