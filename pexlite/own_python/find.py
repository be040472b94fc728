"""The Pythons of a request that go into its file: found, made into archives, kept in the store."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pexlite.model import OwnPython, Progress, Report
from pexlite.own_python.kept import keep, key_of, recalled
from pexlite.own_python.make import make_archive
from pexlite.own_python.selection import Wanted
from pexlite.own_python.source import PythonSource, source_of
from pexlite.store.store import Store


@dataclass(frozen=True)
class PackedPython:
    """A Python in the store, ready to go into a file."""

    python: OwnPython
    notices: tuple[str, ...]


def python_sources(words: Sequence[str], store: Store, report: Report) -> tuple[PythonSource, ...]:
    """The Pythons that the words of `--python-from` name, in order. Raises TargetError."""
    found = []
    for word in words:
        report(Progress("targets", f"asking {word}"))
        found.append(source_of(word, store))
    return tuple(found)


def packed_python(source: PythonSource, wanted: Wanted, store: Store, report: Report) -> PackedPython:
    """The Python of `source` as an archive in the store, with the parts that are `wanted`. Raises TargetError."""
    key = key_of(source, wanted)
    kept = recalled(store, key)
    if kept is None:
        report(Progress("build", f"packing CPython {source.version}"))
        with (
            tempfile.TemporaryDirectory(prefix="pexlite-python-", ignore_cleanup_errors=True) as place,
            store.incoming() as incoming,
        ):
            with incoming.path.open("wb") as file:
                made = make_archive(source, wanted, Path(place), file)
            facts = {
                "unpacked": made.unpacked,
                "form": made.form,
                "glibc": made.glibc,
                "licence": made.licence,
                "notices": made.notices,
            }
            kept = keep(store, key, incoming, made.libraries, facts)
    return PackedPython(_own_python(source, kept), tuple(kept["notices"]))


def _own_python(source: PythonSource, kept: dict[str, Any]) -> OwnPython:
    target, prefix = source.target, source.prefix
    libc: tuple[str, tuple[int, int]] | None = None
    if prefix.is_musl:
        libc = ("musl", target.libc.version if target.libc else (1, 2))
    elif kept["glibc"]:
        major, minor = kept["glibc"]
        libc = ("glibc", (major, minor))
    return OwnPython(
        path=kept["path"],
        sha256=kept["sha256"],
        crc32=kept["crc32"],
        size=kept["size"],
        unpacked=kept["unpacked"],
        version=source.version,
        tag=target.python,
        platform=target.platform,
        libc=libc,
        loader=prefix.elf.loader,
        program=prefix.program,
        source=source.name,
        source_sha256=source.sha256,
        form="xz" if kept["form"] == "xz" else "gz",
        licence=kept["licence"],
    )
