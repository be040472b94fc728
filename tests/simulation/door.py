"""How the room is entered: the only module of the simulation that knows names of the runtime's modules.

A room of another shape needs another Door, and nothing else here.
"""

from __future__ import annotations

import functools
import json
from typing import Any

from tests.simulation.apps import App, apps
from tests.simulation.disk import File
from tests.simulation.process import Process
from tests.simulation.room import PACKAGE, Imports, Room
from tests.simulation.system import PYTHON

HOME = "/home/user"
CACHE = f"{HOME}/.pex"
PRIVATE = "/var/tmp/pexlite-"  # and more: where a start goes whose cache cannot be written


class Door:
    """The ways into the room for one process after another."""

    cache = f"{CACHE}/lite-1"
    launcher = "_pexlite_launch.pyc"
    varying = ("READY", ".pyc")  # ends of the names of files that are not the same in every installation
    prunes_leftovers = False  # they go with the next first start

    def __init__(self, room: Room) -> None:
        self.room = room

    # -- what processes do -----------------------------------------------------------------------------

    def start(self, process: Process, app: App) -> str:
        """The app's directory: this process would call the entry point now. As `__main__` does it."""
        process.argv[:] = [app.path]
        imports = self._imports(process, app)
        boot = imports.load(PACKAGE)
        try:
            boot.start(dict(app.facts), app)
        except Exception as failure:  # noqa: BLE001  any: `__main__` tells it
            self._tell(process, imports, failure, app)
        return str(process.modules["sys"].prefix)

    def went_slowly(self, process: Process) -> bool:
        """Whether the start did not find its launcher at once."""
        return f"{PACKAGE}.begin" in process.modules

    def is_explained(self, process: Process, app: App, prefix: str) -> bool:
        """Whether the app, which ends with an exception, is told of damage, which is gone then."""
        explain = self._module(process, app, "repair").explain
        return bool(explain(ImportError, app.path, prefix))

    def verify(self, process: Process, app: App, repairing: bool) -> None:
        """`PEX_TOOLS=1 app verify --cache`, and `--repair`; ends with an exit code."""
        process.argv[:] = [app.path, "verify", "--cache", *(["--repair"] if repairing else [])]
        tools = self._module(process, app, "tools")
        verify = self._module(process, app, "verify")
        switches = self._module(process, app, "switches").Switches([])
        prefix = f"{self.cache}/apps/{app.build_id}-{self._module(process, app, '').python_key()}"
        asked = tools.Asked(dict(app.facts), app.path, prefix, switches)
        tools._end(lambda: verify.check_cache(asked, repairing))

    def prune(self, process: Process, app: App, days: float) -> None:
        """`pexlite cache prune --days`; ends with an exit code."""
        process.argv[:] = ["/usr/bin/pexlite", "cache", "prune"]
        tools = self._module(process, app, "tools")
        prune = self._module(process, app, "prune")
        holdings = self._module(process, app, "holdings")
        tools._end(lambda: holdings.Holdings(self.cache).exists and prune.prune(self.cache, days))

    # -- how its modules are had -----------------------------------------------------------------------

    def _module(self, process: Process, app: App, name: str) -> Any:
        imports = process.imports or self._imports(process, app)
        return imports.load(f"{PACKAGE}.{name}" if name else PACKAGE)

    def _imports(self, process: Process, app: App) -> Imports:
        imports = Imports(process, self.room, app, _stand_ins(process))
        imports.after[f"{PACKAGE}.processes"] = functools.partial(_show_processes, process)
        process.imports = imports
        return imports

    def _tell(self, process: Process, imports: Imports, failure: Exception, app: App) -> None:
        """As the end of `__main__` has a boot told that failed; does not return."""
        process.blame(failure)
        imports.load(f"{PACKAGE}.failed").explain(failure, dict(app.facts), app.path)
        raise AssertionError("a failure that is explained ends the process")


def _stand_ins(process: Process) -> dict[str, dict[str, object]]:
    """Modules that are not the room's own here: its finder, and what looks at running processes or into a zip."""
    found: dict[str, dict[str, object]] = {
        f"{PACKAGE}.finder": {"install": lambda *given: None, "leave": lambda: None},
        "zipimport": {"zipimporter": functools.partial(_Zip, process)},
    }
    return found


def _show_processes(process: Process, module: Any) -> None:
    """Have the room's module `processes` see the simulated ones."""

    def running() -> list[object]:
        return [
            module.Process([PYTHON, *other.argv], other.began, other.user, PYTHON, "/", "", CACHE)
            for other in process.scheduler.others(process)
            if other.argv
        ]

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
