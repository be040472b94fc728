"""docs/from-shiv.md names every option and variable of shiv, and says to type what is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pexlite.archive.runtime_files import ROOM_DIRECTORY
from pexlite.cli.build import BUILD
from tests.docs.tables import page, table
from tests.docs.test_commands import OPTIONS

ROWS = table("from-shiv", "options")
VARIABLES = table("from-shiv", "variables")


def options_in(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--?[A-Za-z][a-z-]*", text))


def test_what_is_the_same_is_here() -> None:
    here = {name for parameter in BUILD.params for name in parameter.opts} | {"-h", "--help", "--version"}
    same = {name for row in ROWS if row[1] == "the same" for name in options_in(row[0])}
    assert same and same <= here


def test_every_option_to_type_exists() -> None:
    named = {name for row in ROWS for name in options_in(row[2])} | options_in(
        " ".join(row[1] for row in VARIABLES)
    )
    of_tools = {"--cache", "--repair"}
    assert named - of_tools - {"--halp"} <= OPTIONS


def test_every_switch_to_set_is_read_by_the_runtime() -> None:
    named = set(re.findall(r"PEX_[A-Z_]+", " ".join(row[1] for row in VARIABLES)))
    source = (ROOM_DIRECTORY / "app" / "switches.py").read_text(encoding="utf-8")
    assert {name for name in named if f'"{name}"' not in source} == set()


@pytest.mark.network
@pytest.mark.journey
def test_shiv_has_these_options_and_variables(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    [version] = re.findall(r"of shiv (\d+\.\d+)\.", page("from-shiv"))
    subprocess.run([python, "-m", "pip", "install", "-q", f"shiv=={version}.*", "setuptools<81"], check=True)

    def told(*words: str) -> str:
        return subprocess.run([python, *words], capture_output=True, text=True, check=True).stdout

    names = options_in(
        "\n".join(re.findall(r"^  (-.*?)(?:  .*)?$", told("-m", "shiv", "--help"), flags=re.MULTILINE))
    )
    assert names - {"--halp"} == {name for row in ROWS for name in options_in(row[0])}
    program = "import inspect, shiv.bootstrap.environment as found; print(inspect.getsource(found))"
    assert set(re.findall(r'"(SHIV_[A-Z_]+)"', told("-c", program))) == {row[0].strip("`") for row in VARIABLES}
