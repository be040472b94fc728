"""Commands in the hints of a push: what a host calls a directory is only a name, to both shells."""

from __future__ import annotations

import shlex

import pytest

from pexlite.ship.destination import Destination
from pexlite.ship.refusals import refusal


@pytest.mark.parametrize(
    "directory",
    ["/srv/app", "with blanks", "x; touch y", "$(id)", "`id`", "it's", "two\nlines", "a&b", "-rf", "*"],
)
def test_a_directory_in_a_hint_stays_one_word(directory: str) -> None:
    error = refusal({"refused": "no directory", "directory": directory}, Destination("web", "app.pex"))
    assert error.hint is not None
    command, host, *there = shlex.split(error.hint.removeprefix("make it: "))
    assert (command, host) == ("ssh", "web")
    # ssh joins its words with blanks, and the shell there takes them apart again.
    assert shlex.split(" ".join(there)) == ["mkdir", "-p", directory]
