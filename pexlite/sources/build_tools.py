"""A build's current tools: its requirements, resolved, and the indexes that they come from."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from pexlite.addresses import without_secrets
from pexlite.errors import UsageError
from pexlite.model import IndexSettings
from pexlite.requirements.lines import requirement_line, write_lines
from pexlite.resolve.resolver import Resolver
from pexlite.sources.sdist import UNREADABLE

_USUAL = ("setuptools>=40.8.0",)  # for a project that names no build system (PEP 518)
_LARGEST = 1 << 20  # bytes of a pyproject.toml
_VARIABLES = ("PIP_BUILD_CONSTRAINT", "PIP_CONSTRAINT", "UV_BUILD_CONSTRAINT", "UV_CONSTRAINT")


def build_requirements(source: Path, subdirectory: str = "") -> tuple[str, ...]:
    """The `requires` of the build system of a project directory or an sdist (PEP 518).

    The default where there is no build system, or it cannot be read: the build itself will report why.
    """
    try:
        table = tomllib.loads(_pyproject(source, subdirectory).decode("utf-8"))
        system = table.get("build-system", {})
        return tuple(map(str, system["requires"]))
    except (*UNREADABLE, ValueError, KeyError, TypeError, AttributeError):
        return _USUAL


def build_tools(
    resolver: Resolver, requirements: Sequence[str], settings: IndexSettings, interpreter: Path | None
) -> str | None:
    """A digest of the distributions to which `requirements` resolve now; None on a failure."""
    with tempfile.TemporaryDirectory(prefix="pexlite-tools-") as scratch, contextlib.suppress(UsageError):
        listed = write_lines(Path(scratch) / "requirements.in", map(requirement_line, requirements))
        # The build itself waits and retries as the settings say; this look-up need not.
        found = resolver.chosen(listed, replace(settings, retries=0), interpreter) if requirements else ""
        return None if found is None else hashlib.sha256(found.encode()).hexdigest()
    return None


def index_identity(resolver: Resolver, settings: IndexSettings) -> str:
    """A digest of the indexes, without passwords, and of the settings that choose among their files."""
    indexes = resolver.indexes(settings)
    places = [*(index.url for index in indexes.general), *settings.find_links]
    facts = (
        [without_secrets(place) for place in places],
        [(name, without_secrets(index.url)) for name, index in sorted(indexes.pinned.items())],
        (settings.no_index, settings.prereleases, settings.uploaded_prior_to, settings.index_strategy),
        (settings.only_binary, settings.no_binary),
        [os.environ.get(name) for name in _VARIABLES],
    )
    return hashlib.sha256(repr(facts).encode("utf-8", "surrogateescape")).hexdigest()


def _pyproject(source: Path, subdirectory: str) -> bytes:
    """The content of pyproject.toml. Raises OSError, the errors of archive readers, and KeyError without one."""
    if source.is_dir():
        return (source / subdirectory / "pyproject.toml").read_bytes()
    wanted = PurePosixPath(subdirectory, "pyproject.toml").parts
    if zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as archive:
            names = [name for name in archive.namelist() if PurePosixPath(name).parts[1:] == wanted]
            with archive.open(names[0] if names else "pyproject.toml") as opened:
                return opened.read(_LARGEST)
    with tarfile.open(source) as tar:
        for member in tar:
            if PurePosixPath(member.name).parts[1:] == wanted and (file := tar.extractfile(member)) is not None:
                return file.read(_LARGEST)
    raise KeyError("pyproject.toml")
