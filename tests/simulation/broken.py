"""Faults put into the room on purpose, each of which the simulation has to find.

A break replaces one piece of text in one module, which must be there once.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Break:
    """What is replaced in a module of the room, seen from its folder, and the case in which that shows."""

    module: str
    old: str
    new: str
    case: str

    def applied(self, source: str) -> str:
        """The source of the module with the fault in it."""
        assert source.count(self.old) == 1, f"{self.module} has {self.old!r} {source.count(self.old)} times"
        return source.replace(self.old, self.new)


BREAKS = {
    "an app is laid out in its place": Break(
        "cold.py",
        "temporary = beside(prefix) + self.mark\n        try:\n",
        "temporary = prefix\n        try:\n",
        "lockless",
    ),
    "a wheel is unpacked in its place": Break(
        "cold.py",
        "temporaries.append(beside(wheel_directory(root, wheel)) + self.mark)",
        "temporaries.append(wheel_directory(root, wheel))",
        "lockless",
    ),
    "a directory without READY counts as an app": Break(
        "roots.py", 'return os.stat(prefix + "/READY").st_size > 0', "return os.path.isdir(prefix)", "power"
    ),
    "an app in use is pruned": Break(
        "prune.py", "return [app for app in apps if app.name not in used]", "return apps", "pruned"
    ),
    "a pruning does not wait for first starts": Break(
        "prune.py", "with Held(root, alone=True) as lock:", "with Held(root) as lock:", "pruned"
    ),
    "wheels that another app links to are pruned": Break("prune.py", "if name in linked:", "if False:", "pruned"),
    "an app that lost its files is not mended": Break(
        "repair.py", "    found = mend(file, prefix)\n", "    found = []\n", "damaged"
    ),
}
