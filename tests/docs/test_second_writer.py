"""docs/file.md is enough: what a second writer has written by it starts, and every reader finds it whole."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pexlite.archive.reader import read_manifest
from pexlite.archive.runtime_files import CHECKED_MAIN, room_sources
from pexlite.tools.verify import verify_file
from tests.bundles import environment, run
from tests.docs import second_start, second_writer
from tests.factories import make_wheel

CODE = "import other, sys\ndef main():\n    print(other.WORDS, sys.argv[1:])\n    return 3\n"
BOOT = {name: text for name, text in room_sources() if name != CHECKED_MAIN}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    wheels = [
        make_wheel(tmp_path, "app", files={"app.py": CODE}, entry_points={"console_scripts": {"go": "app:main"}}),
        make_wheel(tmp_path, "other", files={"other/__init__.py": "WORDS = 'well'\n", "other/data.txt": "x"}),
    ]
    tag = f"cp{sys.version_info[0]}{sys.version_info[1]}"
    second_writer.write(tmp_path / "second.pex", wheels, ("app", "main"), tag, BOOT)
    return tmp_path / "second.pex"


def test_it_starts_cold_and_warm(file: Path, tmp_path: Path) -> None:
    for _ in range(2):
        done = run([sys.executable, file, "a"], environment(tmp_path / "root"), check=False)
        assert (done.returncode, done.stdout, done.stderr) == (3, "well ['a']\n", "")


def test_every_reader_finds_it_whole(file: Path, tmp_path: Path) -> None:
    assert [wheel.filename[:5] for wheel in read_manifest(file).wheels] == ["app-1", "other"]
    assert verify_file(file).wheels == 2
    told = run([sys.executable, file, "verify"], environment(tmp_path / "root", PEX_TOOLS="1"), check=False)
    assert told.stdout.startswith("second.pex is whole: 2 wheels have their sha256\n"), told.stderr


def test_a_second_start_reads_what_a_second_writer_wrote(file: Path, tmp_path: Path) -> None:
    second_start.start(file, tmp_path / "root")
    done = run([sys.executable, file], environment(tmp_path / "root", PEX_VERBOSE="1"), check=False)
    assert done.stdout == "well []\n" and "unpacking" not in done.stderr
