"""Built files whose pages are looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bundles import bundle_file, function
from tests.factories import make_wheel

Build = Callable[..., Path]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """A function that builds a file of wheels: `build("app.pex", wheel, …)`."""

    def build_file(name: str, *wheels: Path) -> Path:
        return bundle_file(tmp_path / name, wheels, function("app", "main"), local=wheels[:1])

    return build_file


@pytest.fixture
def wheels(tmp_path: Path) -> list[Path]:
    """Own code, a project that it requires, and one that only an extra brings."""
    words = "".join(f"{number} words\n" for number in range(1000))
    return [
        make_wheel(tmp_path, "app", files={"app.py": "def main(): ...\n"}, requires=["helper[more]>=2"]),
        make_wheel(
            tmp_path,
            "helper",
            "2.5",
            files={"helper/__init__.py": "x = 1\n", "helper/data/words.txt": words},
            requires=["deep; extra == 'more'", "absent; python_version < '3'"],
            extras=["more"],
            fields=["License-Expression: MIT", "Summary: Helps."],
        ),
        make_wheel(
            tmp_path, "deep", files={"deep.py": "x = 1\n", "words.txt": words}, fields=["License: MIT License"]
        ),
    ]
