"""A start that needs the file itself: for another Python, for a tool, or for an app's directory not in order."""

import sys

from . import install
from .app import switches as environment
from .start import app_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


def launcher_of(facts: "dict[str, Any]", file: str) -> "ModuleType":
    """The app's module `launch`, once the app's directory is ready.

    May not return: another Python is started, a tool is run, or the process exits with an error.
    """
    switches = None
    names = environment.names_set()
    if names:
        switches = environment.Switches(names)
        if switches.python or switches.python_path:
            from . import pythons

            pythons.run_requested(file, switches, facts["pythons"], facts["runs_on"])
        if switches.tools:
            from . import tools
            from .tools.built_file import BuiltFile

            tools.run(BuiltFile(facts, file, app_directory(facts), switches), sys.argv[1:])
    return install.launcher_of(facts, file, switches)
