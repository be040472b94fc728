"""One seed: the case drawn, its processes run, what came of it judged."""

from __future__ import annotations

import errno
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.programs.simulation import actors
from tests.programs.simulation.actors import USER, Stage, Work
from tests.programs.simulation.apps import App, apps
from tests.programs.simulation.cases import CASES, Case
from tests.programs.simulation.disk import Directory, Disk, File, Link
from tests.programs.simulation.door import BUG, BUSY, HOME, PRIVATE, Door
from tests.programs.simulation.process import Process
from tests.programs.simulation.rules import Rules
from tests.programs.simulation.scheduler import Faults, Scheduler
from tests.programs.simulation.system import LIBRARY, PYTHON

_NOW = 1.8e9
_DAY = 86400
_UNFORESEEN = {errno.EIO, errno.ESTALE}  # what a call may fail with of which nothing can be told
_QUIET = Faults(kinds=(), chance=0.0)


@dataclass
class Verdict:
    """The judgement on a seed: nothing, where there are no `violations`."""

    seed: int
    case: str
    violations: list[str] = field(default_factory=list)
    happened: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    trace: list[str] | None = None
    calls: int = 0


class Trials:
    """The caches that cases begin on, made once by undisturbed starts."""

    def __init__(self, door: Door, rules: Rules | None = None) -> None:
        self.door = door
        self.rules = rules
        self.expected: dict[str, dict[str, bytes]] = {}
        self.bases = {"new": _machine()}
        one, two = apps()
        self.bases["warm"] = self._installed("new", one.build_id)
        self.bases["both"] = self._installed("warm", two.build_id)
        self.store = actors.shown(self.bases["both"], f"{door.cache}/wheels")

    def _installed(self, base: str, build_id: str) -> Disk:
        disk = self.bases[base].copy()
        app = next(app for app in apps() if app.build_id == build_id)
        done = self._alone(disk, lambda process: _keep_prefix(process, self.door.start(process, app)))
        self.length = done.scheduler.calls
        assert done.code == 0, (done.code, done.trouble, "".join(done.output))
        prefix = "".join(done.output)
        files = actors.shown(disk, prefix)
        self.expected[build_id] = {
            path: content.replace(prefix.encode(), b"PREFIX")
            for path, content in files.items()
            if not path.endswith(self.door.varying)
        }
        disk.after_power_cut(1 << 60, lambda: False)
        disk.now += 3600
        return disk

    def _alone(self, disk: Disk, work: Work, name: str = "alone", trace: list[str] | None = None) -> Process:
        scheduler = Scheduler("", disk, _QUIET, 1)
        scheduler.trace, scheduler.rules = trace, self.rules
        process = _process(name, 900, scheduler, work)
        scheduler.run([process])
        return process

    def play(self, seed: int, traced: bool = False) -> Verdict:
        """The verdict on the schedule of this seed; `traced`, with every call of it."""
        case = CASES[seed % len(CASES)]
        return _Trial(self, case, seed, traced).play()


class _Trial:
    def __init__(self, trials: Trials, case: Case, seed: int, traced: bool) -> None:
        self.trials = trials
        self.door = trials.door
        self.case = case
        self.draw = random.Random(f"{seed}")
        self.verdict = Verdict(seed, case.name, trace=[] if traced else None)
        self.disk = trials.bases[self.draw.choice(case.base)].copy()
        self.stage = Stage(self.door, trials.expected)
        self.outside = _outside(self.disk)
        self.on_purpose = False

    def play(self) -> Verdict:
        works = self.case.setup(self.draw, self.disk, self.stage)
        self.stage.damaged = self._wrong()
        self.was_damaged = self.case.name in ("damaged", "mended", "swallowed") or bool(self.stage.damaged)
        cut = self._together(works, f"{self.verdict.seed} goes", self.case.faults)
        if cut:
            harsh = self.was_damaged or not self.case.faults.strict
            self.stage.inherited = set() if self.case.faults.strict else self._inherited()
            self.stage.damaged = self._wrong() if harsh else self.stage.damaged
            self.was_damaged = self.was_damaged or harsh
            one = apps()[0]
            again = [(f"again{number}", actors.start(self.stage, one)) for number in (1, 2)]
            self._together(again, f"{self.verdict.seed} again", _QUIET)
        if not self.verdict.violations:
            self._settle()
        return self.verdict

    def _wrong(self) -> set[str]:
        """The paths in the directories of apps that are not as they should be there."""
        found: set[str] = set()
        for app in apps():
            place = self._prefix(app.build_id)
            if place:
                files = actors.shown(self.disk, place)
                expected = self.stage.expected[app.build_id]
                found.update(
                    path for path in expected if actors.wherever(files.get(path), place) != expected[path]
                )
        return found

    def _wrong_in_store(self) -> list[str]:
        """The paths in the store of files that are not as they should be, where any have been damaged."""
        if not self.was_damaged or not self._has("wheels"):
            return []
        found = actors.shown(self.disk, f"{self.door.cache}/wheels")
        wheels = {path.partition("/")[0] for path in found}
        store = {path: content for path, content in self.trials.store.items() if path.partition("/")[0] in wheels}
        return [path for path, content in store.items() if found.get(path) != content]

    def _inherited(self) -> set[str]:
        """The paths in directories of apps that are links to such files, or would be."""
        self.was_damaged = True
        # <wheel>/lib/shared/a.py
        ends = tuple("/" + path.split("/", 2)[2] for path in self._wrong_in_store())
        return {path for files in self.stage.expected.values() for path in files if path.endswith(ends)}

    def _prefix(self, build_id: str) -> str:
        place = self.disk.find(f"{self.door.cache}/apps")[2] if self._has("apps") else None
        names = list(place.entries) if isinstance(place, Directory) else []
        return next((f"{self.door.cache}/apps/{name}" for name in names if name.startswith(build_id + "-")), "")

    def _has(self, folder: str) -> bool:
        try:
            return self.disk.find(f"{self.door.cache}/{folder}")[2] is not None
        except OSError:
            return False

    # -- running ---------------------------------------------------------------------------------------

    def _together(self, works: Sequence[tuple[str, Work]], seed: str, faults: Faults) -> bool:
        """Whether the power was cut while all of `works` ran beside each other."""
        scheduler = Scheduler(seed, self.disk, faults, self.trials.length * len(works))
        scheduler.trace, scheduler.rules = self.verdict.trace, self.trials.rules
        same = self.draw.random() < 0.2  # containers that share a cache share process ids as well
        processes = [
            _process(name, 100 if same else 100 + number, scheduler, work)
            for number, (name, work) in enumerate(works)
        ]
        scheduler.run(processes)
        self.verdict.happened += scheduler.happened
        self.verdict.calls += scheduler.calls
        if scheduler.stuck:
            self.verdict.violations.append(scheduler.happened[-1])
        for process in processes:
            self._judge(process, is_full=scheduler.full)
        return scheduler.cut

    def _judge(self, process: Process, is_full: bool = False) -> None:
        words = "".join(process.output)
        self.verdict.told.append(f"{process.name}: {process.code} {words.strip()!r}")
        self.verdict.violations += process.violations
        self.on_purpose = self.on_purpose or process.failed_on_purpose
        if process.code in (0, None) or process.scheduler.stuck:
            return
        on_purpose = process.failed_on_purpose or is_full
        if BUG in words and not process.failures & _UNFORESEEN:
            self.verdict.violations.append(f"{process.name} told people of a bug\n{process.trouble}{words}")
        elif BUSY in words:
            return
        if process.trouble and not on_purpose:
            self.verdict.violations.append(f"{process.name} ended in\n{process.trouble}{words}")
        elif not on_purpose and not ("was damaged" in words and self.stage.damaged):
            self.verdict.violations.append(f"{process.name} ended with {process.code}: {words.strip()}")
        elif on_purpose and "Traceback" in words:
            self.verdict.violations.append(f"{process.name} told people a traceback\n{words}")

    def _alone(self, name: str, work: Work) -> Process:
        process = self.trials._alone(self.disk, work, name, self.verdict.trace)
        self.verdict.calls += process.scheduler.calls
        if process.scheduler.stuck:
            self.verdict.violations.append(f"{name} does not end")
        return process

    # -- afterwards --------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """After all is over, starts and checks find everything whole, and pruning leaves nothing over."""
        if self.stage.owner != USER:
            self._judge(self._alone("last", actors.start(self.stage, apps()[0], thorough=True)))
        else:
            self._settle_own()
        now = _outside(self.disk)
        private = [line for line in now if line[0].startswith(PRIVATE)]
        # A start that a pruner keeps waiting for too long goes on in a private root.
        stood_still = any(" is stopped " in line or " stands still " in line for line in self.verdict.happened)
        if private and not self.on_purpose and not stood_still and self.stage.owner == USER:
            self.verdict.violations.append(f"{private[0][0]} was made, though the cache can be written")
        if [line for line in now if line not in private] != self.outside:
            self.verdict.violations.append("something outside the cache has changed")

    def _settle_own(self) -> None:
        one, two = apps()
        damaged = self._wrong() if self.was_damaged else set()
        inherited = self.stage.inherited
        for app in (one, two) if self._prefix(two.build_id) else (one,):
            self.stage.damaged = damaged
            self.stage.inherited = inherited
            if damaged or inherited:
                self._judge(self._alone("mends", self._mending(app)))
            self.stage.damaged, self.stage.inherited = set(), set()
            self._judge(self._alone("last", actors.start(self.stage, app, thorough=True)))
            if damaged or self._wrong_in_store():
                # Starts mend what they miss; what they do not use is mended where people ask for it.
                self._judge(self._alone("mended", actors.repair(self.stage, app)))
            self._judge(self._alone("check", actors.check(self.stage, app)))
        if not self.verdict.violations and (self.door.prunes_leftovers or self.verdict.seed % 10 == 0):
            self._tidy(one)

    def _mending(self, app: App) -> Work:
        """The end of an app that comes upon missing files: it ends with a traceback, or swallows that."""
        if self.case.name != "swallowed":
            return actors.start(self.stage, app, thorough=True)
        self.disk.now += 2 * _DAY  # more than a day after the last comparison
        return actors.swallow(self.stage, app)

    def _tidy(self, app: App) -> None:
        self.disk.now += 2 * _DAY
        self._judge(self._alone("later", actors.start(self.stage, app, thorough=True)))
        self._judge(self._alone("prune", actors.prune(self.stage, app, 1.0)))
        self._judge(self._alone("latest", actors.start(self.stage, app, thorough=True)))
        left = self._left_over()
        if left and self.door.prunes_leftovers:
            self.verdict.violations.append(f"left over: {', '.join(left)}")

    def _left_over(self) -> list[str]:
        """Temporary names anywhere in the cache, apps but the first, wheels that it does not have."""
        found = []
        top = self.disk.find(self.door.cache)[2]
        assert isinstance(top, Directory)
        for path, _ in self.disk.tree(top):
            if "/." in path:
                found.append(path)
        one = apps()[0]
        wheels = [wheel["sha256"] for wheel in one.info["pexlite"]["wheels"]]
        for folder, kept in (("apps", [one.build_id]), ("wheels", wheels)):
            place = self.disk.find(f"{self.door.cache}/{folder}")[2]
            assert isinstance(place, Directory)
            # A name is a build id and more, or the first half of a sha256.
            found += [
                f"/{folder}/{name}"
                for name in place.entries
                if not any(name.startswith(known) or known.startswith(name) for known in kept)
            ]
        return found


def _keep_prefix(process: Process, prefix: str) -> None:
    process.output.append(prefix)


def _process(name: str, pid: int, scheduler: Scheduler, work: Work) -> Process:
    environ = {"HOME": HOME, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    return Process(name, pid, scheduler, work, environ, 0 if name == "root" else USER)


def _machine() -> Disk:
    """A disk with a Python, a home and the built files."""
    disk = Disk()
    disk.now = _NOW - 1000 * _DAY
    disk.put(PYTHON, b"\x7fELF")
    disk.put(LIBRARY + "/os.py", b"# os\n", 0o644)
    for place in ("/tmp", "/var/tmp"):
        disk.put(place, mode=0o1777)
    disk.put(HOME, owner=USER)
    disk.put(HOME + "/notes.txt", b"mine\n", 0o644, USER)
    for app in apps():
        disk.put(app.path, app.content, 0o755, USER)
    disk.now = _NOW
    return disk


def _outside(disk: Disk) -> list[tuple[str, int, int, bytes]]:
    """Everything but the cache."""
    found = []
    for path, node in disk.tree():
        if not path.startswith(HOME + "/.pex") and path != HOME:
            content = node.content if isinstance(node, File) else b""
            target = node.target.encode() if isinstance(node, Link) else b""
            found.append((path, node.number, node.mode, bytes(content) + target))
    return found
