"""Large members that the file holds uncompressed: the kernel copies them, or they are read and written."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import random
import shutil
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pytest

from pexlite.archive.aligned import BLOCK, LARGE
from pexlite.archive.reader import read_manifest
from pexlite.errors import VerificationFailed
from pexlite.files.places import store_root
from pexlite.model import BuildRequest, LaunchOptions, StoredWheel
from pexlite.pipeline.build import build
from pexlite.runtime.file import zip as archive
from pexlite.runtime.unpack import clone, write
from pexlite.ship.served import can_write_recipes
from pexlite.tools.verify import verify_file
from tests.bundles import environment, run
from tests.factories import make_wheel
from tests.interpreters import supported
from tests.needs import the_call

pytestmark = pytest.mark.usefixtures("bare_machine")
SIZE = 3 * LARGE + 17
REFUSALS = ("EAGAIN", "EXDEV", "EINVAL", "ENOSYS", "EOPNOTSUPP", "EPERM", "EBADF", "ETXTBSY")
MAIN = """\
import os


def main():
    with open(os.path.join(os.path.dirname(__file__), "big/data.bin"), "rb") as file:
        print(sum(file.read()))
"""


def noise(size: int = SIZE) -> bytes:
    return random.Random(1).randbytes(size)


@pytest.fixture
def member(tmp_path: Path) -> Iterator[tuple[int, archive.Member]]:
    """The open file, and a stored member in it."""
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("other", "x" * 99)
        made.writestr("data.bin", noise())
    descriptor = os.open(path, os.O_RDONLY)
    offset, size = made.start_dir, path.stat().st_size - made.start_dir - 22
    place = {"offset": 0, "size": path.stat().st_size, "directory": [offset, size, 2, None]}
    yield descriptor, archive.read_members(descriptor, place, "x")[1]
    os.close(descriptor)


def written(member: tuple[int, archive.Member], path: Path) -> str:
    how = write.member_to(*member, os.fsencode(path))
    assert path.read_bytes() == noise()
    return how


def test_the_kernel_copies_a_large_member(member: tuple[int, archive.Member], tmp_path: Path) -> None:
    the_call("copy_file_range")
    assert written(member, tmp_path / "out") == "copy_file_range"


@pytest.mark.parametrize("begun", [0, 70_000])
@pytest.mark.parametrize("refusal", REFUSALS)
def test_where_it_refuses_the_member_is_read_and_written(
    refusal: str,
    begun: int,
    member: tuple[int, archive.Member],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    the_call("copy_file_range")
    real = os.copy_file_range

    def refuse(source: int, target: int, count: int, start: int, place: int) -> int:
        if place < begun:
            return real(source, target, min(count, begun), start + 1, place)  # as wrong as can be
        raise OSError(getattr(errno, refusal), "refused")

    monkeypatch.setattr(os, "copy_file_range", refuse)
    assert written(member, tmp_path / "out") == "read and written (refused)"


def test_where_it_copies_nothing_likewise(
    member: tuple[int, archive.Member], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "copy_file_range", lambda *given: 0, raising=False)
    assert written(member, tmp_path / "out").startswith("read and written")


def test_a_python_without_the_call_asks_for_a_clone(
    member: tuple[int, archive.Member], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a file system without clones, and for this member that begins in the midst of a block, there is none."""
    monkeypatch.delattr(os, "copy_file_range", raising=False)
    assert written(member, tmp_path / "out").startswith("read and written (")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert written(member, tmp_path / "out") == f"read and written ({os.strerror(errno.ENOSYS)})"


@pytest.mark.parametrize("refused", [False, True])
def test_what_is_not_as_it_was_built_is_damage(
    refused: bool, member: tuple[int, archive.Member], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if refused:
        monkeypatch.setattr(os, "copy_file_range", lambda *given: 0, raising=False)
    with (tmp_path / "x.zip").open("r+b") as file:
        file.seek(member[1].offset + 100_000)
        file.write(b"!")
    with pytest.raises(archive.Damaged, match=r"data\.bin has changed"):
        write.member_to(*member, os.fsencode(tmp_path / "out"))
    os.truncate(tmp_path / "x.zip", member[1].offset + 150_000)
    with pytest.raises(archive.Damaged, match="ends too early"):
        write.member_to(*member, os.fsencode(tmp_path / "out"))


def test_small_and_deflated_members_are_not_asked_for(tmp_path: Path) -> None:
    def found(size: int, stored: bool) -> bool:
        return write.is_copied(archive.Member("x", 0, size, size, 0, stored, 0))

    assert (found(LARGE, True), found(LARGE - 1, True), found(LARGE, False)) == (True, False, False)
    assert write._COPIED == LARGE and clone._BLOCK == BLOCK


# -- whole files -----------------------------------------------------------------------------------------


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A file with uncompressed wheels."""
    return file_in(tmp_path)


def file_in(tmp_path: Path, *, sh_boot: bool = False) -> Path:
    wheels = [
        make_wheel(tmp_path, "app", files={"app.py": MAIN, "big/data.bin": noise()}),
        make_wheel(tmp_path, "other", files={"other.bin": noise(LARGE), "small.bin": noise(9)}),
    ]
    return build(
        BuildRequest(
            directory=tmp_path,
            requirements=tuple(map(str, wheels)),
            entry_point="app:main",
            output=Path("x.pex"),
            compress=False,
            launch=LaunchOptions(sh_boot=sh_boot),
        )
    ).path


@pytest.mark.parametrize("limit", [None, 100])  # bytes, past which wheels are no members
@pytest.mark.parametrize("sh_boot", [False, True])
def test_every_large_member_begins_where_a_block_of_the_file_does(
    sh_boot: bool, limit: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not can_write_recipes():
        pytest.skip("this Python was built without lzma, so wheels stay compressed")
    if limit is not None:
        monkeypatch.setattr("pexlite.archive.layout._PLAIN_ZIP_LIMIT", limit)
    built = file_in(tmp_path, sh_boot=sh_boot)
    manifest = read_manifest(built)
    large = {}
    with built.open("rb") as file:
        for wheel in manifest.wheels:
            assert wheel.offset % BLOCK == 0
            for member in archive.read_members(file.fileno(), vars_of(wheel), wheel.filename):
                begin = member.offset + archive.data_start(os.pread(file.fileno(), 30, member.offset))
                assert member.stored
                if member.size >= LARGE:
                    large[member.name] = begin % BLOCK
    assert large == {"big/data.bin": 0, "other.bin": 0}
    verify_file(built)
    for path in (store_root() / "wheels").rglob("*.whl"):
        with zipfile.ZipFile(path) as wheel_there:
            assert wheel_there.testzip() is None
            assert not any(entry.extra for entry in wheel_there.infolist())
    # No PyPy so far has the call: it asks for a clone, which is had where the file system makes one.
    call = "copy_file_range" if supported()[0].tag.startswith("cp") else ""
    assert f"2 large files, 0.3 MB: {call}" in started(built, tmp_path / "root")
    content = bytearray(built.read_bytes())
    content[manifest.wheels[0].offset - 1] ^= 1  # in the padding
    built.write_bytes(content)
    with pytest.raises(VerificationFailed, match="is not what was built"):
        verify_file(built)


def vars_of(wheel: StoredWheel) -> dict[str, Any]:
    return {"offset": wheel.offset, "size": wheel.size, "directory": astuple(wheel.directory)}


def started(file: Path, root: Path, **more: str) -> str:
    """The stderr of the first start with PEX_VERBOSE; what it prints is right."""
    done = run([supported()[0].path, file], environment(root, PEX_VERBOSE="1", **more))
    assert done.stdout == f"{sum(noise())}\n"
    return done.stderr


@pytest.mark.parametrize("kind", ["xfs", "btrfs"])
def test_a_first_start_takes_no_room_where_blocks_can_be_shared(kind: str, built: Path, tmp_path: Path) -> None:
    with image(tmp_path, kind) as disk:
        file = disk / "x.pex"
        shutil.copyfile(built, file)
        started(file, disk / "root")
        [unpacked] = (disk / "root").glob("lite-2/wheels/*/lib/big/data.bin")
        assert unpacked.read_bytes() == noise()
        assert shared(unpacked) >= SIZE // BLOCK * BLOCK and not shared(file) < SIZE // BLOCK * BLOCK


@pytest.mark.parametrize("kind", ["xfs", "btrfs"])
def test_an_older_python_clones_too(
    kind: str, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "copy_file_range", raising=False)
    with image(tmp_path, kind) as disk, copied(built, disk / "x.pex") as descriptor:
        [wheel] = [one for one in read_manifest(built).wheels if one.filename.startswith("app")]
        members = archive.read_members(descriptor, vars_of(wheel), "x")
        [large] = [member for member in members if write.is_copied(member)]
        assert write.member_to(descriptor, large, os.fsencode(disk / "out")) == "FICLONERANGE"
        assert (disk / "out").read_bytes() == noise()
        assert shared(disk / "out") == SIZE // BLOCK * BLOCK


def test_between_two_file_systems_it_is_copied_or_written(built: Path, tmp_path: Path) -> None:
    with image(tmp_path, "xfs") as disk:
        assert "2 large files, 0.3 MB: " in started(built, disk / "root")


@contextlib.contextmanager
def copied(source: Path, target: Path) -> Iterator[int]:
    shutil.copyfile(source, target)
    os.sync()  # what has no place on the disk yet cannot be shared
    descriptor = os.open(target, os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


@contextlib.contextmanager
def image(directory: Path, kind: str) -> Iterator[Path]:
    """A file system of this kind in a file, mounted."""
    make = shutil.which(f"mkfs.{kind}", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if make is None:
        pytest.skip(f"mkfs.{kind} is not here: xfsprogs, btrfs-progs")
    picture, place = directory / f"{kind}.img", directory / kind
    place.mkdir()
    with picture.open("wb") as file:
        file.truncate(400 << 20)
    subprocess.run([make, "-q", picture], check=True, stdout=subprocess.DEVNULL)
    if subprocess.run(["mount", "-o", "loop", picture, place], check=False, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here: takes root outside of a container, and loop devices")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def shared(path: Path) -> int:
    """The number of bytes of the file in blocks that another file has too (FS_IOC_FIEMAP)."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        found = bytearray(struct.pack("=QQIIII", 0, 2**64 - 1, 1, 0, 256, 0) + bytes(256 * 56))
        fcntl.ioctl(file.fileno(), 0xC020660B, found)
        (count,) = struct.unpack_from("=I", found, 20)
        extents = [struct.unpack_from("=QQQ16xI", found, 32 + 56 * number) for number in range(count)]
    return sum(length for _, _, length, flags in extents if flags & 0x2000)
