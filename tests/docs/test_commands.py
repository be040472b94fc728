"""Commands, options and exit codes that the pages name are those of the command line."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from pexlite import errors
from pexlite.cli.build import BUILD
from pexlite.cli.commands import COMMANDS, PEXLITE
from tests.docs.pages import PAGES, README, text_of
from tests.docs.tables import first_cells, page


def every_parameter(name: str) -> list[click.Parameter]:
    """The parameters of a command and of the commands it has."""
    command = PEXLITE.get_command(click.Context(PEXLITE), name)
    assert command is not None
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    return [parameter for found in (command, *inner) for parameter in found.params]


OPTIONS = {
    name
    for command in COMMANDS
    for parameter in every_parameter(command)
    for name in (*parameter.opts, *parameter.secondary_opts)
} | {name for parameter in PEXLITE.params for name in parameter.opts}


def shown_builds() -> list[str]:
    """Every line of the README and the pages that builds a file and can be copied as it is."""
    texts = [text_of(path) for path in (README, *PAGES)]
    lines = [
        line for text in texts for line in re.findall(r"^    (pexlite [^\[\n]*?)(?:  +.*)?$", text, re.MULTILINE)
    ]
    return [line for line in lines if line.split()[1] not in COMMANDS]


@pytest.mark.parametrize("line", shown_builds())
def test_every_build_shown_is_understood(line: str) -> None:
    BUILD.make_context("pexlite", shlex.split(line, comments=True)[1:])


def test_there_are_builds_to_check() -> None:
    assert len(shown_builds()) >= 5


@pytest.mark.parametrize("name", ["commands", "options"])
def test_every_option_named_exists(name: str) -> None:
    said = "\n".join(line for line in page(name).splitlines() if line[:1] != "|")  # tables are compared whole
    named = set(re.findall(r"(?<![\w.-])(--?[a-zA-Z][a-z-]*)", said))
    assert named - {"--help"} <= OPTIONS, named - OPTIONS


def test_every_command_is_listed() -> None:
    listed = re.findall(r"^    pexlite \[?([a-z]+)", page("commands"), flags=re.MULTILINE)
    assert set(listed) == set(COMMANDS)


def test_the_exit_codes_are_those_of_the_errors() -> None:
    said = {int(cell) for cell in first_cells("commands", "exit codes")}
    raised = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.PexliteError)
    }
    assert said - {0, 130} == raised
