"""The modules of a new app compiled by other processes, while the app imports them one after the other.

Without bytecode, half of a first start is compiling: Python does it as it comes to each import. Which imports will
come is seen in the sources, and the other processors have nothing to do. So they compile from the end of that
list, and the app, which begins at its beginning, finds the bytecode of all that they were faster with. They read
and compile as the app does and execute nothing; where they are wrong, they compile a module that nobody imports.
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
    from collections.abc import Iterator
    from typing import Any

    from .unpack.tree import Plan

_MOST = 7  # processes
_LONGEST = 60  # seconds, after which they end whatever they do
# A line that begins a block, or an import: its names end with the line, or are in parentheses.
_LINE = (
    r"\n([ \t]*)(?:(async|class|def|elif|else|except|finally|for|if|try|while|with)\b([^\n]*)"
    r"|from[ \t]+(\.*)((?:\w[\w.]*)?)[ \t]+import[ \t]*(\([^)]*\)|[^\n;#]*)|import[ \t]+([^\n;#]*))"
)
_AS = r"[ \t\n\\]+as[ \t\n\\]+\w+|#[^\n]*"


def begin(plan: "Plan", facts: "dict[str, Any]") -> int:
    """Have the modules compiled that the app with these `facts` will import, and return by how many processes."""
    helpers = min(pool.processors() - 1, _MOST)
    if helpers < 1 or not _is_possible(facts) or threads():
        return 0
    if all([python_tag() in one.get("bytecode", {}) for one in plan.wheels]):
        return 0
    packages = plan.app.place + "/" + app.packages()
    starter = _Starter(os.getpid())
    return helpers if aside.run([], lambda: _compile(packages, facts["start"][0], helpers, starter)) else 0


def _is_possible(facts: "dict[str, Any]") -> bool:
    if sys.dont_write_bytecode or getattr(sys, "pycache_prefix", None):
        return False
    # The first process of a container would get the others as its children.
    able = hasattr(os, "fork") and os.path.exists("/proc/self/exe") and os.getpid() != 1
    return bool(able and facts["start"] and facts["start"][0] and not facts["inject_python_args"])


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


def _compile(packages: str, module: str, helpers: int, starter: _Starter) -> None:
    """Compile what importing `module` imports out of `packages`, by this process and so many in all."""
    import _signal  # type: ignore[import-not-found]

    imports = Imports(packages)
    number = 0
    try:
        while number < helpers - 1 and os.fork():
            number += 1
    except OSError:
        pass  # no more processes: what the others would compile is left to the app
    _signal.signal(_signal.SIGALRM, _signal.SIG_DFL)
    _signal.alarm(_LONGEST)
    for place, (name, path) in enumerate(imports.backwards(module)):
        if place % helpers == number and not os.path.exists(cache_from_source(path)):
            try:
                _Compiler(name, path, starter).get_code(name)
            except (SyntaxError, ValueError):
                pass  # for another Python, or of no use at all: the app will see
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


class Imports:
    """The imports of modules in the directory `packages`, as their sources have them."""

    def __init__(self, packages: str) -> None:
        import re

        self.packages = packages
        self.names: dict[str, frozenset[str]] = {}  # by directory
        self.line = re.compile(_LINE)
        self.renamed = re.compile(_AS)

    def backwards(self, module: str) -> "Iterator[tuple[str, str]]":
        """The modules that importing `module` loads, each with the path of its source, the last one first.

        Each comes after what it imports itself, for Python compiles it before.
        """
        seen: set[str] = set()
        open_ones = [("", "", iter(_with_parents(module)[::-1]))]
        while open_ones:
            for name in open_ones[-1][2]:
                path = self.source_of(name) if name not in seen else ""
                seen.add(name)
                if path:
                    open_ones.append((name, path, iter(self._imported(name, path)[::-1])))
                    break
            else:
                name, path, _ = open_ones.pop()
                if name:
                    yield name, path

    def source_of(self, name: str) -> str:
        """The path of a module's source; "" where there is none."""
        folder, _, last = name.rpartition(".")
        directory = self.packages + "/" + folder.replace(".", "/") if folder else self.packages
        if last in self._names(directory) and "__init__.py" in self._names(directory + "/" + last):
            return directory + "/" + last + "/__init__.py"
        return directory + "/" + last + ".py" if last + ".py" in self._names(directory) else ""

    def _names(self, directory: str) -> "frozenset[str]":
        found = self.names.get(directory)
        if found is None:
            try:
                found = frozenset(os.listdir(directory))
            except OSError:
                found = frozenset()
            self.names[directory] = found
        return found

    def _imported(self, name: str, path: str) -> "list[str]":
        """The names that a module imports outside of functions, or attributes of such, each after its packages."""
        package = name if path.endswith("/__init__.py") else name.rpartition(".")[0]
        with open(path, encoding="latin-1") as source:
            text = source.read()
        wanted: list[str] = []
        inside = sys.maxsize  # the indentation of a block that is not run as the module is loaded
        for found in self.line.finditer("\n" + text):
            space, block, rest, dots, module, attributes, names = found.groups()
            indentation = len(space.expandtabs())
            if indentation > inside:
                continue
            inside = sys.maxsize
            if block:
                if block in ("def", "async") or "TYPE_CHECKING" in rest:
                    inside = indentation
            elif names is not None:
                wanted.extend(self._listed(names))
            else:
                if dots:
                    above = package.split(".")
                    above = above[: len(above) - len(dots) + 1]
                    module = ".".join(above + [module] if module else above)
                wanted.append(module)
                wanted.extend([module + "." + one for one in self._listed(attributes.strip("()"))])
        return [one for each in wanted for one in _with_parents(each)]

    def _listed(self, names: str) -> "list[str]":
        words = [word.strip(" \t\r\n\\") for word in self.renamed.sub("", names).split(",")]
        return [word for word in words if word]


def _with_parents(name: str) -> "list[str]":
    """A module's packages and the module: "a", "a.b" and "a.b.c"."""
    parts = name.split(".")
    return [".".join(parts[: count + 1]) for count in range(len(parts))]
