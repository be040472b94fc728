"""Console scripts on Windows: programs of their own, and entry points."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.windows import apps
from tests.windows.conftest import Build, Start


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return apps.write_project(tmp_path_factory.mktemp("project"))


@pytest.fixture
def tool(build: Build, project: Path) -> Path:
    return build(str(project), "-c", "tool", "--bin-path", "prepend")


def test_a_console_script_starts_in_the_files_own_process(tool: Path, start: Start) -> None:
    done = start(tool, "a", "b c")
    assert (done.stdout, done.returncode) == ("tool ['a', 'b c'] app.pex\n", 5)


@pytest.mark.parametrize(
    ("name", "said", "code"),
    [
        ("other-tool", "other ['x']\ntool ['a b', 'c'] tool\n", 5),
        ("tool", "tool ['x'] tool\n", 5),
        ("plain", "plain ['x']\n", 0),
    ],
)
def test_a_script_is_found_by_its_name(name: str, said: str, code: int, tool: Path, start: Start) -> None:
    done = start(tool, "x", PEX_SCRIPT=name)
    assert (done.stdout, done.returncode) == (said, code), done.stderr


def test_a_name_that_no_script_has_is_told_with_those_there_are(tool: Path, start: Start) -> None:
    done = start(tool, PEX_SCRIPT="nosuch")
    assert "it has: other-tool, plain, tool\n" in done.stderr
    assert done.returncode == 1


def test_a_file_for_windows_carries_the_launcher_and_its_licence(tool: Path) -> None:
    with zipfile.ZipFile(tool) as built:
        assert {name for name in built.namelist() if name.startswith(".launchers/")} == {
            ".launchers/win_amd64.exe",
            ".launchers/LICENSE.txt",
        }


def test_a_script_among_the_data_is_an_entry_point(build: Build, project: Path, start: Start) -> None:
    done = start(build(str(project), "-c", "plain"), "x")
    assert (done.stdout, done.returncode) == ("plain ['x']\n", 0), done.stderr
