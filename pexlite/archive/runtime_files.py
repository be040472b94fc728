"""The runtime room as it travels: without what only people read, which would be a third of its bytes."""

from __future__ import annotations

import functools
import re
from pathlib import Path

_ROOM = Path(__file__).parent.parent / "runtime"
_WARM = "warm.py"
_REMARK = re.compile(r"  # [^\"']*$")
# Together they deflate to 1 kB less than sorted by name. Found by trying; any other order is as good but for that.
_DEFLATES_BEST = (
    *("spark", "layout", "launch", "special", "venv", "switches", "tools", "cause", "begin", "repair", "verify"),
    *("prune", "holdings", "whole", "progress", "cold", "roots", "processes", "lock", "unzip", "pool"),
)
_STARTING = (
    *("__init__", "begin", "cold", "layout", "lock", "progress", "prune", "roots", "special", "spark"),
    *("switches", "unzip", "whole"),
)


@functools.cache
def runtime_files() -> tuple[tuple[str, bytes], ...]:
    """Name and content of every module of `pexlite/runtime` that travels as source, always in the same order."""
    modules = sorted(path for path in _ROOM.glob("*.py") if path.name != _WARM)
    modules.sort(key=lambda path: _DEFLATES_BEST.index(path.stem) if path.stem in _DEFLATES_BEST else -1)
    return tuple((path.name, bare(path.read_text(encoding="utf-8")).encode("utf-8")) for path in modules)


def start_modules() -> dict[str, str]:
    """Name and source of each module that an ordinary start runs, "warm", which travels compiled, among them."""
    sources = dict(runtime_files())
    warm = bare((_ROOM / _WARM).read_text(encoding="utf-8"))
    return {"warm": warm, **{name: sources[f"{name}.py"].decode() for name in _STARTING}}


def bare(source: str) -> str:
    """The program `source` without docstrings, empty lines, comments and line ends after an opening bracket or a
    comma, indented by one space a level.

    Goes by how this project lays its code out, since a parser would take longer than all of a build; a test
    parses both and compares them.
    """
    kept: list[str] = []
    in_text = in_docstring = False
    only_docstring = 0
    for line in source.splitlines():
        text = line.strip()
        depth = len(line) - len(line.lstrip(" "))
        if in_text:
            kept.append(line)
            in_text = '"""' not in line
        elif in_docstring:
            in_docstring = not text.endswith('"""')
        elif text.startswith('"""') and (not kept or kept[-1].endswith(":")):
            in_docstring = len(text) < 6 or not text.endswith('"""')
            only_docstring = depth
        elif text and not text.startswith("#"):
            if depth < only_docstring:
                kept.append(_indented(only_docstring, "pass"))
            only_docstring = 0
            text = _REMARK.sub("", text)
            if kept and kept[-1].endswith(("(", "[", "{", ",")):
                kept[-1] += text  # only within brackets does a line end so
            else:
                kept.append(_indented(depth, text))
            in_text = text.count('"""') % 2 == 1
    if only_docstring:
        kept.append(_indented(only_docstring, "pass"))
    return "".join(f"{line}\n" for line in kept)


def _indented(depth: int, text: str) -> str:
    return " " * ((depth + 3) // 4) + text
