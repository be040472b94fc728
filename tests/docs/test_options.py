"""docs/options.md says what the command line says."""

from __future__ import annotations

import re
import tomllib

from pexlite.cli.build import BUILD
from tests.docs import option_tables
from tests.docs.tables import page

TEXT = page("options")


def test_the_tables_are_what_the_help_says() -> None:
    assert option_tables.with_tables(TEXT) == TEXT, "python -m tests.docs.option_tables writes them anew"


def test_there_is_a_table_for_every_section_of_the_help() -> None:
    assert sorted(option_tables.sections(TEXT)) == sorted(BUILD.sections)


def test_defaults_of_a_project_are_shown_by_names_of_options() -> None:
    [example] = re.findall(r"^```toml\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
    [table] = tomllib.loads(example)["tool"].values()
    known = {name.removeprefix("--") for parameter in BUILD.params for name in parameter.opts}
    assert table and set(table) <= known
