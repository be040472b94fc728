"""The header of a script (PEP 723): its dependencies and its Requires-Python."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from pexlite.model import Root
from pexlite.requirements.parsed import Parsed, combined, problem

_START = re.compile(r"# /// (?P<type>[a-zA-Z0-9-]+)\s*")


def read_script(file: Path) -> Parsed:
    """The roots and the Requires-Python of the script's header; empty where it has none.

    # /// script
    # requires-python = ">=3.11"
    # dependencies = ["requests<3", "rich"]
    # ///
    """
    header = _header(file)
    if isinstance(header, Parsed):
        return header
    return combined([_dependencies(file, header), _requires_python(file, header)])


def header_table(file: Path) -> dict[str, Any]:
    """The script's whole header as a table; empty where there is none, or it cannot be read."""
    header = _header(file)
    return {} if isinstance(header, Parsed) else header.table


@dataclass(frozen=True)
class _Header:
    lines: list[str]
    """The lines of the whole script."""
    start: int
    """The number, from 0, of the line that opens the header."""
    table: dict[str, Any]


def _header(file: Path) -> _Header | Parsed:
    """The script's header; where it has none, an empty Parsed or one with a problem."""
    try:
        lines = importlib.util.decode_source(file.read_bytes()).splitlines()
    except (OSError, UnicodeDecodeError, SyntaxError) as error:
        return problem(f"the script {file} cannot be read: {str(error).lower()}")
    found = [
        number for number, line in enumerate(lines) if (m := _START.fullmatch(line)) and m["type"] == "script"
    ]
    if not found:
        return Parsed()
    if len(found) > 1 and _end(lines, found[0]) is not None:
        return problem(
            f"{file.name} line {found[1] + 1}: a second `# /// script` header", "keep one of the two headers"
        )
    start = found[0]
    end = _end(lines, start)
    if end is None:
        return problem(
            f"{file.name} line {start + 1}: the `# /// script` header has no end", "close it with a line `# ///`"
        )
    body = [line[2:] if line.startswith("# ") else line[1:] for line in lines[start + 1 : end]]
    try:
        return _Header(lines, start, tomllib.loads("\n".join(body)))
    except tomllib.TOMLDecodeError as error:
        return _toml_problem(file, lines, start, error)


def _end(lines: list[str], start: int) -> int | None:
    """The number of the line that closes the header: the last `# ///` of the comment block begun at `start`."""
    closing = None
    for number in range(start + 1, len(lines)):
        if lines[number] != "#" and not lines[number].startswith("# "):
            break
        if lines[number].rstrip() == "# ///":
            closing = number
        elif closing is not None and _START.fullmatch(lines[number]):
            break
    return closing


def _toml_problem(file: Path, lines: list[str], start: int, error: tomllib.TOMLDecodeError) -> Parsed:
    at = re.search(r"\(at line (\d+)", str(error))
    number = start + (int(at[1]) if at else 0)
    reason = re.sub(r" \(at .*\)", "", str(error)).lower()
    return problem(
        f"{file.name} line {number + 1}: {lines[number]!r} is no TOML: {reason}",
        'write it like `# dependencies = ["requests<3"]`',
    )


def _dependencies(file: Path, header: _Header) -> Parsed:
    lines, start = header.lines, header.start
    wanted = header.table.get("dependencies", [])
    if not isinstance(wanted, list) or not all(isinstance(entry, str) for entry in wanted):
        where = _line_of(lines, start, "dependencies")
        return problem(
            f"{file.name} line {where}: dependencies is not a list of strings",
            'write dependencies = ["requests<3"]',
        )
    parts = []
    for entry in wanted:
        where = _line_of(lines, start, entry)
        try:
            root = Root(Requirement(entry), f"{file.name} line {where}", written_in=file)
            parts.append(Parsed(roots=(root,)))
        except InvalidRequirement as error:
            reason = str(error).splitlines()[0]
            parts.append(problem(f"{file.name} line {where}: {entry!r} is no requirement: {reason}"))
    return combined(parts)


def _requires_python(file: Path, header: _Header) -> Parsed:
    lines, start = header.lines, header.start
    wanted = header.table.get("requires-python")
    if wanted is None:
        return Parsed()
    try:
        return Parsed(requires_python=SpecifierSet(wanted))
    except (InvalidSpecifier, AttributeError, TypeError):
        where = _line_of(lines, start, "requires-python")
        return problem(
            f"{file.name} line {where}: {wanted!r} is no version bound", 'write requires-python = ">=3.11"'
        )


def _line_of(lines: list[str], start: int, text: str) -> int:
    """The number, from 1, of the header's first line that contains `text`."""
    for number in range(start + 1, len(lines)):
        if text in lines[number]:
            return number + 1
    return start + 1
