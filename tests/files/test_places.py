"""The store is where nobody else can write: under any umask, and whoever made the directory."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from pexlite.files.places import store_place
from pexlite.model import BuildRequest, IndexSettings
from pexlite.pipeline.build import build as build_file
from pexlite.store.store import open_store
from tests.factories import make_wheel

pytestmark = pytest.mark.usefixtures("bare_machine")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory to another account")
STRANGER = 42007


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the store should be; there is nothing yet."""
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    return Path(os.environ["PEXLITE_CACHE_DIR"])


@pytest.fixture
def anything_goes() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def build(tmp_path: Path) -> tuple[str, ...]:
    """Build a file, and return the notices about the store."""
    make_wheel(tmp_path, "demo", files={"demo.py": "x = 1\n"})
    request = BuildRequest(
        directory=tmp_path,
        requirements=("demo",),
        index=IndexSettings(no_index=True, find_links=(str(tmp_path),)),
        output=Path("app.pex"),
        bytecode=True,
    )
    return tuple(notice for notice in build_file(request).notices if "others" in notice or "account" in notice)


def open_to_others(directory: Path) -> list[Path]:
    return [path for path in (directory, *directory.rglob("*")) if path.stat().st_mode & 0o022]


@pytest.mark.usefixtures("anything_goes")
def test_nothing_in_it_is_open_under_any_umask(root: Path, tmp_path: Path) -> None:
    assert build(tmp_path) == ()
    assert {path.name for path in root.iterdir()} >= {"wheels", "bytecode", "CACHEDIR.TAG", "key"}
    assert open_to_others(root) == []
    assert (tmp_path / "app.pex").stat().st_mode & 0o022 == 0


@pytest.mark.parametrize("part", ["", "wheels", "decisions"])
def test_one_that_was_open_is_closed_and_that_is_said_once(part: str, root: Path, tmp_path: Path) -> None:
    build(tmp_path)
    (root / part).mkdir(exist_ok=True)
    for path in (root / part, *root.glob("wheels/*/*/*")):
        path.chmod(path.stat().st_mode | 0o022)
    (notice,) = build(tmp_path)
    assert notice == f"others could write to {root / part}: it is closed to them now"
    assert open_to_others(root) == []
    assert build(tmp_path) == ()


def test_an_open_directory_with_other_things_in_it_stays_open_and_is_not_used(root: Path, tmp_path: Path) -> None:
    root.mkdir()
    (root / "somebody's").touch()
    root.chmod(0o777)
    (notice,) = build(tmp_path)
    private = store_place().root
    assert notice.startswith(f"others can write to {root} (chmod go-w), so {private} is used")
    assert [path.name for path in root.iterdir()] == ["somebody's"]
    assert stat.S_IMODE(root.stat().st_mode) == 0o777
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    assert any(private.glob("wheels/*/*/*.whl"))


@needs_root
@pytest.mark.parametrize("link", [False, True])
def test_one_of_another_account_is_not_used(link: bool, root: Path, tmp_path: Path) -> None:
    if link:
        (tmp_path / "mine").mkdir()
        root.symlink_to(tmp_path / "mine")
    else:
        root.mkdir()
    os.chown(root, STRANGER, STRANGER, follow_symlinks=False)
    (notice,) = build(tmp_path)
    private = store_place().root
    assert notice == f"{root} belongs to another account, so {private} is used for builds"
    assert list(root.iterdir()) == []
    assert open_store().root == private


@needs_root
def test_a_private_one_that_somebody_else_has_prepared_is_not_used(root: Path, tmp_path: Path) -> None:
    root.mkdir()
    os.chown(root, STRANGER, STRANGER)
    prepared = tmp_path / "temporary" / f"pexlite-store-{os.geteuid()}"
    prepared.mkdir(0o700)
    os.chown(prepared, STRANGER, STRANGER)
    private = store_place().root
    assert private.parent == prepared.parent
    assert private != prepared
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    # The same one all through the process, as the line says.
    assert build(tmp_path) == (f"{root} belongs to another account, so {private} is used for builds",)
    assert open_store().root == private
    assert sorted(prepared.parent.iterdir()) == sorted([prepared, private])
