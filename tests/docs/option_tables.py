"""The tables of docs/options.md: every option of a build, with the sentence that its help has.

python -m tests.docs.option_tables     write them anew
"""

from __future__ import annotations

import re

import click

from pexlite.cli.build import BUILD
from tests.docs.tables import DOCS

PAGE = DOCS / "options.md"
_TABLE = re.compile(r"(<!-- options: (.*?) -->\n).*?(<!-- end -->\n)", flags=re.DOTALL)


def with_tables(text: str) -> str:
    """The page's `text` with new tables between their marks."""
    return _TABLE.sub(lambda found: f"{found[1]}{_table(found[2])}{found[3]}", text)


def sections(text: str) -> list[str]:
    """The sections of the help that `text` has a table for."""
    return [found[2] for found in _TABLE.finditer(text)]


def _table(section: str) -> str:
    context = click.Context(BUILD)
    records = [parameter.get_help_record(context) for parameter in BUILD.sections[section]]
    rows = [f"| {_code(names)} | {_plain(text)} |" for names, text in filter(None, records) if text]
    return "\n".join(["| option | |", "|---|---|", *rows]) + "\n"


def _code(names: str) -> str:
    return "`" + names.replace("|", r"\|") + "`"


def _plain(text: str) -> str:
    return text.replace("|", r"\|").replace("<", "&lt;").replace("*", r"\*")


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
