"""Fixtures for the tools: a built file that runs on the Python that runs the tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.bundles import bundle_file, function
from tests.factories import make_wheel


@pytest.fixture
def wheels(tmp_path: Path) -> list[Path]:
    """A wheel of the builder's own code, and one of somebody else's."""
    place = tmp_path / "dist"
    place.mkdir()
    return [
        make_wheel(place, "app", files={"app.py": "import helper\n\n\ndef main():\n    print(helper.words)\n"}),
        make_wheel(
            place, "helper", "2.5", files={"helper/__init__.py": "words = 'well'\n", "helper.pth": "more\n"}
        ),
    ]


@pytest.fixture
def file(tmp_path: Path, wheels: list[Path]) -> Path:
    return bundle_file(tmp_path / "app.pex", wheels, function("app", "main"), local=wheels[:1])


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of both caches, which are empty."""
    for name in [name for name in os.environ if name.startswith("PEX_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PEX_ROOT", str(tmp_path / "root"))
    monkeypatch.setenv("PEXLITE_CACHE_DIR", str(tmp_path / "store"))
    return tmp_path
