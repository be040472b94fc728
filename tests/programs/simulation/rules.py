"""The protocol's rules 1 to 4, held against each change that a process makes to the cache as it makes it."""

from __future__ import annotations

from collections.abc import Sequence

from tests.programs.simulation.disk import Disk, OpenFile
from tests.programs.simulation.process import Process

_STORES = ("apps", "wheels")
# Files in an app's directory that are no part of it: what Python compiles, and the mark of the last comparison.
_ADDED = (".pyc", "/_pexlite_checked", "/_pexlite_mended")


class Rules:
    """The rules for changes to the cache at `cache`. Temporary names are those that begin with a dot."""

    def __init__(self, cache: str) -> None:
        self.cache = cache + "/"

    def broken_by(self, process: Process, call: str, paths: Sequence[str]) -> str:
        """The rule that the process has broken by this call, in words; "" where it has kept them."""
        if call in ("unlink", "rmdir"):
            return self._of_removing(process, paths[0])
        if self._is_for_nobody_now(process, paths[-1]):
            return "4: the pruner is alone"
        if call != "utime" and self._is_mended_unlocked(process, paths[-1]):
            return "2: an app is mended under its lock"
        if call == "rename":
            return self._of_moving(process, *paths)
        if call in ("mkdir", "utime"):
            return ""
        if self._is_final(paths[0]) and self._parts(paths[0])[0] in _STORES and not paths[0].endswith(_ADDED):
            return "1: what has its final name was renamed into place"
        return ""

    def _of_removing(self, process: Process, path: str) -> str:
        if not self._is_final(path) or path.endswith(_ADDED):
            return ""
        parts = self._parts(path)
        if parts[0] == "locks" or (parts[0] == "apps" and len(parts) == 2 and path.endswith(".sh")):
            return "" if self._is_alone(process) else "4: only the pruner removes, alone under its lock"
        return "4: what goes is renamed aside first"

    def _of_moving(self, process: Process, source: str, path: str) -> str:
        if self._is_final(source):
            parts = self._parts(source)
            if len(parts) != 2 or parts[0] not in _STORES or self._is_final(path):
                return "3: nothing that others may be using is moved"
            if parts[0] == "apps" and not self._has_looked_again(process, source + "/READY"):
                return "4: READY's time is looked at once more"
            return "" if self._is_alone(process) else "4: only the pruner removes, alone under its lock"
        parts = self._parts(path)
        unit = self.cache + "/".join(parts[:2]) if parts[0] in _STORES else path
        # Beside it, or beside the directory of the app or the wheel that it is in: there the pruner finds it.
        if self._is_final(path) and source.rpartition("/")[0] not in (
            path.rpartition("/")[0],
            unit.rpartition("/")[0],
        ):
            return "1: what has its final name was written beside it"
        return ""

    def _is_final(self, path: str) -> bool:
        return path.startswith(self.cache) and not any(part[:1] == "." for part in self._parts(path))

    def _parts(self, path: str) -> list[str]:
        return path[len(self.cache) :].split("/")

    def _has_looked_again(self, process: Process, path: str) -> bool:
        """Whether the process has seen last that READY is not there, or empty, or dated back."""
        seen = process.looks.get(path)
        return seen is None or not seen.st_size or seen.st_mtime == 0

    def _is_alone(self, process: Process) -> bool:
        """Whether the process holds the pruner's lock for itself."""
        holder = self._pruner(process.disk)
        return holder is not None and holder in process.files.values()

    def _is_for_nobody_now(self, process: Process, path: str) -> bool:
        """Whether a change at `path` is one for which the process should have waited: a pruner is at work.

        Not where locks have failed on purpose, nor for the mark of a comparison.
        """
        if process.failures or not path.startswith(self.cache) or self._parts(path)[0] not in _STORES:
            return False
        if path.endswith(_ADDED) or len(self._parts(path)) == 1:
            return False
        holder = self._pruner(process.disk)
        return holder is not None and holder not in process.files.values()

    def _is_mended_unlocked(self, process: Process, path: str) -> bool:
        """Whether the change is one in an app's directory whose lock the process does not hold.

        Not where locks do not work, or have failed on purpose; nor where the process has waited for long enough.
        """
        if process.failures or not process.scheduler.locks or not path.startswith(self.cache):
            return False
        parts = self._parts(path)
        if parts[0] != "apps" or len(parts) < 3 or parts[1][:1] == "." or path.endswith(_ADDED):
            return False
        holder = self._holder(process.disk, parts[1])
        return holder not in process.files.values() and not any("long enough" in line for line in process.output)

    def _pruner(self, disk: Disk) -> OpenFile | None:
        return self._holder(disk, "prune")

    def _holder(self, disk: Disk, name: str) -> OpenFile | None:
        """The open file by which the lock of this name is held alone."""
        try:
            lock = disk.find(f"{self.cache}locks/{name}")[2]
        except OSError:
            return None
        return next((held for held, alone in lock.locks.items() if alone), None) if lock else None
