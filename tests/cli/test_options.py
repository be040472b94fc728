"""Help that teaches: every option is one sentence, and says its default."""

from __future__ import annotations

import click
import pytest

from pexlite.cli.build import BUILD
from pexlite.cli.info import INFO
from pexlite.cli.lock import LOCK
from pexlite.cli.pex_options import in_pexlite
from pexlite.model import LaunchOptions

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
    launch = LaunchOptions()
    assert given["python_shebang"] == launch.shebang
    assert given["bin_path"] == launch.bin_path
    assert given["inherit_path"] == launch.inherit_path


def test_no_option_that_exists_is_said_to_be_missing() -> None:
    names = [name for option in OPTIONS for name in option.opts]
    assert [name for name in names if in_pexlite(name)] == []
