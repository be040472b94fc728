"""A start over with another Python: the one PEX_PYTHON names, or the first on PATH that fits; else an error.

This module also parses and runs under Python 2.7 and 3.5, so that they too can find a Python that fits.
"""

import os
import re
import subprocess
import sys
import threading

from .start import LAYOUT, cache_root, is_own
from .tags import are_of, programs, without_abi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import NoReturn, Optional

    from .app.switches import Switches

# Set across the exec into the Python chosen here, so that a Python that does not fit either is not tried for ever.
# Its name makes it one of the switches, which every start takes out of the environment.
_CHOSEN = "PEX_CHOSEN_PYTHON"
_LINE = 120  # characters, at most
_PATIENCE = 5.0  # seconds until a program that prints no tag counts as no Python
_REMEMBERED = 20  # lines
_PROGRAM = ".exe" if os.name == "nt" else ""

_TELL = """
import sys
implementation = sys.implementation.name
kind = {"cpython": "cp", "pypy": "pp"}.get(implementation, implementation)
free = "t" if "t" in getattr(sys, "abiflags", "") else ""
abi = ""
if kind == "pp" and sys.version_info > (3,):
    import _imp
    abi = "_" + _imp.extension_suffixes()[0].split("-")[1]
print("%s%d%d%s%s" % (kind, sys.version_info[0], sys.version_info[1], free, abi))
"""


def run_requested(file, switches, accepted, needed="", root=""):
    # type: (str, Optional[Switches], Sequence[str], str, str) -> None
    """Exec the Python that PEX_PYTHON names, or one on PEX_PYTHON_PATH; return where that is this Python.

    `accepted` and `needed` say which fit, as for `run_fitting`.
    """
    given = switches.taken if switches else os.environ
    asked, python_path = given.get("PEX_PYTHON", ""), given.get("PEX_PYTHON_PATH", "")
    if _CHOSEN in given or not asked and not python_path:
        return
    here = os.path.realpath(sys.executable or "")
    if not asked:
        there = [os.path.realpath(path) for path in _on_path(_names(accepted), python_path)]
        path = here if here in there else _find(accepted, python_path, root or cache_root(None)) or ""
        if not path:
            _fail(
                "%s needs %s; PEX_PYTHON_PATH=%s has none" % (os.path.basename(file), needed, python_path),
                "have it name the directories of Pythons, or Pythons themselves, with a %s between them"
                % ("semicolon" if os.pathsep == ";" else "colon"),
            )
    elif os.path.dirname(asked):
        path = os.path.expanduser(asked)
    else:
        own = (asked, asked + _PROGRAM)
        named = [path for path in _on_path([asked], python_path) if os.path.basename(path) in own]
        path = named[0] if named else ""  # never in the current directory
    if not os.path.isfile(path) or not os.access(path, os.X_OK):
        where = " on PEX_PYTHON_PATH" if python_path and not os.path.dirname(asked) else ""
        _fail("PEX_PYTHON=%s is no program here%s" % (asked, where), "give its full path, or unset PEX_PYTHON")
    if os.path.realpath(path) == here:
        return
    _start_over(path, file, switches)


def run_another(file, accepted, needed, switches, root="", platform=""):
    # type: (str, Sequence[str], str, Optional[Switches], str, str) -> None
    """Exec a Python from PATH whose tag is `accepted`, and say so; return where there is none.

    `needed` describes the Pythons that the file runs on. The Python that is found is remembered under the cache
    root `root`. `platform` describes this machine, where the machine is what does not fit.
    """
    run_requested(file, switches, accepted, needed, root)
    given = switches.taken if switches else os.environ
    requested = given.get("PEX_PYTHON")
    if not requested and _CHOSEN not in given:
        path = _find(accepted, given.get("PEX_PYTHON_PATH", ""), root or cache_root(None))
        if path:
            instead = "; this is %s, so %s runs it" % (_this() + platform, path)
            room = max(40, _LINE - len("pexlite: ") - len(instead))
            sys.stderr.write(
                "pexlite: %s%s\n" % (_fitted("%s needs %s", os.path.basename(file), needed, room), instead)
            )
            sys.stderr.flush()
            _start_over(path, file, switches)


def run_fitting(file, accepted, needed, switches, root="", platform=""):
    # type: (str, Sequence[str], str, Optional[Switches], str, str) -> NoReturn
    """Exec a Python as `run_another` does; exit with an error where there is none."""
    run_another(file, accepted, needed, switches, root, platform)
    given = switches.taken if switches else os.environ
    requested = given.get("PEX_PYTHON")
    here = "; %s is %s" % ("PEX_PYTHON" if requested else "this", _this() + platform)
    _fail(
        _fitted("%s needs %s", os.path.basename(file), needed, _LINE - len("error: ") - len(here)) + here,
        "start it with one that fits, or build for this one with --python"
        if _CHOSEN in given
        else "%sinstall one that fits, name it with PEX_PYTHON=/path/to/python, or build for this one with "
        "--python" % ("" if requested else "PATH has no other: "),
    )


def is_asked_for(switches):  # type: (Optional[Switches]) -> bool
    """Whether this Python was asked for, or was chosen by another one."""
    given = switches.taken if switches else os.environ
    return any([given.get(name) for name in (_CHOSEN, "PEX_PYTHON", "PEX_PYTHON_PATH")])


def hand_over(file):  # type: (str) -> NoReturn
    """Exec the launcher at the beginning of the file, which starts the Python that the file brings."""
    with open(file, "rb") as opened:
        is_script = opened.read(2) == b"#!"
    os.environ[_CHOSEN] = "own"
    try:
        if is_script:
            os.execv("/bin/sh", ["sh", file] + sys.argv[1:])
        os.execv(file, [file] + sys.argv[1:])
    except OSError as failure:
        _fail(
            "%s brings a Python, which cannot be started: %s" % (os.path.basename(file), failure.strerror),
            "chmod +x %s, or name a Python of this machine with PEX_PYTHON=/path/to/python" % file,
        )


def _find(accepted, python_path, root):  # type: (Sequence[str], str, str) -> Optional[str]
    """The path of a Python whose tag is `accepted`, or None. CPython comes before PyPy, newer before older."""
    if not accepted:
        return None
    question = list(accepted) + [python_path, os.environ.get("PATH", "")]
    memory = _Memory(root, "|".join(question))
    known = memory.recall()
    if known:
        return known
    for path in _on_path(_names(accepted), python_path):
        if _may_be(path, accepted) and are_of(accepted, _tag(path)):
            memory.keep(path)
            return path
    return None


def _names(accepted):  # type: (Sequence[str]) -> list[str]
    """The names of programs that may be a Python whose tag is `accepted`, in the order they are looked for."""
    return list(programs(accepted)) + ["python3", "pypy3", "python"]


def _on_path(names, python_path):  # type: (Sequence[str], str) -> Iterator[str]
    """The programs with one of `names` on `python_path` (directories or programs); where that is empty, on PATH.

    Only absolute paths count: a stranger may own the current directory.
    """
    path = python_path or os.environ.get("PATH", "")
    places = [place for place in path.split(os.pathsep) if os.path.isabs(place)]
    seen = set()
    for name in names:
        for place in places:
            path = place if os.path.isfile(place) else os.path.join(place, name + _PROGRAM)
            if path not in seen and os.path.isfile(path) and os.access(path, os.X_OK):
                seen.add(path)
                yield os.path.abspath(path)


def _may_be(path, accepted):  # type: (str, Sequence[str]) -> bool
    """Whether the program at `path` may be accepted, judged by the version in its name once links are followed."""
    found = re.match(r"(python|pypy)(\d)\.(\d+)(t?)(?:\.exe)?$", os.path.basename(os.path.realpath(path)))
    if not found:
        return True
    program, major, minor, free = found.groups()
    return are_of(without_abi(accepted), {"python": "cp", "pypy": "pp"}[program] + major + minor + free)


def _tag(path):  # type: (str) -> str
    """The tag of the Python at `path`, as "cp311", a PyPy's with its ABI; "" where it does not run."""
    try:
        process = subprocess.Popen(
            [path, "-I", "-S", "-c", _TELL],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        timer = threading.Timer(_PATIENCE, process.kill)
        timer.start()
        try:
            output = process.communicate()[0]
        finally:
            timer.cancel()
    except OSError:
        return ""
    return output.decode("ascii", "replace").strip() if process.returncode == 0 else ""


class _Memory:
    """The Python found for each question, valid until that program changes. Losing it costs only a search."""

    # As it is kept: 85f1dc2d 6895456 1700000000 /usr/bin/python3.11

    def __init__(self, root, question):  # type: (str, str) -> None
        self.root = root
        self.layout = root + "/" + LAYOUT
        self.path = self.layout + "/pythons"
        from zlib import crc32

        self.key = "%08x" % (crc32(repr(question).encode("utf-8")) & 0xFFFFFFFF)

    def recall(self):  # type: () -> Optional[str]
        for line in self._lines():
            fields = line.split(" ", 3)
            if fields[0] == self.key and len(fields) == 4 and line == self._line(fields[3]):
                return fields[3]
        return None

    def keep(self, path):  # type: (str) -> None
        lines = [line for line in self._lines() if not line.startswith(self.key)][1 - _REMEMBERED :]
        temporary = "%s-%d" % (self.path, os.getpid())
        try:
            for directory in (self.root, self.layout):
                if not os.path.isdir(directory):
                    os.mkdir(directory, 0o755)
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
            with os.fdopen(handle, "wb") as file:
                file.write("\n".join(lines + [self._line(path), ""]).encode("utf-8"))
            getattr(os, "replace", os.rename)(temporary, self.path)
        except (OSError, IOError, ValueError):
            pass  # a cache that is only read, or a name that is no text

    def _lines(self):  # type: () -> list[str]
        """The remembered lines; [] where another account could have written them."""
        try:
            for path in (self.root, self.layout, self.path):
                if not is_own(os.stat(path)):
                    return []
            with open(self.path, "rb") as file:
                return str(file.read().decode("utf-8")).splitlines()
        except (OSError, IOError, ValueError):
            return []

    def _line(self, path):  # type: (str) -> str
        try:
            found = os.stat(path)
        except OSError:
            return ""
        return "%s %d %d %s" % (self.key, found.st_size, found.st_mtime, path)


def _this():  # type: () -> str
    name = getattr(getattr(sys, "implementation", None), "name", "cpython")
    free = "t" if "t" in getattr(sys, "abiflags", "") else ""  # as in what the file needs: 3.13t
    name = {"cpython": "CPython", "pypy": "PyPy"}.get(name, name)
    return "%s %d.%d%s" % ((name,) + sys.version_info[:2] + (free,))


def _fitted(words, name, needed, length):  # type: (str, str, str, int) -> str
    """`words` about the file `name` in at most `length` characters; long names and needs are cut to fit."""
    room = length - len(words % ("", ""))
    if len(name) + len(needed) > room and len(name) > 12:
        # Whoever started the file knows its name, and not which C library or processor it is for.
        name = name[: max(9, room - len(needed) - 3)] + "..."
    if len(name) + len(needed) > room:
        needed = needed[: max(8, room - len(name) - 3)] + "..."
    return words % (name, needed)


def _start_over(path, file, switches):  # type: (str, str, Optional[Switches]) -> NoReturn
    if switches:
        switches.say("starting over with %s" % path)
        switches.give_back()
    os.environ[_CHOSEN] = "1"
    try:
        if os.name == "nt":
            from .app.windows import run_instead

            run_instead([path] + sys.argv)
        os.execv(path, [path] + sys.argv)
    except OSError as failure:
        _fail("%s cannot be started: %s" % (path, failure.strerror), "name another by PEX_PYTHON=/path/to/python")


def _fail(message, hint):  # type: (str, str) -> NoReturn
    sys.stderr.write("error: %s\nhint: %s\n" % (message, hint))
    sys.stderr.flush()
    sys.exit(1)
