"""README.md is true: its commands work on a fresh machine, its words are those of the code."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from pexlite import errors
from pexlite.cli.build import BUILD
from pexlite.cli.commands import COMMANDS, PEXLITE
from tests import console, needs
from tests.checkout import REPOSITORY, clean_environment, copy_checkout
from tests.factories import make_wheel


def every_parameter(name: str) -> list[click.Parameter]:
    """The parameters of a command and of the commands it has."""
    command = PEXLITE.get_command(click.Context(PEXLITE), name)
    assert command is not None
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    return [parameter for found in (command, *inner) for parameter in found.params]


README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
OPTIONS = {
    name
    for command in COMMANDS
    for parameter in every_parameter(command)
    for name in (*parameter.opts, *parameter.secondary_opts)
} | {name for parameter in PEXLITE.params for name in parameter.opts}


@pytest.mark.network
def test_the_readme_commands_work_in_a_clean_clone(tmp_path: Path) -> None:
    needs.program("git")
    clone = copy_checkout(tmp_path / "pexlite")
    console.assert_as_shown(clone / "README.md", clone, clean_environment(tmp_path))


def test_continuous_integration_types_what_the_readme_says() -> None:
    [command] = re.findall(r"^```sh\n(.*nox)\n```$", README, flags=re.MULTILINE)
    assert command in (REPOSITORY / ".ci" / "run").read_text().splitlines()


def shown_commands() -> list[str]:
    lines = re.findall(r"^    (pexlite [^\[\n]*?)(?:  +.*)?$", README, flags=re.MULTILINE)
    return [line for line in lines if not line.startswith("pexlite info FILE")]


@pytest.mark.parametrize("line", shown_commands())
def test_every_command_shown_is_understood(line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    words = [word for word in words if word != "build"]
    BUILD.make_context("pexlite", words)


def test_there_are_commands_to_check() -> None:
    assert len(shown_commands()) >= 5


def test_every_option_named_exists_and_every_option_is_named() -> None:
    use = README.split("## Use", 1)[1].split("## What is in a file", 1)[0]
    named = set(re.findall(r"(?<![\w-])(--?[a-zA-Z][a-z-]*)", use)) - {"--help"}
    assert named <= OPTIONS, named - OPTIONS
    unnamed = [
        param.opts for param in BUILD.params if param.param_type_name == "option" and not named & set(param.opts)
    ]
    assert unnamed == []


def test_every_command_is_listed() -> None:
    assert {name for name in COMMANDS if f"pexlite {name}" in README or f"pexlite [{name}]" in README} == set(
        COMMANDS
    )


def test_the_exit_codes_are_those_of_the_errors() -> None:
    meanings = "usage|resolving|the bundle|writing|not a|the other|a bug"
    said = set(map(int, re.findall(rf"\b(\d+) (?:{meanings})", README)))
    raised = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.PexliteError)
    }
    assert said == raised


def test_the_switches_named_are_those_that_the_runtime_reads() -> None:
    words = set(re.findall(r"\bPEX_[A-Z_]+", README))
    read = "".join(path.read_text() for path in (REPOSITORY / "pexlite" / "runtime").rglob("*.py"))
    assert {word for word in words if f'"{word}"' not in read} == set()


def test_the_python_example_runs(tmp_path: Path, bare_machine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    [example] = re.findall(r"^```python\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "index").mkdir()
    make_wheel(tmp_path / "index", "requests", files={"requests.py": ""})
    (tmp_path / "my_cli.py").write_text("import requests\ndef main(): print('hello')\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    program = f"{example}\nimport my_cli, requests\nassert 'lite-2' in my_cli.__file__, my_cli.__file__\n"
    (tmp_path / "elsewhere").mkdir()
    script = tmp_path / "elsewhere" / "example.py"
    script.write_text(program)
    ran = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert subprocess.run([tmp_path / "my_cli.pex"], capture_output=True, text=True).stdout == "hello\n"
