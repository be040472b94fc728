"""A file of pex or shiv, described as far as it says what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pexlite.cli.words import count_in_words, size_in_words

if TYPE_CHECKING:
    from pexlite.contents.values import FileContents


def foreign_in_words(found: FileContents, *, wheels: bool) -> list[str]:
    """The description in lines, with a line for each of its `wheels` or without."""
    names = max((len(wheel.name) for wheel in found.wheels), default=0)
    versions = max((len(wheel.version) for wheel in found.wheels), default=0)
    own = [count_in_words(len(found.own_code), "file")] if found.own_code else []
    return [
        str(found.path),
        f"  made by    {found.maker} {found.maker_version}".rstrip(),
        f"  starts     {found.entry_point or 'a Python interpreter'}",
        *([f"  runs on    {found.runs_on}"] if found.runs_on else []),
        *([f"  asked for  {', '.join(found.requirements)}"] if found.requirements else []),
        f"  size       {size_in_words(found.size)}",
        *(f"  own code   {words} beside the wheels" for words in own),
        *(f"  unknown    {sentence}" for sentence in found.unknown),
        f"  {count_in_words(len(found.wheels), 'wheel')}",
        *(
            f"    {wheel.name:{names}}  {wheel.version:{versions}}  {size_in_words(wheel.size):>7}"
            for wheel in found.wheels
            if wheels
        ),
    ]


def foreign_in_json(found: FileContents) -> dict[str, Any]:
    """The description for programs."""
    return {
        "path": str(found.path),
        "maker": str(found.maker),
        "maker_version": found.maker_version,
        "size": found.size,
        "entry_point": found.entry_point or None,
        "runs_on": found.runs_on or None,
        "requirements": list(found.requirements),
        "unknown": list(found.unknown),
        "wheels": [
            {"name": wheel.name, "version": wheel.version, "filename": wheel.filename, "size": wheel.size}
            for wheel in found.wheels
        ],
    }
