"""An app's directory as a virtual environment: pyvenv.cfg, its Python, scripts' first lines, our hooks."""

import os
import sys

from ..cache import app, files
from ..system import IS_WINDOWS, rename

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_HOOKS = (
    "_pexlite.pth",
    "_pexlite_site.py",
    "_pexlite_path.py",
    "_pexlite_mark.py",
    "_pexlite_spark.py",
    "_pexlite_namesake.py",
)
_COMING = "_pexlite_early"
_HOLDING = "_pexlite_hold"  # a hook for Windows, where the pruner sees no processes


def own_files(
    written: "Callable[[str], bytes]", inherit_path: str, name: str, waits: bool = False, drives: bool = False
) -> "dict[str, bytes]":
    """The files of an app's directory that come from no wheel, by relative path.

    `written` returns a file of the room's written/ by its name; `name` is the started file's name. `waits` adds
    the hook for processes that begin while files are still coming; an app that `drives` Spark has pyspark.
    """
    site_packages = app.packages() + "/"
    found = {site_packages + hook: written(hook) for hook in _HOOKS}
    hooks, begin, path = [site_packages + hook for hook in _HOOKS[:3]]
    if IS_WINDOWS:
        found[site_packages + _HOLDING + ".py"] = written(_HOLDING + ".py")
        found[hooks] += b"import %s\n" % _HOLDING.encode("ascii")
    if inherit_path != "false":
        found[path] = found[path].replace(b'SEALED = "false"', b'SEALED = "%s"' % inherit_path.encode("ascii"))
        found[begin] = found[begin].replace(b'"__PEXLITE_PATH" in given', b"True")
        found[hooks] = found[hooks].replace(b"'__PEXLITE_PATH' in given", b"True")
    if drives:
        found[hooks] = found[hooks].replace(b"'SPARK_HOME' in given", b"'PEX' in given")
    if waits:
        found[site_packages + _COMING + ".py"] = written(_COMING + ".py")
        line = "import os; '__PEXLITE_EARLY' in os.environ and __import__('%s')\n" % _COMING
        found[hooks] += line.encode("ascii")
    found["pyvenv.cfg"] = configuration(base_python(), app.plain(name)).encode("utf-8", "surrogateescape")
    return found


def put_interpreters(directory: str, in_use: bool = False) -> None:
    """Link the names of the app's Python in bin/ of `directory` to the Python it is based on.

    `in_use`: other processes may work there, so that each link is renamed into place.
    """
    files.make_directories(directory + "/" + app.SCRIPTS)
    base = base_python()
    if IS_WINDOWS:
        from ..windows import interpreters

        return interpreters.put(directory + "/" + app.SCRIPTS, base)
    for name in app.interpreters():
        path = "%s/%s/%s" % (directory, app.SCRIPTS, name)
        if os.path.exists(path):
            continue
        if not in_use and not os.path.lexists(path):
            os.symlink(base, path)
            continue
        temporary = files.beside(path)  # a link may be there that dangles: the base Python has moved
        os.symlink(base, temporary)
        rename(temporary, path)


def console_script(template: bytes, reference: bytes, first_line: bytes) -> bytes:
    """The content of a console script that calls the function `reference` ("module:attribute")."""
    module, _, attribute = reference.partition(b":")
    program = template.replace(b"entry_point_module", module)
    program = program.replace(b"entry_point_head", attribute.partition(b".")[0])
    return first_line + program.replace(b"entry_point_function", attribute)


def rewritten_script(content: bytes, first_line: bytes) -> "bytes | None":
    """A wheel's "#!python…" script with the app's own Python in its first line; None for any other."""
    if content[:8] != b"#!python":
        return None
    return first_line + content.partition(b"\n")[2]


def base_python() -> str:
    """The path of the Python that this one is based on, which is no venv's."""
    if IS_WINDOWS:
        return str(getattr(sys, "_base_executable", None) or sys.base_prefix + "\\python.exe")
    version = "%d.%d" % sys.version_info[:2]
    program = "pypy" if sys.implementation.name == "pypy" else "python"
    here = sys.base_prefix + "/bin/"
    # Looked for in its own prefix, as sys.executable may be a link that goes away, or a shim.
    candidates = [
        here + program + version + getattr(sys, "abiflags", ""),
        getattr(sys, "_base_executable", None) or "",
    ]
    if sys.prefix == sys.base_prefix:
        candidates.append(sys.executable or "")
    candidates.extend([here + program + version, here + program + "3", here + program])
    for path in candidates:
        # Not a venv's program, which has no standard library beside it.
        if path and os.access(path, os.X_OK) and not _in_venv(path):
            return os.path.abspath(path)
    return os.path.realpath(sys.executable)


def _in_venv(path: str) -> bool:
    directory = os.path.dirname(os.path.abspath(path))
    return any([os.path.exists(place + "/pyvenv.cfg") for place in (directory, os.path.dirname(directory))])


def configuration(base: str, prompt: str, with_system: bool = False) -> str:
    """The text of pyvenv.cfg. An app's prompt is its file's name, for people who look into the cache."""
    values = (os.path.dirname(base), "true" if with_system else "false") + sys.version_info[:3]
    text = "home = %s\ninclude-system-site-packages = %s\nversion = %d.%d.%d\n" % values
    return text + ("prompt = %s\n" % prompt if prompt else "")


def first_lines(python: str) -> bytes:
    """The first lines that start a script with `python`, whatever characters its path has."""
    line = os.fsencode(python)
    if IS_WINDOWS:  # for the launcher, whose line ends at a line break
        return b'#!"%s"\n' % line.replace(b"/", b"\\")
    utf8 = line.decode("utf-8", "ignore").encode("utf-8") == line
    if len(line) < 125 and not line.split()[1:] and utf8:
        return b"#!" + line + b"\n"
    # Kernels cut #! lines at spaces and at 127 bytes. sh reads these lines as an exec, Python as a string.
    quoted = "'" + python.replace("'", "'\"'\"'") + "'"
    if not utf8 or b"\\" in line:
        quoted = '"${0%/*}/python"'  # the path itself would make the script unreadable for Python
    text = "#!/bin/sh\n'''exec' %s \"$0\" \"$@\"\n' '''\n" % quoted
    return text.encode("utf-8", "surrogateescape")
