"""The commands that the README and docs/options.md show for copying do what they say, typed as they stand."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests import needs
from tests.bundles import environment as environment_of_files
from tests.checkout import environment_with_pexlite
from tests.docs.pages import README, block_after, text_of
from tests.docs.tables import page

pytestmark = [pytest.mark.journey, pytest.mark.network]

PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "my-package"
version = "1.0"
requires-python = ">=3.8"
dependencies = ["click<8.2"{more}]
[project.scripts]
my-cli = "my_package.cli:main"
"""
CODE = "import {imported}\n\n\ndef {name}():\n    print('well')\n"


TO_COPY = block_after("## More to copy from", page("options"))
FOR_TEAMMATES = block_after("**A tool for teammates.**", text_of(README))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory with what the commands name: a project, its package, a requirements file."""
    directory = tmp_path / "project"
    package = directory / "my_package"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "main.py").write_text(CODE.format(imported="json", name="run"))
    (package / "cli.py").write_text(CODE.format(imported="click", name="main"))
    (directory / "requirements.txt").write_text("click\n")
    (directory / "pyproject.toml").write_text(PROJECT.format(more=""))
    return directory


def typed(line: str, directory: Path, environment: dict[str, str]) -> str:
    """All that the shell prints for `line`, which has to end well."""
    done = subprocess.run(
        [needs.program("bash"), "-c", line],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, f"$ {line}\n{done.stdout}"
    return done.stdout


def environment_for(lines: list[str], directory: Path) -> dict[str, str]:
    """An environment with pexlite, and with the Pythons that `lines` name on PATH."""
    environment = environment_with_pexlite(directory)
    versions = set(re.findall(r"--python 3\.(\d+)", "\n".join(lines)))
    if versions:
        pythons = needs.several_pythons(len(versions), lambda found: f"{found.version[1]}" in versions)
        places = [str(python.path.parent) for python in pythons]
        environment["PATH"] = os.pathsep.join([environment["PATH"].partition(os.pathsep)[0], *places, os.defpath])
    return environment


@pytest.mark.parametrize("line", TO_COPY)
def test_a_command_to_copy_does_what_it_says(line: str, project: Path, tmp_path: Path) -> None:
    environment = environment_for([line], tmp_path)
    if "--exclude pyspark" in line:
        (project / "pyproject.toml").write_text(PROJECT.format(more=', "pyspark"'))
    if "--locked" in line:
        [lock] = [other for other in TO_COPY if other.startswith("pexlite lock ")]
        typed(lock, project, environment)
    said = typed(line, project, environment)
    [output] = re.findall(r" -o (\S+)", line)
    assert f"wrote {output} " in said
    if output.endswith(".toml"):
        assert "click" in (project / output).read_text()
    elif "--platform" not in line:
        tried = typed(f"./{output}", project, environment_of_files(tmp_path / "root", PATH=environment["PATH"]))
        assert tried == "well\n"


def test_there_are_commands_to_copy() -> None:
    assert len(TO_COPY) >= 5


def test_a_tool_for_teammates_is_locked_built_and_looked_into(project: Path, tmp_path: Path) -> None:
    lock, build, look, report = FOR_TEAMMATES
    environment = environment_for(FOR_TEAMMATES, tmp_path)
    typed(lock, project, environment)
    assert "wrote my-cli.pex " in typed(build, project, environment)
    assert "click" in typed(look, project, {**environment, "PEX_ROOT": str(tmp_path / "root")})
    typed(report, project, {**environment, "BROWSER": "true"})  # which shows nothing
    assert "<title>" in (project / "my-cli.html").read_text(encoding="utf-8")
    assert typed("./my-cli.pex", project, environment_of_files(tmp_path / "root")) == "well\n"
