"""A Python that a file carries: its own. This module imports no `packaging`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class InterpreterArchive:
    """A CPython's prefix as a `.tar.gz` or `.tar.xz`, the same bytes each time.

    At its top are `bin/`, `lib/` and the rest. Its members are directories, plain files, and relative links that
    stay inside.
    """

    sha256: str
    """The archive's sha256, in hex."""
    crc32: int
    """The archive's CRC-32, which a zip that stores it needs."""
    size: int
    """Bytes of the archive."""
    unpacked: int
    """Bytes of its files."""
    version: str
    """The full version: "3.11.15", "3.15.0rc1"."""
    tag: str
    """As in `Target.python`: "cp311", "cp313t"."""
    platform: str
    """As in `Target.platform`: "linux_x86_64"."""
    libc: tuple[str, tuple[int, int]] | None
    """The oldest C library that will do: ("glibc", (2, 17)), ("musl", (1, 2)); None for a static one."""
    loader: str
    """The absolute path of its ELF loader, "/lib64/ld-linux-x86-64.so.2"; "" for a static one."""
    program: str
    """Its program, relative to the prefix: "bin/python3.11"."""
    source: str
    """Where it is from: "uv cpython-3.11.15-linux-x86_64-gnu", or the name of the directory or archive."""
    source_sha256: str = ""
    """The sha256 of the archive it came from; "" for a directory."""
    form: Literal["gz", "xz"] = "gz"
    """The archive's compression: gzip, or xz, which the static launcher alone unpacks."""
    licence: str = "PSF-2.0"
    """The licences of CPython and of what is linked in, as far as they are known (an SPDX expression)."""

    @property
    def suffix(self) -> str:
        """The end of the archive's name: ".tar.gz"."""
        return f".tar.{self.form}"


@dataclass(frozen=True, kw_only=True)
class OwnPython(InterpreterArchive):
    """A Python that goes into a file."""

    path: Path
    """The interpreter archive in the store."""

    @property
    def filename(self) -> str:
        """Its name in messages."""
        return f"CPython {self.version}"


@dataclass(frozen=True, kw_only=True)
class StoredPython(InterpreterArchive):
    """A Python inside a built file."""

    offset: int
    """Bytes from the start of the file to the archive's first byte."""
