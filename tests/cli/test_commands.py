"""The word that is meant as a command is found, wherever it stands and however it is misspelt."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexlite.cli.commands import COMMANDS, PEXLITE
from pexlite.cli.main import run
from pexlite.cli.mistaken import _resembled
from pexlite.cli.words_first import WordFirst
from pexlite.model import BuildRequest
from tests.cli.conftest import Pipeline

Output = pytest.CaptureFixture[str]


# -- options before the command ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["-q", "lock"], "lock"),
        (["-o", "x", "lock"], "lock"),
        (["-ox", "lock"], "lock"),
        (["-qo", "lock", "lock"], "lock"),
        (["--output=x", "info"], "info"),
        (["--inject-env", "info", "verify"], "verify"),
        (["--days", "3", "cache", "prune"], "cache"),
        (["--scope", "deps", "venv"], "venv"),
        (["-q", "-v", "--json", "help"], "help"),
        (["--nonsense", "probe"], "probe"),
        (["-q", "click", "lock"], "click"),
        (["-q", "-"], "-"),
        (["-qo", "lock"], None),
        (["-o"], None),
        (["-q", "--json"], None),
        ([], None),
    ],
)
def test_the_first_word_is_found_behind_options_and_their_values(
    arguments: list[str], command: str | None
) -> None:
    assert isinstance(PEXLITE, WordFirst)
    # With the settings of the group: click keeps the help option that it first makes, and its names.
    place = PEXLITE.place_of_word(click.Context(PEXLITE, **PEXLITE.context_settings), arguments)
    assert (None if place is None else arguments[place]) == command


def every_command(group: click.Group) -> Iterator[click.Command]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command
        yield command
        if isinstance(command, click.Group):
            yield from every_command(command)


def test_no_option_has_a_value_in_one_command_and_none_in_another() -> None:
    """So that the first word can be found before the command is known."""
    options = [found for command in every_command(PEXLITE) for found in command.params]
    takes = {
        (name, option.is_flag) for option in options if isinstance(option, click.Option) for name in option.opts
    }
    assert len(takes) == len({name for name, _ in takes})


@pytest.mark.parametrize(
    "arguments",
    [["-q", "lock", "click", "-o", "x"], ["-o", "x", "lock", "click", "-q"], ["-qox", "lock", "click"]],
)
def test_options_before_a_command_are_the_commands(
    arguments: list[str], pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    asked: list[BuildRequest] = []

    def lock(request: BuildRequest, report: object, terms: object) -> None:
        asked.append(request)
        raise KeyboardInterrupt

    monkeypatch.setattr("pexlite.pipeline.lock.lock", lock)
    assert run(arguments) == 130
    assert pipeline.requests == []
    assert [(request.requirements, str(request.output)) for request in asked] == [(("click",), "x")]


@pytest.mark.parametrize("arguments", [["cache", "--json", "info"], ["--json", "cache", "info"]])
def test_commands_of_a_command_are_found_behind_options_too(
    arguments: list[str], bare_machine: None, capsys: Output
) -> None:
    assert run(arguments) == 0
    assert capsys.readouterr().out.startswith("{")


# -- words that are meant as a command -----------------------------------------------------------

MISTAKEN = [
    ("inof app.pex", "pexlite info app.pex", "pexlite build inof app.pex"),
    ("bulid .", "pexlite build .", "pexlite build bulid ."),
    ("-q lokc click", "pexlite lock click", "pexlite build lokc click"),
    ("Info app.pex", "pexlite info app.pex", "pexlite build Info app.pex"),
    ("app.pex info", "pexlite info app.pex", "pexlite build app.pex info"),
    ("click verify", "pexlite verify click", "pexlite build click verify"),
    ("xtract app.pex", "pexlite extract app.pex", "pexlite build xtract app.pex"),
    ("venvv app.pex", "pexlite venv app.pex", "pexlite build venvv app.pex"),
    ("hlep", "pexlite help", "pexlite build hlep"),
    ("version", "pexlite --version", "pexlite build version"),
    ("install rich", "pexlite build rich", "pexlite build install rich"),
    ("install", "pexlite help", "pexlite build install"),
    ("exec job.py", "pexlite build job.py", "pexlite build exec job.py"),
    ("install app.pex", "pexlite build app.pex", "pexlite build install app.pex"),
    ("publish app.pex host", "pexlite help", "pexlite build publish app.pex host"),
    ("show app.pex", "pexlite info app.pex", "pexlite build show app.pex"),
    ("list", "pexlite info", "pexlite build list"),
    ("freeze click", "pexlite lock click", "pexlite build freeze click"),
    ("check app.pex", "pexlite verify app.pex", "pexlite build check app.pex"),
    ("clean", "pexlite cache clear", "pexlite build clean"),
    ("upload app.pex", "pexlite help", "pexlite build upload app.pex"),
    ("debug", "pexlite help", "pexlite build debug"),
    ("uvx ruff", "pexlite help", "pexlite build uvx ruff"),
]


@pytest.mark.parametrize(("line", "meant", "project"), MISTAKEN)
def test_a_word_meant_as_a_command_reaches_no_index(
    line: str, meant: str, project: str, pipeline: Pipeline, capsys: Output
) -> None:
    Path("app.pex").write_text("built")
    assert run(shlex.split(line)) == 2
    assert pipeline.requests == []
    assert re.findall("`(.*?)`", capsys.readouterr().err.splitlines()[-1]) == [meant, project]
    # The second spelling asks for the project, and means it.
    assert run(shlex.split(project)[1:]) == 0
    assert pipeline.requests[0].requirements == tuple(shlex.split(project)[2:])


def test_a_word_that_is_something_here_as_well_has_three_readings(pipeline: Pipeline, capsys: Output) -> None:
    Path("activate").mkdir()
    assert run(["activate"]) == 2
    spellings = re.findall("`(.*?)`", capsys.readouterr().err)
    assert spellings == ["pexlite venv", "pexlite ./activate", "pexlite build 'activate>=0'"]
    assert run(["./activate"]) == run(["build", "activate>=0"]) == 0


@pytest.mark.parametrize(
    "name",
    [
        *(
            "httpie",
            "rich",
            "black",
            "click",
            "flask",
            "fire",
            "pip",
            "ruff",
            "pex",
            "shiv",
            "uv",
            "wheel",
            "mock",
        ),
        *("requests", "clock", "block", "flock", "verified", "infinity", "builder", "caching", "extractor"),
        *("lockfile", "tool", "config", "test", "virtualenv", "env2", "info2", "cache-tools", "lock.py"),
        *("version==1", "build[uv]", "info>=1"),
        "git+https://host.example/run",
    ],
)
def test_other_names_are_projects(name: str, pipeline: Pipeline) -> None:
    Path("lock.py").write_text("")
    assert run([name]) == 0
    assert pipeline.requests[0].requirements == (name,)


def test_passwords_are_not_repeated(pipeline: Pipeline, capsys: Output) -> None:
    url = f"https://someone:{'hid' + 'den'}@host.example/x-1.tar.gz"
    assert run(["inof", url]) == 2
    assert "hidden" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["help", "lokc"], "hint: did you mean `pexlite lock`?"),
        (["help", "cache", "prnue"], "hint: did you mean `pexlite cache prune`?"),
        (["cache", "prnue"], "hint: did you mean `pexlite cache prune`?"),
        (["cache", "--json", "what"], "hint: `pexlite cache --help` lists the commands"),
        (["help", "info", "x"], "hint: pexlite info --help"),
    ],
)
def test_an_unknown_command_is_told_with_the_nearest(arguments: list[str], told: str, capsys: Output) -> None:
    assert run(arguments) == 2
    assert told in capsys.readouterr().err.splitlines()


# -- help ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS), ["cache", "prune"]])
def test_help_shows_what_the_command_says_of_itself(command: list[str], capsys: Output) -> None:
    assert run([*command, "--help"]) == 0
    own = capsys.readouterr().out
    assert run(["help", *command]) == 0
    assert capsys.readouterr().out == own


# -- one slip ------------------------------------------------------------------------------------

_LETTERS = st.sampled_from("abcdefghijklmnopqrstuvwxyz")


@given(st.sampled_from(sorted(COMMANDS)), st.integers(0, 8), _LETTERS)
def test_any_one_slip_is_seen_but_for_another_first_letter(command: str, at: int, letter: str) -> None:
    place = at % len(command)
    before, after = command[:place], command[place:]
    slips = {before + after[1:], before + after[1:2] + after[:1] + after[2:], command + letter}
    if place:
        slips |= {before + letter + after, before + letter + after[1:]}
    for word in slips - set(COMMANDS):
        assert _resembled(word, [command]) == command
    assert _resembled(command, [other for other in COMMANDS if other != command]) is None


@pytest.mark.parametrize(
    "word", ["mock", "block", "guild", "vbuild", "bulidd", "verified", "lo", "", "inf0", "infomation"]
)
def test_what_is_further_off_is_none(word: str) -> None:
    assert _resembled(word, COMMANDS) is None
