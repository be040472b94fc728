"""The pages are enough: what a second implementation has made by them, a file takes for its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs
from tests.bundles import bundle_file, environment, function, run
from tests.docs import second_start
from tests.factories import make_wheel

CODE = "import other, sys\ndef main():\n    print(other.WORDS, sys.prefix)\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    wheels = [
        make_wheel(tmp_path, "app", files={"app.py": CODE}, entry_points={"console_scripts": {"go": "app:main"}}),
        make_wheel(tmp_path, "other", files={"other/__init__.py": "WORDS = 'well'\n", "other/data.txt": "x"}),
    ]
    return bundle_file(tmp_path / "app.pex", wheels, function("app", "main"))


@pytest.mark.parametrize("name", ["root", "a root", "long" * 30])
@pytest.mark.skipif(sys.implementation.name != "cpython", reason="the second implementation is for CPython")
def test_an_app_made_by_the_pages_is_started_and_found_whole(name: str, file: Path, tmp_path: Path) -> None:
    needs.shown_processes()
    root = tmp_path / name
    app = second_start.start(file, root)
    told = run([sys.executable, file], environment(root, PEX_VERBOSE="1"))
    assert told.stdout == f"well {app}\n" and "unpacking" not in told.stderr
    assert subprocess.run([app / "bin" / "go"], capture_output=True, text=True).stdout == f"well {app}\n"
    verified = run([sys.executable, file, "verify", "--cache"], environment(root, PEX_TOOLS="1"))
    assert verified.stdout.splitlines()[1].startswith(f"{app} is whole")
