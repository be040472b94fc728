"""Pushes are measured beside scp and rsync, on the same files and the same server."""

from __future__ import annotations

from pathlib import Path

from tests import needs
from tests.factories import make_wheel
from tests.programs.bench import ship
from tests.programs.bench.setting import Setting
from tests.programs.bench.targets import MET
from tests.ship.conftest import noise


def test_pushes_are_measured_beside_scp_and_rsync(setting: Setting, tmp_path: Path) -> None:
    for name in ("rsync", "ssh", "sshd"):
        needs.program(name, more="/usr/sbin:/usr/local/sbin")
    house = tmp_path / "house"
    house.mkdir()
    make_wheel(house, "library", "1.0", files={"library.bin": noise(1 << 18, 4)})
    pair = ship.Pair("made", ("library",), ("library",), 60_000, house)
    rows = {one.way: one for one in ship.rows(setting, 1, [pair])}
    assert [*rows] == [
        "over the old version, sent",
        "over the old version",
        "beside the old version, sent",
        "beside the old version",
        "there already",
        "20 hosts",
    ]
    for one in rows.values():
        assert {tool: found.note for tool, found in one.figures.items()} == dict.fromkeys(one.figures, "")
        assert all(found.runs == 1 and found.median > 0 for found in one.figures.values())
    sent = {tool: found.median for tool, found in rows["beside the old version, sent"].figures.items()}
    assert [*sent] == ["pexlite", "rsync", "rsync --fuzzy", "scp"]
    # The wheel is random bytes: whoever sends the file whole sends them.
    assert sent["pexlite"] < 60_000 and sent["rsync --fuzzy"] < 60_000 < 1 << 18 < min(sent["rsync"], sent["scp"])
    assert rows["over the old version, sent"].figures["rsync"].median < 60_000
    assert all(said.state == MET for said in rows["over the old version, sent"].verdicts)
