"""bash completes click, typer and argcomplete applications under each name of a file of several commands."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests import needs
from tests.checkout import environment_with_pexlite
from tests.factories import write_files

pytestmark = [pytest.mark.network, pytest.mark.journey]

CODE = """
import argparse

import click
import typer


@click.group()
def clicked():
    pass


@clicked.command()
def greet():
    pass


@clicked.command()
def grow():
    pass


typed = typer.Typer()


@typed.command()
def first():
    pass


@typed.command()
def fifth():
    pass


def parsed():
    import argcomplete

    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["alpha", "alps", "beta"])
    argcomplete.autocomplete(parser)
    parser.parse_args()
"""
# As bash calls a completion for "NAME WORD" and the Tab key.
COMPLETED = """
completed() {
    local COMP_WORDS=("$@") COMP_CWORD=1 COMP_LINE="$*" COMP_POINT COMP_TYPE=9 COMP_KEY=9 COMPREPLY=()
    COMP_POINT=${#COMP_LINE}
    local called=$(complete -p "$1")
    called=${called##*-F }
    "${called%% *}" "$1" "$2" "$1"
    echo "${COMPREPLY[@]}"
}
"""
WAYS = {
    "clicked": ("_CLICKED_COMPLETE=bash_source clicked", "gr", "greet grow"),
    "typed": ("_TYPED_COMPLETE=source_bash typed", "fi", "first fifth"),
    "parsed": ("PEX_SCRIPT=register-python-argcomplete ./tools parsed", "al", "alpha alps"),
}


def test_each_link_completes_as_its_command(tmp_path: Path) -> None:
    needs.program("bash")
    write_files(tmp_path, {"apps.py": CODE})
    (tmp_path / "own").mkdir()
    environment = environment_with_pexlite(tmp_path / "own")
    words = ["click", "typer", "argcomplete", *(f"-c{name}=apps:{name}" for name in WAYS), "-q", "-o", "tools"]
    subprocess.run(["pexlite", *words], cwd=tmp_path, env=environment, check=True, timeout=300)
    links = {**environment, "PEX_TOOLS": "1"}
    subprocess.run(["./tools", "links", "bin"], cwd=tmp_path, env=links, check=True, timeout=60)
    environment["PATH"] = f"{tmp_path}/bin:{environment['PATH']}"
    script = COMPLETED + "".join(
        f'eval "$({source})"\ncompleted {name} {word}\n' for name, (source, word, _) in WAYS.items()
    )
    told = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert told.stderr == ""
    assert told.stdout.splitlines() == [found for _, _, found in WAYS.values()]
