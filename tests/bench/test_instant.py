"""Rows of instant files: ratios by rounds, and a word where a file system cannot be mounted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.programs.bench import instant
from tests.programs.bench.setting import Setting
from tests.programs.bench.targets import in_words
from tests.programs.bench.timing import Contender, figure, paired
from tests.programs.bench.workloads import WORKLOADS


def test_a_ratio_is_the_median_of_the_rounds_however_the_machine_drifts() -> None:
    slower = [1.0, 2.0, 8.0, 3.0, 1.0]
    figures = {
        "pexlite-fast": figure([0.25 * one for one in slower]),
        "shiv": figure(slower),
        "pex": figure([99.0]),
    }
    found = instant.by_rounds(figures, ("pex", "shiv"))
    assert found["pexlite-fast"].median == 0.25 and found["pexlite-fast"].note == "quartiles 0.250 and 0.250"
    assert "pex" not in found and found["shiv"].median == 1
    assert instant.by_rounds(figures, ("zipapp",)) == {}
    assert in_words(0.25, "ratio") == "0.250"


def test_the_files_and_their_homes_are_moved_to_the_file_system(tmp_path: Path) -> None:
    setting = Setting(tmp_path, Path("python3"))
    file = tmp_path / "x"
    file.write_text("#!/bin/sh\necho first $HOME\n")
    file.chmod(0o755)
    one = Contender("pexlite-fast", (str(file), "first"), setting.environment(tmp_path / "state"), "first")
    with instant._place(setting, instant.HERE) as (place, name):
        assert place.is_dir() and name
        moved = instant._moved(one, place)
        assert Path(moved.command[0]).parent == place
        assert all(str(tmp_path / "state") not in value for value in moved.environment.values())
        assert len(paired([moved], 2)["pexlite-fast"].values) == 2
        assert (place / "state" / "pexlite-fast" / "tmp").is_dir()
        # Whoever waits for what is unpacked later waits at the new place.
        waits = replace(one, tool="listed", settle=lambda: pytest.fail("at the old place"))
        app = place / "state" / "listed" / "pex" / "lite-2" / "apps" / "1-2"
        settle = instant._moved(waits, place).settle
        (app / "READY").parent.mkdir(parents=True)
        (app / "READY").touch()
        assert settle is not None
        settle()
    assert not place.exists()


def test_a_file_system_that_cannot_be_made_is_a_row_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match=r"mkfs\.xfs"), instant._place(Setting(tmp_path, Path()), "xfs"):
        pass
    assert not list(tmp_path.rglob("*.img"))
    assert WORKLOADS["data"].first
