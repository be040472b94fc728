"""Help that teaches: every option is one sentence, and says its default."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import click
import pytest

from pexlite.cli.build import BUILD, request_of
from pexlite.cli.info import INFO
from pexlite.cli.lock import LOCK
from pexlite.cli.option_values import PathOrUrl
from pexlite.cli.pex_options import in_pexlite
from pexlite.model import BuildRequest, IndexSettings, LaunchOptions, LockOptions, LockTerms
from pexlite.model.manifest import StartFacts

# Several are understood, so that the error about them can name them.
ONE_ONLY = {"scripts"}
OPTIONS = [
    parameter for parameter in (*BUILD.params, *LOCK.params, *INFO.params) if isinstance(parameter, click.Option)
]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: str(option.opts[-1]))
def test_an_option_is_one_sentence_with_its_default(option: click.Option) -> None:
    help_text = option.help or ""
    assert help_text[0].isupper()
    assert help_text.endswith(").")
    assert "(default: " in help_text
    assert "repeatable" in help_text or not option.multiple or option.name in ONE_ONLY


def test_the_defaults_are_those_of_the_model() -> None:
    given = BUILD.make_context("pexlite", []).params
    assert request_of(given, Path("/")) == BuildRequest(directory=Path("/"))
    locked = request_of(LOCK.make_context("pexlite lock", []).params, Path("/"))
    assert locked == BuildRequest(directory=Path("/"), output=Path("pylock.toml"))


# Options that set no field, and what they are for.
WITHOUT_A_FIELD = {
    "wheels": "directories that come before those of --find-links, in the same field",
    "as_json": "how the command tells",
    "no_progress": "how the command tells",
    "quiet": "how the command tells",
    "verbose": "how the command tells",
    "pushed": "where the file goes afterwards",
}
# Fields that no option of their own sets, and what does.
WITHOUT_AN_OPTION = {
    "directory": "where the command runs",
    "index": "its fields have options",
    "launch": "its fields have options",
    "script": "-c, where it is given once; several are the field `scripts`",
    "only_binary": "PIP_ONLY_BINARY and lines of requirements files",
    "no_binary": "PIP_NO_BINARY and lines of requirements files",
    "require_hashes": "PIP_REQUIRE_HASHES and lines of requirements files",
    "certificate": "PIP_CERT",
    "client_certificate": "PIP_CLIENT_CERT",
    "proxy": "PIP_PROXY",
    "timeout": "PIP_TIMEOUT",
    "retries": "PIP_RETRIES",
    "keyring_provider": "PIP_KEYRING_PROVIDER",
}


def test_every_option_is_a_field_of_the_request_and_every_field_an_option_or_it_is_said_why_not() -> None:
    given = {str(parameter.name) for parameter in BUILD.params}
    known = [field.name for kind in (BuildRequest, IndexSettings, LaunchOptions) for field in fields(kind)]
    own_of_a_lock = {field.name for field in fields(LockTerms)}
    assert len(known) == len(set(known)), "an option sets the field of its name: two kinds have the same"
    assert given - set(known) == set(WITHOUT_A_FIELD)
    assert set(known) - given == set(WITHOUT_AN_OPTION)
    assert own_of_a_lock.isdisjoint(known)
    assert {str(parameter.name) for parameter in LOCK.params} - given == own_of_a_lock


def test_what_both_commands_take_both_functions_take() -> None:
    given = {str(parameter.name) for parameter in LOCK.params} & {field.name for field in fields(BuildRequest)}
    own_of_a_lock = {field.name for field in fields(LockTerms)}
    assert given | {"index", "directory"} | own_of_a_lock == set(LockOptions.__annotations__)


def test_no_option_that_exists_is_said_to_be_missing() -> None:
    names = [name for option in OPTIONS for name in option.opts]
    assert [name for name in names if in_pexlite(name)] == []


def test_an_option_that_names_a_path_is_of_such_a_type_so_that_a_project_can_set_it() -> None:
    named = [option for option in OPTIONS if {"FILE", "DIR", "PATH"} & {*(option.metavar or "").split("|")}]
    wrong = {option.name for option in named if not isinstance(option.type, (click.Path, PathOrUrl))}
    assert wrong == {"pex_root"}, "which is one of the machine that the file starts on"


def test_a_launch_option_knows_the_option_that_sets_it() -> None:
    names = {option.name: option.opts for option in OPTIONS}
    for field in fields(LaunchOptions):
        assert field.metadata["option"] in names[field.name]


def test_every_launch_option_reaches_the_start_but_for_the_header() -> None:
    assert {field.name for field in fields(LaunchOptions)} - set(StartFacts.__annotations__) == {
        "shebang",
        "launcher",
        "lazy_imports",  # whose fact is that there is `not_lazy`
    }


def test_an_option_of_the_start_makes_it_more_than_a_call_unless_it_says_otherwise() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Later(LaunchOptions):
        added: str = ""

    assert Later().are_plain
    assert not Later(added="x").are_plain
    busy = [field.name for field in fields(LaunchOptions) if not field.metadata["plain"]]
    assert busy == ["bin_path", "inject_args", "inject_env", "inject_python_args"]
