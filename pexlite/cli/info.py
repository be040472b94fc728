"""`pexlite info`: describe a built file, in words or as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pexlite.cli.help import GroupedCommand
from pexlite.cli.say import say, write
from pexlite.cli.words import count_in_words, size_in_words

if TYPE_CHECKING:
    from pexlite.model import StoredPython
    from pexlite.tools.info import FileInfo, WheelInfo


def info(file: Path, as_json: bool) -> None:
    """Say what FILE is: what it starts, where it runs, and what is in it."""
    from pexlite.tools.info import file_info

    found = file_info(file)
    if as_json:
        write(json.dumps(in_json(found), indent=2))
    else:
        say(*in_words(found))


def in_words(found: FileInfo) -> list[str]:
    """The description in lines, the most important facts first."""
    lines = [
        str(found.path),
        f"  starts     {found.entry_point or 'a Python interpreter'}",
        f"  runs on    {found.runs_on}",
        *(f"  python     {_python(own)}" for own in found.own_pythons),
        f"  asked for  {', '.join(found.requirements) or 'nothing by name'}",
        f"  size       {size_in_words(found.size)}, {_own(found)}",
        f"  sha256     {found.sha256}",
        f"  build id   {found.build_id}",
        *(f"  property   {name} = {value}" for name, value in _properties(found)),
        f"  {count_in_words(len(found.wheels), 'wheel')}",
    ]
    names = max((len(wheel.name) for wheel in found.wheels), default=0)
    versions = max((len(wheel.version) for wheel in found.wheels), default=0)
    lines.extend(f"    {_wheel(wheel, names, versions)}".rstrip() for wheel in found.wheels)
    return lines


def _properties(found: FileInfo) -> list[tuple[str, str]]:
    """The builder's own properties, texts as they are and other values as JSON."""
    return [
        (name, value if isinstance(value, str) else json.dumps(value, sort_keys=True))
        for name, value in sorted(found.build_properties.items())
        if name != "pexlite_version"
    ]


def _own(found: FileInfo) -> str:
    bytecode = f" and {size_in_words(found.bytecode_size)} bytecode" if found.bytecode_size else ""
    return f"{size_in_words(found.runtime_size)} of it the runtime{bytecode}"


def _python(own: StoredPython) -> str:
    """An own Python in a line: what it is, where it is from, and under which licence."""
    return (
        f"CPython {own.version} for {own.platform}, {size_in_words(own.size)}, from {own.source} ({own.licence})"
    )


def _wheel(wheel: WheelInfo, names: int, versions: int) -> str:
    size = size_in_words(wheel.size)
    only_on = f"only on {wheel.only_on}" if wheel.only_on else ""
    return f"{wheel.name:{names}}  {wheel.version:{versions}}  {size:>7}  {only_on}"


def in_json(found: FileInfo) -> dict[str, Any]:
    """The description for programs, with whole digests and exact sizes."""
    from pexlite.cli.outcome import own_python_as_json, variant_as_json, wheel_as_json

    return {
        "path": str(found.path),
        "size": found.size,
        "sha256": found.sha256,
        "build_id": found.build_id,
        "entry_point": found.entry_point,
        "runs_on": found.runs_on,
        "requirements": list(found.requirements),
        "build_properties": dict(found.build_properties),
        "runtime_size": found.runtime_size,
        "bytecode_size": found.bytecode_size,
        "own_pythons": [own_python_as_json(own) for own in found.own_pythons],
        "wheels": [wheel_as_json(wheel) for wheel in found.wheels],
        "variants": [variant_as_json(variant) for variant in found.variants],
    }


INFO = GroupedCommand(
    "info",
    callback=info,
    help=info.__doc__,
    short_help="what a file is: what it starts, where it runs, what is in it",
    sections={
        "Output": (
            click.Argument(["file"], type=click.Path(path_type=Path), metavar="FILE"),
            click.Option(["--json", "as_json"], is_flag=True, help="As JSON on stdout (default: in words)."),
            click.Option(
                ["-v", "--verbose"],
                is_flag=True,
                expose_value=False,
                help="Show tracebacks of errors (default: off).",
            ),
        )
    },
)
