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
    from pexlite.contents.values import FileContents
    from pexlite.model import StoredPython
    from pexlite.tools.info import FileInfo, WheelInfo


_EXAMPLES = (
    ("pexlite info app.pex", "what it starts, where it runs, what is in it"),
    ("pexlite info app.pex --tree", "who brings what, and what keeps it from other Pythons"),
    ("pexlite info app.pex --why click", "the ways from what was asked for to click"),
    ("pexlite info app.pex --why 3.14", "the wheels that have nothing for CPython 3.14"),
)


def info(files: tuple[Path, ...], tree: bool, why: str | None, as_json: bool) -> None:
    """Say what FILE is: what it starts, where it runs, and what is in it.

    Files of pex and shiv are read as far as they say what they are.
    """
    told = [_told(file, tree=tree, why=why, as_json=as_json) for file in files]
    if as_json:
        write(json.dumps(told[0] if len(told) == 1 else told, indent=2))
        return
    for number, lines in enumerate(told):
        say(*([""] if number else []), *lines)


def _told(file: Path, *, tree: bool, why: str | None, as_json: bool) -> Any:
    """The description of one file: for programs, or in lines."""
    from pexlite.contents.foreign_file import maker_of
    from pexlite.contents.read import read_contents
    from pexlite.contents.values import Scope

    foreign = maker_of(file) is not None
    contents = read_contents(file, Scope(files=False)) if foreign or tree or why is not None else None
    if contents is not None and why is not None and not as_json:
        from pexlite.cli.info_graph import why_in_words

        return why_in_words(contents, why)
    if contents is not None and foreign:
        from pexlite.cli.info_foreign import foreign_in_json, foreign_in_words

        described = foreign_in_json(contents) if as_json else foreign_in_words(contents, wheels=not tree)
    else:
        from pexlite.tools.info import file_info

        found = file_info(file)
        described = in_json(found) if as_json else in_words(found, wheels=not tree)
    return _with_graph(described, contents, why, as_json=as_json) if contents and (tree or why) else described


def _with_graph(described: Any, contents: FileContents, why: str | None, *, as_json: bool) -> Any:
    from pexlite.cli.info_graph import graph_in_json, tree_in_words, why_in_words

    if not as_json:
        return [*described, *tree_in_words(contents)]
    asked = {"why": why_in_words(contents, why)} if why is not None else {}
    return {**described, **graph_in_json(contents), **asked}


def in_words(found: FileInfo, *, wheels: bool = True) -> list[str]:
    """The description in lines, the most important facts first; a line for each of its `wheels`, or none."""
    lines = [
        str(found.path),
        f"  starts     {found.entry_point or 'a Python interpreter'}",
        f"  runs on    {found.runs_on}",
        *(f"  python     {_python(own)}" for own in found.own_pythons),
        *([] if found.lazy_imports is None else [f"  imports    {_lazily(found.lazy_imports)}"]),
        f"  asked for  {', '.join(found.requirements) or 'nothing by name'}",
        f"  size       {size_in_words(found.size)}, {_own(found)}",
        f"  sha256     {found.sha256}",
        f"  build id   {found.build_id}",
        *(f"  property   {name} = {value}" for name, value in _properties(found)),
        f"  {count_in_words(len(found.wheels), 'wheel')}",
    ]
    names = max((len(wheel.name) for wheel in found.wheels), default=0)
    versions = max((len(wheel.version) for wheel in found.wheels), default=0)
    lines.extend(f"    {_wheel(wheel, names, versions)}".rstrip() for wheel in found.wheels if wheels)
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


def _lazily(eager: tuple[str, ...]) -> str:
    """The sentence on lazy imports, as in "lazily from CPython 3.15 on, but in app.plugins"."""
    return "lazily from CPython 3.15 on" + (f", but in {', '.join(eager)}" if eager else "")


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
        "lazy_imports": None if found.lazy_imports is None else list(found.lazy_imports),
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
    short_help="what a file is: what it starts, where it runs, what is in it, and why",
    examples=_EXAMPLES,
    sections={
        "Output": (
            click.Argument(["files"], type=click.Path(path_type=Path), nargs=-1, required=True, metavar="FILE..."),
            click.Option(["--tree"], is_flag=True, help="Who brings what, as a tree (default: a list of wheels)."),
            click.Option(
                ["--why"],
                metavar="NAME",
                help="Say who brings this project, or what keeps the file from a Python such as 3.14 (default: "
                "describe the file).",
            ),
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
