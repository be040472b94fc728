"""The commands that the examples' READMEs show work, and print what is shown."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests import console, needs
from tests.checkout import REPOSITORY, environment_with_pexlite

EXAMPLES = sorted(path.parent.name for path in (REPOSITORY / "examples").glob("*/README.md"))


def test_every_example_has_a_readme() -> None:
    folders = sorted(path.name for path in (REPOSITORY / "examples").iterdir() if path.is_dir())
    assert folders == EXAMPLES


# Shown on a cluster, in tests/spark and tests/engines.
_NEED_A_CLUSTER = {"pyspark", "ray"}
# Each with the programs that it takes.
_PROGRAMS = {"ship": ("ssh", "ssh-keygen", "sshd")}


@pytest.mark.network
@pytest.mark.parametrize("name", [name for name in EXAMPLES if name not in _NEED_A_CLUSTER])
def test_the_example_does_what_its_readme_shows(name: str, tmp_path: Path) -> None:
    for program in _PROGRAMS.get(name, ()):
        needs.program(program, more="/usr/sbin:/usr/local/sbin")
    directory = tmp_path / name
    shutil.copytree(
        REPOSITORY / "examples" / name, directory, ignore=shutil.ignore_patterns("*.pex", "__pycache__")
    )
    console.assert_as_shown(directory / "README.md", directory, environment_with_pexlite(tmp_path))
