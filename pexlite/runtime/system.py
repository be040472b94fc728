"""Calls that systems do not have in common, each under one name: POSIX's way here, the other one in `windows`."""

import os
import sys

IS_WINDOWS = os.name == "nt"

if IS_WINDOWS:
    from .windows import files

    at, open_file, read_at, rename = files.at, files.open_file, files.read_at, files.rename
else:
    open_file, read_at, rename = os.open, os.pread, os.rename  # type: ignore[assignment]

    def at(path: "str | bytes") -> "str | bytes":
        """The `path` in the form in which the system takes any, however long."""
        return path


NONBLOCK = getattr(os, "O_NONBLOCK", 0)


def user() -> int:
    """The number of this user, as a file's st_uid has it; 0 where there are none, as in st_uid."""
    return os.geteuid() if hasattr(os, "geteuid") else 0


def permissions(found: os.stat_result) -> int:
    """The permission bits of the `found` file, 0 where they say nothing of who may write to it."""
    return 0 if IS_WINDOWS else found.st_mode & 0o7777


def host() -> str:
    """The name of this machine."""
    return os.environ.get("COMPUTERNAME", "") if IS_WINDOWS else os.uname()[1]


def platform() -> str:
    """System and machine of this Python, as "linux_x86_64", "macosx_arm64", "win_amd64", "win32"."""
    if IS_WINDOWS:
        machine = sys.version.lower().rpartition("(")[2].partition(")")[0]
        return "win_" + machine if machine in ("amd64", "arm64") else "win32"
    machine = os.uname()[4]
    if sys.maxsize <= 2**32:  # a 32-bit Python on a 64-bit kernel
        machine = {"x86_64": "i686", "aarch64": "armv7l"}.get(machine, machine)
    return ("macosx" if sys.platform == "darwin" else sys.platform) + "_" + machine


def free(path: str) -> "tuple[int, int | None]":
    """The bytes that are free where `path` is, and the files that can still be made there; None for any number."""
    if IS_WINDOWS:
        import shutil

        return shutil.disk_usage(path).free, None
    disk = os.statvfs(path)
    return disk.f_bavail * disk.f_frsize, disk.f_favail if disk.f_files else None
