"""The runtime's modules, compiled once, and loaded anew for each simulated process.

A process imports them as from the file, `__pexlite__` and below, flat or in folders; what they import of the
system is that of the process (`system`), all else the real standard library.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import marshal
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from tests.programs.simulation.broken import Break
from tests.programs.simulation.process import Process
from tests.programs.simulation.system import modules_for

PACKAGE = "__pexlite__"
HOME = Path(__file__).parents[3] / "pexlite" / "runtime"
# What takes longer than all else that a start does, done once for each input.
_compile: Callable[..., CodeType] = functools.lru_cache(maxsize=64)(compile)
_code_loads = functools.lru_cache(maxsize=64)(marshal.loads)
_code_dumps = functools.lru_cache(maxsize=64)(marshal.dumps)


def _loads(content: bytes) -> object:
    """As marshal.loads: code is the same object each time, all else a new one."""
    content = bytes(content)
    return _code_loads(content) if content[:1] in b"c\xe3" else marshal.loads(content)


def _dumps(value: Any) -> bytes:
    return _code_dumps(value) if isinstance(value, CodeType) else marshal.dumps(value)


@functools.lru_cache(maxsize=256)
def _inflated(content: bytes, wbits: int, size: int) -> tuple[bytes, bytes, bool]:
    inflate = zlib.decompressobj(wbits)
    return inflate.decompress(content, size), inflate.unconsumed_tail, inflate.eof


class _Inflate:
    """As zlib.decompressobj, for what is inflated in one piece."""

    def __init__(self, wbits: int = zlib.MAX_WBITS) -> None:
        self._wbits = wbits
        self.unconsumed_tail = b""
        self.eof = False

    def decompress(self, content: bytes | memoryview, size: int = 0) -> bytes:
        result, self.unconsumed_tail, self.eof = _inflated(bytes(content), self._wbits, size)
        return result

    def flush(self) -> bytes:
        return b""


# These would reach the real system behind the room's back.
_NOT_SIMULATED = frozenset(
    (
        *("subprocess", "socket", "multiprocessing", "threading", "concurrent", "pathlib", "glob", "zipfile"),
        *("tarfile", "logging", "select", "mmap", "ctypes", "pwd", "venv", "ensurepip", "compileall", "runpy"),
    )
)
_FASTER: dict[str, dict[str, object]] = {
    "zlib": {**vars(zlib), "decompressobj": _Inflate},
    "marshal": {"loads": _loads, "dumps": _dumps, "version": marshal.version},
}


class Room:
    """The code of each module by its full name, with the fault `broken` in one of them."""

    def __init__(self, home: Path = HOME, broken: Break | None = None) -> None:
        self.codes: dict[str, CodeType] = {}
        self.packages: set[str] = set()
        self.launched: dict[str, str] = {}  # modules with a fault in them that the launcher holds, by file name
        for path in sorted(home.rglob("*.py")):
            place = path.relative_to(home)
            source = path.read_text(encoding="utf-8")
            if broken:
                sound, source = source, broken.applied(place.as_posix(), source)
                if source != sound and place.parts[0] == "app":
                    self.launched[f"<pexlite>/{place.as_posix()}"] = source
            self._add(path, place, source)

    def _add(self, path: Path, place: Path, source: str) -> None:
        parts = [PACKAGE, *place.with_suffix("").parts]
        if parts[-1] == "__init__":
            parts.pop()
            self.packages.add(".".join(parts))
        else:
            # A folder without __init__.py is a package as well.
            self.packages.update(".".join(parts[:end]) for end in range(1, len(parts)))
        self.codes[".".join(parts)] = compile(source, str(path), "exec")


class Imports:
    """The `__import__` of one process, and the names that its code sees."""

    def __init__(
        self, process: Process, room: Room, archive: object, stand_ins: Mapping[str, Mapping[str, object]]
    ) -> None:
        self.process = process
        self.room = room
        self.archive = archive
        self.stand_ins = {**_FASTER, **stand_ins}
        self.after: dict[str, Callable[[Any], None]] = {}  # what is done with a module once it is loaded
        self.system = modules_for(process)
        process.modules.update(self.system)
        self.builtins = {
            **vars(builtins),
            "__import__": self.find,
            "open": vars(self.system["builtins"])["open"],
            "compile": self._compiled,
            "print": self._print,
        }

    def _compiled(self, source: Any, filename: Any, mode: str, *more: Any, **flags: Any) -> CodeType:
        """As `compile`. The launcher's modules come out of the file, which is the same whatever is broken."""
        source = self.room.launched.get(filename, source)
        return _compiled(source, filename, mode, *more, **flags)

    def _print(
        self, *values: object, sep: str = " ", end: str = "\n", file: Any = None, flush: bool = False
    ) -> None:
        text = sep.join(map(str, values)) + end
        if file is None:
            self.process.output.append(text)
        else:
            file.write(text)

    def find(
        self,
        name: str,
        names: Mapping[str, Any] | None = None,
        local: object = None,
        wanted: Sequence[str] | None = (),
        level: int = 0,
    ) -> Any:
        """As `__import__`."""
        if level:
            package = (names or {})["__package__"].rsplit(".", level - 1)[0]
            name = f"{package}.{name}" if name else package
        top = name.partition(".")[0]
        if top != PACKAGE:
            return self._of_the_system(name, wanted)
        module = self.load(name)
        if not wanted:
            return self.load(top)
        for part in wanted:
            if part not in vars(module) and self._is_known(f"{name}.{part}"):
                self.load(f"{name}.{part}")
        return module

    def _of_the_system(self, name: str, wanted: Sequence[str] | None) -> Any:
        found = self.system.get(name)
        if found is not None:
            return found if wanted or "." not in name else self.system[name.partition(".")[0]]
        stand_in = self.stand_ins.get(name)
        if stand_in is not None:
            return self._module(name, stand_in)
        assert name.partition(".")[0] not in _NOT_SIMULATED, f"{name} is not simulated"
        module = importlib.import_module(name)
        return module if wanted else sys.modules[name.partition(".")[0]]

    def _is_known(self, name: str) -> bool:
        return name in self.room.codes or name in self.room.packages or name in self.stand_ins

    def load(self, name: str) -> Any:
        """The module of the room with this full name."""
        modules = self.process.modules
        if name in modules:
            return modules[name]
        above, _, last = name.rpartition(".")
        if above:
            self.load(above)
        if name in self.stand_ins:
            module = modules[name] = self._module(name, self.stand_ins[name])
        elif self._is_known(name):
            module = self._module(name, {})
            modules[name] = module
            self._execute(name, module)
        else:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        if above:
            setattr(modules[above], last, module)
        if name in self.after:
            self.after[name](module)
        return module

    def _module(self, name: str, members: Mapping[str, object]) -> ModuleType:
        module = ModuleType(name)
        is_package = name in self.room.packages
        vars(module).update(members)
        vars(module)["__builtins__"] = self.builtins
        module.__package__ = name if is_package else name.rpartition(".")[0]
        module.__loader__ = self.archive  # type: ignore[assignment]
        if is_package:
            module.__path__ = []
        return module

    def _execute(self, name: str, module: ModuleType) -> None:
        code = self.room.codes.get(name)
        if code is None:
            return
        module.__file__ = code.co_filename
        try:
            exec(code, vars(module))
        except BaseException:
            self.process.modules.pop(name, None)
            raise


def _compiled(
    source: Any, filename: Any, mode: str, flags: int = 0, dont_inherit: bool = False, optimize: int = -1
) -> CodeType:
    """As `compile`, which would take longer than all else that a start does."""
    source = source if isinstance(source, str) else bytes(source)
    return _compile(source, filename, mode, flags, True, optimize)
