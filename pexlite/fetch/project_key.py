"""A key for a project's wheel, by which it is built again only when what it is made from has changed.

There is a key only if the project says everything in files of its own: a pyproject.toml with a backend that only
reads what lies in the project, and no hook, plugin, compiler or version control that could bring in anything else.
In any doubt there is none, and the project is built.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

_READERS = frozenset({"hatchling", "flit-core", "poetry-core", "setuptools", "wheel", "uv-build"})
_PROGRAMS = ("setup.py", "setup.cfg", "hatch_build.py", "hatch.toml")
_IGNORE_FILES = (".gitignore", ".hgignore")


def project_key(copy: Path, original: Path) -> str | None:
    """A digest of everything that the project's wheel is made from; None where that cannot be known.

    `copy` is the project as it will be built, without litter, from `original`; hatchling also heeds the ignore
    files of the directories above it, up to the checkout's.
    """
    try:
        settings = (copy / "pyproject.toml").read_text(encoding="utf-8")
        known = _is_declarative(copy, settings)
        files = list(_files(copy)) if known else []
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, InvalidRequirement):
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


def _is_declarative(copy: Path, settings: str) -> bool:
    """Whether the project's own files alone determine the wheel, with nothing run and nothing read elsewhere."""
    if ".." in settings or any((copy / name).exists() for name in _PROGRAMS):
        return False
    project = tomllib.loads(settings)
    system = project.get("build-system", {})
    names = {canonicalize_name(Requirement(line).name) for line in system.get("requires", ())}
    if not names or not names <= _READERS or "backend-path" in system:
        return False
    tool = project.get("tool", {})
    hatch, setuptools, poetry = (_table(tool, name) for name in ("hatch", "setuptools", "poetry"))
    version = _table(hatch, "version")
    return not (
        "hooks" in _keys(hatch)
        or version.get("source", "regex") != "regex"
        or {"cmdclass", "ext-modules", "attr"} & set(_keys(setuptools))
        or "build" in poetry
    )


def _table(parent: dict[str, Any], name: str) -> dict[str, Any]:
    value = parent.get(name, {})
    return value if isinstance(value, dict) else {}


def _keys(table: dict[str, Any]) -> Iterator[str]:
    for key, value in table.items():
        yield key
        if isinstance(value, dict):
            yield from _keys(value)


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
