"""What the cache holds: apps, when each was last used, and how much room it takes."""

import os
import time

from . import prune


class Holdings:
    """What is under `root` (".../lite-1") now."""

    def __init__(self, root):
        self.root = root
        self.exists = os.path.isdir(root + "/apps") and os.path.isdir(root + "/wheels")
        self.apps = sorted(self._apps(), key=lambda app: -app["last_used"]) if self.exists else []
        self.wheels = {}
        for name in sorted(os.listdir(root + "/wheels")) if self.exists else ():
            self.wheels[name] = size_of(root + "/wheels/" + name)
        self.size = sum(self.wheels.values()) + sum([app["size"] for app in self.apps])

    def _apps(self):
        for name in os.listdir(self.root + "/apps"):
            last_used = prune.mark(self.root, name)
            if last_used is not None:
                place = "%s/apps/%s" % (self.root, name)
                yield {
                    "directory": place,
                    "name": prune.file_name(place) or name.partition("-")[0],
                    "build_id": name.partition("-")[0],
                    "python": name.split("-")[1],
                    "last_used": last_used,
                    "size": size_of(place),
                    "wheels": prune.wheels_of(self.root, name),
                }

    def in_json(self):
        """All of it, for programs."""
        import json

        return json.dumps(
            {"root": self.root, "size": self.size, "apps": self.apps, "wheels": self.wheels}, indent=2
        )

    def in_text(self):
        """A line for the whole and one for each app, the last used first."""
        from .tools import in_words

        lines = ["%s: %d apps, %d wheels, %s" % (self.root, len(self.apps), len(self.wheels), in_words(self.size))]
        width = max([len(app["name"]) for app in self.apps] or [0])
        for app in self.apps:
            # What it shares with no other app is what its going would give back.
            shared = set([wheel for other in self.apps if other is not app for wheel in other["wheels"]])
            own = sum([self.wheels.get(wheel, 0) for wheel in set(app["wheels"]) - shared])
            days = int(max(0, time.time() - app["last_used"]) // prune.DAY)
            used = "today" if not days else "%d day%s ago" % (days, "" if days == 1 else "s")
            shown = (width, app["name"], app["python"], app["build_id"], in_words(own + app["size"]), used)
            lines.append("  %-*s  %-6s  %s  %9s of its own  used %s" % shown)
        return "\n".join(lines)


def told(gone, size, as_json):
    """What went in a pruning and the bytes it gave back, in a line or as JSON."""
    if as_json:
        import json

        return json.dumps({"apps": gone.apps, "wheels": gone.wheels, "size": size})
    from .tools import in_words

    return "removed %d apps and %d wheels, %s" % (len(gone.apps), len(gone.wheels), in_words(size))


def size_of(place):
    """The bytes of all files under `place`, links not followed."""
    total = 0
    for directory, _, names in os.walk(place):
        for name in names:
            try:
                total += os.lstat(os.path.join(directory, name)).st_size
            except OSError:
                continue  # it went meanwhile
    return total
