"""Where order has no meaning, another order gives the same bytes; where it has, the table says which."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pexlite.model import BuildRequest, IndexSettings, LaunchOptions
from pexlite.pipeline.build import build
from pexlite.pipeline.lock import lock
from tests.factories import make_wheel, write_files

# Several values of each, among them two of one project, two kinds of local code, and files that overlap.
WITHOUT_ORDER = {
    "requirements": ("alpha", "Beta[extra]", "beta>=1", "alpha<9", "./package", "./loose.py"),
    "requirement_files": ("one.txt", "two.txt"),
    "constraint_files": ("low.txt", "high.txt"),
    "source_directories": ("first", "second"),
    "excluded": ("unwanted", "zeta", "never"),
    "overrides": ("gamma==2.0", "delta==1.0"),
    "included": (".hidden", ".other"),
    "platforms": ("linux_x86_64-cp-311-cp311", "macosx_14_0_arm64-cp-313-cp313", "win_amd64-cp-312-cp312"),
}
OF_A_LOCK = tuple(WITHOUT_ORDER.keys() - {"source_directories", "included", "platforms"})


@pytest.fixture(scope="module")
def directory() -> Path:
    """A directory that has all of it."""
    root = Path(tempfile.mkdtemp(prefix="order-"))
    links = root / "links"
    links.mkdir()
    for name in ("alpha", "beta"):
        needs = ["gamma", "delta", "unwanted", "zeta; extra == 'extra'"]
        make_wheel(links, name, files={f"{name}.py": ""}, requires=needs, extras=["extra"])
    for name in ("gamma", "delta"):
        for version in ("1.0", "2.0", "3.0"):
            make_wheel(links, name, version, files={f"{name}.py": version})
    texts = {
        "one.txt": "alpha\ngamma\n",
        "two.txt": "gamma>=1\nbeta\n",
        "low.txt": "delta<3\n",
        "high.txt": "delta!=3.0\n",
        "first/one.py": "",
        "second/two.py": "",
        "third/one.py": "other",
        "package/__init__.py": "",
        "package/.hidden": "",
        "package/.other": "",
        "loose.py": "",
    }
    write_files(root, texts)
    return root


def asked(directory: Path, values: dict[str, Any]) -> dict[str, Any]:
    """The options of a request for `values`."""
    index = IndexSettings(no_index=True, find_links=(str(directory / "links"),))
    return {"directory": directory, "index": index, "output": "out", "force": True, **values}


def built(directory: Path, values: dict[str, Any]) -> bytes:
    return build(BuildRequest.of(**asked(directory, values))).path.read_bytes()


def locked(directory: Path, values: dict[str, Any]) -> bytes:
    written = {**asked(directory, values), "output": directory / "pylock.toml"}
    lock(BuildRequest.of(**written))
    return (directory / "pylock.toml").read_bytes()


@pytest.mark.parametrize(("make", "names"), [(built, tuple(WITHOUT_ORDER)), (locked, OF_A_LOCK)])
def test_another_order_gives_the_same_bytes(
    make: Callable[[Path, dict[str, Any]], bytes], names: tuple[str, ...], directory: Path
) -> None:
    values: dict[str, Any] = {name: WITHOUT_ORDER[name] for name in names}
    if make is locked:
        values["requirements"] = ("alpha", "Beta[extra]", "beta>=1", "alpha<9")
    first = make(directory, values)

    @settings(max_examples=4, deadline=None)
    @given(st.fixed_dictionaries({name: st.permutations(of) for name, of in values.items()}))
    def same(shuffled: dict[str, Any]) -> None:
        assert make(directory, shuffled) == first

    same()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"launch": LaunchOptions(inject_args=("a", "b"))}, {"launch": LaunchOptions(inject_args=("b", "a"))}),
        (
            {"launch": LaunchOptions(inject_python_args=("-u", "-v"))},
            {"launch": LaunchOptions(inject_python_args=("-v", "-u"))},
        ),
        ({"source_directories": ("first", "third")}, {"source_directories": ("third", "first")}),
    ],
)
def test_these_mean_something_else_in_another_order(
    one: dict[str, Any], other: dict[str, Any], directory: Path
) -> None:
    asked_for = {"requirements": ("gamma",)}
    assert built(directory, asked_for | one) != built(directory, asked_for | other)


def test_what_is_asked_for_twice_is_asked_for_once(directory: Path) -> None:
    assert built(directory, {"requirements": ("gamma", "gamma")}) == built(directory, {"requirements": ("gamma",)})
