"""The launcher and READY, which make an app's directory usable for starts.

What few starts need of app/ is in no launcher: the first of them keeps it in a file beside it.
"""

import marshal
import os
import sys
from _frozen_importlib_external import MAGIC_NUMBER

from ..cache import app, files
from ..start import LAUNCHER
from ..system import IS_WINDOWS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..importing import Room
    from .tree import Plan

# What each start loads, and what is needed by its children, or late, when the file may have been replaced.
_MODULES: "tuple[str, ...]" = (
    "app/launch",
    "app/sharing",
    "app/namesake",
    "app/failing",
    "app/interpreters",
    "start",
) + (("app/startup",) if sys.version_info >= (3, 15) else ())
if IS_WINDOWS:
    _MODULES += ("app/windows",)
_OF_FEW = ("switches", "become", "program", "spark", "host", "pex_path")
PROGRAM = "_pexlite_run.py"  # what the sh header has the app's Python run


def content(plan: "Plan", facts: "dict[str, Any]", site_time: int, alone: bool = False) -> bytes:
    """The launcher's content; a venv is `alone`, without the file. The room's `__init__` has its form."""
    libraries = [] if alone else plan.libraries()
    names = _modules(facts, libraries, alone)
    held: dict[str, Any] = {name.rpartition("/")[2]: plan.room.marshalled(name + ".py") for name in names}
    held["facts"] = facts
    held["inside"] = app.inside()
    held["run"] = program(plan, facts)
    held["site_time"] = site_time
    if facts["own"] and not alone:
        from ..app import own

        held["own_files"] = own.libraries()
    if libraries:
        held["sizes"] = marshal.dumps(libraries)
    return MAGIC_NUMBER + marshal.dumps(held)


def program(plan: "Plan", facts: "dict[str, Any]") -> bytes:
    """The content of the program that the sh header has the app's Python run: bytecode, where it can be.

    CPython knows that by its first bytes, whatever the file's name, and would compile the text in every start. The
    bytecode of one that is no release may be of no use to the next.
    """
    is_release = sys.implementation.name == "cpython" and sys.version_info[3] == "final"
    if not facts["sh_boot"] or not is_release or sys.version_info < (3, 7):
        return plan.written(PROGRAM)
    # In this version of the format the same code has the same bytes.
    return MAGIC_NUMBER + bytes(12) + marshal.dumps(plan.room.code("written/" + PROGRAM), 2)


def _modules(
    facts: "dict[str, Any]", libraries: "list[tuple[str, int]]", alone: bool = False
) -> "tuple[str, ...]":
    more = [("commands", "commands" in facts), ("own", facts["own"]), ("lazy", "not_lazy" in facts)]
    beside = () if alone else _beside(facts)
    more += [("libraries", bool(libraries))] + [(name, name not in beside) for name in _OF_FEW]
    return _MODULES + tuple(["app/" + name for name, is_in in more if is_in])


def _beside(facts: "dict[str, Any]") -> "list[str]":
    """Those of `_OF_FEW` that no start of a file with these `facts` needs by itself."""
    does_more = not facts["plain"] or facts["sh_boot"]
    needed = {"become": does_more, "program": does_more, "host": facts["inherit_path"] != "false"}
    needed["spark"] = bool(facts["spark"])
    return [name for name in _OF_FEW if not needed.get(name)]


def site_time_of(directory: str) -> int:
    """The mtime of site-packages in the app's `directory`, in nanoseconds."""
    return os.stat(app.site_packages(directory)).st_mtime_ns


def keep(room: "Room", place: str, name: str) -> "Any":
    """The code of the module `name` of app/, which is kept beside the launcher in `place` for later starts."""
    code, path = room.code("app/%s.py" % name), place + "/_pexlite_" + name
    try:
        files.replace(path, MAGIC_NUMBER + marshal.dumps(code))
        # Who can read the launcher can read it too, whatever the umask of this start is.
        os.chmod(path, os.stat(place + "/" + LAUNCHER).st_mode & 0o644)
    except OSError:
        pass  # a cache that is only read: such starts take a little longer
    return code


def keep_all(plan: "Plan", facts: "dict[str, Any]") -> None:
    """Write all that few starts need beside the launcher, anew where it is there."""
    for name in _beside(facts):
        keep(plan.room, plan.app.place, name)


def changed(plan: "Plan", facts: "dict[str, Any]") -> "list[str]":
    """The names of the launcher and the files beside it that hold something else than they should.

    None of what they hold is run.
    """
    found = [] if _is_right(plan, facts) else [LAUNCHER]
    return found + ["_pexlite_" + name for name in _beside(facts) if not _is_kept_right(plan, name)]


def _is_kept_right(plan: "Plan", name: str) -> bool:
    try:
        content = files.content(plan.app.place + "/_pexlite_" + name)
        is_code: bool = marshal.loads(content[4:]) == plan.room.code("app/%s.py" % name)
        return is_code and content[:4] == MAGIC_NUMBER
    except FileNotFoundError:
        return True
    except Exception:
        return False


def _is_right(plan: "Plan", facts: "dict[str, Any]") -> bool:
    found = files.read(plan.app.place + "/" + LAUNCHER) or b""
    try:
        held = marshal.loads(found[4:])
        libraries = plan.libraries()
        names = _modules(facts, libraries)
        codes = [marshal.loads(held[name.rpartition("/")[2]]) == plan.room.code(name + ".py") for name in names]
        known = set([name.rpartition("/")[2] for name in names]) | {"facts", "inside", "run", "site_time"}
        known.update((["own_files"] if facts["own"] else []) + (["sizes"] if libraries else []))
        kept = held["inside"] == app.inside() and held["run"] == program(plan, facts)
        return found[:4] == MAGIC_NUMBER and held["facts"] == facts and kept and set(held) == known and all(codes)
    except Exception:
        return False


def put(plan: "Plan", facts: "dict[str, Any]", directory: str) -> None:
    """Write the launcher into `directory`, which is new, and READY last."""
    files.write(directory + "/" + LAUNCHER, content(plan, facts, site_time_of(directory)))
    files.write(directory + "/READY", ready(plan, directory))


def ready(plan: "Plan", directory: str) -> bytes:
    """READY's content for the app whose files are in `directory`."""
    wheels = [os.fsdecode(name) for name in plan.names]
    # As bytes: what is written under one locale is read under another.
    found = os.listdir(os.fsencode(app.site_packages(directory)))
    names = sorted(set([os.fsdecode(name) for name in found]) - {"__pycache__"})
    return app.Ready(plan.build_id, wheels, app.plain(plan.file_name), plan.sealed_root, names).text()


def leave_for_shell(plan: "Plan", facts: "dict[str, Any]") -> None:
    """Write the pointer by which the sh header finds the app, which is in its final place."""
    if facts["sh_boot"] and not IS_WINDOWS:
        from ..app import become, own

        become.leave_for_shell(facts, plan.app.place, program(plan, facts), own if facts["own"] else None)
