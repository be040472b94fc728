"""A zip goes in only where every reader reads the same in it: zipfile, the runtime's reader, and all others."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pexlite.errors import InvalidWheel
from pexlite.runtime.file import zip as runtime
from pexlite.wheels.read import read_wheel
from pexlite.wheels.zip_shape import UnlikeError, content, read_shape
from tests.factories import make_wheel

FILES: dict[str, str | bytes] = {"demo/__init__.py": "x = 1\n" * 100, "demo/ü.py": "y = 2\n", "z.py": b""}


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return make_wheel(tmp_path, "demo", files=FILES)


def shape(found: bytes) -> tuple[Any, Any]:
    """The shape of a zip, with the content of its members read."""
    file = io.BytesIO(found)
    directory, entries = read_shape(file)
    return directory, {entry.shown: b"".join(content(file, entry)) for entry in entries}


def test_what_is_read_is_what_zipfile_reads(wheel: Path) -> None:
    directory, members = shape(wheel.read_bytes())
    with zipfile.ZipFile(wheel) as opened:
        assert members == {name: opened.read(name) for name in opened.namelist()}
        assert (directory.offset, directory.count) == (opened.start_dir, len(members))
    assert directory == read_wheel(wheel).directory


def as_stream(wheel: Path) -> bytes:
    """The wheel as a writer makes it that cannot go back: sizes come behind the members."""

    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

        def seek(self, *_: int) -> int:
            raise OSError

    pipe = Pipe()
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(name, source.read(name))
    return pipe.getvalue()


def as_zip64(wheel: Path) -> bytes:
    """The wheel with wide numbers before each member, as of a writer that does not know how large it gets."""
    written = io.BytesIO()
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(written, "w") as target:
        for name in source.namelist():
            with target.open(name, "w", force_zip64=True) as member:
                member.write(source.read(name))
    return written.getvalue()


def with_zip64_end(wheel: Path) -> bytes:
    """The wheel with an end record that leaves the numbers to a ZIP64 record."""
    whole = wheel.read_bytes()
    count, size, offset = struct.unpack_from("<HII", whole, len(whole) - 12)
    place = len(whole) - 22
    record = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, place, 1)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return whole[:place] + record + locator + end


@pytest.mark.parametrize("written", [as_stream, as_zip64, with_zip64_end])
def test_what_honest_writers_write_is_taken(written: Callable[[Path], bytes], wheel: Path) -> None:
    assert shape(written(wheel))[1] == shape(wheel.read_bytes())[1]


# -- what readers read differently -----------------------------------------------------------------


def number(form: str, place: int, value: int, *, mark: bytes = b"PK\x05\x06") -> Callable[[bytes], bytes]:
    """A change of one number, counted from the first `mark`."""

    def change(whole: bytes) -> bytes:
        changed = bytearray(whole)
        struct.pack_into(form, changed, whole.index(mark) + place, value)
        return bytes(changed)

    return change


def with_comment(whole: bytes) -> bytes:
    return whole[:-2] + b"\4\0comm"


def with_gap(whole: bytes) -> bytes:
    """Bytes between the last member and the directory, where a reader that goes through members finds one more."""
    count, size, offset = struct.unpack_from("<HII", whole, len(whole) - 12)
    more = b"PK\x03\x04" + whole[4:200]
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, size, offset + len(more), 0)
    return whole[:offset] + more + whole[offset : offset + size] + end


def with_two_directories(whole: bytes) -> bytes:
    """A directory and an end before those that count."""
    count, size, offset = struct.unpack_from("<HII", whole, len(whole) - 12)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, size, len(whole), 0)
    return whole + whole[offset : offset + size] + end


def with_lying_zip64(whole: bytes) -> bytes:
    """A ZIP64 record that counts fewer members than the end record."""
    count, size, offset = struct.unpack_from("<HII", whole, len(whole) - 12)
    record = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count - 1, count - 1, size, offset)
    return whole[:-22] + record + struct.pack("<4sIQI", b"PK\x06\x07", 0, len(whole) - 22, 1) + whole[-22:]


def in_another_encoding(whole: bytes) -> bytes:
    """A name whose bytes are UTF-8, though it says that they are not."""
    changed = bytearray(whole)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = whole.index("demo/ü.py".encode(), whole.index(mark)) - (30 if mark[2:] == b"\3\4" else 46)
        struct.pack_into("<H", changed, at + place, 0)
    return bytes(changed)


UNLIKE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "fewer members than there are": (lambda whole: whole[:-14] + b"\3\0\3\0" + whole[-10:], "counts 3 members"),
    "more members than there are": (lambda whole: whole[:-14] + b"\7\0\7\0" + whole[-10:], "counts 7 members"),
    "two counts": (number("<H", 8, 3), "one of several parts"),
    "a part of several": (number("<H", 4, 1), "one of several parts"),
    "a comment": (with_comment, "it has a comment"),
    "bytes behind": (lambda whole: whole + b"trailing", "8 bytes behind its end"),
    "bytes before": (lambda whole: b"#!/bin/sh\n" + whole, "10 bytes before it"),
    "bytes between": (with_gap, "bytes before its directory"),
    "two directories": (with_two_directories, "bytes before its directory"),
    "an end that differs from its ZIP64 record": (with_lying_zip64, "its two ends differ"),
    "another size where it begins": (number("<I", 18, 9999, mark=b"PK\x03\x04"), "another size or CRC"),
    "another CRC where it begins": (number("<I", 14, 9999, mark=b"PK\x03\x04"), "another size or CRC"),
    "another method where it begins": (number("<H", 8, 0, mark=b"PK\x03\x04"), "another one where it begins"),
    "another name where it begins": (lambda whole: whole.replace(b"demo/__i", b"demo/__e", 1), "another one"),
    "a member that is elsewhere": (number("<I", 42, 7, mark=b"PK\x01\x02"), "bytes before member"),
    "a name in another encoding": (in_another_encoding, "every reader guesses"),
    "a flag that few know": (number("<H", 8, 0x2000, mark=b"PK\x01\x02"), "not every reader knows"),
    "a member for later readers": (number("<H", 6, 64, mark=b"PK\x01\x02"), "not every reader knows"),
    "a member of another part": (number("<H", 34, 1, mark=b"PK\x01\x02"), "is no member"),
    "no end": (lambda whole: whole[:-22], "it has no end"),
    "nothing": (lambda whole: b"", "it has no end"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "why"), UNLIKE.values(), ids=UNLIKE.keys())
def test_what_readers_read_differently_is_refused_with_the_reason(
    change: Callable[[bytes], bytes], why: str, wheel: Path
) -> None:
    wheel.write_bytes(change(wheel.read_bytes()))
    with pytest.raises(UnlikeError, match=why):
        shape(wheel.read_bytes())
    with pytest.raises(InvalidWheel, match=wheel.name):
        read_wheel(wheel)


def one_member(packed: bytes, told: bytes, *, method: int = 8, extra: bytes = b"", name: bytes = b"x") -> bytes:
    """A zip of one member that holds `packed` and says that it is `told`."""
    fields = (20, 0, method, 0, 0x21, zlib.crc32(told), len(packed), len(told), len(name), len(extra))
    member = struct.pack("<4s5H3I2H", b"PK\x03\x04", *fields) + name + extra + packed
    directory = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, *fields, 0, 0, 0, 0o100644 << 16, 0) + name + extra
    return member + directory + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), len(member), 0)


def deflated(text: bytes) -> bytes:
    return zlib.compress(text)[2:-4]


UNICODE_PATH = struct.pack("<HHBI", 0x7075, 8, 1, zlib.crc32(b"x")) + b"../"


@pytest.mark.parametrize(
    ("whole", "why"),
    [
        (one_member(deflated(b"text") + b"more", b"text"), "bytes behind what is packed"),
        (one_member(deflated(b"text" * 900)[:-3], b"text" * 900), "not what its size and CRC say"),
        (one_member(deflated(b"text"), b"tex"), "more than it says"),
        (one_member(deflated(b"text"), b"texts"), "not what its size"),
        (one_member(deflated(b"text"), b"TEXT"), "not what its size"),
        (one_member(b"\xff\xff\xff", b"text"), "cannot be unpacked"),
        (one_member(b"text", b"tex", method=0), "more than it says"),
        (one_member(b"tex", b"text", method=0), "not what its size"),
        (one_member(b"text", b"text", method=0, extra=UNICODE_PATH), "has two names"),
        (one_member(b"text", b"text", method=0, name=b"\xfc"), "every reader guesses"),
    ],
)
def test_a_member_holds_what_it_says_and_nothing_else(whole: bytes, why: str) -> None:
    with pytest.raises(UnlikeError, match=why):
        shape(whole)


@pytest.mark.parametrize("text", [b"", b"text", bytes(3 << 20)], ids=len)
def test_a_member_may_be_packed_or_not(text: bytes) -> None:
    assert shape(one_member(deflated(text), text))[1] == {"x": text}
    assert shape(one_member(text, text, method=0))[1] == {"x": text}
    assert shape(one_member(b"", b""))[1] == {"x": b""}


# -- what is taken is read alike --------------------------------------------------------------------


def by_zipfile(whole: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(whole)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def by_the_runtime(whole: bytes, directory: Any, file: Path) -> dict[str, bytes]:
    file.write_bytes(whole)
    descriptor = os.open(file, os.O_RDONLY)
    try:
        place = {"offset": 0, "size": len(whole), "directory": astuple(directory)}
        members = runtime.read_members(descriptor, place, file.name)
        return {member.name: bytes(runtime.read_member(descriptor, member)) for member in members}
    finally:
        os.close(descriptor)


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    wheel = make_wheel(tmp_path_factory.mktemp("examples"), "demo", files=FILES)
    return [written(wheel) for written in (Path.read_bytes, as_stream, with_zip64_end)]


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(0, 1200), st.binary(min_size=1, max_size=4)), max_size=2),
    data=st.data(),
)
def test_what_is_taken_is_read_alike_by_every_reader(
    changes: list[tuple[int, bytes]], data: st.DataObject, examples: list[bytes], tmp_path: Path
) -> None:
    whole = bytearray(data.draw(st.sampled_from(examples)))
    for place, new in changes:
        at = place % len(whole)
        whole[at : at + len(new)] = new[: len(whole) - at]
    with contextlib.suppress(UnlikeError):
        directory, members = shape(bytes(whole))
        assert members == by_zipfile(bytes(whole))
        with contextlib.suppress(runtime.Damaged):  # it refuses names by itself
            assert members == by_the_runtime(bytes(whole), directory, tmp_path / "x.whl")
