"""The rules for a command's output: it can be written, and it replaces nothing that cannot be made again.

An output replaces an empty file, a file of its own kind, or any file with `--force`, but never one of its inputs.
All of that is checked before anything is resolved.
"""

from __future__ import annotations

import contextlib
import enum
import errno
import itertools
import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pexlite.errors import PexliteError, UsageError, WriteError
from pexlite.files.paths import is_directory
from pexlite.files.replacing import replacing

if TYPE_CHECKING:
    from pexlite.model import BuildRequest

# In the second line of every file, behind a quotation mark that the line does not close. Python takes a file that
# is cut off, or comes through a pipe, for a script: it refuses that line, shows it, and reads no further.
UNREADABLE = "damaged, or read from a pipe: copy the file here again, and start it by its name"
# The first line of a lock in the form of a requirements file.
REQUIREMENTS_HEADER = "# made by pexlite lock, for: pip install --require-hashes --no-deps -r FILE"
_PLATFORM = "{platform}"
_PLACEHOLDER = re.compile(r"\{\w+\}")
OF_PACKAGES = b"packages of a file that pexlite made"
"""The comment of a zip that `pexlite venv --flat` writes."""
DELTA_MAGIC = b"pexlite delta 3\n"
"""The first line of a delta, as the runtime's reassemble.py has it."""
REPORT_HEADER = b"<!DOCTYPE html>\n<!-- a report, made by pexlite -->\n"
"""The first lines of a page that `pexlite report` writes."""
_LONGEST_LINE = 128  # bytes of the `#!` line before it, at most
_LONGEST_LAUNCHER = 1 << 18  # bytes of the program before it (--launcher elf), at most


class Kind(enum.Enum):
    """The kinds of files that commands write."""

    APPLICATION = "an application that pexlite, pex, shiv or zipapp made"
    LOCK = "a lock (pylock.toml)"
    REQUIREMENTS = "a requirements file that pexlite lock wrote"
    TARGET = "a target that pexlite probe wrote"
    WHEEL = "a wheel"
    PACKAGES = "a zip of packages that pexlite wrote"
    PYTHON = "an archive (.tar.gz or .tar.xz)"
    DELTA = "a delta that pexlite wrote"
    REPORT = "a page that pexlite wrote"
    BILL = "a bill of materials (CycloneDX, JSON)"
    IMAGE = "an image for containers (OCI, tar)"


@dataclass(frozen=True)
class Output:
    """A file that a command is about to write, and whether it may replace any other (`--force`)."""

    path: Path
    """An absolute path."""
    kind: Kind
    force: bool = False
    option: str = "-o"
    """The option that names it; "" where an argument does."""

    @classmethod
    def of(cls, request: BuildRequest, path: Path, kind: Kind = Kind.APPLICATION) -> Output:
        """The output at `path`, relative to the directory of `request`, which has the `force` option."""
        return cls(request.directory / path, kind, request.force)

    def check(self, inputs: Iterable[Path] = ()) -> None:
        """Raise WriteError unless the file can be written there, UsageError where it is one of `inputs`.

        This writes nothing.
        """
        if self.path.name == "-":
            raise UsageError("-o - names no file, and this is not written to stdout", hint="name it: -o app.pex")
        found = self._found()
        if found is not None:
            self._check_is_no_input(inputs)
            if found.st_size and not self.force and not is_of_kind(self.path, self.kind):
                raise WriteError(
                    f"{self.path} is there already, and is not {self.kind.value}",
                    hint=f"name another file{self._with_option}; --force replaces this one",
                )
        self._check_directory()

    @property
    def _with_option(self) -> str:
        return f" with {self.option}" if self.option else ""

    def _typed(self, path: object) -> str:
        return f"{self.option} {path}".lstrip()

    def _found(self) -> os.stat_result | None:
        """The existing file; None where there is none. Raises WriteError for things that no file may replace."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None  # or a dangling link
        except OSError as failure:
            raise self.cannot_be_written(failure) from failure
        if stat.S_ISDIR(found.st_mode):
            raise WriteError(
                f"{self.path} is a directory", hint=f"name a file in it: {self._typed(self.path / 'app.pex')}"
            )
        if not stat.S_ISREG(found.st_mode):
            # For root, renaming would replace a device: /dev/null would be gone for everybody.
            raise WriteError(
                f"{self.path} is no file that could be replaced", hint=f"name a file: {self._typed('app.pex')}"
            )
        return found

    def _check_is_no_input(self, inputs: Iterable[Path]) -> None:
        for entry in inputs:
            if is_same_file(entry, self.path):
                raise UsageError(
                    f"{self.path} is a source of this, and cannot be its output as well",
                    causes=[f"it is the same file as {entry}"] if entry != self.path else (),
                    hint=f"name another file{self._with_option}",
                )

    def _check_directory(self) -> None:
        """Raise WriteError unless the directory is there or can be made."""
        parent = next(place for place in self.path.parents if os.path.lexists(place))
        if not is_directory(parent):
            raise self.cannot_be_written(NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)))
        if not os.access(parent, os.W_OK | os.X_OK):
            raise self.cannot_be_written(PermissionError(errno.EACCES, os.strerror(errno.EACCES)))

    @contextlib.contextmanager
    def replaced(self, mode: int = 0o666) -> Iterator[BinaryIO]:
        """A new file that replaces `path` at the end, or is removed after an exception. Raises WriteError.

        Its directory is made if it is not there, and removed with it. The existing file is checked again: it may
        have come while the content was made.
        """
        self.check()
        try:
            with _directory_there(self.path.parent), replacing(self.path, mode) as file:
                yield file
        except OSError as failure:
            raise self.cannot_be_written(failure) from failure

    def cannot_be_written(self, failure: OSError) -> PexliteError:
        """The error for a `failure` to write the file."""
        hint = f"name a place that can be written{self._with_option}"
        if isinstance(failure, FileNotFoundError) and not is_directory(self.path.parent):
            hint = f"make its directory first: mkdir -p {self.path.parent}"
        return WriteError(f"cannot write {self.path}", causes=[failure.strerror or str(failure)], hint=hint)


def check_placeholders(path: Path) -> None:
    """Raise UsageError where `path`, as it was given, has another placeholder than `{platform}`."""
    others = [found for found in _PLACEHOLDER.findall(str(path)) if found != _PLATFORM]
    if others:
        raise UsageError(
            f"-o {path} has {others[0]}, which nothing could take the place of",
            hint=f"the only placeholder is {_PLATFORM}: -o 'app-{_PLATFORM}.pex'",
        )


def with_platform(path: Path, tag: str) -> Path:
    """`path` with `tag` for each `{platform}`."""
    return Path(str(path).replace(_PLATFORM, tag))


@contextlib.contextmanager
def _directory_there(path: Path) -> Iterator[None]:
    """A context in which the directory `path` is there; what was made for it goes again after an exception."""
    missing = list(itertools.takewhile(lambda place: not os.path.lexists(place), (path, *path.parents)))
    try:
        path.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for place in missing:
            with contextlib.suppress(OSError):  # somebody else may have put something there
                place.rmdir()
        raise


def is_same_file(one: Path, other: Path) -> bool:
    """Whether both paths lead to one existing file, through any links."""
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False


def is_of_kind(path: Path, kind: Kind) -> bool:
    """Whether the file at `path` is of this kind; False where it cannot be read."""
    try:
        return _TESTS[kind](path)
    except (OSError, ValueError):
        return False


def _is_application(path: Path) -> bool:
    with path.open("rb") as file:
        first = file.read(_LONGEST_LINE + len(UNREADABLE) + 16)
        if first.startswith(b"\x7fELF"):
            first = file.read(_LONGEST_LAUNCHER)
        if UNREADABLE.encode() in first:
            return True  # ours, even if it is truncated
    # A zip with __main__.py, which Python can start. Some wheels have one too, but are no applications.
    return path.suffix != ".whl" and not {"__main__.py", "__main__.pyc"}.isdisjoint(_members(path))


def _is_wheel(path: Path) -> bool:
    return any(name.endswith(".dist-info/WHEEL") for name in _members(path))


def _is_of_packages(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-len(OF_PACKAGES), os.SEEK_END)
        return file.read() == OF_PACKAGES


def _is_compressed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) in (b"\x1f\x8b", b"\xfd7")


def _is_delta(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(DELTA_MAGIC)) == DELTA_MAGIC


def _is_report(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(REPORT_HEADER)) == REPORT_HEADER


def _is_bill(path: Path) -> bool:
    import json

    said = json.loads(path.read_text(encoding="utf-8"))
    return isinstance(said, dict) and said.get("bomFormat") == "CycloneDX"


def _is_image(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(512)[:11] == b"oci-layout\0"


def _members(path: Path) -> list[str]:
    import zipfile  # imported here: it takes longer than all else in this module, and few builds replace a file

    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError):
        return []


def _is_lock(path: Path) -> bool:
    import tomllib

    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return {"lock-version", "packages"} <= table.keys()


def _is_requirements(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(REQUIREMENTS_HEADER)) == REQUIREMENTS_HEADER.encode()


def _is_target(path: Path) -> bool:
    import json

    said = json.loads(path.read_text(encoding="utf-8"))
    return isinstance(said, dict) and "pexlite_target" in said


_TESTS = {
    Kind.APPLICATION: _is_application,
    Kind.LOCK: _is_lock,
    Kind.REQUIREMENTS: _is_requirements,
    Kind.TARGET: _is_target,
    Kind.WHEEL: _is_wheel,
    Kind.PACKAGES: _is_of_packages,
    Kind.PYTHON: _is_compressed,
    Kind.DELTA: _is_delta,
    Kind.REPORT: _is_report,
    Kind.BILL: _is_bill,
    Kind.IMAGE: _is_image,
}
