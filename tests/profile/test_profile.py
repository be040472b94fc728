"""The profile says where the time of a start goes."""

from __future__ import annotations

import pytest

from tests.programs.bench.setting import Setting
from tests.programs.bench.workloads import MADE_BY_CODE
from tests.programs.profile.__main__ import cold, warm


def test_a_warm_start_is_held_beside_the_plain_venv(setting: Setting, capfd: pytest.CaptureFixture[str]) -> None:
    warm(setting, MADE_BY_CODE)
    said = capfd.readouterr().out
    assert "venv " in said
    assert "ms  runpy" in said
    assert "(launcher)" in said and "(enter)" in said


def test_a_first_start_is_told_step_by_step(setting: Setting, capfd: pytest.CaptureFixture[str]) -> None:
    cold(setting, MADE_BY_CODE)
    said = capfd.readouterr().out
    assert "unpacking" in said
    assert "cp -r" in said
    assert "(install)" in said
