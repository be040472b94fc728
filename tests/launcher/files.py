"""Files that begin with the launcher, made by hand, whatever is sealed in and however hostile the archive."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import platform
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from pexlite.launcher import MACHINES, launcher

BUILD_ID = "0123456789abcdef"
END = b"PK\5\6" + bytes(18)
"""An empty zip."""
# A Python by its looks: tells its words and some variables. Asked whether it starts, it says yes.
TELLING = b"""#!/bin/sh
[ "$1" = -I ] && exit 0
echo "$0|$*|PEX=$PEX|GIVEN=$GIVEN|PATH=$PATH|TOOLS=$PEX_TOOLS|HOME=$PYTHONHOME"
"""


@dataclass(frozen=True)
class Member:
    """A member of a tar."""

    name: str
    content: bytes = b""
    mode: int = 0o644
    link: str = ""
    kind: bytes = tarfile.REGTYPE


PYTHON = (Member("bin/python3.11", TELLING, 0o755), Member("lib/os.py", b"x = 1\n"))


def here() -> str:
    """This machine, as the launchers are named; skips the test on any other."""
    if platform.machine() not in MACHINES:
        pytest.skip(f"there is no launcher for {platform.machine()}")
    return platform.machine()


def tar_of(members: Iterable[Member], form: int = tarfile.PAX_FORMAT) -> bytes:
    """An uncompressed tar of `members`, in this form of tarfile's."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=form) as tar:
        for member in members:
            info = tarfile.TarInfo(member.name)
            info.mode, info.mtime = member.mode, 315532800
            info.type = tarfile.SYMTYPE if member.link and member.kind == tarfile.REGTYPE else member.kind
            info.linkname, info.size = member.link, len(member.content)
            tar.addfile(info, io.BytesIO(member.content))
    return raw.getvalue()


def archive_of(members: Iterable[Member] = PYTHON, form: int = tarfile.PAX_FORMAT) -> bytes:
    """An interpreter archive of `members`."""
    return gzip.compress(tar_of(members, form), mtime=0)


def xz_of(first: Iterable[Member] = PYTHON[:1], second: Iterable[Member] = PYTHON[1:]) -> bytes:
    """An interpreter archive of two streams of xz, the first of which has no end of a tar."""
    parts = [tar_of(first).rstrip(b"\0"), tar_of(second)]
    parts[0] += bytes(-len(parts[0]) % 512)
    filters = [{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "preset": 1}]
    return b"".join(lzma.compress(part, check=lzma.CHECK_NONE, filters=filters) for part in parts)


@dataclass(frozen=True)
class Given:
    """The parts of a file behind the launcher."""

    archive: bytes
    unpacked: int = 1 << 20
    loader: str = ""
    libc: str = ""
    sealed: tuple[str, ...] = ()
    sha256: str = ""

    def lines(self, offset: int) -> list[str]:
        """The lines of the configuration, but the first."""
        sha256 = self.sha256 or hashlib.sha256(self.archive).hexdigest()
        numbers = f"{offset:015d} {len(self.archive)} {self.unpacked}"
        own = f"interpreter {sha256} {numbers} bin/python3.11 {self.libc.replace(' ', '%20')} {self.loader}"
        asked = [f"asked {name}" for name in ("PEX_TOOLS", "PEX_PYTHON", "PEX_PYTHON_PATH", "PEX_VERBOSE")]
        fixed = ["build_id " + BUILD_ID, "layout lite-2", "brought CPython 3.11.9", "needed CPython 3.11"]
        return [*fixed, *asked, *self.sealed, own]


def configuration(lines: Iterable[str]) -> bytes:
    """The lines with the first one, which has the size of all of them."""
    rest = "".join(f"{line}\n" for line in lines)
    first = "pexlite launcher 1 "
    return f"{first}{len(first) + 9 + len(rest.encode()):08d}\n{rest}".encode()


def file_of(place: Path, given: Given | None = None, machine: str = "") -> Path:
    """A file at `place` that has the launcher, a configuration and an archive, and behind them an empty zip."""
    given = given or Given(archive_of())
    program = launcher(machine or here())
    size = len(program) + len(configuration(given.lines(0)))
    place.write_bytes(program + configuration(given.lines(size)) + given.archive + END)
    place.chmod(0o755)
    return place


def name_of(given: Given) -> str:
    """The name of the unpacked Python in a cache."""
    return (given.sha256 or hashlib.sha256(given.archive).hexdigest())[:32]
