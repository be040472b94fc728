"""Docstrings are understood at one reading: they name a result or say what is done, in short and plain sentences.

Names of results are noun phrases, so a few first words never begin one. A few phrases make a reader stop. And a
sentence of more than forty words is too long to keep in mind.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import pexlite

REPOSITORY = Path(pexlite.__file__).parent.parent
MODULES = sorted(path for place in ("pexlite", "tests", ".ci") for path in (REPOSITORY / place).rglob("*.py"))
MODULES.append(REPOSITORY / "noxfile.py")
RIDDLES = re.compile(
    "Nothing|What|No return|That of |Those |Who(?!le)|How |Which |All that |As |In come"
    "|(?:Has|Does|Finds|Takes|Puts) "
)
STUMBLES = re.compile(
    r"\b(?:asked for|whoever|nobody's|anybody's|is but|are but|in vain|not un\w+)\b", re.IGNORECASE
)
MOST_WORDS = 40


def docstrings(source: str) -> Iterator[tuple[int, str]]:
    """The line and text of each docstring in `source`, also of those below the fields of a class."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield node.lineno, inspect.cleandoc(node.value.value)


def sentences(text: str) -> Iterator[str]:
    """The sentences of a docstring, without its examples, which are indented, and the rows of its tables."""
    prose = "\n".join(line for line in text.split("\n") if not re.match(r"  |\S+( \S+)* {2,}\S", line))
    for paragraph in re.split(r"\n\s*\n|\n(?=- |\d\. )", prose):
        yield from re.split(r"(?<=[.:;?!])\s+", " ".join(paragraph.split()))


def faults(source: str) -> list[str]:
    """A line on each docstring in `source` that has to be read twice."""
    found = []
    for line, text in docstrings(source):
        if RIDDLES.match(text):
            found.append(f"line {line} begins as a riddle: {text}")
        for sentence in sentences(text):
            stumble = STUMBLES.search(sentence)
            if stumble:
                found.append(f"line {line} has {stumble[0]!r}: {sentence}")
            if len(sentence.split()) > MOST_WORDS:
                found.append(f"line {line} has {len(sentence.split())} words in a sentence: {sentence}")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_docstrings_are_understood_at_one_reading(path: Path) -> None:
    assert faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("What is here.", "line 1 begins as a riddle"),
        ("That of `A`.", "line 1 begins as a riddle"),
        ("Nothing; it is done.", "line 1 begins as a riddle"),
        ("How a start ends.", "line 1 begins as a riddle"),
        ("Those of the wheels.", "line 1 begins as a riddle"),
        ("The wheels that were asked for.", "line 1 has 'asked for'"),
        ("The store. Whoever has it may read it.", "line 1 has 'Whoever'"),
        ("Long: " + "word " * 41, "line 1 has 41 words in a sentence"),
    ],
)
def test_a_fault_is_found(text: str, fault: str) -> None:
    [found] = faults(f'"""{text}"""')
    assert found.startswith(fault)


@pytest.mark.parametrize(
    "text",
    [
        "The wheel's sha256.",
        "Write the pointer.",
        "Whether it is there.",
        "A diff.\n\n        + rich asked for by the command line\n\n    Its end.",
        "Long: " + "word " * 40,
    ],
)
def test_plain_words_pass(text: str) -> None:
    assert faults(f'"""{text}"""') == []


def test_faults_are_found_wherever_a_docstring_stands() -> None:
    source = '"""What is here."""\nclass A:\n    """Words."""\n    b: int\n    """That of `A`."""\n'
    source += '    def c(self) -> None:\n        """Nothing; it is done."""\n        """No return."""\n'
    assert [line.split()[1] for line in faults(source)] == ["1", "5", "7", "8"]
