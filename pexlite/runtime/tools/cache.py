"""`cache info` and `cache prune`: list the apps unpacked on this machine, remove those not in use."""

import os
import time

from ..cache import app
from ..start import LAYOUT, cache_root
from ..upkeep import prune
from .built_file import USAGE, WRITING, ToolError, in_words, say, say_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sized
    from typing import Any

    from .built_file import BuiltFile

_EARLIER = "lite-1"  # what earlier versions made


def add_to(commands: "Any") -> None:
    """Add the command to the file's tools, or to those for the cache as a whole."""
    cache = commands.add_parser("cache", help="what is unpacked on this machine")
    actions = cache.add_subparsers(dest="action", metavar="info|prune")
    actions.required = True
    info = actions.add_parser("info", help="the apps in the cache, and when each was last used")
    info.add_argument("--json", action="store_true")
    info.set_defaults(do=_info)
    prune = actions.add_parser("prune", help="remove what is not in use")
    prune.add_argument("--days", type=float, metavar="N", help="unused for so long (PEX_KEEP_DAYS, else 90)")
    prune.add_argument("--json", action="store_true")
    prune.set_defaults(do=_prune)


def _info(built_file: "BuiltFile | None", options: "argparse.Namespace") -> None:
    found = CacheContents(_root(built_file))
    if options.json:
        return say_json(found.as_json())
    for line in found.in_lines():
        say(line)


def _prune(built_file: "BuiltFile | None", options: "argparse.Namespace") -> None:
    root = _root(built_file)
    days = prune.kept_days() if options.days is None else options.days
    if not days >= 0:
        raise ToolError("--days %s is no number of days" % options.days, USAGE)
    before = CacheContents(root)
    # PEX_KEEP_DAYS=0 keeps everything, --days 0 keeps what is in use.
    idle = not before.exists or not days and options.days is None
    gone = prune.Gone() if idle else prune.prune(root, days)
    if gone is None:
        words = "%s is not to be locked, or none of pexlite's: another start may be at work there, try again"
        raise ToolError(words % root, WRITING)
    left = CacheContents(root)
    size = before.size - left.size
    kept = [(app["name"], app["python"], _why(app, gone, idle)) for app in left.apps]
    if options.json:
        parts = {"apps": gone.apps, "wheels": gone.wheels, "interpreters": gone.interpreters}
        return say_json(dict(parts, size=size, kept=kept))
    counts = (len(gone.apps), len(gone.wheels), _pythons(gone.interpreters), in_words(size))
    say("removed %d apps and %d wheels%s, %s" % counts)
    for one in kept:
        say("kept %s (%s): %s" % one)


def _pythons(names: "Sized") -> str:
    count = len(names)
    return ", %d Python%s" % (count, "" if count == 1 else "s") if count else ""


def _why(one: "dict[str, Any]", gone: "prune.Gone", idle: bool) -> str:
    """Why the app was kept."""
    if idle:
        return "PEX_KEEP_DAYS=0 keeps everything"
    return gone.kept.get(os.path.basename(one["directory"])) or "used " + _used(one)


def _used(one: "dict[str, Any]") -> str:
    days = int(max(0, time.time() - one["last_used"]) // prune.DAY)
    return "today" if not days else "%d day%s ago" % (days, "" if days == 1 else "s")


def _root(built_file: "BuiltFile | None") -> str:
    return built_file.root if built_file else "%s/%s" % (cache_root(None), LAYOUT)


class CacheContents:
    """The apps, wheels and Pythons under `root` (".../lite-2"), with sizes in bytes and times of last use.

    A file with several hard links counts once: in its wheel, not in the app.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self.exists = os.path.isdir(root + "/apps") and os.path.isdir(root + "/wheels")
        known: set[tuple[int, int]] = set()
        self.wheels: dict[str, int] = {}
        for name in sorted(os.listdir(root + "/wheels")) if self.exists else ():
            self.wheels[name] = _size_of(root + "/wheels/" + name, known)
        self.interpreters = dict(self._interpreters(known)) if self.exists else {}
        apps = list(self._apps(known)) if self.exists else []
        self.apps = sorted(apps, key=lambda app: -float(app["last_used"]))
        shared = sum(self.wheels.values()) + sum(self.interpreters.values())
        self.size = shared + sum([app["size"] for app in self.apps])
        self.earlier = _size_of(os.path.dirname(root) + "/" + _EARLIER, set())

    def _interpreters(self, known: "set[tuple[int, int]]") -> "Iterator[tuple[str, int]]":
        place = self.root + "/interpreters"
        for name in sorted(os.listdir(place)) if os.path.isdir(place) else ():
            yield name, _size_of("%s/%s" % (place, name), known)

    def _apps(self, known: "set[tuple[int, int]]") -> "Iterator[dict[str, Any]]":
        for name in os.listdir(self.root + "/apps"):
            found = app.App("%s/apps/%s" % (self.root, name))
            last_used = found.mark()
            if app.is_app_name(name) and last_used is not None:
                ready = found.ready()
                yield {
                    "directory": found.place,
                    "name": ready.file if ready and ready.file else found.build_id,
                    "build_id": found.build_id,
                    "python": found.python,
                    "last_used": last_used,
                    "size": _size_of(found.place, known),
                    "wheels": list(ready.wheels) if ready else [],
                    "interpreter": found.interpreter(),
                }

    def as_json(self) -> "dict[str, Any]":
        """Everything, as a dict for JSON."""
        told = {"root": self.root, "size": self.size, "apps": self.apps, "wheels": self.wheels}
        return dict(told, interpreters=self.interpreters, earlier=self.earlier)

    def in_lines(self) -> "list[str]":
        """A line for the cache, one for each app, the last used first, and one for an earlier version's cache."""
        counts = (self.root, len(self.apps), len(self.wheels), _pythons(self.interpreters), in_words(self.size))
        lines = ["%s: %d apps, %d wheels%s, %s" % counts]
        width = max([len(app["name"]) for app in self.apps] or [0])
        for one in self.apps:
            # The space that removing this app would free: wheels that other apps share stay.
            shared = set([wheel for other in self.apps if other is not one for wheel in other["wheels"]])
            own = sum([self.wheels.get(wheel, 0) for wheel in set(one["wheels"]) - shared])
            shown = (width, one["name"], one["python"], one["build_id"], in_words(own + one["size"]), _used(one))
            lines.append("  %-*s  %-6s  %s  %9s of its own  used %s" % shown)
        if self.earlier:
            place = os.path.dirname(self.root) + "/" + _EARLIER
            lines.append(
                "%s: %s, of an earlier version; remove it when no file of then is used"
                % (place, in_words(self.earlier))
            )
        return lines


def _size_of(place: str, known: "set[tuple[int, int]]") -> int:
    """The bytes of the files under `place` that are not `known`, without following links."""
    total = 0
    for directory, _, names in os.walk(place):
        for name in names:
            try:
                found = os.lstat(os.path.join(directory, name))
            except OSError:
                continue  # removed meanwhile
            if (found.st_dev, found.st_ino) not in known:
                known.add((found.st_dev, found.st_ino))
                total += found.st_size
    return total
