"""The deeds of simulated processes. Each is a function of the process; `Stage` is what they share."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.programs.simulation.apps import App
from tests.programs.simulation.disk import Directory, Disk, File
from tests.programs.simulation.door import Door
from tests.programs.simulation.process import Process

Work = Callable[[Process], None]
USER, ANYBODY = 1000, -1  # who starts, if not told otherwise; no user
_ROUNDS, _LOOKS = 2, 4
_PAUSES = (0.01, 0.3, 10.0)  # seconds, for which an app does something else


@dataclass
class Stage:
    """The files that starts must find. `damaged` are the paths that were wrong when the processes began.

    `inherited` are those of them that even a first start may get from the store: a disk has lost them although
    READY, which was written later, vouches for them.
    """

    door: Door
    expected: Mapping[str, Mapping[str, bytes]]
    """Path in the app's directory and content of each file, by build id."""
    damaged: set[str] = field(default_factory=set)
    inherited: set[str] = field(default_factory=set)
    owner: int = USER
    """Whose the cache is; ANYBODY where others may write to it. Only one's own and root's is used."""

    def may_be_wrong(self, path: str, mended: bool) -> bool:
        """Whether a start may begin with such a file; `mended` if it has looked at each of them."""
        return path in self.inherited or (path in self.damaged and not mended)


def start(stage: Stage, app: App, thorough: bool = False) -> Work:
    """Start the app, and be it for a while."""
    return functools.partial(_start, stage, app, thorough)


def _start(stage: Stage, app: App, thorough: bool, process: Process) -> None:
    prefix = stage.door.start(process, app)
    mended = stage.door.has_mended(process)
    process.trusted = True
    if stage.owner not in (0, process.user) and prefix.startswith(stage.door.cache):
        process.violations.append(f"{process.name} runs what others may have written")
    files = stage.expected[app.build_id]
    draw = process.scheduler.random
    for path in sorted(files) if thorough else sorted(draw.sample(sorted(files), _LOOKS)):
        seen = wherever(_seen(process, f"{prefix}/{path}"), prefix)
        if seen == files[path]:
            continue
        if stage.may_be_wrong(path, mended):
            explained = stage.door.is_explained(process, app, prefix)
            process.output.append(f"[{path} was damaged; {'told' if explained else 'not told'}]\n")
            sys.exit(1)
        process.violations.append(f"{process.name} runs in {prefix}, and {path} {_wrong(seen, files[path])}")
        return
    if not thorough:
        _live(stage, process, prefix, files, mended)


def _live(stage: Stage, process: Process, prefix: str, files: Mapping[str, bytes], mended: bool) -> None:
    """Be an app for a while. No change to the disk by anybody may take from it what it has seen."""
    needs = {}
    for path, content in files.items():
        seen = _there(process.disk, f"{prefix}/{path}")
        if wherever(seen, prefix) == content:
            needs[f"{prefix}/{path}"] = seen
        elif not stage.may_be_wrong(path, mended):
            process.violations.append(f"{process.name} begins in {prefix}, and {path} {_wrong(seen, content)}")

    def look() -> None:
        for path, content in needs.items():
            seen = _there(process.disk, path)
            if seen != content:
                done = process.scheduler.last_change
                process.violations.append(f"{process.name} runs, and {path} {_wrong(seen, content)} after {done}")
                process.look = None
                return

    process.look = look
    for _ in range(_ROUNDS):
        process.modules["time"].sleep(process.scheduler.random.choice(_PAUSES))
    process.look = None


def _there(disk: Disk, path: str) -> bytes | None:
    try:
        node = disk.find(path)[2]
    except OSError:
        return None
    return bytes(node.content) if isinstance(node, File) else None


def _wrong(seen: bytes | None, content: bytes | None) -> str:
    return "is gone" if seen is None else f"has {len(seen)} bytes of {len(content or b'')}"


def wherever(content: bytes | None, prefix: str) -> bytes | None:
    """The content of a file of the app at `prefix`, the same for every place that this may be."""
    return content and content.replace(prefix.encode(), b"PREFIX")


def _seen(process: Process, path: str) -> bytes | None:
    try:
        with process.imports.builtins["open"](path, "rb") as file:
            content: bytes = file.read()
            return content
    except OSError:
        return None


def swallow(stage: Stage, app: App) -> Work:
    """Start the app, which catches what comes of missing files and ends with an exit code of its own."""

    def work(process: Process) -> None:
        stage.door.start(process, app)
        process.modules["time"].sleep(process.scheduler.random.choice(_PAUSES))
        stage.door.end_with_failure(process, app)

    return work


def repair(stage: Stage, app: App) -> Work:
    """`verify --cache --repair`."""
    return lambda process: stage.door.verify(process, app, True)


def check(stage: Stage, app: App) -> Work:
    """`verify --cache`."""
    return lambda process: stage.door.verify(process, app, False)


def prune(stage: Stage, app: App, days: float) -> Work:
    """`cache prune --days`."""
    return lambda process: stage.door.prune(process, app, days)


# -- people with an editor --------------------------------------------------------------------------------


def files_under(disk: Disk, place: str) -> list[tuple[str, File]]:
    """Every file below `place`, its path seen from there."""
    top = disk.find(place)[2]
    if not isinstance(top, Directory):
        return []
    return [(path, node) for path, node in disk.tree(top) if isinstance(node, File)]


def shown(disk: Disk, place: str, trail: str = "") -> dict[str, bytes]:
    """Path and content of each file that a process finds below `place`, links followed."""
    found: dict[str, bytes] = {}
    top = disk.find(place)[2]
    assert isinstance(top, Directory)
    for name in top.entries:
        try:
            node = disk.find(f"{place}/{name}")[2]
        except OSError:
            continue  # a link that leads nowhere
        if isinstance(node, Directory):
            found.update(shown(disk, f"{place}/{name}", f"{trail}{name}/"))
        elif isinstance(node, File):
            found[trail + name] = bytes(node.content)
    return found
