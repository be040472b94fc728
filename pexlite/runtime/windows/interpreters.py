"""The app's Python on Windows, as `venv` makes it: its launcher, or the program itself with the DLLs beside it."""

import os

from . import files

_PROGRAMS = ("python.exe", "pythonw.exe")


def put(scripts: str, base: str) -> None:
    """Put the names of the app's Python that are missing into the directory `scripts`; `base` is its Python."""
    home = os.path.dirname(base)
    own = [name for name in os.listdir(home) if _is_needed(name)]
    launchers = home + "\\Lib\\venv\\scripts\\nt"
    for name, launcher in (("python.exe", "venvlauncher.exe"), ("pythonw.exe", "venvwlauncher.exe")):
        # Since 3.13 under a name of its own, before that under the program's.
        found = [path for path in (launchers + "\\" + launcher, launchers + "\\" + name) if os.path.isfile(path)]
        if found:
            _copy(found[0], scripts + "/" + name)
        elif name in own:
            for needed in own:
                _copy(home + "\\" + needed, scripts + "/" + needed)


def _is_needed(name: str) -> bool:
    """Whether it is a program of Python's, a DLL that it loads, or the library of a Python without a directory."""
    name, ending = os.path.splitext(name.lower())
    return ending in (".dll", ".zip") and name.startswith(("python", "vcruntime")) or name + ending in _PROGRAMS


def _copy(source: str, path: str) -> None:
    """Copy a file unless it is there: what any process runs could be removed under none of its names."""
    if not os.path.exists(path):
        import shutil

        temporary = "%s-%d" % (path, os.getpid())
        shutil.copyfile(source, files.at(temporary))
        files.rename(temporary, path)
