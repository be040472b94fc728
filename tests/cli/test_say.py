"""Texts of files, wheels and hosts are shown as text, and one module writes all that the command line says."""

from __future__ import annotations

import ast
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pexlite.cli
from pexlite.cli import failures, outcome
from pexlite.cli.say import say, shown
from pexlite.errors import NotABundle
from tests.checkout import clean_environment

Output = pytest.CaptureFixture[str]
MODULES = sorted(Path(pexlite.cli.__file__).parent.glob("*.py"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("requests 2.34.2", "requests 2.34.2"),
        ("größer als 5 €, 東京", "größer als 5 €, 東京"),
        ("a\ttab and a\xa0hard space", "a\ttab and a\xa0hard space"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x1b[2K\rdone", r"\x1b[2K\rdone"),
        ("two\nlines", r"two\nlines"),
        ("the eighth bit: \x9b31m", r"the eighth bit: \x9b31m"),
        ("rub\x7fout", r"rub\x7fout"),
        ("a line\u2028and a paragraph\u2029", r"a line\u2028and a paragraph\u2029"),
        ("turned \u202e round", r"turned \u202e round"),
        ("half a pair \ud800", r"half a pair \ud800"),
    ],
)
def test_what_is_no_character_to_look_at_is_spelt_out(text: str, words: str) -> None:
    assert shown(text) == words


@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_any_text_is_one_line_that_moves_nothing(text: str) -> None:
    assert [shown(text)] == (shown(text) + "\n").splitlines()
    assert "\x1b" not in shown(text)


def test_each_line_stays_one_line(capsys: Output) -> None:
    say("first", "second\nsigned by the security team")
    assert capsys.readouterr().out.splitlines() == ["first", r"second\nsigned by the security team"]


def test_a_failure_and_its_causes_are_a_line_each(capsys: Output) -> None:
    failure = NotABundle("evil\x1b[31m.pex is bad", causes=["one\ntwo"], hint="run \rthis")
    failures.show(failure, failures.Manner(verbose=False, json=False))
    assert capsys.readouterr().err.splitlines() == [
        r"error: evil\x1b[31m.pex is bad",
        r"  one\ntwo",
        r"hint: run \rthis",
    ]


def test_a_traceback_is_shown_as_text_too(capsys: Output) -> None:
    failures.show(ValueError("\x1b]0;owned\x07"), failures.Manner(verbose=True, json=False))
    assert "\x1b" not in capsys.readouterr().err


def test_a_notice_is_one_line(capsys: Output) -> None:
    outcome.show_notices(["left out: x\nnote: all is well"])
    assert capsys.readouterr().err.splitlines() == [r"note: left out: x\nnote: all is well"]


def test_our_own_labels_are_coloured_on_a_terminal_and_nothing_else(tmp_path: Path) -> None:
    code = "from pexlite.cli.say import say; say('error: \\x1b[32mgreen', '  hint: none', 'hint: this', err=True)"
    reader, writer = pty.openpty()
    environment = {**clean_environment(tmp_path), "TERM": "xterm"}
    subprocess.run([sys.executable, "-c", code], env=environment, stderr=writer, check=True)
    os.close(writer)
    lines = os.read(reader, 4096).decode().splitlines()
    os.close(reader)
    assert lines == [
        "\x1b[31m\x1b[1merror:\x1b[0m " + r"\x1b[32mgreen",
        "  hint: none",
        "\x1b[36m\x1b[1mhint:\x1b[0m this",
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_all_else_of_the_command_line_leaves_writing_to_it(path: Path) -> None:
    writing = {"print", "click.echo", "click.secho", "sys.stdout.write", "sys.stderr.write", "trace.print"}
    found = [
        f"line {node.lineno}: {ast.unparse(node.func)}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {*writing, "traceback.print_exception"}
    ]
    assert path.name == "say.py" or found == []
