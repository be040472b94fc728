"""A foreign lock as its own tool exports it, which may know indexes and passwords that nobody else does.

The tool runs on copies of lock and pyproject.toml: beside the project it would leave an environment of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

from packaging.pylock import Package, PackageSdist, PackageWheel, Pylock, PylockValidationError

from pexlite.files.programs import find_program
from pexlite.resolve.foreign.kinds import KINDS
from pexlite.resolve.foreign.pinned import Pinned

_PATIENCE = 60  # seconds
_MANNERS = {
    "POETRY_NO_INTERACTION": "1",
    "POETRY_VIRTUALENVS_CREATE": "false",
    "PDM_CHECK_UPDATE": "false",
    "PDM_IGNORE_SAVED_PYTHON": "1",
    "PDM_PYTHON": sys.executable,
}


def exported(file: Path) -> Pylock | None:
    """The lock `file` as its tool exports it; None where the tool is not on PATH, or cannot."""
    words = KINDS[file.name].export
    program = find_program(words[0]) if words else None
    if program is None:
        return None
    with tempfile.TemporaryDirectory(prefix="pexlite-export-") as scratch:
        for source in (file, file.with_name("pyproject.toml")):
            if source.is_file():
                shutil.copy(source, scratch)
        output = Path(scratch, "pylock.exported.toml")
        command = [str(program), *words[1:], "--output", str(output)]
        try:
            subprocess.run(
                command,
                cwd=scratch,
                env={**os.environ, **_MANNERS},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_PATIENCE,
                check=True,
            )
            return Pylock.from_dict(tomllib.loads(output.read_text(encoding="utf-8")))
        except (OSError, ValueError, subprocess.SubprocessError, PylockValidationError):
            return None


def packages_in(found: Pylock, pinned: Sequence[Pinned]) -> list[Package] | None:
    """The entries of `found` for `pinned`, with the files that these allow; None where one of them has none."""
    entries = {(package.name, package.version): package for package in found.packages}
    packages = []
    for one in pinned:
        entry = entries.get((one.name, one.version), Package(name=one.name))
        wheels = [wheel for wheel in entry.wheels or () if _is_allowed(wheel, one)]
        sdist = entry.sdist if entry.sdist is not None and _is_allowed(entry.sdist, one) else None
        if not wheels and sdist is None:
            return None
        packages.append(Package(name=one.name, version=one.version, wheels=wheels or None, sdist=sdist))
    return packages


def _is_allowed(file: PackageWheel | PackageSdist, pinned: Pinned) -> bool:
    return any(f"{kind}:{digest}" in pinned.hashes for kind, digest in file.hashes.items())
