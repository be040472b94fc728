"""Whatever a target says of itself is a word of the sh header, and none of its commands."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pexlite.archive.header import header
from pexlite.model import Bundle, EntryPoint, LaunchOptions, StartKind, Variant


@pytest.mark.parametrize(
    "words",
    ["$(: >ran)", "`: >ran`", '"; : >ran #', "'; : >ran #", "\\", "${x:=y}", "CPython 3.9 on linux (glibc 2.17+)"],
)
def test_the_words_for_where_a_file_runs_are_shown_as_they_are(words: str, tmp_path: Path) -> None:
    bundle = Bundle(
        wheels=(),
        variants=(Variant(("cp39",), "any", None, None, ()),),
        trees=(),
        entry_point=EntryPoint(StartKind.FUNCTION, "app", "main"),
        launch=LaunchOptions(sh_boot=True),
        requirements=(),
        pth_files=(),
        runs_on=words,
    )
    (tmp_path / "app").write_bytes(header(bundle))
    nothing = {"PATH": str(tmp_path / "nothing"), "HOME": str(tmp_path)}
    done = subprocess.run(["/bin/sh", "app"], cwd=tmp_path, env=nothing, capture_output=True, text=True)
    assert done.stderr.splitlines()[0] == f"error: app needs {words}, and there is none on PATH"
    assert not (tmp_path / "ran").exists()
