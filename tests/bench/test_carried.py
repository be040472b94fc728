"""Files that bring their own Python are measured in homes that nothing was deleted for."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.programs.bench import carried
from tests.programs.bench.setting import Setting
from tests.programs.bench.timing import Contender
from tests.programs.bench.workloads import MADE_BY_CODE


def test_own_pythons_start_first_before_anything_is_deleted(
    setting: Setting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["pexlite elf", "pexlite sh", "pyinstaller", "pyinstaller onedir"]
    made, log = [], tmp_path / "log"
    for name in names:
        state = tmp_path / "state" / name
        environment = {"PATH": os.environ["PATH"], "HOME": str(state), "TMPDIR": f"{state}/tmp"}
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\n[ -e "$HOME/seen" ] || echo "first {name}" >>"{log}"\nmkdir -p "$HOME"\n')
        program.write_text(f'{program.read_text()}touch "$HOME/seen"\necho "{name}" >>"{log}"\necho well\n')
        program.chmod(0o755)
        made.append(Contender(name, (str(program),), environment, "well"))
    monkeypatch.setattr(carried, "ready", lambda *words: (made, {}))
    monkeypatch.setattr(carried, "in_a_venv", lambda *words: replace(made[0], tool="venv"))
    size, warm, first = carried.rows(setting, MADE_BY_CODE, 3, 2)
    assert list(size.figures) == names and set(warm.figures) == {*names, "venv"}
    lines = log.read_text().splitlines()
    others = [name for name in names if name != "pyinstaller"]
    assert sorted(lines[:12]) == sorted([*(f"first {name}" for name in others), *others] * 2)
    assert first.figures["pyinstaller"] == warm.figures["pyinstaller"]
    assert first.figures["pexlite elf"].runs == 2
    allowed = first.figures["0.6 × pyinstaller + 0.4 s"]
    assert allowed.median == pytest.approx(0.6 * warm.figures["pyinstaller"].median + 0.4)
    assert len(first.verdicts) == 2
