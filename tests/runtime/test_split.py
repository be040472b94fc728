"""Members so large that several processes write them: in pieces, by an index that only says where to read."""

from __future__ import annotations

import functools
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pexlite.archive.member import PIECES
from pexlite.model import Wheel
from pexlite.runtime.file import whole
from pexlite.runtime.file import zip as archive
from pexlite.runtime.unpack import pool, split, write
from pexlite.wheels import pieces
from tests import bundles
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter, supported
from tests.wheels.test_pieces import text

SIZE = 1 << 21
CONTENT = text(SIZE)


@pytest.fixture
def small_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Members of some hundred kilobytes are large, for who builds and for who unpacks; there are 16 processors."""
    for name in ("LARGE", "_LEAST"):
        monkeypatch.setattr(pieces, name, 1 << 17)
    monkeypatch.setattr(write, "_BIG", 1 << 17)
    monkeypatch.setattr(pool, "processors", lambda: 16)


class Packed:
    """An open file with a large member and a small one, and the index of its pieces."""

    def __init__(self, path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            made.writestr("large.so", CONTENT)
            made.writestr("small", b"small")
        self.path = path
        self.descriptor = os.open(path, os.O_RDWR)
        size = path.stat().st_size - made.start_dir - 22
        place = {"offset": 0, "size": path.stat().st_size, "directory": [made.start_dir, size, 2, None]}
        self.large, self.small = archive.read_members(self.descriptor, place, "x")
        with path.open("rb") as file:
            self.index = b"".join(pieces.pieces_of_members(file))

    @property
    def pieces(self) -> list[split.Piece]:
        return split.pieces_of(self.large, split.pieces_in(self.index))

    def written(self, directory: Path, index: bytes | None = None) -> list[tuple[object, bytes]]:
        """Write both members to `directory`, and return the jobs."""
        jobs = [(self.large, os.fsencode(directory / "large.so")), (self.small, os.fsencode(directory / "small"))]
        told = self.index if index is None else index
        write.members(self.descriptor, jobs, int, index=lambda: told)
        assert (directory / "small").read_bytes() == b"small"
        return list(split.shared_out(jobs, lambda: told))


@pytest.fixture
def packed(small_ones: None, tmp_path: Path) -> Iterator[Packed]:
    made = Packed(tmp_path / "x.zip")
    yield made
    os.close(made.descriptor)


def test_a_large_member_is_written_in_pieces(packed: Packed, tmp_path: Path) -> None:
    jobs = packed.written(tmp_path)
    assert len(jobs) == len(packed.pieces) + 1 > 5
    assert (tmp_path / "large.so").read_bytes() == CONTENT
    assert (tmp_path / "large.so").stat().st_mode & 0o777 == 0o666 & ~_umask() & 0o644


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask


def test_pieces_have_the_crc_of_the_whole(packed: Packed) -> None:
    crc = 0
    for piece in packed.pieces:
        content = b"".join(piece.content(packed.descriptor))
        assert content == CONTENT[piece.begin : piece.begin + piece.size]
        crc = split._shifted(crc, piece.size) ^ zlib.crc32(content)
    assert crc == zlib.crc32(CONTENT) == packed.large.crc


@pytest.mark.parametrize("size", [0, 1, 255, 65_536, 1_000_001])
def test_crcs_are_combined_as_zlib_goes_on(size: int) -> None:
    more = CONTENT[:size]
    assert split._shifted(zlib.crc32(b"before"), size) ^ zlib.crc32(more) == zlib.crc32(b"before" + more)


@pytest.mark.parametrize(
    ("processors", "sizes", "are_divided"),
    [
        (1, [SIZE], [False]),
        (2, [SIZE], [True]),
        # Two of the same size are one for each of two processors, and a large one is as much as all others.
        (2, [SIZE, SIZE], [False, False]),
        (2, [SIZE, SIZE // 2, SIZE // 2], [False, False, False]),
        (2, [SIZE, SIZE // 4], [True, False]),
        (3, [SIZE, SIZE], [True, True]),
        (16, [SIZE, SIZE // 32], [True, False]),
    ],
)
def test_divided_is_what_is_more_than_a_share(
    processors: int, sizes: list[int], are_divided: list[bool], packed: Packed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "processors", lambda: processors)
    known = split.pieces_in(packed.index)
    jobs = []
    for number, size in enumerate(sizes):
        member = archive.Member(f"{number}", 0, packed.large.compressed, size, packed.large.crc, False, 0)
        jobs.append((member, b""))
    asked: list[int] = []

    def index() -> bytes:
        asked.append(1)
        return packed.index

    found = split.shared_out(jobs, index)
    divided = {piece.name for piece, _ in found if isinstance(piece, split.Piece)}
    # Only those of the size that the index knows have pieces.
    wanted = {f"{number}" for number, is_one in enumerate(are_divided) if is_one}
    assert divided == wanted and known
    assert bool(asked) == bool(wanted), "the index is read where it is needed"


def test_a_member_of_stored_bytes_has_no_pieces(packed: Packed) -> None:
    stored = archive.Member("x", 0, packed.large.compressed, SIZE, packed.large.crc, True, 0)
    assert split.pieces_of(stored, split.pieces_in(packed.index)) == []


HEAD, ROW = struct.Struct("<QQIHH"), struct.Struct("<QQI")


def _other(index: bytes, place: int, form: str, change: Callable[[int], int]) -> bytes:
    content = bytearray(index)
    (value,) = struct.unpack_from(form, content, place)
    struct.pack_into(form, content, place, change(value))
    return bytes(content)


# What is not exactly of the member is left aside, and the member written as a whole.
USELESS: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda index: b"",
    "something else": lambda index: b"no index at all, but long enough to have numbers",
    "cut off": lambda index: index[:-1],
    "bytes more": lambda index: index + b"x",
    "twice": lambda index: index * 2,
    "of another member": lambda index: _other(index, 16, "<I", lambda crc: crc ^ 1),
    "no pieces": lambda index: HEAD.pack(*HEAD.unpack_from(index)[:4], 0),
    "a size": lambda index: _other(index, HEAD.size + 8, "<Q", lambda size: size + 1),
    "a place": lambda index: _other(index, HEAD.size, "<Q", lambda place: place - 1),
    "a large place": lambda index: _other(index, HEAD.size, "<Q", lambda place: 1 << 63),
    "a CRC": lambda index: _other(index, HEAD.size + 16, "<I", lambda crc: crc ^ 1),
    "a last byte that is none": lambda index: _other(index, 20, "<H", lambda last: 256),
}


@pytest.mark.parametrize("kind", USELESS)
def test_an_index_of_something_else_is_no_use(kind: str, packed: Packed, tmp_path: Path) -> None:
    jobs = packed.written(tmp_path, USELESS[kind](packed.index))
    assert len(jobs) == 2
    assert (tmp_path / "large.so").read_bytes() == CONTENT


def _moved(index: bytes) -> bytes:
    """The first piece ends a byte later than it does, and the second begins there."""
    index = _other(index, HEAD.size, "<Q", lambda place: place + 1)
    return _other(index, HEAD.size + ROW.size, "<Q", lambda place: place - 1)


WRONG: dict[str, Callable[[bytes], bytes]] = {
    "a window": lambda index: index[: -1 << 15] + bytes(1 << 15),
    "the last byte": lambda index: _other(index, 20, "<H", lambda last: last ^ 1),
    "the places of two pieces": _moved,
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_index_gives_damage_and_never_other_bytes(kind: str, packed: Packed, tmp_path: Path) -> None:
    with pytest.raises(archive.Damaged, match=r"large\.so has changed"):
        packed.written(tmp_path, WRONG[kind](packed.index))


def test_a_damaged_member_is_found_by_its_pieces(packed: Packed, tmp_path: Path) -> None:
    os.pwrite(packed.descriptor, b"???", packed.large.offset + packed.large.compressed // 2)
    with pytest.raises(archive.Damaged, match=r"large\.so has changed"):
        packed.written(tmp_path)
    assert len((tmp_path / "large.so").read_bytes()) < SIZE


def test_until_all_pieces_are_written_the_file_has_another_size(
    packed: Packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a power cut, which is seen by sizes alone."""
    monkeypatch.setattr(split, "finish", lambda jobs: None)
    packed.written(tmp_path)
    assert (tmp_path / "large.so").read_bytes() == CONTENT[:-1]


def test_what_cannot_be_written_is_an_error(
    packed: Packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int, content: bytes, position: int) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OSError, match="No space left"):
        packed.written(tmp_path)


def test_a_write_of_less_goes_on(packed: Packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda handle, content, place: real(handle, content[:70_000], place))
    packed.written(tmp_path)
    assert (tmp_path / "large.so").read_bytes() == CONTENT


def test_where_processes_cannot_write_at_a_place_members_stay_whole(
    packed: Packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "pwrite")
    assert len(packed.written(tmp_path)) == 2
    assert (tmp_path / "large.so").read_bytes() == CONTENT


# -- whole files -----------------------------------------------------------------------------------------

MAIN = """\
import os, zlib


def main():
    with open(os.path.join(os.path.dirname(__file__), "large/data.bin"), "rb") as file:
        print(zlib.crc32(file.read()) & 0xFFFFFFFF)
"""
WHOLE = text((33 << 20) + 7)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a member that is large in earnest."""
    place = tmp_path_factory.mktemp("split")
    wheel = make_wheel(place, "app", files={"app.py": MAIN, "large/data.bin": WHOLE})
    return bundle_file(place / "app.pex", [wheel], function("app", "main"))


@pytest.fixture(scope="module")
def changed(built: Path) -> Callable[[str], Path]:
    """Makes the file with a wrong index of pieces, of a kind of WRONG or USELESS."""

    @functools.cache
    def make(kind: str) -> Path:
        real, change = bundles._with_pieces, {**WRONG, **USELESS}[kind]
        [wheel] = built.parent.glob("app-*.whl")
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(bundles, "_with_pieces", lambda one: _changed(real(one), change))
            return bundle_file(built.with_name(f"{kind}.pex"), [wheel], function("app", "main"))

    return make


def _changed(wheel: Wheel, change: Callable[[bytes], bytes]) -> Wheel:
    return replace(wheel, pieces=change(wheel.pieces))


PYTHONS = sorted(
    {supported()[0], supported()[-1], *(one for one in supported() if one.tag.startswith("pp"))}, key=str
)


@pytest.mark.parametrize("python", PYTHONS, ids=lambda python: python.tag)
def test_a_file_starts_with_what_is_in_it(python: Interpreter, built: Path, tmp_path: Path) -> None:
    done = run([python.path, built], environment(tmp_path / "root"))
    assert int(done.stdout) == zlib.crc32(WHOLE)


def test_a_start_reads_by_the_index_and_not_without_need(changed: Callable[[str], Path], tmp_path: Path) -> None:
    """Seen by a window that is wrong."""
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("no process can be kept to one processor here")
    file, here = changed("a window"), os.sched_getaffinity(0)
    if len(here) > 1:
        done = run([supported()[0].path, file], environment(tmp_path / "root"), check=False)
        assert done.returncode and "data.bin has changed" in done.stderr and not done.stdout
        assert not list((tmp_path / "root").glob("lite-2/wheels/*")), "nothing is left of it"
    os.sched_setaffinity(0, {min(here)})
    try:
        done = run([supported()[0].path, file], environment(tmp_path / "another"))
    finally:
        os.sched_setaffinity(0, here)
    assert int(done.stdout) == zlib.crc32(WHOLE)


def test_the_tool_finds_an_index_that_is_wrong(
    built: Path, changed: Callable[[str], Path], tmp_path: Path
) -> None:
    env = environment(tmp_path / "root", PEX_TOOLS="1")
    assert "is whole" in run([supported()[0].path, built, "verify"], env).stdout
    for kind in ("a window", "cut off"):
        done = run([supported()[0].path, changed(kind), "verify"], env, check=False)
        assert done.returncode == 6
        assert "the index of pieces is none of the wheels" in done.stdout


def test_a_start_does_without_an_index_that_has_changed(built: Path, tmp_path: Path) -> None:
    content = bytearray(built.read_bytes())
    with zipfile.ZipFile(built) as opened:
        entry = opened.getinfo(PIECES)
    content[entry.header_offset + 200] ^= 1
    file = tmp_path / "app.pex"
    file.write_bytes(content)
    with whole.opened(str(file)) as opened_file:
        assert opened_file.pieces() == b""
    done = run([supported()[0].path, file], environment(tmp_path / "root"))
    assert int(done.stdout) == zlib.crc32(WHOLE)
