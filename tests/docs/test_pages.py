"""Every page: links lead somewhere, drawings are drawings, and the files and options that it names exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES
from tests.docs.tables import DOCS, page
from tests.docs.test_commands import OPTIONS

each_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
_STEP = re.compile(
    r"(participant \w+ as [^:;#]+|\w+-?->>\w+: [^;#]+|(alt|else|opt|loop|Note over) [^;#]+|end)", re.ASCII
)
_NODE = r'\w+(\["[^"]+"\])?'
_ARROW = re.compile(rf'{_NODE} (-->|-\. "[^"]+" \.->) {_NODE}')


@each_page
def test_links_lead_to_files(path: Path) -> None:
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8"))]
    assert [link for link in links if link and not (path.parent / link).exists()] == []


@each_page
def test_drawings_are_of_a_kind_that_mermaid_reads(path: Path) -> None:
    for drawing in re.findall(r"```mermaid\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.DOTALL):
        kind, *lines = drawing.splitlines()
        form = {"sequenceDiagram": _STEP, "flowchart TD": _ARROW}[kind]
        assert [line for line in lines if not form.fullmatch(line.strip())] == []
        known = set(re.findall(r"participant (\w+) as", drawing))
        used = set(re.findall(r"^\s+(\w+)-?->>(\w+):", drawing, flags=re.MULTILINE))
        assert {name for pair in used for name in pair} <= known


@each_page
def test_files_of_the_project_that_are_named_exist(path: Path) -> None:
    named = re.findall(r"`(pexlite/[\w/.]+|examples/[\w/]+)`", path.read_text(encoding="utf-8"))
    assert [name for name in named if not (DOCS.parent.parent / name).exists()] == []


# Other pages name options of other tools too, and have tests of their own.
@pytest.mark.parametrize("name", ["cache", "file", "security", "spark", "start", "store"])
def test_options_that_are_named_exist(name: str) -> None:
    of_spark_and_tools = {"--conf", "--files", "--py-files", "--repair", "--cache"}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", page(name))) - of_spark_and_tools <= OPTIONS
