"""A machine's root file system: made by debootstrap from Debian's default mirror, or of busybox; kept."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.programs.machines.inside import furnish
from tests.programs.machines.machine import Machine

# Programs that a root, a mount or an emulated processor takes, and the packages that bring them.
PROGRAMS = {
    "debootstrap": "debootstrap",
    "busybox": "busybox-static",
    "unshare": "util-linux",
    "qemu-aarch64-static": "qemu-user-static",
}
_MUSL = Path("usr/lib/x86_64-linux-musl/libc.so")


class CannotMakeError(Exception):
    """A machine cannot be made here, and why."""


def root_of(machine: Machine, directory: Path) -> Path:
    """The root file system of `machine` in `directory`, made if it is not there."""
    root = directory / "roots" / machine.name
    if machine.suite:
        debootstrap(root, machine.suite, machine.architecture, machine.packages)
    elif not root.exists():
        _of_busybox(root, directory / "roots" / "builder" if "musl" in machine.packages else None)
    furnish(root)
    return root


def debootstrap(root: Path, suite: str, architecture: str, packages: Sequence[str]) -> None:
    """Have a minimal Debian with `packages` at `root`: whole, or not there."""
    if root.exists():
        return
    root.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=root.parent, prefix="making-"))
    beside.chmod(0o755)
    command = ["debootstrap", "--variant=minbase", f"--arch={architecture}", f"--include={','.join(packages)}"]
    # Not to be interrupted in the middle by a terminal: it leaves mounts then.
    done = subprocess.run([*command, suite, beside], capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(beside, ignore_errors=True)
        last = (done.stdout.strip().splitlines() or ["no word"])[-1]
        raise CannotMakeError(f"debootstrap of {suite} for {architecture} ended with: {last}")
    for left in ("proc", "sys"):
        subprocess.run(["umount", "-q", beside / left], check=False)
    shutil.rmtree(beside / "var/cache/apt/archives", ignore_errors=True)
    (beside / "var/cache/apt/archives/partial").mkdir(parents=True)
    beside.rename(root)


def _of_busybox(root: Path, musl_from: Path | None) -> None:
    """Make a root of busybox, which needs no library, and of the C library musl where it is asked for."""
    root.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=root.parent, prefix="making-"))
    beside.chmod(0o755)
    for place in ("bin", "usr/bin", "lib", "etc"):
        (beside / place).mkdir(parents=True)
    program = beside / "bin/busybox"
    shutil.copy2(shutil.which("busybox") or "", program)
    listed = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout.split()
    for name in listed:
        if name != "busybox":
            (beside / "bin" / name).symlink_to("/bin/busybox")
    (beside / "usr/bin/env").symlink_to("/bin/busybox")
    if musl_from is not None:
        (beside / _MUSL).parent.mkdir(parents=True)
        shutil.copy2(musl_from / _MUSL, beside / _MUSL)
        (beside / "lib/ld-musl-x86_64.so.1").symlink_to(f"/{_MUSL}")
    beside.rename(root)
