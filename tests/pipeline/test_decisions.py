"""A decision is recalled for the same request, lock and code, and for no other."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import Field, dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest

from pexlite.model import BuildRequest, IndexSettings, LaunchOptions, Recall
from pexlite.pipeline import decide as deciding
from pexlite.pipeline import decisions as remembered
from pexlite.pipeline.build import build
from pexlite.pylock.write import lock_text, write_lock
from tests.factories import make_project, make_wheel
from tests.pylock.values import lock_of, wheel_entry

pytestmark = pytest.mark.usefixtures("bare_machine")


def lock_wheel(wheel: Path) -> None:
    write_lock(lock_text(lock_of(wheel_entry(wheel))), wheel.parent / "pylock.toml")


@pytest.fixture
def request_from_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BuildRequest:
    (tmp_path / "code").mkdir()
    monkeypatch.setattr(remembered, "_CODE", tmp_path / "code")
    wheel = make_wheel(tmp_path, "app", files={"app.py": "def main():\n    print('it runs')\n"})
    lock_wheel(wheel)
    return BuildRequest(
        directory=tmp_path, lock=Path("pylock.toml"), entry_point="app:main", output=Path("app.pex")
    )


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> list[BuildRequest]:
    """Every request that was decided and not recalled."""
    seen: list[BuildRequest] = []
    decide = deciding.decide

    def noted(request: BuildRequest, *rest: object) -> object:
        seen.append(request)
        return decide(request)

    monkeypatch.setattr(deciding, "decide", noted)
    return seen


def test_the_same_request_is_decided_once_and_gives_the_same_bytes(
    request_from_lock: BuildRequest, decided: list[BuildRequest]
) -> None:
    first = build(request_from_lock)
    content = first.path.read_bytes()
    again = build(replace(request_from_lock, output=Path("other.pex")))
    assert len(decided) == 1
    assert again.path.read_bytes() == content
    assert again.decision == first.decision


def test_with_refresh_nothing_is_recalled(request_from_lock: BuildRequest, decided: list[BuildRequest]) -> None:
    build(request_from_lock)
    build(replace(request_from_lock, index=IndexSettings(refresh=True)))
    assert len(decided) == 2


def lock_another(request: BuildRequest) -> BuildRequest:
    wheel = make_wheel(request.directory, "app", "2.0", files={"app.py": "def main():\n    print('two')\n"})
    lock_wheel(wheel)
    return request


def upgrade_pexlite(request: BuildRequest) -> BuildRequest:
    (request.directory / "code" / "closure.py").write_text("# another\n")
    return request


@pytest.mark.parametrize(
    "change",
    [
        lock_another,
        upgrade_pexlite,
        lambda request: replace(request, launch=LaunchOptions(sh_boot=True)),
        lambda request: replace(request, entry_point="app"),
        lambda request: replace(request, excluded=("nothing",)),
        lambda request: replace(request, platforms=("linux_x86_64-cp-39-cp39",)),
    ],
    ids=["lock", "pexlite", "launch", "entry point", "exclusion", "platform"],
)
def test_whatever_decides_is_part_of_what_is_remembered(
    change: Callable[[BuildRequest], BuildRequest], request_from_lock: BuildRequest, decided: list[BuildRequest]
) -> None:
    build(request_from_lock)
    changed = change(request_from_lock)
    result = build(changed)
    assert len(decided) == 2
    if change is lock_another:
        assert [wheel.version for wheel in result.wheels] == ["2.0"]


# -- what each field says of itself --------------------------------------------------------------

ANOTHER: dict[str, Any] = {
    "tuple[str, ...]": ("x",),
    "tuple[Path, ...]": (Path("x"),),
    "tuple[tuple[str, str], ...]": (("x", "y"),),
    "str": "pip",
    "str | None": "x",
    "Path": Path("elsewhere"),
    "Path | None": Path("pylock.x.toml"),
    "bool": True,
    "bool | None": False,
    "IndexSettings": IndexSettings(no_index=True),
    "LaunchOptions": LaunchOptions(sh_boot=True),
}


@dataclass(frozen=True, kw_only=True)
class LaterRequest(BuildRequest):
    """A request with a field that nobody has thought about."""

    added: str | None = None


@pytest.mark.parametrize("field", fields(LaterRequest), ids=lambda field: field.name)
def test_a_field_is_part_of_the_key_or_prevents_recall_or_has_said_that_it_matters_not(
    field: Field[Any], tmp_path: Path
) -> None:
    for place in (tmp_path, tmp_path / "elsewhere"):
        place.mkdir(exist_ok=True)
        for name in ("pylock.toml", "pylock.x.toml"):
            (place / name).write_text("the same")
    request = LaterRequest(directory=tmp_path, lock=Path("pylock.toml"))
    other: Any = False if field.default is True else ANOTHER[str(field.type)]
    change: dict[str, Any] = {field.name: tmp_path / other if field.name == "directory" else other}
    changed = replace(request, **change)
    before, after = remembered._key(request), remembered._key(changed)
    assert before is not None
    found = {None: Recall.NEVER, before: Recall.FOR_ANY}.get(after, Recall.FOR_THE_SAME)
    assert found is Recall.of(field)


def test_every_field_of_a_request_says_what_it_is_to_a_decision() -> None:
    assert [field.name for field in fields(BuildRequest) if "recall" not in field.metadata] == []


# -- what the store has lost ---------------------------------------------------------------------


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def poison(path: Path) -> None:
    """Another file's bytes, of the same length, under the old seal."""
    path.write_bytes(path.read_bytes().replace(b'"rest": "UEsDB', b'"rest": "UEsDA'))


def rot(path: Path) -> None:
    """One bit, and no time that tells of it."""
    content, before = path.read_bytes(), path.stat()
    path.write_bytes(content[:50] + bytes([content[50] ^ 4]) + content[51:])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    ("what", "do"),
    [
        ("wheels/*/*/*.whl", Path.unlink),
        ("wheels/*/*/*.whl", damage),
        ("wheels/*/*/*.whl", rot),
        ("decisions/*", damage),
        ("decisions/*", poison),
        ("key", damage),
        ("key", Path.unlink),
    ],
    ids=["wheel gone", "wheel cut", "wheel rotten", "decision cut", "decision replaced", "key cut", "key gone"],
)
def test_a_store_that_lost_something_is_found_out(
    what: str, do: Callable[[Path], None], request_from_lock: BuildRequest, decided: list[BuildRequest]
) -> None:
    content = build(request_from_lock).path.read_bytes()
    for path in Path(os.environ["PEXLITE_CACHE_DIR"]).glob(what):
        before = path.read_bytes()
        do(path)
        assert not path.exists() or path.read_bytes() != before
    again = build(request_from_lock)
    assert again.path.read_bytes() == content
    assert len(decided) == 2
    rotten = [notice for notice in again.notices if "had other bytes than when it came there" in notice]
    assert len(rotten) == (do in (damage, rot) and what.startswith("wheels"))


def test_what_comes_from_sources_is_decided_anew(tmp_path: Path, decided: list[BuildRequest]) -> None:
    wheel = make_wheel(tmp_path, "other", files={"other.py": "x = 1\n"})
    lock_wheel(wheel)
    (tmp_path / "my_cli.py").write_text("def main():\n    print('one')\n")
    request = BuildRequest(
        directory=tmp_path, lock=Path("pylock.toml"), entry_point="my_cli:main", output=Path("x.pex")
    )
    first = build(request).build_id
    (tmp_path / "my_cli.py").write_text("def main():\n    print('two')\n")
    assert build(request).build_id != first
    assert len(decided) == 2


def test_a_project_that_the_lock_names_by_its_directory_is_looked_at_again(
    tmp_path: Path, decided: list[BuildRequest]
) -> None:
    make_project(tmp_path, "app", files={"app.py": "x = 1\n"})
    lock = lock_of({"name": "app", "version": "1.0", "directory": {"path": "app"}})
    write_lock(lock_text(lock), tmp_path / "pylock.toml")
    request = BuildRequest(directory=tmp_path, lock=Path("pylock.toml"), output=Path("x.pex"))
    build(request)
    build(request)
    assert len(decided) == 2
