"""The picture at the top of the README shows what its commands print, and can be drawn again."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import REPOSITORY
from tests.programs.recording import __main__ as recording
from tests.programs.recording import picture

SVG = recording.PICTURE.read_text(encoding="utf-8")


def test_the_picture_is_drawn_by_the_program_from_the_lines_it_shows() -> None:
    assert picture.draw(picture.lines_of(SVG), recording.TITLE) == SVG
    assert len(SVG) < 100_000


def test_the_picture_shows_the_commands_of_the_program() -> None:
    typed = [
        line.removeprefix(picture.PROMPT) for line in picture.lines_of(SVG) if line.startswith(picture.PROMPT)
    ]
    assert typed == list(recording.COMMANDS)


def test_the_picture_names_no_place_of_the_machine_it_comes_from() -> None:
    assert not re.search(r"/(home|root|tmp|work|usr|opt|Users|private)/|https?://(?!www\.w3\.org/)", SVG)


def test_the_readme_shows_the_picture_as_what_it_is() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert f"![{recording.TITLE}]({recording.PICTURE.relative_to(REPOSITORY)})" in readme


def test_long_lines_are_shown_in_pieces_and_nothing_is_lost() -> None:
    lines = ["$ printf '<&>'", "<&>", "", "   5  " + "word " * 40]
    shown = picture.lines_of(picture.draw(lines, "A <title>"))
    assert shown[:3] == lines[:3]
    assert "".join(shown[3:]) == lines[3] and max(map(len, shown)) <= picture.COLUMNS
    assert picture.title_of(picture.draw(lines, "A <title>")) == "A <title>"


@pytest.mark.journey
@pytest.mark.network
def test_the_commands_still_print_what_the_picture_shows(tmp_path: Path) -> None:
    there = shutil.which("python3", path="/usr/local/bin:/usr/bin:/bin")
    said = subprocess.run([there or "false", "-V"], capture_output=True, text=True).stdout
    if not said.startswith(f"Python {sys.version_info[0]}.{sys.version_info[1]}."):
        pytest.skip(f"the server would have {said.strip()}, and this is another one: run it with that")
    assert _lasting(recording.recorded(tmp_path)) == _lasting(picture.lines_of(SVG))


def _lasting(lines: list[str]) -> list[str]:
    """The `lines` that no newer release of a wheel changes, without sizes, versions and the machine."""
    fleeting = re.compile(r"(note|resolving|fetching|building|packing|compiling|writing)\b")
    return [re.sub(r"  .*", "", line) for line in lines if not fleeting.match(line)]
