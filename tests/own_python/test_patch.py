"""A patched file that brings its own Python is the one that a build gives: the Python stays byte for byte."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import pexlite
from pexlite.errors import NotABundle
from pexlite.model import BuildRequest, IndexSettings, LaunchOptions
from pexlite.own_python.find import PackedPython
from pexlite.pipeline.patch import patch
from pexlite.store.store import Store
from tests.factories import make_wheel

AARCH64 = f"manylinux_2_28_aarch64-cp-3{sys.version_info[1]}-cp3{sys.version_info[1]}"
WAYS: dict[str, dict[str, Any]] = {
    "a script in sh": {"launch": LaunchOptions(bin_path="append", inject_args=("a b",))},
    "a program": {"launch": LaunchOptions(launcher="elf")},
    "the host's Pythons first": {"launch": LaunchOptions(prefer_host=True)},
    "the host's first, by a program": {
        "launch": LaunchOptions(prefer_host=True, launcher="elf", shebang="/usr/bin/env python3.9")
    },
}


@pytest.fixture
def links(tmp_path: Path, shared_store: Store, packed: PackedPython, monkeypatch: pytest.MonkeyPatch) -> Path:
    assert packed, "so that no build packs it again"
    monkeypatch.setenv("PEXLITE_CACHE_DIR", str(shared_store.root))
    links = tmp_path / "links"
    links.mkdir()
    source = "import certs\n\n\ndef main():\n    print('app with', certs.V)\n"
    make_wheel(links, "app", files={"app.py": source}, requires=["certs"])
    certs(links, "1.0")
    return links


def certs(links: Path, version: str) -> None:
    make_wheel(links, "certs", version, files={"certs.py": f"V = {version!r}\n"})


def built(links: Path, name: str, *pythons: Path, **way: Any) -> Path:
    index = IndexSettings(no_index=True, find_links=(str(links),))
    return pexlite.build(
        requirements=["app"],
        index=index,
        entry_point="app:main",
        python_from=[str(path) for path in pythons],
        output=links.parent / name,
        directory=links.parent,
        **way,
    ).path


def patched(links: Path, file: Path) -> None:
    index = IndexSettings(no_index=True, find_links=(str(links),))
    patch(file, BuildRequest(directory=links.parent, requirements=("certs>=2",), index=index))


@pytest.mark.parametrize("way", WAYS)
def test_it_is_the_file_that_a_build_gives(way: str, links: Path, archive: Path, tmp_path: Path) -> None:
    before = built(links, "before.pex", archive, **WAYS[way])
    certs(links, "2.0")
    expected = built(links, "expected.pex", archive, **WAYS[way])
    assert before.read_bytes() != expected.read_bytes()
    patched(links, before)
    assert before.read_bytes() == expected.read_bytes()
    told = subprocess.run(
        [before], env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=60
    )
    assert told.stdout == "app with 2.0\n", told.stderr


def test_each_platform_keeps_its_own(links: Path, archive: Path, foreign: Path) -> None:
    platforms = {"platforms": ["current", AARCH64]}
    before = built(links, "before.pex", archive, foreign, **platforms)
    certs(links, "2.0")
    expected = built(links, "expected.pex", archive, foreign, **platforms)
    patched(links, before)
    assert before.read_bytes() == expected.read_bytes()


def test_a_python_that_has_changed_is_told_and_kept_nowhere(
    links: Path, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = built(links, "before.pex", archive)
    [own] = pexlite.inspect(file).own_pythons
    content = bytearray(file.read_bytes())
    content[own.offset + own.size // 2] ^= 1
    file.write_bytes(content)
    certs(links, "2.0")
    monkeypatch.setenv("PEXLITE_CACHE_DIR", str(tmp_path / "a new store"))
    with pytest.raises(NotABundle, match=r"CPython \S+ in .+ has changed"):
        patched(links, file)
    assert file.read_bytes() == bytes(content)
    assert list((tmp_path / "a new store").rglob("*.tar.gz")) == []
