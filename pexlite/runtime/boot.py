"""A start that needs the file itself: for another Python, for a tool, or for an app's directory not in order."""

import os
import sys

from .cache import roots, turn
from .start import app_directory, launcher

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


def launcher_of(facts: "dict[str, Any]", file: str) -> "ModuleType":
    """The app's module `launch`, once the app's directory is ready.

    May not return: another Python is started, a tool is run, or the process exits with an error.
    """
    # But for switches.KEPT: to load that module for it takes as long as some apps.
    names = [name for name in os.environ if name[:4] == "PEX_" and name not in ("PEX_ROOT", "PEX_KEEP_DAYS")]
    if names:
        from .app.switches import Switches

        switches = Switches(names)
        if switches.python or switches.python_path:
            from . import pythons

            pythons.run_requested(file, switches, facts["pythons"], facts["runs_on"])
        if switches.tools:
            from . import tools
            from .tools.built_file import BuiltFile

            tools.run(BuiltFile(facts, file, app_directory(facts), switches), sys.argv[1:])
        from . import install

        return install.launcher_of(facts, file, switches)
    with turn.Turn(app_directory(facts), os.path.basename(file)) as ours:
        launch = _made_by_another(ours, facts)
        if launch is None:
            from . import install  # most of the room, which takes longer to be loaded than most apps

            launch = install.launcher_of(facts, file, None, ours)
        return launch


def _made_by_another(ours: "turn.Turn", facts: "dict[str, Any]") -> "ModuleType | None":
    """The module `launch` of an app that came to be meanwhile; None where it is `ours` to make or mend it."""
    place = ours.place
    launch = launcher(place, facts)  # it may have come to be since this start looked
    if launch is None:
        if os.path.lexists(place) or roots.distrust(place) or not roots.may_be_made(place):
            return None
        try:
            roots.make(os.path.dirname(os.path.dirname(place)))
        except OSError:
            return None  # who makes the app says why
        ours.keep_pruner_away()
        if not ours.shared.refused:
            ours.wait(lambda: os.path.lexists(place))
        launch = launcher(place, facts)
    if launch is not None:
        launch.__dict__.update(IS_NEW=True)
    return launch
