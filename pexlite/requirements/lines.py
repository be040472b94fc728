"""The lines of files that uv and pip read: one requirement is always one line, whatever it contains.

In such a file a line break begins another requirement, a dash an option, `#` a comment and `${NAME}` a variable of
the environment, whose value would be sent to wherever the line points.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from pexlite.addresses import mask
from pexlite.errors import UsageError
from pexlite.files.names import is_one_line

_FAULTS = (
    (re.compile(r"(?:^|\s)-"), "it would have an option in it"),
    (re.compile(r"(?:^|\s)#"), "what follows the # would be a comment"),
    (re.compile(r"\\$"), "the next line would be a part of it"),
    (re.compile(r"\$\{[A-Z0-9_]+\}"), "a variable of the environment would be filled in"),
)
_HASH = re.compile(r"[a-z0-9]+:[0-9a-f]+")


def requirement_line(requirement: str, hashes: Sequence[str] = ()) -> str:
    """The line for `requirement`, with `hashes` as "sha256:…". Raises UsageError where it is not one line."""
    _check(requirement)
    if not all(map(_HASH.fullmatch, hashes)):
        raise UsageError(f"{mask(requirement)!r} has a hash that is none: {', '.join(hashes)[:200]!r}")
    return " ".join([requirement, *(f"--hash={digest}" for digest in hashes)])


def write_lines(path: Path, lines: Iterable[str]) -> Path:
    """Write `lines`, each made by `requirement_line`, to `path`; return `path`."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def _check(text: str) -> None:
    if not is_one_line(text):
        raise _cannot_be_a_line(text, "it is more than one line")
    for pattern, words in _FAULTS:
        if pattern.search(text):
            raise _cannot_be_a_line(text, words)


def _cannot_be_a_line(text: str, words: str) -> UsageError:
    hint = "write it without that, or leave it out"
    return UsageError(f"{mask(text)!r} cannot be handed on to pip or uv", causes=[words], hint=hint)
