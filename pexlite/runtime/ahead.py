"""The modules of a new app compiled by other processes, while the app imports them one after the other.

Without bytecode, half of a first start is compiling: Python does it as it comes to each import. Which imports will
come the file says, as the build has read it in the sources, and the other processors have nothing to do. So they
compile from the end of that list, and the app, which begins at its beginning, finds the bytecode of all that they
were faster with. They compile as the app does and execute nothing; where the list is wrong, they compile a module
that nobody imports.
"""

import os
import sys
from _frozen_importlib_external import SourceFileLoader, cache_from_source
from _thread import _count as threads

from .cache import app
from .start import python_tag
from .unpack import aside, pool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .unpack.tree import Plan

_MOST = 7  # processes
_LONGEST = 60  # seconds, after which they end whatever they do


def begin(plan: "Plan", facts: "dict[str, Any]") -> int:
    """Have the modules compiled that the app with these `facts` will import, and return by how many processes."""
    helpers = min(pool.processors() - 1, _MOST)
    described = plan.opened.manifest["pexlite"]
    imports = described.get("imports")
    if helpers < 1 or not imports or not _is_possible(facts) or threads():
        return 0
    if described.get("compiled") == "all" and any(
        [python_tag() in one.get("bytecode", {}) for one in plan.wheels]
    ):
        return 0
    packages = plan.app.place + "/" + app.packages()
    starter = _Starter(os.getpid())
    return helpers if aside.run([], lambda: _compile(packages, imports, helpers, starter)) else 0


def _is_possible(facts: "dict[str, Any]") -> bool:
    if sys.dont_write_bytecode or getattr(sys, "pycache_prefix", None):
        return False
    # The first process of a container would get the others as its children.
    able = hasattr(os, "fork") and os.path.exists("/proc/self/exe") and os.getpid() != 1
    return bool(able and facts["start"] and not facts["inject_python_args"])


class _Starter:
    """The process of the app, by its number."""

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


def _compile(packages: str, imports: "list[str]", helpers: int, starter: _Starter) -> None:
    """Compile the modules `imports`, by their paths in `packages`, by this process and so many in all."""
    import _signal  # type: ignore[import-not-found]

    number = 0
    try:
        while number < helpers - 1 and os.fork():
            number += 1
    except OSError:
        pass  # no more processes: what the others would compile is left to the app
    _signal.signal(_signal.SIGALRM, _signal.SIG_DFL)
    _signal.alarm(_LONGEST)
    for place, inside in enumerate(reversed(imports)):
        path = packages + "/" + inside
        if place % helpers == number and not os.path.exists(cache_from_source(path)):
            try:
                _Compiler(inside, path, starter).get_code(inside)
            except (SyntaxError, ValueError, RecursionError, MemoryError, FileNotFoundError):
                pass  # for another Python, or of no use at all, or not there: the app will see
            except OSError:
                return  # a full disk, or the app has been removed


class _Compiler(SourceFileLoader):
    """Compiles a module as Python does when it imports it, unless the `starter` has ended.

    Who ends the app may remove the cache then, in which no directory must come into being again.
    """

    def __init__(self, name: str, path: str, starter: _Starter) -> None:
        super().__init__(name, path)
        self.starter = starter

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
            os.replace(temporary, path)
        except OSError:
            os.unlink(temporary)
            raise
