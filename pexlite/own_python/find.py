"""The Pythons of a request that go into its file: found, made into archives, kept in the store."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from pexlite.files.digests import remember
from pexlite.files.places import make_directory
from pexlite.model import OwnPython, Progress, Report
from pexlite.own_python.elf import read_elf
from pexlite.own_python.pack import pack
from pexlite.own_python.selection import Wanted, selected
from pexlite.own_python.source import PythonSource, source_of
from pexlite.store.store import Store


def python_sources(words: Sequence[str], report: Report) -> tuple[PythonSource, ...]:
    """The Pythons that the words of `--python-from` name, in order. Raises TargetError."""
    found = []
    for word in words:
        report(Progress("targets", f"asking {word}"))
        found.append(source_of(word))
    return tuple(found)


def own_python(source: PythonSource, wanted: Wanted, store: Store, report: Report) -> OwnPython:
    """The Python of `source` as an archive in the store, with the parts that are `wanted`."""
    report(Progress("build", f"packing CPython {source.version}"))
    with tempfile.TemporaryDirectory(prefix="pexlite-python-") as place, store.incoming() as incoming:
        root = Path(place, "python")
        glibc = _copy(source, wanted, root)
        with incoming.path.open("wb") as file:
            unpacked = pack(root, file)
        content = incoming.path.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        path = store.root / "interpreters" / f"{sha256}.tar.gz"
        with store.writing():
            make_directory(path.parent)
            incoming.path.replace(path)
        remember(path, sha256)
    target = source.target
    return OwnPython(
        path=path,
        sha256=sha256,
        crc32=zlib.crc32(content),
        size=len(content),
        unpacked=unpacked,
        version=source.version,
        tag=target.python,
        platform=target.platform,
        libc=("glibc", glibc),
        loader=source.prefix.elf.loader,
        program=source.prefix.program,
        source=source.name,
        source_sha256=source.sha256,
    )


def _copy(source: PythonSource, wanted: Wanted, root: Path) -> tuple[int, int]:
    """Copy what travels to `root`; return the oldest glibc that will do."""
    glibc = (2, 0)
    prefix = source.prefix
    files = selected(prefix, wanted)
    for name in prefix.elf.needed:
        if (prefix.root / "lib" / name).is_file():
            files[f"lib/{name}"] = prefix.root / "lib" / name
    for place, path in files.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, root / place)
        if place == prefix.program or ".so" in place:
            (root / place).chmod(0o755)
            elf = read_elf(root / place)
            glibc = max(glibc, (elf and elf.glibc) or glibc)
    for name in ("python3", "python"):
        (root / "bin" / name).symlink_to(Path(prefix.program).name)
    return glibc
