"""Both caches are described, pruned and cleared."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pexlite.analysis.own_grammar import own_grammar
from pexlite.cli.main import run
from pexlite.model import LaunchOptions
from pexlite.store.store import Tools, open_store
from pexlite.tools import caches as both
from pexlite.tools import runtime_tools
from tests import needs
from tests.bundles import bundle_file, function

DAY = 86400


@pytest.fixture
def file(tmp_path: Path, wheels: list[Path]) -> Path:
    """A file like no other: what starts the same one in another cache is in doubt taken for a user of this."""
    launch = LaunchOptions(inject_env=(("PLACE", str(tmp_path)),))
    return bundle_file(tmp_path / "app.pex", wheels, function("app", "main"), launch=launch)


@pytest.fixture
def sight() -> None:
    """Processes can be looked into, so that apps are known not to be in use."""
    needs.sight_of_processes()


@pytest.fixture
def filled(caches: Path, file: Path, wheels: list[Path]) -> Path:
    """A store of two wheels, one of them from long ago, and one unpacked app."""
    store = open_store()
    old, _ = (store.add(wheel, wheel.name) for wheel in wheels)
    store.remember_built("0" * 64, old)
    store.note_tools("0" * 64, Tools(("hatchling",), "digest"))
    own_grammar(old, store)
    (store.root / "mine").write_text("not pexlite's")
    runtime_tools.unpack(file)
    for path in (
        *old.path.parent.iterdir(),
        *(store.root / "built").iterdir(),
        *(store.root / "imports").iterdir(),
    ):
        os.utime(path, (time.time() - 100 * DAY,) * 2)
    return caches


def test_both_are_told(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cache", "info"]) == 0
    builds, built_files, app = capsys.readouterr().out.splitlines()
    assert builds.startswith(f"builds       {filled}/store  2 wheels, ")
    assert built_files.startswith(f"built files  {filled / 'root' / 'lite-2'}  1 app, 2 wheels, ")
    assert app.split()[0] == "app.pex" and app.endswith("used today")
    assert run(["cache", "info", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    files = [path for path in (filled / "store").rglob("*") if path.is_file()]
    ours = [path for path in files if path.name not in ("mine", "key", "CACHEDIR.TAG")]
    assert told["store"]["size"] == sum(path.stat().st_size for path in ours)
    assert len(told["unpacked"]["apps"]) == 1


def test_what_earlier_versions_unpacked_is_told_and_left_alone(
    filled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = filled / "root" / "lite-1" / "wheels"
    earlier.mkdir(parents=True)
    (earlier / "x").write_bytes(b"x" * 1500)
    assert run(["cache", "info"]) == 0
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("earlier")]
    assert line.startswith(f"earlier      {earlier.parent}  1.5 kB; ")
    assert run(["cache", "info", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unpacked"]["earlier"] == 1500
    assert run(["cache", "clear"]) == 0
    assert (earlier / "x").exists()


def test_the_store_says_where_it_is(caches: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cache", "dir"]) == 0
    assert capsys.readouterr().out == f"{caches / 'store'}\n"
    assert not (caches / "store").exists()


@pytest.mark.usefixtures("sight")
def test_what_is_old_goes_from_both(
    filled: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before, version = both.store_content().size, "".join(map(str, sys.version_info[:2]))
    assert run(["cache", "prune", "--json"]) == 0
    removed = json.loads(capsys.readouterr().out)
    assert removed == {
        "stored_wheels": 1,
        "apps": 0,
        "unpacked_wheels": 0,
        "size": before - both.store_content().size,
        "kept": [{"name": "app.pex", "python": f"cp{version}", "why": "used today"}],
        "stored_wheels_kept": 1,
    }
    assert not list((filled / "store" / "built").rglob("*"))
    (ready,) = (filled / "root").glob("lite-2/apps/*/READY")
    os.utime(ready, (time.time() - 200 * DAY,) * 2)
    monkeypatch.setenv("PEX_KEEP_DAYS", "0")
    assert run(["cache", "prune"]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert ready.exists() and "0 unpacked apps" in lines[0]
    assert lines[1:] == [
        f"kept app.pex (cp{version}): PEX_KEEP_DAYS=0 keeps everything",
        "kept 1 wheel of builds: used in the last 90 days",
    ]
    os.utime(ready, (time.time() - 3 * DAY,) * 2)
    assert run(["cache", "prune", "--days", "2"]) == 0
    told = capsys.readouterr().err
    assert told.startswith("removed 0 wheels of builds, 1 unpacked app, 2 wheels of those: ")


@pytest.mark.usefixtures("sight")
def test_cleared_they_are_empty(filled: Path, wheels: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cache", "clear"]) == 0
    assert capsys.readouterr().err.startswith("removed 2 wheels of builds, 1 unpacked app, 2 wheels of those: ")
    assert (both.store_content().size, both.unpacked().size) == (0, 0)
    left = [path.name for path in (filled / "store").rglob("*") if path.is_file()]
    assert sorted(left) == ["CACHEDIR.TAG", "mine"]
    assert (filled / "store" / "mine").read_text() == "not pexlite's"
    assert open_store().add(wheels[0], wheels[0].name).path.exists()


@pytest.mark.usefixtures("sight")
def test_an_app_that_runs_stays_and_it_is_said_why(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place,) = (filled / "root").glob("lite-2/apps/*-*")
    command = [str(place / "bin" / "python"), "-c", "print('runs', flush=True); input()"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout and process.stdout.readline() == "runs\n"
        assert run(["cache", "clear"]) == 0
        told = capsys.readouterr().err.splitlines()
        assert told[0].startswith("removed 2 wheels of builds, 0 unpacked apps")
        assert re.fullmatch(
            rf"kept app\.pex \(cp\d+\): in use, as far as can be seen, by process {process.pid} \(python.*\)",
            told[1],
        )
        assert len(told) == 2 and place.exists()
    finally:
        process.communicate("\n", timeout=60)


def test_empty_caches_are_no_failure(caches: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("info", "prune", "clear"):
        assert run(["cache", command]) == 0
    assert not (caches / "root").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [([], "missing command"), (["x"], "no command x"), (["prune", "--days", "-1"], "--days")],
)
def test_what_is_not_understood(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cache", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_directory_that_shadows_pexlite_is_not_imported(
    caches: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pexlite").mkdir()
    (tmp_path / "pexlite" / "__init__.py").write_text("raise SystemExit(1)")
    monkeypatch.chdir(tmp_path)
    assert both.unpacked().apps == ()


@pytest.mark.parametrize("command", ["clear", "prune"])
def test_a_directory_that_is_no_store_stays_as_it_is(
    command: str, filled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Path(os.environ["PEXLITE_CACHE_DIR"])
    (store / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n# somebody else's\n")
    before = sorted(store.rglob("*"))
    assert run(["cache", command]) == 2
    assert "is no store of pexlite, and stays as it is" in capsys.readouterr().err
    assert sorted(store.rglob("*")) == before


@pytest.mark.parametrize("command", ["clear", "prune"])
def test_what_is_not_pexlites_stays(command: str, filled: Path) -> None:
    store, elsewhere = filled / "store", filled / "elsewhere"
    elsewhere.mkdir()
    mine = [
        store / "wheels" / "mine.whl",
        store / "wheels" / "ab" / "mine.whl",
        store / "wheels" / "ab" / "ab" / "x",
        store / "built" / "out.txt",
        store / "built" / "data.json",
        store / "bytecode" / "x.zip",
        store / "incoming" / "x",
        elsewhere / ("0" * 64),
        elsewhere / ("0" * 64 + ".json"),
    ]
    for path in mine:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
        os.utime(path, (0, 0))
    (store / "wheels" / "cd").symlink_to(elsewhere)
    (store / "decisions").symlink_to(elsewhere)
    before = both.store_content()
    assert run(["cache", command, *(["--days", "1"] if command == "prune" else [])]) == 0
    assert [path for path in mine if not path.exists()] == []
    assert both.store_content().wheels == {"clear": 0, "prune": before.wheels - 1}[command]


def test_a_directory_that_a_build_was_told_to_use_keeps_what_was_there(
    caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = caches / "project"
    (project / "wheels").mkdir(parents=True)
    (project / "wheels" / "mine.whl").write_text("mine")
    monkeypatch.setenv("PEXLITE_CACHE_DIR", str(project))
    assert run(["cache", "clear"]) == 2
    open_store()
    assert run(["cache", "clear"]) == 0
    assert (project / "wheels" / "mine.whl").read_text() == "mine"
