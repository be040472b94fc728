"""Wine, and files built here for Windows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.windows.wine import HOME, Wine, windows_path

Build = Callable[..., Path]
Start = Callable[..., "subprocess.CompletedProcess[str]"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip these tests where no Wine was made for them: `nox -s windows` makes it."""
    if HOME not in os.environ:
        here = Path(__file__).parent
        for item in items:
            if here in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="nox -s windows makes what these need"))


@pytest.fixture(scope="session")
def wine() -> Iterator[Wine]:
    """Wine with the Pythons in it."""
    with Wine(Path(os.environ[HOME])).awake() as awake:
        yield awake


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """A function that builds a file for CPython 3.`minor` on Windows; the same arguments give the same file."""
    built: dict[tuple[str, ...], Path] = {}

    def run(*arguments: str, minor: int = 11, cwd: Path | None = None) -> Path:
        key = (*arguments, str(minor), str(cwd))
        if key not in built:
            output = tmp_path_factory.mktemp("built") / "app.pex"
            target = ("--platform", f"win_amd64-cp-3{minor}-cp3{minor}")
            command = (sys.executable, "-m", "pexlite", "build", *arguments, *target, "-q", "-o", str(output))
            subprocess.run(command, check=True, cwd=cwd)
            built[key] = output
        return built[key]

    return run


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The directory of a cache of this test's own."""
    return tmp_path / "cache"


@pytest.fixture
def start(wine: Wine, root: Path) -> Iterator[Start]:
    """A function that starts a file by CPython 3.`minor` with these arguments and PEX_ variables."""

    def run(
        file: Path, *arguments: str, minor: int = 11, python: str = "", **variables: str
    ) -> subprocess.CompletedProcess[str]:
        own = {"PEX_ROOT": windows_path(root), **variables}
        return wine.run(python or wine.python(minor), windows_path(file), *arguments, variables=own)

    yield run
