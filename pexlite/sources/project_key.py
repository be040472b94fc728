"""A key for a project's wheel, by which it is built again only when one of its sources has changed.

There is a key only for a project that is fully described by its own files: a pyproject.toml with a backend that
only reads files of the project, and no hook, plugin, compiler or version control that could bring in anything
else. In case of doubt there is no key, and the project is built.
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from pexlite.requirements.declarative import is_declarative

# `..`, and what hatch and Poetry make a path of this machine from.
_ELSEWHERE = re.compile(r"\.\.|\{(?:root|home)\b|\bfile:|\{[^}]*\bpath\s*=")
_IGNORE_FILES = (".gitignore", ".hgignore")


def project_key(copy: Path, original: Path) -> str | None:
    """A digest of every source of the project's wheel; None where these cannot be known.

    `copy` is the project as it will be built, from `original`; hatchling also reads the ignore files of the
    directories above `original`, up to the checkout's.
    """
    try:
        settings = (copy / "pyproject.toml").read_text(encoding="utf-8")
        # No code is run, no file is read elsewhere, and no place of the project is written down.
        known = not _ELSEWHERE.search(settings) and is_declarative(copy, tomllib.loads(settings))
        files = list(_files(copy)) if known else []
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None
    if not known or any(path.is_symlink() for _, path in files):
        return None
    digest = hashlib.sha256()
    for name, path in [*files, *_ignore_files(original)]:
        content = path.read_bytes()
        executable = os.access(path, os.X_OK)
        digest.update(f"{name}\0{executable}\0{len(content)}\0".encode("utf-8", "surrogateescape"))
        digest.update(content)
    return digest.hexdigest()


def _files(directory: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(directory.rglob("*")):
        if path.is_symlink() or path.is_file():
            relative = path.relative_to(directory)
            if relative.parts[0] != ".git":
                yield relative.as_posix(), path


def _ignore_files(original: Path) -> Iterator[tuple[str, Path]]:
    for depth, place in enumerate(original.resolve().parents):
        for name in _IGNORE_FILES:
            if (place / name).is_file():
                yield f"above {depth} {name}", place / name
        if (place / ".git").exists():
            return
