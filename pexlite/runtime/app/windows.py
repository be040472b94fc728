"""Starts on Windows: an app is held while it runs, and a process that runs another one in its place waits for it.

The launcher has this module there alone.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NoReturn

# A lock is a range of bytes for who is alone, one byte of it for who shares it: msvcrt locks bytes for one holder.
# They lie behind all that a file holds. A prime number of them, over which process ids spread.
_FIRST, _COUNT = 1 << 20, 1009
_TRIES = 20  # bytes that a holder that shares asks for


def hold(place: str) -> None:
    """Have the pruner see that this process uses the app in `place`, until it ends.

    Raises OSError where the pruner is about to remove the app.
    """
    apps, _, name = place.rpartition(os.sep)
    try:
        path = "%s\\locks\\%s.use" % (os.path.dirname(apps), name)
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)  # closed with the process
    except OSError:
        return  # a cache that is only read: nobody prunes there
    if not attempt(handle, shared=True):
        os.close(handle)
        raise OSError("%s is being removed" % place)


def attempt(handle: int, shared: bool) -> bool:
    """Whether the open file could be locked now. Raises OSError where nothing can be locked."""
    msvcrt: Any = __import__("msvcrt")
    start = os.getpid() // 4
    places = [(start + step * 7) % _COUNT for step in range(_TRIES)] if shared else [0]
    for place in places:
        os.lseek(handle, _FIRST + place, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1 if shared else _COUNT)
            return True
        except OSError as failure:  # Windows says "permission denied" where another has it, Wine any number
            if failure.errno == 22:  # EINVAL: no locks on this drive
                raise
    return False


def standard_path(library: str) -> "list[str]":
    """The entries of sys.path that belong to Python itself: its zip, its DLLs, its library, its own directory."""
    own = set([library])
    for base in (sys.base_prefix, sys.base_exec_prefix):
        packed = "%s\\python%d%d.zip" % ((base,) + sys.version_info[:2])
        own.update([base, base + "\\DLLs", base + "\\Lib", packed])
    return [entry for entry in sys.path if entry in own]


def run_instead(words: "list[str]", variables: "Mapping[str, str] | None" = None) -> "NoReturn":
    """Run `words` in the place of this process, and exit as they do: an exec would not be waited for.

    Ctrl-C reaches both; what it does is for the other process to say.
    """
    import _signal  # type: ignore[import-not-found]

    sys.path.insert(0, os.path.dirname(os.__file__))  # nothing that PYTHONPATH names may be taken for it
    import subprocess

    _signal.signal(_signal.SIGINT, _signal.SIG_IGN)
    code = subprocess.call(words, env=variables)
    # An exit code of 32 bits without a sign, as after Ctrl-C, would be too large for sys.exit.
    sys.exit(code - (1 << 32) if code >> 31 == 1 else code)


# -- scripts, as windows/scripts.py writes them ------------------------------------------------------

_ENDINGS = (".exe", ".cmd", ".py")
_BY_ITSELF = b'@"%~dp0'  # how a batch file begins that has a Python program behind its first line


def script_path(path: str) -> str:
    """The path of a script of this name: with an ending where there is no such file without one."""
    return next((path + ending for ending in ("",) + _ENDINGS if os.path.exists(path + ending)), path)


def names_of_scripts(names: "list[str]") -> "list[str]":
    """The names among `names` by which scripts are called."""
    own = [name for name in names if not name.lower().startswith(("python", "vcruntime"))]
    return [name[:-4] if name.endswith(_ENDINGS[:2]) else name for name in own]


def program_in(path: str, content: bytes) -> bytes:
    """The source of a console script with this `content`; the `content` of any other."""
    if content.startswith(_BY_ITSELF):
        return b"#!python\n" + content.partition(b"\n")[2]
    if path.endswith(".exe") and content[-22:-18] == b"PK\5\6":
        from zipimport import zipimporter

        return b"#!python\n" + zipimporter(path).get_data("__main__.py")
    return content
