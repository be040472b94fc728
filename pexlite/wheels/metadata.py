"""The texts inside a wheel: METADATA by `packaging.metadata`, WHEEL and entry_points.txt, parsed.

The parsers are tolerant where installers are (unknown fields, any Metadata-Version) and strict where a wrong guess
would show only when the file runs (a Requires-Dist that cannot be parsed).
"""

from __future__ import annotations

import configparser
import functools
import re
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, parse_tag


class UnreadableError(ValueError):
    """A text in a wheel cannot be parsed; the message names the line."""


@dataclass(frozen=True)
class Metadata:
    """The fields of METADATA that later stages need."""

    name: str
    version: str
    requires_dist: tuple[str, ...] = ()
    requires_python: str | None = None
    provides_extra: tuple[str, ...] = ()


def wheel_version(text: str) -> str:
    """The Wheel-Version in the text of WHEEL; "" where it has none."""
    from email.parser import HeaderParser  # only new wheels are read, and this takes 10 ms

    return str(HeaderParser().parsestr(text, headersonly=True).get("Wheel-Version", "")).strip()


def read_tags(text: str) -> tuple[frozenset[Tag], str]:
    """The tags in the text of WHEEL, and the build tag, "" where it has none. Raises UnreadableError without tags.

    Tag: cp311-cp311-manylinux_2_17_x86_64
    Tag: cp311-cp311-manylinux2014_x86_64
    """
    from email.parser import HeaderParser  # as above

    fields = HeaderParser().parsestr(text, headersonly=True)
    tags = [
        tag for value in fields.get_all("Tag", ()) if value.count("-") == 2 for tag in parse_tag(value.strip())
    ]
    if not tags:
        raise UnreadableError("WHEEL has no Tag")
    return frozenset(tags), str(fields.get("Build", "")).strip()


def read_metadata(text: str) -> Metadata:
    """METADATA of any version; unknown fields are ignored.

        Requires-Dist: idna<4,>=2.5
        Requires-Dist: PySocks!=1.5.7,>=1.5.6; extra == "socks"

    Of a field that may be there once and is there twice, the first counts, as for installers.
    Raises UnreadableError naming each Requires-Dist line that is no requirement (PEP 508).
    """
    from packaging.metadata import parse_email  # likewise

    # Cut off first: the parser goes through all of a description, which takes longer than the rest of a wheel.
    fields, others = parse_email(re.split(r"\r?\n\r?\n", text, maxsplit=1)[0])

    def single(name: str, given: str | None) -> str | None:
        return (given or next(iter(others.get(name, ())), "")).strip() or None

    name, version = single("name", fields.get("name")), single("version", fields.get("version"))
    if name is None or version is None:
        raise UnreadableError(f"METADATA has no {'Version' if name else 'Name'}")
    requires = tuple(" ".join(value.split()) for value in fields.get("requires_dist", ()))
    broken = [line for line in requires if not _is_requirement(line)]
    if broken:
        raise UnreadableError("; ".join(f"Requires-Dist: {line} is no requirement" for line in broken))
    return Metadata(
        name=name,
        version=version,
        requires_dist=requires,
        requires_python=single("requires-python", fields.get("requires_python")),
        provides_extra=tuple(extra.strip() for extra in fields.get("provides_extra", ())),
    )


@functools.lru_cache(maxsize=20_000)
def parse_requirement(line: str) -> Requirement:
    """`line` as a Requirement; cached, since wheel after wheel has the same lines."""
    return Requirement(line)


@functools.lru_cache(maxsize=2_000)
def parse_requires_python(text: str | None) -> SpecifierSet | None:
    """`text` as specifiers; None where it is empty or cannot be parsed.

    Old wheels have such values as `>=3.6.*`. Like installers, this reads them as any Python.
    """
    try:
        return SpecifierSet(text) if text else None
    except InvalidSpecifier:
        return None


def read_entry_points(text: str) -> dict[str, dict[str, str]]:
    """entry_points.txt: group to name to object reference.

        [console_scripts]
        normalizer = charset_normalizer.cli:cli_detect

    Names keep their case. Raises UnreadableError where the text cannot be parsed.
    """
    parser = configparser.RawConfigParser(
        delimiters=("=",), strict=False, default_section="", empty_lines_in_values=False
    )
    parser.optionxform = str  # type: ignore[method-assign,assignment]
    try:
        parser.read_string(text)
    except configparser.Error as problem:
        raise UnreadableError("entry_points.txt: " + " ".join(str(problem).split())) from problem
    return {group: dict(parser.items(group)) for group in parser.sections()}


def _is_requirement(line: str) -> bool:
    try:
        parse_requirement(line)
    except InvalidRequirement:
        return False
    return True
