"""Cold starts are timed where making a file takes its usual time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs.bench import timing


def test_a_disk_is_left_to_rest_until_making_a_file_is_fast(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ratios, pauses = [30.0, 9.0, 2.5], list[float]()
    monkeypatch.setattr(timing, "_making", lambda directory: ratios.pop(0))
    monkeypatch.setattr("time.sleep", pauses.append)
    assert timing.rest(tmp_path)
    assert ratios == [] and pauses == [10, 10]


def test_a_disk_that_is_always_slow_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timing, "_making", lambda directory: 30.0)
    assert not timing.rest(tmp_path, pause=0.01, longest=0.05)


def test_making_is_measured_on_files_that_are_cleared_away(tmp_path: Path) -> None:
    place = tmp_path / "state"
    assert timing._making(place, 20) > 0
    assert len(list(place.glob("used-*/*"))) == 41
    timing.clear(place)
    assert list(place.iterdir()) == []
