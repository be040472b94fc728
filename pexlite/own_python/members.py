"""The members of a stranger's archive of a Python, each judged before it is written."""

from __future__ import annotations

import os
import posixpath
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from pexlite.files.names import fault_of_path

_MOST_BYTES = 2 << 30  # a debug build with everything that it was built from has 1 GB
_MOST_MEMBERS = 200_000
# What python-build-standalone's largest archives have beside the installation: objects to link anew.
_NOT_INSTALLED = "python/build/"


def extract(archive: tarfile.TarFile, root: Path, refused: Callable[[str], Exception]) -> None:
    """Write the members of a stranger's archive of a Python below the directory `root`.

    tarfile itself has filters since Python 3.11.4 alone. Raises what `refused` makes of the reason where a member
    is or leads outside of `root`, is a device, or all are too large; OSError, tarfile.TarError.
    """
    total = 0
    links: list[tuple[str, str]] = []
    for number, member in enumerate(archive):
        name = member.name.removeprefix("./").rstrip("/")
        if not name or name == "." or name.startswith(_NOT_INSTALLED):
            continue
        total += member.size if member.isfile() else 0
        if number > _MOST_MEMBERS or total > _MOST_BYTES:
            raise refused(f"it unpacks to more than {_MOST_MEMBERS:,} files or {_MOST_BYTES:,} bytes")
        if fault_of_path(name):
            raise refused(f"its member {member.name[:100]!r} {fault_of_path(name)}")
        if member.isdir():
            (root / name).mkdir(parents=True, exist_ok=True)
        elif member.isfile():
            _write(archive, member, root / name)
        elif member.issym():
            links.append((name, member.linkname))
        elif member.islnk():
            links.append((name, posixpath.relpath(member.linkname.removeprefix("./"), posixpath.dirname(name))))
        else:
            raise refused(f"its member {name[:100]!r} is a device or a pipe")
    # When all files are written: so no member is written through a link.
    for name, target in links:
        _link(root, name, target, refused)
    # Some lead through others, whatever their order.
    for name, _ in links:
        if not Path(os.path.realpath(root / name)).is_relative_to(os.path.realpath(root)):
            raise refused(f"its link {name[:100]!r} leads outside of it")


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = archive.extractfile(member)
    assert content is not None
    with path.open("xb") as file:
        shutil.copyfileobj(content, file, 1 << 20)
    path.chmod(0o755 if member.mode & 0o100 else 0o644)
    os.utime(path, (member.mtime, member.mtime))  # bytecode names its source's


def _link(root: Path, name: str, target: str, refused: Callable[[str], Exception]) -> None:
    reached = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
    if PurePosixPath(target).is_absolute() or reached.startswith("..") or "\0" in target:
        raise refused(f"its link {name[:100]!r} leads to {target[:100]!r}, outside of it")
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not os.path.realpath(path.parent).startswith(os.path.realpath(root)):
        raise refused(f"its link {name[:100]!r} lies behind another that leads outside")
    path.symlink_to(target)
