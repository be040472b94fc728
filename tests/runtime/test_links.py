"""Where a file system has no hard links, an app's files are copies or links that lead to the right place."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from pexlite.runtime.unpack import tree
from tests import needs


def refuse(*arguments: object) -> None:
    raise OSError(errno.EPERM, "not here")


@pytest.mark.parametrize("copies", [True, False])
@pytest.mark.parametrize("how", [tree.link, tree.relink])
def test_a_file_is_there_without_hard_links(
    how: object, copies: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if copies:
        needs.the_call("copy_file_range")
    source = tmp_path / "lite-2/wheels/w/lib/pkg/m.py"
    path = tmp_path / "lite-2/apps/a/lib/python3/site-packages/pkg/m.py"
    for place in (source, path):
        place.parent.mkdir(parents=True)
    source.write_text("x = 1")
    monkeypatch.setattr(os, "link", refuse)
    if not copies:
        monkeypatch.setattr(os, "copy_file_range", refuse, raising=False)
    assert callable(how)
    how(os.fsencode(source), os.fsencode(path))
    assert path.read_text() == "x = 1" and path.is_symlink() is not copies
    assert sorted(entry.name for entry in (tmp_path / "lite-2/apps").iterdir()) == ["a"]
