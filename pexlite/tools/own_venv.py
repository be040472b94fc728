"""The Python for a venv of a file that carries its own: it goes into the venv, as the directory `python`."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pexlite.archive.stored_wheels import chunks, sha256
from pexlite.errors import TargetError, UsageError, VerificationFailed, WriteError
from pexlite.model import Manifest, StoredPython, Target
from pexlite.own_python.members import extract
from pexlite.targets.interpreters import running_target

_PLACE = "python"
_MARK = "INTERPRETER"  # in it, the sha256 of the archive that it came out of
_ARCHIVES = (".tar.gz", ".tgz")


def own_python_here(path: Path, manifest: Manifest) -> StoredPython | None:
    """The Python in the file at `path` on which its venv stands here; None where that is one of the host.

    Raises TargetError where the file runs on its own Pythons alone, and none of them is for this machine.
    """
    if not manifest.own_pythons or manifest.facts["pexlite"].get("prefer_host"):
        return None
    here = running_target()
    for own in manifest.own_pythons:
        if own.platform == here.platform and _has_libc(here, own):
            return own
    raise TargetError(
        f"{path} brings no Python for this machine, on which its venv would stand",
        causes=[
            f"it runs on {manifest.runs_on}",
            f"this machine is {here.name.partition(' on ')[2] or here.name}",
        ],
        hint="make the venv on such a machine, or on a Python of this one: --python PYTHON",
    )


@contextlib.contextmanager
def python_in_venv(path: Path, own: StoredPython, place: Path, *, force: bool) -> Iterator[Path]:
    """The program to make the venv at `place` with; then the Python lies in it, and the venv stands on that.

    Raises UsageError where a venv is there that stands on another one (unless `force`), VerificationFailed,
    WriteError.
    """
    if place.name.endswith(_ARCHIVES):
        raise UsageError(
            f"{place.name}: a venv that stands on the file's own Python cannot be moved",
            hint="name a directory, or a Python that is where the archive will be: --python PYTHON",
        )
    place = Path(os.path.realpath(place))
    if (place / "pyvenv.cfg").exists() and not force:
        if not _stands_on(place, own):
            raise UsageError(
                f"{place} is a venv that does not stand on the Python in {path.name}",
                hint="--force makes it anew; --python PYTHON takes another Python",
            )
        yield place / _PLACE / own.program
        return
    # In /tmp where only the tool itself may say that nothing can be made here.
    above = place.parent if os.access(place.parent, os.W_OK) else Path(tempfile.gettempdir())
    work = above / f".{place.name[:40]}.{secrets.token_hex(8)}"
    try:
        _unpack(path, own, work)
        yield work / own.program
        _move_in(work, place)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _has_libc(here: Target, own: StoredPython) -> bool:
    if own.libc is None:
        return True
    return here.libc is not None and here.libc.name == own.libc[0] and here.libc.version >= own.libc[1]


def _stands_on(place: Path, own: StoredPython) -> bool:
    try:
        return (place / _PLACE / _MARK).read_text(encoding="ascii").strip() == own.sha256
    except (OSError, ValueError):
        return False


def _unpack(path: Path, own: StoredPython, work: Path) -> None:
    """Unpack the Python of the file into the new directory `work`."""

    def refused(why: str) -> VerificationFailed:
        return VerificationFailed(f"the CPython {own.version} in {path} cannot be unpacked", causes=[why])

    with path.open("rb") as file, tempfile.TemporaryFile() as archive:
        if sha256(file, own) != own.sha256:
            raise VerificationFailed(
                f"the CPython {own.version} in {path} has changed since it was built",
                hint="copy the file here again",
            )
        archive.writelines(chunks(file, own))
        archive.seek(0)
        try:
            with tarfile.open(fileobj=archive, mode="r:xz" if own.form == "xz" else "r:gz") as members:
                extract(members, work, refused)
            (work / _MARK).write_bytes(own.sha256.encode("ascii") + b"\n")
        except _unreadable() as failure:
            raise refused(str(failure)) from failure
        except OSError as failure:
            raise WriteError(f"cannot write {work}", causes=[failure.strerror or str(failure)]) from failure


def _move_in(work: Path, place: Path) -> None:
    """Move the Python at `work` into the venv at `place`, and have it stand on that."""
    python = place / _PLACE
    try:
        shutil.move(work, python)
        configuration = place / "pyvenv.cfg"
        text = configuration.read_bytes().replace(os.fsencode(work), os.fsencode(python))
        configuration.write_bytes(text)
        for program in (place / "bin").iterdir():
            if program.is_symlink() and os.readlink(program).startswith(f"{work}/"):  # noqa: PTH115 - as written
                target = os.readlink(program).replace(str(work), "../python", 1)  # noqa: PTH115
                program.unlink()
                program.symlink_to(target)
    except OSError as failure:
        raise WriteError(
            f"the Python cannot be put into {place}",
            causes=[failure.strerror or str(failure)],
            hint="--force makes it anew",
        ) from failure


def _unreadable() -> tuple[type[Exception], ...]:
    """The failures of an archive that cannot be read; tarfile says so where this Python has no lzma."""
    try:
        from lzma import LZMAError
    except ImportError:
        return (tarfile.TarError,)
    return (tarfile.TarError, LZMAError)
