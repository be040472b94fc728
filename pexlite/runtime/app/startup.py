"""The bundle's .pth and .start files, run as Python 3.15 and newer do (PEP 829).

The `site` module of these has no public way to run some of a directory's files, and our own are not to run.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def run(site_packages: str, names: "list[str]") -> None:
    """Extend sys.path by all .pth files among `names`, then run their import lines, then the .start files.

    A .start file takes the place of the import lines in the .pth file of its name.
    """
    found = {}
    for name in sorted(names):
        lines = _lines(site_packages + "/" + name)
        if lines is not None:
            found[name] = lines
    imports = []
    for name in found:
        for line in found[name] if name[-4:] == ".pth" else ():
            if line.startswith(("import ", "import\t")):
                if name[:-4] + ".start" not in found:
                    imports.append((site_packages + "/" + name, line))
            else:
                _extend(os.path.abspath(os.path.join(site_packages, line)), name)
    for fullname, line in imports:
        _run_line(line, site_packages, fullname)
    for name in found:
        for line in found[name] if name[-6:] == ".start" else ():
            _call(line, name)


def _lines(path: str) -> "list[str] | None":
    """The lines of the file, without comments; None where it is not there or not in UTF-8."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            lines = [line.strip() for line in file.read().splitlines()]
    except (OSError, UnicodeDecodeError):
        return None
    return [line for line in lines if line and line[0] != "#"]


def _extend(path: str, name: str) -> None:
    if not os.path.exists(path):
        _tell("In %s: %s does not exist; skipping sys.path append" % (name, path))
    elif path not in sys.path:
        sys.path.append(path)


def _run_line(line: str, sitedir: str, fullname: str) -> None:
    """Run a line of the file `fullname`, which may look for these names in the frame that runs it."""
    try:
        exec(line)
    except Exception:
        _tell("Error in import line from %s: %s" % (fullname, line), failed=True)


def _call(entry_point: str, name: str) -> None:
    import pkgutil

    resolve: Any = pkgutil.resolve_name
    try:
        resolve(entry_point, strict=True)()
    except Exception:
        _tell("Error in entry point %s from %s" % (entry_point, name), failed=True)


def _tell(words: str, failed: bool = False) -> None:
    if failed:
        import traceback

        words += "\n" + "".join("  %s\n" % line for line in traceback.format_exc().splitlines())
    print(words, file=sys.stderr)
