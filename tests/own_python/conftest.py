"""Fixtures for files that bring a Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.own_python.files import LIBRARY, SHELLS, TELLING, TOOLS, Launched, launched, packed


@pytest.fixture
def app(tmp_path: Path) -> Launched:
    """A file whose Python tells how it was started."""
    return launched(tmp_path, packed(tmp_path, {"bin/python3.11": TELLING, **LIBRARY}))


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    """Each shell in turn."""
    return str(request.param)


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A directory with the tools that a launcher may use, as all there is on PATH."""
    place = tmp_path / "tools"
    place.mkdir()
    for name in (*TOOLS, "dash", "sh"):
        (place / name).symlink_to(Path("/usr/bin", name).resolve())
    return place
