"""The unpacker by itself refuses hostile zips, whoever made the wheel."""

from __future__ import annotations

import contextlib
import os
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pexlite.runtime.file import zip as archive
from pexlite.runtime.unpack import pool, wheel, write
from tests.bundles import environment, run


def zip_of(*members: tuple[str, bytes], mode: int = 0o100644, flags: int = 0) -> bytes:
    """A zip with these members, whatever their names, and however often they come."""
    content, directory = b"", b""
    for name, text in members:
        held = zlib.compress(text)[2:-4]
        fields = (20, flags, 8, 0, 0x21, zlib.crc32(text), len(held), len(text), len(name.encode()), 0)
        offset = len(content)
        content += struct.pack("<4s5H3I2H", b"PK\x03\x04", *fields) + name.encode() + held
        directory += struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, *fields, 0, 0, 0, mode << 16, offset)
        directory += name.encode()
    end = (b"PK\x05\x06", 0, 0, len(members), len(members), len(directory), len(content), 0)
    return content + directory + struct.pack("<4s4H2IH", *end)


def place_of(content: bytes | bytearray) -> dict[str, Any]:
    """Where its last 22 bytes say that the directory of a zip is, as PEX-INFO says it."""
    count, size, offset = struct.unpack_from("<HII", content.rjust(22, b"\0"), max(0, len(content) - 22) + 10)
    return {"offset": 0, "size": len(content), "directory": [offset, size, count, None]}


@pytest.mark.parametrize(
    "content",
    [
        zip_of(("../x.py", b"")),
        zip_of(("/etc/x.py", b"")),
        zip_of(("a/../../x.py", b"")),
        zip_of(("a//x.py", b"")),
        zip_of(("./x.py", b"")),
        zip_of(("a\\x.py", b"")),
        zip_of(("C:\\x.py", b"")),
        zip_of(("x\0.py", b"")),
        zip_of(("x.py", b"one"), ("x.py", b"two")),
        zip_of(("link", b"/etc"), mode=0o120777),
        zip_of(("secret", b"x"), flags=1),
    ],
    ids=repr,
)
def test_the_unpacker_refuses_by_itself(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(archive.Damaged):
        read_all(content, place_of(content), tmp_path)


@pytest.mark.parametrize("kept", [0, 4, 30, 60, 100])
def test_a_zip_that_is_cut_off_is_refused(kept: int, tmp_path: Path) -> None:
    content = zip_of(("x.py", b""), ("y.py", b""))
    with pytest.raises(archive.Damaged):
        read_all(content[:kept], place_of(content), tmp_path)


def test_a_directory_is_read_where_it_is_said_to_be_and_nowhere_else(tmp_path: Path) -> None:
    content = zip_of(("x.py", b"text"))
    place = place_of(content)
    # Another zip behind it, which readers that look for an end take instead.
    read_all(content + zip_of(("../evil.py", b"")), place, tmp_path)
    read_all(content[:-22] + b"PK\x05\x06" + b"\xff" * 18, place, tmp_path)
    offset, size, _, _ = place["directory"]
    place["directory"][3] = zlib.crc32(content[offset : offset + size])
    read_all(content, place, tmp_path)
    changed = bytearray(content)
    changed[offset + 12] ^= 1
    with pytest.raises(archive.Damaged):
        read_all(bytes(changed), place, tmp_path)


def read_all(content: bytes, place: dict[str, Any], directory: Path) -> None:
    """Read every member, and check what the unpacker promises of its name and size."""
    (directory / "x.whl").write_bytes(content)
    descriptor = os.open(directory / "x.whl", os.O_RDONLY)
    try:
        for member in archive.read_members(descriptor, place, "x.whl"):
            parts = member.name.split("/")
            assert not {"", ".", ".."}.intersection(parts) and "\\" not in member.name and "\0" not in member.name
            assert len(archive.read_member(descriptor, member)) == member.size
    finally:
        os.close(descriptor)


# In the directory of one member: what is packed, what it unpacks to, how long its names are, where it begins.
LIES = [
    (20, 0xFFFFFFFE),
    (20, 0xFFFFFFFF),
    (24, 0xFFFFFFFF),
    (28, 0xFFFF),
    (30, 0xFFFF),
    (42, 0xFFFFFFFE),
    (42, 99),
]
# In what PEX-INFO says of the directory: where it begins, how long it is, how many members it has.
LIES_ABOUT_IT = [
    (0, 0xFFFFFFFF),
    (0, 1),
    (1, 0xFFFFFFFF),
    (1, 40),
    (2, 2),
    (2, 0xFFFF),
    (0, 1 << 40),
    (1, 1 << 63),
]


@pytest.mark.parametrize(("place", "value"), LIES)
def test_numbers_that_lie_are_refused(place: int, value: int, tmp_path: Path) -> None:
    content = bytearray(zip_of(("x.py", b"text")))
    at = content.index(b"PK\x01\x02") + place
    new = struct.pack("<H" if value <= 0xFFFF else "<I", value)
    content[at : at + len(new)] = new
    with pytest.raises(archive.Damaged):
        read_all(bytes(content), place_of(content), tmp_path)


@pytest.mark.parametrize(("number", "value"), LIES_ABOUT_IT)
def test_a_directory_that_is_elsewhere_is_refused(number: int, value: int, tmp_path: Path) -> None:
    content = zip_of(("x.py", b"text"))
    place = place_of(content)
    place["directory"][number] = value
    with pytest.raises(archive.Damaged):
        read_all(content, place, tmp_path)


@pytest.mark.parametrize("said", [0, 10, 1 << 20])
def test_a_member_that_inflates_to_more_than_it_says_is_not_inflated(said: int, tmp_path: Path) -> None:
    content = bytearray(zip_of(("x", bytes(300 << 20))))
    directory = content.index(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", said)
    (tmp_path / "x.whl").write_bytes(content)
    code = (
        "import os, resource, sys; sys.path.insert(0, sys.argv[1])\n"
        "from pexlite.runtime.file import zip as archive\n"
        "from pexlite.runtime.unpack import write\n"
        "descriptor = os.open(sys.argv[2], os.O_RDONLY)\n"
        "members = archive.read_members(descriptor, eval(sys.argv[4]), 'x')\n"
        "try:\n"
        "    write.members(descriptor, [(members[0], sys.argv[3])], int)\n"
        "except archive.Damaged:\n"
        "    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "    if sys.platform == 'linux':\n"  # there that begins with what the process was forked from
        "        peak = int(open('/proc/self/status').read().partition('VmHWM:')[2].split()[0])\n"
        "    print(os.path.getsize(sys.argv[3]), peak)\n"
    )
    room = Path(archive.__file__).parents[3]
    command: list[str | Path] = [sys.executable, "-c", code, room, tmp_path / "x.whl", tmp_path / "x"]
    command.append(repr(place_of(content)))
    size, peak = map(int, run(command, environment(tmp_path)).stdout.split())
    assert size <= said
    assert peak < (100 << 10 if sys.platform == "linux" else 100 << 20)  # Linux counts in KiB


FIELDS = st.sampled_from([0, 1, 2, 0xFF, 0xFFFF, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000])


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(st.text(st.sampled_from("a./\\\0:\u00fc"), max_size=6), max_size=3),
    changes=st.lists(st.tuples(st.integers(0, 400), st.binary(min_size=1, max_size=8)), max_size=4),
    wide=st.lists(st.tuples(st.integers(0, 100), FIELDS), max_size=3),
    cut=st.integers(0, 60),
)
def test_whatever_is_read_stays_inside_or_is_refused(
    names: list[str], changes: list[tuple[int, bytes]], wide: list[tuple[int, int]], cut: int, tmp_path: Path
) -> None:
    content = bytearray(zip_of(*((name, b"text" * 9) for name in names), flags=0x800))
    for place, new in changes:
        content[place : place + len(new)] = new[: max(0, len(content) - place)]
    for place, value in wide:  # from the end, where the numbers are
        at = len(content) - 4 - place
        if at >= 0:
            content[at : at + 4] = struct.pack("<I", value)
    content = content[: len(content) - cut] if cut < 20 else content
    with contextlib.suppress(archive.Damaged):
        read_all(bytes(content), place_of(content), tmp_path)


INFO = ("x-1.dist-info/RECORD", b"")
SOME: dict[str, tuple[tuple[str, bytes], ...]] = {
    "a wheel": (("x/a.py", b"1"), ("x/b.py", b"22"), ("top.py", b""), INFO),
    "directories": (("x/", b""), ("x/a.py", b"1"), INFO),
    "data": (
        ("x-1.data/purelib/x/a.py", b"1"),
        ("x-1.data/platlib/x/b.so", b"22"),
        ("x-1.data/scripts/run", b"333"),
        ("x-1.data/data/etc/x.conf", b"4444"),
        ("x-1.data/headers/x.h", b"55555"),
        INFO,
    ),
    "data over another": (("x-1.data/purelib/x/a.py", b"1"), ("x/a.py", b"22"), INFO),
    "another over none": (("x/a.py", b"22"), ("x-1.data/data/x/a.py", b"1"), INFO),
    "what looks like data": (("x/y.data/purelib/a.py", b"1"), ("other.data/purelib/a.py", b"22"), INFO),
    "bytecode": (("x/__pycache__/a.cpython-311.pyc", b"1"), ("x/a.py", b"22"), INFO),
    "a name that looks like an entry": (("PK\1\2.py", b"1"), ("x/a.py", b"22"), INFO),
    "such a name, long enough": (("PK\1\2" + "a" * 50, b"1"), ("x/a.py", b"22"), INFO),
    "names in another encoding": (("\u00fc.py", b"1"), ("x/a.py", b"22"), INFO),
    "nothing else": (INFO,),
}


@pytest.mark.parametrize("flags", [0, 0x800])
@pytest.mark.parametrize("name", SOME)
def test_some_members_are_found_as_among_all(name: str, flags: int, tmp_path: Path) -> None:
    content = zip_of(*SOME[name], flags=flags)
    (tmp_path / "x.whl").write_bytes(content)
    described = {**place_of(content), "name": "x.whl"}
    descriptor = os.open(tmp_path / "x.whl", os.O_RDONLY)
    try:
        every = wheel.destinations(descriptor, described, "")
        for number in range(1 << len(every)):
            wanted = {path: member for at, (member, path) in enumerate(every) if number >> at & 1}
            found = wheel.some_destinations(descriptor, described, {path[1:] for path in wanted})
            assert {path: vars_of(member) for member, path in found} == {
                path: vars_of(member) for path, member in wanted.items()
            }
    finally:
        os.close(descriptor)


def vars_of(member: archive.Member) -> list[object]:
    return [getattr(member, name) for name in archive.Member.__slots__]


@pytest.mark.parametrize("content", [zip_of(("x.py", b"one"), ("x.py", b"two")), zip_of(("../x.py", b"1"))])
def test_some_members_of_a_hostile_wheel_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.whl").write_bytes(content)
    with (tmp_path / "x.whl").open("rb") as file, pytest.raises(archive.Damaged):
        described = {**place_of(content), "name": "x.whl"}
        wheel.some_destinations(file.fileno(), described, {b"lib/x.py", b"lib/../x.py"})


@pytest.mark.parametrize("large", [0, 3, 2000])
@pytest.mark.parametrize("small", [0, 1, 5000, 70_000])
def test_no_more_portions_than_the_pool_takes(large: int, small: int) -> None:
    sizes = [2 << 20] * large + [9] * small
    jobs = [(archive.Member(str(at), 0, size, size, 0, True, 0), b"x") for at, size in enumerate(sizes)]
    batches, portions = write._batches(jobs)
    assert len(batches) <= pool.MOST_JOBS
    assert sorted(member.name for batch in batches for member, _ in batch) == sorted(map(str, range(len(jobs))))
    assert sum(portions) == sum(sizes)


def test_the_largest_come_first_each_alone() -> None:
    """So that in the end no process is left with one, while the others have nothing to do."""
    megabytes = [1, 9, 2, 7, 40, 3]
    jobs = [(archive.Member(str(size), 0, size << 20, size << 20, 0, False, 0), b"x") for size in megabytes]
    jobs += [(archive.Member("small", 0, 9, 9, 0, False, 0), b"x")] * 40
    batches, portions = write._batches(jobs)
    names = [[member.name for member, _ in batch] for batch in batches]
    assert names[:5] == [["40"], ["9"], ["7"], ["3"], ["2"]]
    assert portions[0] == 40 << 20
    assert [len(batch) for batch in batches[5:]] == [16, 16, 9]
