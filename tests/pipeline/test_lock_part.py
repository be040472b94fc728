"""A build takes of a given lock what it asks for and what that needs, whoever wrote the lock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomli_w

from pexlite.errors import FetchError, ResolutionError
from pexlite.model import BuildRequest, IndexSettings
from pexlite.pipeline.build import build
from pexlite.store.store import open_store
from tests.factories import make_project, make_wheel
from tests.pylock.values import wheel_entry

pytestmark = pytest.mark.usefixtures("bare_machine")


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """A lock without dependencies: app-a needs core, with gui also extra; app-b needs core and heavy."""
    links = tmp_path / "links"
    links.mkdir()
    needs = {
        "app-a": ["core", "extra ; extra == 'gui'"],
        "app-b": ["core", "heavy"],
        "core": ["deep"],
        "deep": ["core"],
        "extra": [],
        "heavy": [],
        "dev": [],
    }
    wheels = [make_wheel(links, name, requires=requires, extras=["gui"]) for name, requires in needs.items()]
    entries = [wheel_entry(wheel) for wheel in wheels]
    entries[-1]["marker"] = "'dev' in dependency_groups"
    return written(tmp_path, entries)


def written(directory: Path, entries: list[dict[str, Any]]) -> Path:
    table = {"lock-version": "1.0", "created-by": "tests", "dependency-groups": ["dev"], "packages": entries}
    file = directory / "pylock.toml"
    file.write_text(tomli_w.dumps(table))
    return file


def test_the_result_names_the_lock_also_when_it_was_decided_before(lock: Path) -> None:
    other = lock.with_name("pylock.other.toml")
    other.write_bytes(lock.read_bytes())
    index = IndexSettings(no_index=True)
    for file in (lock, lock, other):
        result = build(BuildRequest(directory=lock.parent, lock=file, index=index, output=Path("x.pex")))
        assert result.lock == file.name


def built(lock: Path, *inputs: str, **more: Any) -> list[str]:
    request = BuildRequest(
        directory=lock.parent,
        requirements=inputs,
        lock=lock,
        index=IndexSettings(no_index=True),
        output=Path("x.pex"),
        **more,
    )
    return [wheel.name for wheel in build(request).wheels]


@pytest.mark.parametrize(
    ("inputs", "more", "names"),
    [
        (["app-a"], {}, ["app-a", "core", "deep"]),
        (["app-a[gui]"], {}, ["app-a", "core", "deep", "extra"]),
        (["app-a", "App_B"], {}, ["app-a", "app-b", "core", "deep", "heavy"]),
        (["app-a"], {"groups": ("dev",)}, ["app-a", "core", "deep", "dev"]),
        (["app-a"], {"excluded": ("core",)}, ["app-a"]),
        (["core ; python_version < '3'", "heavy"], {}, ["heavy"]),
        (["app-a", "dev"], {"excluded": ("app-a",), "groups": ("dev",)}, ["dev"]),
        ([], {}, ["app-a", "app-b", "core", "deep", "extra", "heavy"]),
        ([], {"groups": ("dev",)}, ["app-a", "app-b", "core", "deep", "dev", "extra", "heavy"]),
    ],
)
def test_what_is_asked_for_and_needed_goes_in(
    inputs: list[str], more: dict[str, Any], names: list[str], lock: Path
) -> None:
    assert built(lock, *inputs, **more) == names


def test_of_the_rest_nothing_is_fetched(lock: Path) -> None:
    (lock.parent / "links" / "heavy-1.0-py3-none-any.whl").unlink()
    assert built(lock, "app-a", locked=True) == ["app-a", "core", "deep"]


def test_a_lock_for_others_is_told_as_such(lock: Path) -> None:
    lock.write_text('requires-python = "<3"\n' + lock.read_text())
    with pytest.raises(FetchError) as caught:
        built(lock, "app-a")
    assert "the lock is for Python <3" in caught.value.causes[0]


def test_what_dependencies_say_is_fetched_at_once_and_metadata_decides(lock: Path, tmp_path: Path) -> None:
    """The lock records too much for app-a and too little for core."""
    links = tmp_path / "links"
    known: dict[str, list[str]] = {
        "app-a": ["core", "extra"],
        "core": [],
        "deep": ["core"],
        "extra": [],
        "heavy": [],
    }
    entries = []
    for name, needed in known.items():
        entry = wheel_entry(next(links.glob(f"{name.replace('-', '_')}-*.whl")))
        entries.append(entry | {"dependencies": [{"name": one} for one in needed]})
    written(tmp_path, entries)
    assert built(lock, "app-a") == ["app-a", "core", "deep"]
    stored = {wheel["wheels"][0]["hashes"]["sha256"] for wheel in entries if open_store().find(*_key(wheel))}
    assert stored == {one["wheels"][0]["hashes"]["sha256"] for one in entries if one["name"] != "heavy"}


def _key(entry: dict[str, Any]) -> tuple[str, str]:
    file = entry["wheels"][0]
    return file["hashes"]["sha256"], Path(file["path"]).name


def test_a_project_takes_what_it_needs(lock: Path, tmp_path: Path) -> None:
    make_project(tmp_path, "mine", files={"mine.py": ""}, requires=["app-a"])
    assert built(lock, "./mine") == ["app-a", "core", "deep", "mine"]


def test_loose_code_says_nothing_of_its_needs_and_takes_all(lock: Path, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("print('hello')\n")
    assert "heavy" in built(lock, "./script.py")


@pytest.mark.parametrize("more", [{}, {"locked": True}])
def test_what_is_not_in_the_lock_is_an_error_that_names_it(more: dict[str, Any], lock: Path) -> None:
    with pytest.raises(ResolutionError) as caught:
        built(lock, "app-a", "app-z", "core>=2", **more)
    told = "\n".join([caught.value.message, *caught.value.causes])
    assert "pylock.toml" in told
    assert "app-z" in told
    assert "core>=2" in told


def test_a_near_name_of_the_lock_is_said(lock: Path) -> None:
    with pytest.raises(ResolutionError, match="did you mean heavy"):
        built(lock, "heavvy")
