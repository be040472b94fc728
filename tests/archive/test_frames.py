"""Frames of zstandard: the wheel that went in is what is read out of them, or it is damaged."""

from __future__ import annotations

import io
import os
import random
import sys
import zipfile
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexlite.archive.frames import MOST, Unpacked, contents, is_outsized, packed
from pexlite.errors import UsageError
from pexlite.model.file import Frame
from tests import needs

MEGABYTE = 1 << 20


@pytest.fixture(autouse=True)
def zstandard() -> Any:
    return needs.zstandard()


def stored(path: Path, sizes: Sequence[int]) -> Path:
    """A zip with members of these sizes, all uncompressed."""
    noise = random.Random(1)
    with zipfile.ZipFile(path, "w") as made:
        for number, size in enumerate(sizes):
            made.writestr(f"member-{number}", noise.randbytes(size // 2) + bytes(size - size // 2))
    return path


def in_frames(path: Path) -> tuple[bytes, tuple[Frame, ...]]:
    """The frames of a wheel behind three other bytes, and what a manifest says of them."""
    parts = [(packed(content), len(content)) for content in contents(path)]
    return b"..." + b"".join(held for held, _ in parts), tuple((len(held), size) for held, size in parts)


def read(content: bytes, frames: Sequence[Frame]) -> bytes:
    return io.BufferedReader(Unpacked(io.BytesIO(content), 3, frames), 1 << 16).read()


SIZES: dict[str, Sequence[int]] = {
    "nothing": [],
    "small": [10, 0, 20],
    "many": [50_000] * 60,
    "large": [3 * MEGABYTE + 5],
    "small around large": [400_000, 400_000, 2 * MEGABYTE, 400_000, 1, MEGABYTE, 3],
}


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_a_frame_has_several_small_members_or_a_part_of_a_large_one(sizes: Sequence[int], tmp_path: Path) -> None:
    path = stored(tmp_path / "x.whl", sizes)
    pieces = list(contents(path))
    assert b"".join(pieces) == path.read_bytes()
    assert all(0 < len(piece) <= MEGABYTE for piece in pieces)
    cuts = {sum(map(len, pieces[:number])) for number in range(len(pieces) + 1)}
    with zipfile.ZipFile(path) as opened:
        starts = [member.header_offset for member in opened.infolist()]
        assert opened.start_dir in cuts
        for begin, end in pairwise([*starts, opened.start_dir]):
            within = [cut for cut in cuts if begin < cut < end]
            assert not within or (end - begin > MEGABYTE and {begin, end} <= cuts)


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_what_is_read_is_what_was_packed(sizes: Sequence[int], tmp_path: Path) -> None:
    path = stored(tmp_path / "x.whl", sizes)
    content, frames = in_frames(path)
    assert read(content, frames) == path.read_bytes()
    with zipfile.ZipFile(io.BufferedReader(Unpacked(io.BytesIO(content), 3, frames))) as opened:
        assert [len(opened.read(member)) for member in opened.infolist()] == sizes


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes, tuple[Frame, ...]]:
    needs.zstandard()
    path = stored(tmp_path_factory.mktemp("wheel") / "x.whl", SIZES["small around large"])
    return (path.read_bytes(), *in_frames(path))


@given(place=st.integers(-10, 6 * MEGABYTE), size=st.integers(0, 3 * MEGABYTE))
def test_any_part_of_it_is_read(place: int, size: int, wheel: tuple[bytes, bytes, tuple[Frame, ...]]) -> None:
    whole, content, frames = wheel
    file = io.BufferedReader(Unpacked(io.BytesIO(content), 3, frames), 1 << 16)
    assert file.seek(0, io.SEEK_END) == len(whole)
    assert file.seek(max(0, place)) == max(0, place)
    assert file.read(size) == whole[max(0, place) :][:size]


def zeros(size: int) -> bytes:
    return packed(bytes(size))


DAMAGE: dict[str, Callable[[bytes], tuple[bytes, Sequence[Frame]]]] = {
    "cut": lambda held: (held[:-1], [(len(held), 1000)]),
    "changed": lambda held: (held[:8] + b"\xff" + held[9:], [(len(held), 1000)]),
    "longer than told": lambda held: (held, [(len(held), 999)]),
    "shorter than told": lambda held: (held, [(len(held), 1001)]),
    "a bomb": lambda _: (zeros(1 << 25), [(len(zeros(1 << 25)), 1000)]),
    "more behind it": lambda held: (held + b"more", [(len(held) + 4, 1000)]),
    "two of them": lambda held: (2 * held, [(2 * len(held), 2000)]),
    "no frame": lambda held: (b"x" * len(held), [(len(held), 1000)]),
    "nothing": lambda _: (b"", [(1, 1000)]),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_frame_that_is_another_is_damage(damage: Callable[[bytes], tuple[bytes, Sequence[Frame]]]) -> None:
    content, frames = damage(packed(random.Random(2).randbytes(1000)))
    with pytest.raises(zipfile.BadZipFile, match="it has changed where it is packed"):
        read(b"..." + content, frames)


def test_a_frame_that_asks_for_a_large_window_is_refused(zstandard: Any) -> None:
    options = {zstandard.CompressionParameter.window_log: 27, zstandard.CompressionParameter.content_size_flag: 0}
    packer = zstandard.ZstdCompressor(options=options)
    held = packer.compress(os.urandom(1000)) + packer.flush()
    with pytest.raises(zipfile.BadZipFile, match="it has changed"):
        read(b"..." + held, [(len(held), 1000)])


def test_what_unpacks_to_far_more_is_not_packed() -> None:
    small, large = [(1000, MOST)] * 20, [(1000, MOST)] * 40
    assert (is_outsized(20_000, small), is_outsized(40_000, large)) == (False, True)
    assert not is_outsized(40 * MOST // 60 + 1, large)


def test_without_a_zstandard_it_is_told_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("compression", "backports.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError) as refused:
        Unpacked(io.BytesIO(), 0, [(1, 1)])
    assert refused.value.message.startswith("a file whose wheels are packed (--zstd) needs zstandard")
    assert refused.value.hint == "pip install 'pexlite[zstd]'"
