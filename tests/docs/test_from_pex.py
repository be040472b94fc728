"""docs/from-pex.md: the tables are those of the code, and what they say to type is understood."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pexlite.archive.runtime_files import ROOM_DIRECTORY
from pexlite.cli.build import BUILD
from pexlite.cli.main import run
from pexlite.cli.pex_options import PEX_OPTIONS, PexOption, Verdict, in_pexlite
from tests.docs.tables import page, table
from tests.docs.test_commands import OPTIONS

HERE = {name for parameter in BUILD.params for name in (*parameter.opts, *parameter.secondary_opts)}
HERE |= {"-h", "--help", "-V", "--version"}
NAMES = [name for option in PEX_OPTIONS for name in option.names]
ROWS = table("from-pex", "switches")
OPTIONS_OF_PEX = """
import json, pex.bin.pex
[parser] = [value for value in vars(pex.bin.pex.configure_clp()).values() if hasattr(value, "_action_groups")]
groups = parser._action_groups
print(json.dumps([name for group in groups for action in group._group_actions for name in action.option_strings]))
"""
VARIABLES_OF_PEX = """
import json, pex.variables
print(json.dumps([name for name in dir(pex.variables.Variables) if name.startswith("PEX")]))
"""


def test_the_table_of_options_is_that_of_the_code() -> None:
    shown = [(row[0].replace("`", ""), row[1], row[2]) for row in table("from-pex", "options")]
    assert shown == [(" ".join(option.names), option.verdict, option.words) for option in PEX_OPTIONS]
    assert len(NAMES) == len(set(NAMES))


def test_what_is_the_same_is_here_and_nothing_else_is() -> None:
    spelt = (Verdict.SAME, Verdict.ANOTHER)
    same = {name for option in PEX_OPTIONS if option.verdict in spelt for name in option.names}
    assert same <= HERE
    assert HERE.isdisjoint(set(NAMES) - same)


@pytest.mark.parametrize("option", PEX_OPTIONS, ids=lambda option: option.names[0])
def test_every_option_that_an_advice_names_exists(option: PexOption) -> None:
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", option.words.partition("pex3 ")[0]))
    assert named <= OPTIONS, named - OPTIONS


@pytest.mark.parametrize(
    ("option", "hint"),
    [
        ("--pylock", "use --lock"),
        ("--seed", "unpack it where it runs"),
        ("-P", "name its directory: pexlite path/to/package"),
        ("--scie", "use --python-from uv: the file carries a Python"),
        ("--scie-icon", "pex has it, pexlite has not: nothing of that kind is decided"),
    ],
)
def test_an_error_about_an_option_of_pex_quotes_the_table(
    option: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["build", "click", option, "x"]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: there is no option {option}\nhint: {hint}")
    assert in_pexlite(option) == error.partition("hint: ")[2].strip()


def test_the_switches_that_are_the_same_are_those_that_the_runtime_reads() -> None:
    source = (ROOM_DIRECTORY / "app" / "switches.py").read_text(encoding="utf-8")
    read = set(re.findall(r'"(PEX_[A-Z_]+)"', source.partition("class Switches")[0])) - {"PEX_CHOSEN_PYTHON"}
    verdicts = {row[0].strip("`"): row[1] for row in ROWS}
    same = {name for name, verdict in verdicts.items() if verdict == Verdict.SAME}
    # PEX is set, and PEX_KEEP_DAYS is pexlite's own.
    assert same - {"PEX"} == read - {"PEX_KEEP_DAYS"}
    assert set(verdicts.values()) == {Verdict.SAME, Verdict.OTHERWISE, Verdict.NOT}
    assert "`PEX_KEEP_DAYS` is pexlite's own" in page("from-pex")


@pytest.mark.network
@pytest.mark.journey
def test_pex_has_these_options_and_variables(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    [version] = re.findall(r"tool of pex (2\.\d+)\.", page("from-pex"))
    subprocess.run([python, "-m", "pip", "install", "-q", f"pex=={version}.*"], check=True)

    def told(program: str) -> set[str]:
        return set(json.loads(subprocess.run([python, "-c", program], capture_output=True, check=True).stdout))

    # One that pex had before.
    assert told(OPTIONS_OF_PEX) == set(NAMES) - {"--venv-bin-path"}
    assert told(VARIABLES_OF_PEX) == {row[0].strip("`") for row in ROWS}
