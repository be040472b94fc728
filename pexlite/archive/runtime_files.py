"""The sources of the runtime room."""

from __future__ import annotations

import functools
import re
from pathlib import Path

LAYOUT = "lite-2"
"""The directory in a cache's root that this runtime unpacks into, as start.py has it."""
ROOM, COMPILED = "__pexlite__.txt", "__pexlite__.bytecode"
"""The members of a file that hold the room's modules, as start.py has them."""
IMPORTED = "__pex__/__init__.py"
"""The member of a file that `import __pex__` runs."""
BILL = ".sbom/bom.cdx.json"
"""The member of a file that is its bill of materials (`--sbom`), as the runtime's sbom.py has it."""
CHECKED_MAIN = "checked_main.py"
"""The name among the sources of the program that `__main__.pyc` is; it is no member of a file."""
WRITTEN = "written/"
"""Where the room has what goes into an app's directory as it is."""
_QUOTES = '"' * 3
_WITHIN = r"\[(?:[^][]|\[(?:[^][]|\[[^][]*\])*\])*\]"
_TYPE = rf'(?:"[^"]*"|[\w.]+(?:{_WITHIN})?(?: \| None)?)'
_HEAD = re.compile(rf"^( *def \w+\((?:[^()]|\([^()]*\))*\))(?: -> {_TYPE})?:", re.MULTILINE)
_PARAMETER = re.compile(rf"(\w): {_TYPE}(?=[,)\n]| =)")
_VARIABLE = re.compile(rf"^( *[\w.]+): {_TYPE} = ", re.MULTILINE)
_REMARK = re.compile(r"  # .*$", re.MULTILINE)
_ONLY_CHECKED = re.compile(r"^TYPE_CHECKING = False\n|^if TYPE_CHECKING:\n(?:    .*\n|\n)+", re.MULTILINE)
ROOM_DIRECTORY = Path(__file__).parent.parent / "runtime"
"""Where the room's sources are."""


@functools.cache
def room_sources() -> tuple[tuple[str, str], ...]:
    """The path in the room and the text of each of its files, sorted by path; CHECKED_MAIN among them.

    Docstrings, comments and types are for readers of this repository, and a third of the room: a file need not
    carry them. An app's directory has its files as they are.
    """
    paths = [path for pattern in ("*.py", "*.pth", "*.sh") for path in ROOM_DIRECTORY.rglob(pattern)]
    texts = {path.relative_to(ROOM_DIRECTORY).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    texts[CHECKED_MAIN] = Path(__file__).with_name(CHECKED_MAIN).read_text(encoding="utf-8")
    for name, text in texts.items():
        if name.endswith(".py") and not name.startswith(WRITTEN):
            texts[name] = without_words(text)
    return tuple(sorted(texts.items()))


def without_words(text: str) -> str:
    """The module without docstrings, comments and types; each statement stays in its line, for tracebacks.

    As this project writes them: a docstring begins its line with three double quotes, and these begin and end any
    other string of several lines too. A type that the oldest Python could not read is in double quotes.
    """
    lines = []
    inside = ""
    docstring, indentation = 0, -1  # its line, and its column until another statement has come
    for line in text.split("\n"):
        begin = line.lstrip(" ")
        ends = line.count(_QUOTES) % 2 == 1
        if inside:
            lines.append("" if inside == "docstring" else line)
            inside = "" if ends else inside
        elif begin.startswith(_QUOTES):
            docstring, indentation = len(lines), len(line) - len(begin)
            lines.append(" " * indentation + '""')
            inside = "docstring" if ends else ""
        else:
            lines.append("" if begin.startswith("#") else line)
            inside = "string" if ends else ""
            if lines[-1] and indentation == len(line) - len(begin):
                lines[docstring] = ""  # not all that there is of a function or class
            indentation = -1 if lines[-1] else indentation
    return _without_types("\n".join(lines))


def _without_types(text: str) -> str:
    text = _REMARK.sub("", text)
    text = _ONLY_CHECKED.sub(lambda found: "\n" * found[0].count("\n"), text)
    text = _HEAD.sub(lambda found: _PARAMETER.sub(r"\1", found[1]) + ":", text)
    return _VARIABLE.sub(r"\1 = ", text)
