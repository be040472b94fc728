"""Two files differ in what a start can tell, or only in their bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pexlite.contents.difference import ChangeKind, difference
from pexlite.contents.read import read_contents
from pexlite.contents.values import FileContents, HeldWheel
from tests.bundles import bundle_file, function
from tests.contents.values import held
from tests.factories import make_wheel


@pytest.fixture
def contents(tmp_path: Path) -> FileContents:
    wheel = make_wheel(tmp_path, "app", files={"app.py": "def main(): pass\n"})
    return read_contents(
        bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"), requirements=("app",))
    )


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        ([held("a")], [held("a")], []),
        ([], [held("a")], [ChangeKind.ADDED]),
        ([held("a")], [], [ChangeKind.REMOVED]),
        ([held("a")], [held("a", "2.0")], [ChangeKind.VERSION]),
        ([held("a")], [held("a", tag="py2.py3-none-any", files=(("x.py", 2),))], [ChangeKind.OTHER]),
        ([held("a", sha256="1")], [held("a", sha256="2", served_sha256="1")], [ChangeKind.PACKED]),
        ([held("a", sha256="1")], [held("a", sha256="2")], [ChangeKind.PACKED]),
        (
            [held("a", sha256="1")],
            [held("a", sha256="2", files=(("module.py", 1), ("a-1.0.dist-info/RECORD", 5)))],
            [ChangeKind.PACKED],
        ),
        ([held("a", sha256="1")], [held("a", sha256="2", files=(("module.py", 9),))], [ChangeKind.OTHER]),
        (
            [held("a", tag="cp311-cp311-win_amd64"), held("a", tag="cp311-cp311-win_arm64")],
            [held("a", tag="cp311-cp311-win_arm64"), held("a", "2.0", tag="cp311-cp311-win_amd64")],
            [ChangeKind.VERSION],
        ),
    ],
)
def test_wheels_are_compared_by_what_is_in_them(
    contents: FileContents, old: list[HeldWheel], new: list[HeldWheel], kinds: list[ChangeKind]
) -> None:
    found = difference(replace(contents, wheels=tuple(old)), replace(contents, wheels=tuple(new)))
    assert [one.kind for one in found.wheels] == kinds
    assert found.is_empty is all(kind is ChangeKind.PACKED for kind in kinds)


def test_files_of_a_changed_wheel_are_told(contents: FileContents) -> None:
    old = held("a", files=(("same.py", 1), ("gone.py", 1), ("changed.py", 1)))
    new = held("a", "2.0", files=(("same.py", 1), ("new.py", 1), ("changed.py", 2)))
    [change] = difference(replace(contents, wheels=(old,)), replace(contents, wheels=(new,))).wheels
    assert [(one.path, bool(one.old), bool(one.new)) for one in change.files] == [
        ("changed.py", True, True),
        ("gone.py", True, False),
        ("new.py", False, True),
    ]


@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"entry_point": "other:main"}, ["starts"]),
        ({"runs_on": "CPython 3.14"}, ["runs on"]),
        ({"requirements": ("app", "rich")}, ["asked for"]),
        ({"settings": {"sh-boot": "yes"}}, ["first line", "sh-boot"]),
        ({"properties": {"commit": "abc"}}, ["property commit"]),
    ],
)
def test_settings_are_compared_one_by_one(
    contents: FileContents, changed: dict[str, object], names: list[str]
) -> None:
    found = difference(contents, replace(contents, **changed))  # type: ignore[arg-type]
    assert [one.name for one in found.settings] == names
    assert not found.is_empty


def test_another_runtime_means_nothing(contents: FileContents) -> None:
    files = tuple(
        one._replace(crc32=one.crc32 ^ 1) if one.path == "__pexlite__.txt" else one for one in contents.own_files
    )
    found = difference(contents, replace(contents, own_files=files))
    assert found.is_empty
    assert found.only == ("runtime",)
