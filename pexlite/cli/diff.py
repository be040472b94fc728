"""`pexlite diff`: what has changed between two built files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pexlite.cli.help import VERBOSE, GroupedCommand
from pexlite.cli.say import say, write
from pexlite.cli.words import count_in_words, size_in_words

if TYPE_CHECKING:
    from pexlite.contents.difference import Difference, FileChange, WheelChange
    from pexlite.contents.values import HeldWheel
    from pexlite.tools.compare import TextChange

_EXAMPLES = (
    ("pexlite diff old.pex new.pex", "wheels that came, went or changed, and settings"),
    ("pexlite diff old.pex new.pex --files --content", "the files in them, and own code line by line"),
)
_DIFFERENT = 1
"""The exit code where they differ, as of diff."""
_BYTES = "byte for byte"


def diff(old: Path, new: Path, files: bool, content: bool, as_json: bool) -> None:
    """Say what has changed from OLD to NEW: wheels, settings, where it runs, and how large it is.

    The exit code is 0 where both do the same, though their bytes may differ, and 1 where they do not. Files of pex
    and shiv are read as far as they say what they are.
    """
    from pexlite.tools.compare import compare, text_changes

    found = compare(old, new)
    texts = text_changes(found) if content else ()
    if as_json:
        write(json.dumps(in_json(found, texts, files=files), indent=2))
    else:
        say(*in_words(found, texts, files=files))
        if content and not texts:
            say("  no own code has changed")
    for sentence in dict.fromkeys((*found.old.unknown, *found.new.unknown)):
        say(f"note: {sentence}", err=True)
    if not found.is_empty:
        click.get_current_context().exit(_DIFFERENT)


def in_words(found: Difference, texts: tuple[TextChange, ...], *, files: bool) -> list[str]:
    """The difference in lines: what both are, then what has changed by kind."""
    old, new = found.old, found.new
    if found.same_bytes:
        return [f"{old.path} and {new.path} are the same, {_BYTES}"]
    lines = [f"{old.path} and {new.path} do the same; they differ in {_ways(found)}" if found.is_empty else ""]
    lines += [] if found.is_empty else [f"{old.path} -> {new.path}"]
    sizes = f"{size_in_words(old.size)} -> {size_in_words(new.size)}"
    lines.append(f"  size  {sizes} ({_grown(old.size, new.size)})")
    lines += [f"  {one.name}  {one.old or 'nothing'} -> {one.new or 'nothing'}" for one in found.settings]
    for kind, changes in found.by_kind.items():
        lines += [f"  {kind}: {count_in_words(len(changes), 'wheel')}"] if changes else []
        for change in changes:
            lines.append(f"    {_wheel(change)}")
            lines += [f"      {_file(one)}" for one in change.files] if files else []
    if found.own_files:
        lines.append(f"  beside the wheels: {count_in_words(len(found.own_files), 'file')}")
        lines += [f"    {_file(one)}" for one in found.own_files]
    lines += list(_text_lines(texts))
    if not found.is_empty and found.only:
        lines.append(f"  and in what a start cannot tell: {_ways(found)}")
    return [line for line in lines if line]


def _ways(found: Difference) -> str:
    return " and ".join(found.only)


def _wheel(change: WheelChange) -> str:
    old, new = change.old, change.new
    if old is None or new is None:
        only = old or new
        assert only is not None
        return f"{only.name} {only.version}  {size_in_words(only.size)}{_where(only)}"
    size = _grown(old.size, new.size)
    if old.version != new.version:
        return f"{old.name} {old.version} -> {new.version}  {size}{_where(new)}"
    names = f"  {old.filename} -> {new.filename}" if old.filename != new.filename else ""
    moved = f"  {old.only_on or 'everywhere'} -> {new.only_on or 'everywhere'}"
    return f"{old.name} {old.version}  {size}{names}{moved if old.only_on != new.only_on else ''}"


def _grown(old: int, new: int) -> str:
    return f"{'+' if new >= old else '-'}{size_in_words(abs(new - old))}"


def _where(wheel: HeldWheel) -> str:
    return f"  only on {wheel.only_on}" if wheel.only_on else ""


def _file(change: FileChange) -> str:
    old, new = change.old, change.new
    if old and new:
        return f"~ {change.path}  {size_in_words(old.size)} -> {size_in_words(new.size)}"
    only = old or new
    assert only is not None
    return f"{'-' if old else '+'} {change.path}  {size_in_words(only.size)}"


def _text_lines(texts: tuple[TextChange, ...]) -> Iterator[str]:
    for text in texts:
        yield ""
        yield from text.lines or (f"{text.path}: {text.problem or 'nothing but its end has changed'}",)


def in_json(found: Difference, texts: tuple[TextChange, ...], *, files: bool) -> dict[str, Any]:
    """The difference for programs."""
    return {
        "old": _side(found, "old"),
        "new": _side(found, "new"),
        "same": found.is_empty,
        "same_bytes": found.same_bytes,
        "only": list(found.only),
        "settings": [{"name": one.name, "old": one.old, "new": one.new} for one in found.settings],
        "wheels": [
            {
                "name": one.name,
                "kind": str(one.kind),
                "old": _wheel_as_json(one.old),
                "new": _wheel_as_json(one.new),
                **({"files": [_file_as_json(file) for file in one.files]} if files else {}),
            }
            for one in found.wheels
        ],
        "own_files": [_file_as_json(one) for one in found.own_files],
        "content": [{"path": one.path, "lines": list(one.lines), "problem": one.problem} for one in texts],
        "unknown": list(dict.fromkeys((*found.old.unknown, *found.new.unknown))),
    }


def _side(found: Difference, name: str) -> dict[str, Any]:
    side = found.old if name == "old" else found.new
    return {"path": str(side.path), "size": side.size, "maker": str(side.maker), "build_id": side.build_id}


def _wheel_as_json(wheel: HeldWheel | None) -> dict[str, Any] | None:
    if wheel is None:
        return None
    return {
        "version": wheel.version,
        "filename": wheel.filename,
        "sha256": wheel.served_sha256 or None,
        "size": wheel.size,
        "only_on": wheel.only_on or None,
    }


def _file_as_json(change: FileChange) -> dict[str, Any]:
    old, new = change.old, change.new
    return {"path": change.path, "old_size": old.size if old else None, "new_size": new.size if new else None}


DIFF = GroupedCommand(
    "diff",
    callback=diff,
    help=diff.__doc__,
    short_help="what has changed between two files",
    examples=_EXAMPLES,
    sections={
        "Output": (
            click.Argument(["old"], type=click.Path(path_type=Path), metavar="OLD"),
            click.Argument(["new"], type=click.Path(path_type=Path), metavar="NEW"),
            click.Option(
                ["--files"], is_flag=True, help="The files in changed wheels too (default: wheels only)."
            ),
            click.Option(
                ["--content"], is_flag=True, help="Own code line by line, too (default: names and sizes only)."
            ),
            click.Option(["--json", "as_json"], is_flag=True, help="As JSON on stdout (default: in words)."),
            VERBOSE,
        ),
    },
)
