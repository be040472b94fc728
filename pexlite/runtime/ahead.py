"""The modules of a new app compiled by other processes, while the app imports them one after the other.

Without bytecode, half of a first start is compiling: Python does it as it comes to each import. Which imports will
come the file says, as the build has read it in the sources, and the other processors have nothing to do. So they
compile what is on that list and not in the file, from its beginning, while the app still imports what is. Where it
catches up with them, they leap over some. They compile as the app does and execute nothing; where the list is
wrong, they compile a module that nobody imports.
"""

import os
import sys
import time
from _frozen_importlib_external import SourceFileLoader, cache_from_source
from _thread import _count as threads

from .cache import app
from .start import python_tag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from .unpack import aside
    from .unpack.tree import Plan

_MOST = 7  # processes
_PAUSE = 0.002  # seconds between two looks for a module that is coming
_LONGEST = 60  # seconds, after which they end whatever they do
# A process costs the start as much as to write so many modules' bytecode. Compiling one is as much as ten.
_LEAST, _COMPILING = 40, 10
# Modules that are left to the app where it was faster, so that it does not stay so; and where both wait for them.
_LEAP, _LEAP_OF_COMING = 4, 24


def begin(
    plan: "Plan",
    facts: "dict[str, Any]",
    starter: int,
    put: "Callable[[Callable[[], object]], object] | None" = None,
    coming: "Sequence[str]" = (),
) -> "aside.Helper | None":
    """Have another process `put` bytecode into the new app, then compile modules that it will import.

    `put` is handed what to call before each module: it ends the process once the app has ended. None where that
    would not help the app with these `facts`, which the process `starter` becomes. Where modules are `coming` one
    by one, it is these: paths in site-packages, in the order in which a run has read them.
    """
    described = plan.opened.manifest["pexlite"]
    imports = (coming or described.get("imports")) if _is_compiled(facts) else None
    packed = sum([_count(wheel) for wheel in plan.wheels])
    if packed and described.get("compiled") == "all":
        imports = None
    left = max(0, len(imports) - packed) if imports else 0
    if (packed if put else 0) + _COMPILING * left < _LEAST:
        return None
    from .unpack import aside, pool

    helpers = min(pool.processors() - 1, _MOST)
    # The first process of a container would get the others as its children.
    if helpers < 1 or threads() or not os.path.exists("/proc/self/exe") or os.getpid() == 1:
        return None
    packages = plan.app.place + "/" + app.packages()
    compiling = _Starter(starter)

    def work(helper: aside.Helper) -> None:
        if put:
            put(compiling.end_with_it)
            helper.tell()
        aside.give_way()
        if helper.is_let():
            _compile(packages, imports or [], helpers, compiling, are_coming=bool(coming))

    return aside.Helper([plan.descriptor], work)


def _count(wheel: "dict[str, Any]") -> int:
    """How many modules of the wheel the file has as bytecode for this Python."""
    pack = wheel.get("bytecode", {}).get(python_tag())
    return int(pack["directory"][2]) if pack else 0


def _is_compiled(facts: "dict[str, Any]") -> bool:
    """Whether this Python takes bytecode as another process makes it, and the app is called here."""
    if sys.dont_write_bytecode or getattr(sys, "pycache_prefix", None):
        return False
    return bool(facts["start"] and not facts["inject_python_args"])


class _Starter:
    """The process of the app, by its number; this process, or one that this is a fork of."""

    def __init__(self, process: int) -> None:
        self.link = "/proc/%d/exe" % process  # a process that has ended, and is yet to be waited for, has none
        self.program = os.readlink("/proc/self/exe")

    def end_with_it(self) -> None:
        """Exit once it has ended, or become another program, which may remove the cache."""
        try:
            if os.readlink(self.link) == self.program:
                return
        except OSError:
            pass
        os._exit(0)


def _compile(
    packages: str, imports: "Sequence[str]", helpers: int, starter: _Starter, are_coming: bool = False
) -> None:
    """Compile the modules `imports`, by their paths in `packages`, by this process and so many in all."""
    import _signal  # type: ignore[import-not-found]

    from .unpack import pool

    number = 0
    try:
        while number < helpers - 1 and pool.fork():
            number += 1
    except OSError:
        pass  # no more processes: what the others would compile is left to the app
    _signal.signal(_signal.SIGALRM, _signal.SIG_DFL)
    _signal.alarm(_LONGEST)
    while number < len(imports):
        path = packages + "/" + imports[number]
        while are_coming and not os.path.exists(path):
            starter.end_with_it()
            time.sleep(_PAUSE)
        if not os.path.exists(cache_from_source(path)):
            compiler = _Compiler(imports[number], path, starter)
            try:
                compiler.get_code(imports[number])
            except (SyntaxError, ValueError, RecursionError, MemoryError, FileNotFoundError):
                pass  # for another Python, or of no use at all, or not there: the app will see
            except OSError:
                return  # a full disk, or the app has been removed
            if compiler.is_late:
                number += helpers * (_LEAP_OF_COMING if are_coming else _LEAP)
        number += helpers


class _Compiler(SourceFileLoader):
    """Compiles a module as Python does when it imports it, unless the `starter` has ended.

    Who ends the app may remove the cache then, in which no directory must come into being again.
    """

    def __init__(self, name: str, path: str, starter: _Starter) -> None:
        super().__init__(name, path)
        self.starter = starter
        self.is_late = False  # whether the app has compiled it meanwhile

    def get_data(self, path: str) -> bytes:
        """The content of the file."""
        self.starter.end_with_it()
        return super().get_data(path)

    def set_data(self, path: str, data: "Any", *, _mode: int = 0o666) -> None:
        """Write bytecode to `path`: beside it first, so that nobody reads a part of it."""
        temporary = "%s.%d" % (path, os.getpid())
        self.starter.end_with_it()
        try:
            os.mkdir(os.path.dirname(path))
        except FileExistsError:
            pass
        descriptor = os.open(temporary, os.O_EXCL | os.O_CREAT | os.O_WRONLY, _mode & 0o666)
        try:
            with open(descriptor, "wb") as file:
                file.write(data)
            self.is_late = os.path.exists(path)
            os.replace(temporary, path)
        except OSError:
            os.unlink(temporary)
            raise
