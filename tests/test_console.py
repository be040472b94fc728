"""The runner of console blocks notices what is wrong."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests import console


@pytest.mark.parametrize(
    ("shown", "printed", "fits"),
    [
        (["one"], "one\n", True),
        (["one"], "one", True),
        (["one"], "two\n", False),
        (["one"], "one\ntwo\n", False),
        (["one", "..."], "one\ntwo\nthree\n", True),
        (["...", "three"], "one\ntwo\nthree\n", True),
        (["...", "three"], "three\n", True),
        (["...", "four"], "one\ntwo\nthree\n", False),
        (["took ... s"], "took 0.4 s\n", True),
        (["took ... s"], "took 0.4\ns\n", False),
        (["a.c"], "abc\n", False),
    ],
)
def test_what_is_printed_is_held_to_what_is_shown(shown: list[str], printed: str, fits: bool) -> None:
    assert console.matches(shown, printed) is fits


def test_commands_share_a_shell_and_a_failing_one_is_wrong(tmp_path: Path) -> None:
    markdown = "text\n\n```console\n$ x=1 \\\n    y=2\n$ echo $x$y\n12\n$ false\n```\n\n```sh\n$ exit 9\n```\n"
    found = console.commands(markdown)
    assert [command.line for command in found] == ["x=1 y=2", "echo $x$y", "false"]
    endings = console.run(found, tmp_path, os.environ)
    assert [ending.is_as_shown for ending in endings] == [True, True, False]


def test_a_command_that_does_not_end_is_named_with_what_it_printed_and_is_ended(tmp_path: Path) -> None:
    slow = "echo begun; echo $$ > pid; sleep 600; true"
    found = console.commands(f"```console\n$ true\n$ {slow}\n$ echo after\n```\n")
    with pytest.raises(AssertionError, match=r"sleep 600; true\nwas not done after 1 s, and had printed\nbegun"):
        console.run(found, tmp_path, os.environ, limit=1)
    group = int((tmp_path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        for _ in range(200):  # until whoever inherits what was killed has seen to it
            os.killpg(group, 0)
            time.sleep(0.05)


def test_a_command_that_ends_the_shell_is_named(tmp_path: Path) -> None:
    found = console.commands("```console\n$ echo before\n$ exit 0\n$ echo after\n```\n")
    with pytest.raises(AssertionError, match=r"exit 0\nwas the end of the shell"):
        console.run(found, tmp_path, os.environ)
