"""README.md is true: its commands work on a fresh machine, and its figures were measured."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests import console, needs
from tests.checkout import REPOSITORY, clean_environment, copy_checkout
from tests.docs.pages import PAGES, block_after
from tests.docs.tables import table
from tests.programs import comparison

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_a_stranger_reads_it_in_a_minute() -> None:
    assert len(README.splitlines()) <= 150


@pytest.mark.network
def test_the_readme_commands_work_in_a_clean_clone(tmp_path: Path) -> None:
    needs.program("git")
    clone = copy_checkout(tmp_path / "pexlite")
    console.assert_as_shown(clone / "README.md", clone, clean_environment(tmp_path))


def test_continuous_integration_types_what_the_readme_says() -> None:
    [command] = re.findall(r"^```sh\n(.*nox)\n```$", README, flags=re.MULTILINE)
    assert command in (REPOSITORY / ".ci" / "run").read_text().splitlines()


def test_the_figures_are_those_that_were_measured() -> None:
    assert comparison.BEGIN in README
    assert comparison.in_readme(README) == README


def test_the_spark_job_is_built_and_submitted_as_its_example_says() -> None:
    lines = block_after("**A PySpark job.**", README)
    page = (REPOSITORY / "examples" / "pyspark" / "README.md").read_text(encoding="utf-8")
    assert len(lines) == 2
    assert set(lines) <= {command.line for command in console.commands(page)}


def test_every_page_is_named_as_one_to_read() -> None:
    more = README.split("## Where to read more", 1)[1]
    named = set(re.findall(r"\]\(pexlite/docs/([a-z-]+)\.md\)", more))
    assert named == {page.stem for page in PAGES}


def test_links_lead_somewhere() -> None:
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", README)]
    assert links and [link for link in links if not (REPOSITORY / link).exists()] == []


def test_what_it_stands_on_is_said_as_on_the_page_of_all_dependencies() -> None:
    section = README.split("## What it stands on", 1)[1].split("\n## ", 1)[0]
    rows = set(re.findall(r"^\| (?!library)([a-z]+) \| (.+) \|$", section, flags=re.MULTILINE))
    everything = {(name.strip("`"), words) for name, words in table("development", "dependencies")}
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert len(rows) == 5 and rows <= everything
    assert {name for name, _ in everything} == {Requirement(line).name for line in project["dependencies"]}
