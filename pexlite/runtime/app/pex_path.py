"""PEX_PATH: what other files of pexlite, and directories, add to sys.path behind the bundle."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

_OURS = b"__pexlite__.txt"  # the room's member, named in the directory at a file's end
_TAIL = 1 << 18  # bytes


def added(entries: "list[str]", python_key: str) -> "list[str]":
    """The directories of `entries`, in their order. May exit with an error; what is not there has been noted.

    `python_key` names this Python in a cache (start.python_key).
    """
    return [_directory(os.path.abspath(entry), python_key) for entry in entries if os.path.exists(entry)]


def _directory(entry: str, python_key: str) -> str:
    """The site-packages of a file or a virtual environment, else the directory `entry` itself."""
    inside = "/lib/%s/site-packages" % os.path.basename(os.path.dirname(os.__file__))
    if os.name == "nt":
        inside = "\\Lib\\site-packages"
    if not os.path.isdir(entry):
        return _unpacked(entry, python_key) + inside
    if not os.path.isfile(entry + "/pyvenv.cfg"):
        return entry
    if not os.path.isdir(entry + inside):
        _refuse(entry, "is for another Python")
    return entry + inside


def _unpacked(file: str, python_key: str) -> str:
    """The app's directory of `file` for this Python, made or mended by a start of its own if need be."""
    try:
        with open(file, "rb") as opened:
            opened.seek(max(0, os.stat(file).st_size - _TAIL))
            is_ours = _OURS in opened.read()
    except OSError as failure:
        _refuse(file, "cannot be read (%s)" % failure.strerror)
    if not is_ours:
        _refuse(file, "pexlite has not built")
    # The Python that this process stands on: a virtual environment's would be another for the cache.
    named = "%s/bin/python%d.%d" % ((sys.base_exec_prefix,) + sys.version_info[:2])
    place = _said_by([getattr(sys, "_base_executable", None) or named, "-I", "-S", file, "warm"])
    if not place:
        sys.exit(1)  # the file's own start has said why
    if not place.endswith("-" + python_key):
        _refuse(file, "does not run on this Python")
    return place


def _said_by(command: "list[str]") -> str:
    """The last line of the output of `command`, a tool of a built file; "" where it fails."""
    kept = ("PEX_ROOT", "PEX_KEEP_DAYS")
    variables = {name: value for name, value in os.environ.items() if name[:4] != "PEX_" or name in kept}
    variables["PEX_TOOLS"] = "1"
    if os.name == "nt":
        sys.path.insert(0, os.path.dirname(os.__file__))
        import subprocess

        del sys.path[0]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, env=variables)
        lines = child.communicate()[0].decode("utf-8", "replace").splitlines()
        return lines[-1] if lines and not child.returncode else ""
    reading, writing = os.pipe()
    # Not by `subprocess`: whatever PYTHONPATH names could take the place of what that imports.
    process = os.fork()
    if not process:
        try:
            os.dup2(writing, 1)
            os.execve(command[0], command, variables)
        finally:
            os._exit(127)
    os.close(writing)
    with os.fdopen(reading, "rb") as output:
        lines = os.fsdecode(output.read()).splitlines()
    return lines[-1] if lines and not os.waitpid(process, 0)[1] else ""


def _refuse(entry: str, why: str) -> "NoReturn":
    sys.exit("error: PEX_PATH names %s, which %s\nhint: leave it out, or build it for this Python" % (entry, why))
