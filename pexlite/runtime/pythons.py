"""Another Python for this file: which one was asked for, which one fits, and the words when none does.

This module also parses and runs under Python 2.7 and 3.5, so that they too can find a Python that fits.
"""

import os
import subprocess
import sys

# Set across the exec into a Python that was chosen here: it is tried once, not for ever. By its name it is one of
# the switches, which no start leaves in the environment.
_CHOSEN = "PEX_CHOSEN_PYTHON"

_TELL = """
import sys
implementation = sys.implementation.name
kind = {"cpython": "cp", "pypy": "pp"}.get(implementation, implementation)
free = "t" if "t" in getattr(sys, "abiflags", "") else ""
print("%s%d%d%s" % (kind, sys.version_info[0], sys.version_info[1], free))
"""


def run_asked(file, switches):
    """Start over with the Python that PEX_PYTHON names, unless it names none or this is the one."""
    given = switches.taken if switches else os.environ
    asked = given.get("PEX_PYTHON")
    if not asked or _CHOSEN in given:
        return
    if os.sep in asked:
        path = os.path.expanduser(asked)
    else:
        path = next(_on_path([asked], ""), None) or asked
    if not os.path.isfile(path) or not os.access(path, os.X_OK):
        _fail("PEX_PYTHON=%s is no program here" % asked, "give its full path, or unset PEX_PYTHON")
    if os.path.realpath(path) == os.path.realpath(sys.executable or ""):
        return
    _start_over(path, file, switches)


def run_fitting(file, accepted, needed, switches):
    """Start over with a Python on PATH whose tag is in `accepted`; if there is none say so and exit.

    `needed` says in words which Pythons the file runs on.
    """
    run_asked(file, switches)
    here = "%s %d.%d" % ((_implementation(),) + tuple(sys.version_info[:2]))
    given = switches.taken if switches else os.environ
    asked = given.get("PEX_PYTHON")
    if not asked and _CHOSEN not in given:
        path = find(accepted, given.get("PEX_PYTHON_PATH", ""))
        if path:
            _start_over(path, file, switches)
    if not accepted:
        here += " on %s %s" % (sys.platform, os.uname()[4])
    _fail(
        "%s needs %s; %s is %s" % (os.path.basename(file), needed, "PEX_PYTHON" if asked else "this", here),
        "%sinstall one that fits, name it with PEX_PYTHON=/path/to/python, or build for this one with --python"
        % ("" if asked else "PATH has no other: "),
    )


def find(accepted, python_path=""):
    """The path of a Python whose tag is in `accepted`, or None: CPython first, newest first, by name."""
    named = []
    for implementation, program in (("cp", "python"), ("pp", "pypy")):
        for tag in reversed(accepted):
            if tag.startswith(implementation):
                named.append("%s%s.%s" % (program, tag[2], tag[3:]))
    for path in _on_path(named + ["python3", "pypy3", "python"], python_path):
        if _tag(path) in accepted:
            return path
    return None


def _on_path(names, python_path):
    """Every program of one of `names` on `python_path` (directories or programs), then on PATH."""
    path = python_path + os.pathsep + os.environ.get("PATH", "")
    places = [place for place in path.split(os.pathsep) if place]
    seen = set()
    for name in names:
        for place in places:
            path = place if os.path.isfile(place) else os.path.join(place, name)
            if path not in seen and os.path.isfile(path) and os.access(path, os.X_OK):
                seen.add(path)
                yield path


def _tag(path):
    """What the Python at `path` calls itself, or "" where it does not run."""
    try:
        process = subprocess.Popen(
            [path, "-I", "-S", "-c", _TELL],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        output = process.communicate()[0]
    except OSError:
        return ""
    return output.decode("ascii", "replace").strip() if process.returncode == 0 else ""


def _implementation():
    name = getattr(getattr(sys, "implementation", None), "name", "cpython")
    return {"cpython": "CPython", "pypy": "PyPy"}.get(name, name)


def _start_over(path, file, switches):
    if switches:
        switches.give_back()
    os.environ[_CHOSEN] = "1"
    os.execv(path, [path] + sys.argv)


def _fail(message, hint):
    sys.stderr.write("error: %s\nhint: %s\n" % (message, hint))
    sys.stderr.flush()
    sys.exit(1)
