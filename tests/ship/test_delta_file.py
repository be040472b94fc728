"""Deltas as files: written here, applied by the old file itself on every Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pexlite.cli.main import run
from tests.interpreters import Interpreter, supported
from tests.ship.conftest import Pair

OLDEST_AND_NEWEST = [supported()[0], *supported()[-1:]]


@pytest.fixture(scope="module")
def delta(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("delta") / "to-new.delta"
    assert run(["delta", str(pair.old), str(pair.new), "-o", str(output)]) == 0
    assert output.stat().st_size < 20_000  # of 1.5 MB
    return output


def apply(python: Interpreter, file: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PEX_TOOLS": "1", "PEX_ROOT": str(file.parent / "root")}
    command = [python.path, file, "apply", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("python", OLDEST_AND_NEWEST, ids=lambda python: python.path.parent.parent.name)
def test_the_old_file_becomes_the_new_one(python: Interpreter, delta: Path, pair: Pair, tmp_path: Path) -> None:
    file = Path(shutil.copy2(pair.old, tmp_path / "app.pex"))
    done = apply(python, file, delta)
    assert (done.returncode, done.stdout) == (0, "wrote app.pex\n"), done.stderr
    assert file.read_bytes() == pair.new.read_bytes()
    assert file.stat().st_mode == pair.old.stat().st_mode
    assert [path.name for path in tmp_path.iterdir()] == ["app.pex"]


def test_another_output_leaves_the_old_file(delta: Path, pair: Pair, tmp_path: Path) -> None:
    file = Path(shutil.copy2(pair.old, tmp_path / "app.pex"))
    assert apply(OLDEST_AND_NEWEST[0], file, delta, "-o", tmp_path / "new.pex").returncode == 0
    assert (tmp_path / "new.pex").read_bytes() == pair.new.read_bytes()
    assert file.read_bytes() == pair.old.read_bytes()
    assert apply(OLDEST_AND_NEWEST[0], file, delta, "-o", tmp_path / "new.pex").returncode == 5


def test_a_delta_from_another_file_is_refused(delta: Path, pair: Pair, tmp_path: Path) -> None:
    file = Path(shutil.copy2(pair.new, tmp_path / "app.pex"))
    done = apply(OLDEST_AND_NEWEST[0], file, delta)
    assert done.returncode == 6
    assert "is a delta from another file" in done.stderr
    assert file.read_bytes() == pair.new.read_bytes()


@pytest.mark.parametrize("share", [0.0, 0.005, 0.01, 0.05, 0.2, 0.5, 0.9])
def test_a_damaged_or_cut_delta_changes_nothing(share: float, delta: Path, pair: Pair, tmp_path: Path) -> None:
    file = Path(shutil.copy2(pair.old, tmp_path / "app.pex"))
    content = bytearray(delta.read_bytes())
    place = min(int(len(content) * share), len(content) - 1)
    content[place] ^= 8
    (tmp_path / "flipped").write_bytes(content)
    (tmp_path / "cut").write_bytes(content[:place])
    for name in ("flipped", "cut"):
        done = apply(OLDEST_AND_NEWEST[-1], file, tmp_path / name)
        assert done.returncode == 6, (name, done)
        assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert file.read_bytes() == pair.old.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.pex", "cut", "flipped"]


WRONG: tuple[Any, ...] = (None, [], -1, 1.5, "left out")
HEADERS = [(key, value) for key in ("codec", "script", "old", "new") for value in WRONG]


@pytest.mark.parametrize("change", [*HEADERS, None], ids=str)
def test_a_header_that_no_delta_has_is_refused(change: Any, delta: Path, pair: Pair, tmp_path: Path) -> None:
    file = Path(shutil.copy2(pair.old, tmp_path / "app.pex"))
    magic, header, rest = delta.read_bytes().split(b"\n", 2)
    said = json.loads(header)
    if change is None:
        said = [said]
    elif change[1] == "left out":
        del said[change[0]]
    else:
        said[change[0]] = change[1]
    (tmp_path / "changed").write_bytes(b"\n".join([magic, json.dumps(said).encode(), rest]))
    done = apply(OLDEST_AND_NEWEST[-1], file, tmp_path / "changed")
    assert done.returncode == 6
    assert done.stderr == f"error: {tmp_path}/changed was not written by pexlite delta, or is damaged\n"
    assert file.read_bytes() == pair.old.read_bytes()
