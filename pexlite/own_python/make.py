"""A prefix into an interpreter archive: copied, freed of where it lay, tried elsewhere, compiled, packed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from pexlite.errors import TargetError
from pexlite.files.programs import find_program
from pexlite.own_python.libraries import Libraries, add_libraries, set_search_paths
from pexlite.own_python.moved import compile_imported, try_moved
from pexlite.own_python.pack import pack
from pexlite.own_python.prefix import Prefix, has_module
from pexlite.own_python.selection import Wanted, selected
from pexlite.own_python.source import PythonSource
from pexlite.own_python.text import free_of_places, tell_of_ensurepip

_ZLIB_MISSING = "this Python has no zlib, without which no file of pexlite starts"


@dataclass(frozen=True)
class Made:
    """The facts of an archive that was made."""

    unpacked: int
    """Bytes of its files."""
    form: Literal["gz", "xz"]
    glibc: tuple[int, int] | None
    licence: str
    libraries: tuple[Path, ...]
    """The libraries of this machine that went in."""
    notices: tuple[str, ...]


def make_archive(source: PythonSource, wanted: Wanted, place: Path, output: IO[bytes]) -> Made:
    """Write the archive of `source` with the parts that are `wanted` to `output`, by way of the directory `place`.

    Raises TargetError where the Python is not whole, or cannot be moved.
    """
    prefix, root = source.prefix, place / "python"
    try:
        _copy(selected(prefix, wanted), root)
        libraries = add_libraries(prefix, root, here=source.runs_here)
        if source.runs_here and not wanted.everything:
            _strip(root / place for place in libraries.elves)
        free_of_places(prefix, root, libraries.elves)
        tell_of_ensurepip(prefix, root)
        set_search_paths(root, libraries)
        for name in ("python3", "python"):
            (root / "bin" / name).unlink(missing_ok=True)
            (root / "bin" / name).symlink_to(Path(prefix.program).name)
        failed: Mapping[str, str] = {}
        if source.runs_here:
            moved = try_moved(prefix, root, source.word, source.version)
            compile_imported(prefix, moved)
            root, failed = moved.root, moved.failed
        else:
            failed = _missing(prefix, root, source.word)
        unpacked, form = pack(root, output, libraries.elves if wanted.as_xz and "lzma" not in failed else None)
    except (OSError, UnicodeDecodeError) as problem:
        raise TargetError(
            f"--python-from {source.word} cannot be copied", causes=[str(problem)], hint="check it: ls -l"
        ) from problem
    return Made(
        unpacked,
        form,
        libraries.glibc,
        libraries.licence,
        libraries.copied,
        tuple(_notices(source, wanted, failed, libraries)),
    )


def _notices(
    source: PythonSource, wanted: Wanted, failed: Mapping[str, str], libraries: Libraries
) -> Iterable[str]:
    for name in ("ssl", "sqlite3", "ctypes"):
        if name in wanted.left_out:
            continue
        if name in failed or f"_{name}" in libraries.left_out:
            yield f"CPython {source.version} of {source.name} has no {name}, so the file has none"
    if any(path.name.startswith("libreadline") for path in libraries.copied):
        yield "libreadline went in with CPython, and is under the GPL: who hands the file on has to heed it"


def _copy(files: Mapping[str, Path], root: Path) -> None:
    """Copy each of `files` to its place below `root`."""
    made = set()
    for place, path in files.items():
        target = root / place
        if target.parent not in made:
            target.parent.mkdir(parents=True, exist_ok=True)
            made.add(target.parent)
        if link := _link_beside(place, path, files):
            target.symlink_to(link)
            continue
        shutil.copyfile(path, target)
        # Its own mode may keep even its owner from writing; links of somebody else's may lead anywhere.
        target.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def _link_beside(place: str, path: Path, files: Mapping[str, Path]) -> str:
    """The name in its directory that the link at `path` leads to, where that goes in as well; else ""."""
    # As libpython3.so to libpython3.11.so.1.0, which has 20 MB in a Python that was built by hand.
    name = os.readlink(path) if path.is_symlink() else ""  # noqa: PTH115 - as written
    return name if name and "/" not in name and str(Path(place).parent / name) in files else ""


def _strip(binaries: Iterable[Path]) -> None:
    """Take what no loader reads out of programs and libraries, where binutils are here; else it stays.

    A Python that was built by hand has 20 MB of it. Before anything else is changed: strip and patchelf do not get
    along in the other order.
    """
    program = find_program("strip")
    if program is not None:
        # One that it cannot read it leaves as it is.
        subprocess.run([program, "--strip-unneeded", "--", *binaries], capture_output=True, check=False)


def _missing(prefix: Prefix, root: Path, word: str) -> dict[str, str]:
    """Modules that a Python of another machine lacks, as far as its files tell."""
    if not has_module(prefix, root, "zlib"):
        raise TargetError(f"--python-from {word}: {_ZLIB_MISSING}", hint="take another: --python-from uv")
    return {
        name: "it is not among its files"
        for name, module in (("ssl", "_ssl"), ("sqlite3", "_sqlite3"), ("ctypes", "_ctypes"), ("lzma", "_lzma"))
        if not has_module(prefix, root, module)
    }
