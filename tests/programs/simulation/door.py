"""How the room is entered: the only module of the simulation that knows names of the runtime's modules.

A room of another shape needs another Door, and nothing else here.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, NoReturn

from tests.programs.simulation.apps import App, apps
from tests.programs.simulation.disk import File
from tests.programs.simulation.process import Process
from tests.programs.simulation.room import PACKAGE, Imports, Room
from tests.programs.simulation.system import PYTHON

HOME = "/home/user"
CACHE = f"{HOME}/.pex"
# And more: where a start goes whose cache cannot be written, or be trusted.
PRIVATE = ("/var/tmp/pexlite-", "/tmp/pexlite-", "/dev/shm/pexlite-")
BUG = "a bug in pexlite"  # what people are told of a boot that has failed for no reason known
BUSY = "another start may be at work there"  # why a pruning did nothing


class _Begun(BaseException):
    """The entry point would be called now."""


class Door:
    """The ways into the room for one process after another."""

    cache = f"{CACHE}/lite-2"
    launcher = "_pexlite_launch"
    # Ends of the names of files that are not the same in every installation.
    varying = ("READY", "_pexlite_launch", ".pyc", "_pexlite_checked", "_pexlite_mended")
    # Ends of the names of files whose size is not known: one that is cut in the middle only `verify` tells.
    unmeasured = ("/RECORD", "/tool")
    prunes_leftovers = True

    def __init__(self, room: Room) -> None:
        self.room = room

    # -- what processes do -----------------------------------------------------------------------------

    def start(self, process: Process, app: App) -> str:
        """The app's directory: this process would call the entry point now. As `__main__` does it."""
        process.argv[:] = [app.path]
        imports = self._imports(process, app)
        main = self._main(process, imports, app)
        try:
            main.main({"__loader__": app})
        except _Begun:
            return str(process.launch.PLACE)
        raise AssertionError("a start that calls nothing ends the process")

    def has_mended(self, process: Process) -> bool:
        """Whether the start has made its app, or looked at each file of it."""
        return process.has_mended

    def is_explained(self, process: Process, app: App, prefix: str) -> bool:
        """Whether the app, which ends with an exception, is told of damage, which is gone then."""
        return bool(self._module(process, app, "upkeep.mend").after_failure(app.path, prefix, ImportError))

    def end_with_failure(self, process: Process, app: App) -> None:
        """Do what comes after an app that has ended with an exit code of its own, which is not 0."""
        if not process.launch.IS_NEW:
            process.launch.damage(app.path, process.launch._BEGAN).look_for(SystemExit(1))

    def verify(self, process: Process, app: App, repairing: bool) -> None:
        """`PEX_TOOLS=1 app verify --cache`, and `--repair`; ends with an exit code."""
        process.argv[:] = [app.path, "verify", "--cache", *(["--repair"] if repairing else [])]
        tools = self._module(process, app, "tools")
        verify = self._module(process, app, "tools.verify")
        switches = self._module(process, app, "app.switches").Switches([])
        place = self._module(process, app, "start").app_directory(app.facts)
        asked = tools.BuiltFile(dict(app.facts), app.path, place, switches)
        options = SimpleNamespace(cache=True, repair=repairing, signers=None, identity=None)
        tools._end(lambda: verify._verify(asked, options))

    def prune(self, process: Process, app: App, days: float) -> None:
        """`pexlite cache prune --days`; ends with an exit code."""
        process.argv[:] = ["/usr/bin/pexlite", "cache", "prune"]
        tools = self._module(process, app, "tools")
        cache = self._module(process, app, "tools.cache")
        tools._end(lambda: cache._prune(None, SimpleNamespace(days=days, json=False)))

    # -- how its modules are had -----------------------------------------------------------------------

    def _main(self, process: Process, imports: Imports, app: App) -> Any:
        """The module that runs as `__main__`; what it loads or is told goes by here."""
        main = imports.load(f"{PACKAGE}.start")
        process.modules["__main__"] = main
        main.FACTS = dict(app.facts)
        launcher, explain = main.launcher, main.explain

        def found(place: str, facts: dict[str, Any]) -> Any:
            launch = launcher(place, facts)
            if launch is not None:
                launch.call = _begin
                process.launch = launch
            return launch

        def told(failure: BaseException, archive: str, file: str) -> NoReturn:
            process.blame(failure)
            explain(failure, archive, file)
            raise AssertionError("a failure that is explained ends the process")

        main.launcher, main.explain = found, told
        main._importer_of_room = lambda loader: None  # the harness's own import machinery is in its place
        return main

    def _module(self, process: Process, app: App, name: str) -> Any:
        imports = process.imports or self._imports(process, app)
        return imports.load(f"{PACKAGE}.{name}")

    def _imports(self, process: Process, app: App) -> Imports:
        imports = Imports(process, self.room, app, _stand_ins(process))
        imports.after[f"{PACKAGE}.upkeep.users"] = functools.partial(_show_processes, process)
        imports.after[f"{PACKAGE}.install"] = functools.partial(_show_mending, process)
        process.imports = imports
        return imports


def _show_mending(process: Process, module: Any) -> None:
    """Have the process remember that it has made or mended its app."""
    complete = module.FirstStart._complete

    def completed(self: Any, plan: Any) -> None:
        complete(self, plan)
        process.has_mended = True

    module.FirstStart._complete = completed


def _begin(start: object, main: object) -> NoReturn:
    raise _Begun


def _stand_ins(process: Process) -> dict[str, dict[str, object]]:
    """Modules that are not the room's own here: what looks into a zip."""
    return {"zipimport": {"zipimporter": functools.partial(_Zip, process)}}


def _show_processes(process: Process, module: Any) -> None:
    """Have the room see the simulated processes: those that there are now, each as it is when it is looked at."""

    def running() -> Iterator[object]:
        process.scheduler.point(process, "listdir")
        for other in process.scheduler.others(process):
            process.scheduler.point(process, "proc")
            if other.argv and not other.dead:
                yield module.Process([PYTHON, *other.argv], other.began, other.user, PYTHON, "/", "", CACHE)

    module.running = running


class _Zip:
    """As zipimport.zipimporter, for PEX-INFO."""

    def __init__(self, process: Process, path: str) -> None:
        node = process.disk.find(path)[2]
        if not isinstance(node, File) or b"PEX-INFO" not in node.content:
            raise ImportError(path)
        self._content = node.content

    def get_data(self, path: str) -> bytes:
        """PEX-INFO, or as much of it as is asked for here."""
        for app in apps():
            if app.content == self._content:
                return json.dumps(app.info).encode()
        raise OSError(path)
