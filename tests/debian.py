"""Debian's packages, installed where a session takes programs that are missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

# Another apt may be at work: it is waited for.
_INSTALL = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=600", "install", "-y", "--no-install-recommends")


def install(packages: Mapping[str, str]) -> None:
    """Install those packages whose program, the key, is missing here.

    Exits with an error where that cannot be done: without root, apt, or a mirror.
    """
    missing = sorted({package for program, package in packages.items() if not _is_here(program)})
    if not missing:
        return
    hint = f"hint: apt-get install {' '.join(missing)}"
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        sys.exit(f"error: {', '.join(missing)}: missing here, and installing it takes root and apt-get\n{hint}")
    own = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # One that cannot have its lock at once fails; the lists that are here may do as well.
    subprocess.run(["apt-get", "-q", "update"], check=False, stdout=sys.stderr, env=own)
    done = subprocess.run([*_INSTALL, *missing], check=False, stdout=sys.stderr, env=own)
    if done.returncode:
        sys.exit(f"error: apt-get ended with {done.returncode}: {', '.join(missing)} not installed\n{hint}")


def _is_here(program: str) -> bool:
    """Whether a program is on PATH, or, with a slash in its name, at its path."""
    return shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin") is not None
