"""docs/switches.md has the switches and the tools of a built file."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from pexlite.runtime import tools
from pexlite.runtime.app import switches
from tests.bundles import bundle_file, environment, function, run
from tests.checkout import REPOSITORY
from tests.docs.pages import PAGES, README, text_of
from tests.docs.tables import first_cells, page
from tests.factories import make_wheel

TEXT = page("switches")
# Set by one start for the next one, which another Python makes.
_OWN = {"PEX_CHOSEN_PYTHON"}


def test_the_switches_are_those_that_a_start_reads() -> None:
    assert sorted(first_cells("switches", "switches")) == sorted({*switches.KEPT, *switches.TAKEN} - _OWN)


@pytest.mark.parametrize("path", [README, *PAGES], ids=lambda path: path.stem)
def test_a_page_names_no_switch_that_no_start_reads(path: Path) -> None:
    runtime = REPOSITORY / "pexlite" / "runtime"
    read = "".join(module.read_text(encoding="utf-8") for module in runtime.rglob("*.py"))
    named = set(re.findall(r"\bPEX_[A-Z_]+[A-Z]", text_of(path)))
    assert path.stem == "from-pex" or {name for name in named if f'"{name}"' not in read} == set()


def test_what_children_get_is_said() -> None:
    [said] = re.findall(r"^Child processes get (.*?)\.", TEXT, flags=re.MULTILINE)
    assert set(re.findall("PEX_[A-Z_]+", said)) == set(switches.KEPT)


def test_the_tools_are_those_of_a_file_with_their_options() -> None:
    listed = {}
    for cell in first_cells("switches", "tools"):
        command, _, options = cell.partition(" [")
        words = [word for word in command.split()[2:] if word.islower()]
        listed[" ".join(words)] = set(re.findall("--[a-z-]+", options))
    assert listed == dict(_tools())


def _tools() -> dict[str, set[str]]:
    """Each tool, and its options."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers()
    for tool in tools._COMMANDS:
        tool.add_to(commands)
    found: dict[str, set[str]] = {}
    _collect(commands, (), found)
    return found


def _collect(commands: Any, before: tuple[str, ...], found: dict[str, set[str]]) -> None:
    for name, parser in commands.choices.items():
        inner = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
        for action in inner:
            _collect(action, (*before, name), found)
        if not inner:
            options = {option for action in parser._actions for option in action.option_strings}
            found[" ".join((*before, name))] = {option for option in options if option[:2] == "--"} - {"--help"}


@pytest.mark.parametrize("switch", sorted({*switches.KEPT, *switches.TAKEN} - _OWN - {"PEX_ROOT", "PEX_VERBOSE"}))
def test_a_value_that_means_nothing_ends_a_start_but_for_the_two_that_the_page_names(
    switch: str, tmp_path: Path
) -> None:
    [said] = re.findall(r"^Of two a line on stderr is all: .*?\n\n", TEXT, flags=re.MULTILINE | re.DOTALL)
    wheel = make_wheel(tmp_path, "app", files={"app.py": "def main(): pass"})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"))
    ended = run([sys.executable, file], environment(tmp_path / "root") | {switch: "soon"}, check=False)
    assert (ended.returncode == 0) == (switch in re.findall(r"`(PEX_\w+)`", said)), ended.stderr
    assert switch in ended.stderr or "soon" in ended.stderr
