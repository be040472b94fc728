"""A lock as a requirements file that pip installs from: `pip install --require-hashes --no-deps -r FILE`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.markers import Marker
from packaging.pylock import Package, PackageArchive, PackageVcs, Pylock
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from pexlite.addresses import without_secrets
from pexlite.model import LockParts
from pexlite.network.urls import local_path
from pexlite.outputs import REQUIREMENTS_HEADER
from pexlite.requirements.lines import requirement_line

# As pip knows them, best first.
_ALGORITHMS = ("sha256", "sha384", "sha512")
_OPTIONAL = re.compile(r"""(['"])([^'"]*)\1\s+(not\s+in|in)\s+(extras|dependency_groups)\b""")
_ALWAYS, _NEVER = "python_version >= '0'", "python_version < '0'"
_PIN = re.compile(r"\s*===?\s*([^\s;]+)")


@dataclass(frozen=True)
class RequirementsText:
    """A lock as the text of a requirements file."""

    text: str
    left_out: tuple[str, ...] = ()
    """Requirements that pip could not check, since nothing gives them a hash: repositories and directories."""


def requirements_text(lock: Pylock, parts: LockParts) -> RequirementsText:
    r"""`lock` with the wanted `parts` as a requirements file; pip refuses one where a single hash is missing.

    click==8.1.8 ; sys_platform == "win32" \
        --hash=sha256:63c132bbbed01578a06712a2d1f497bb62d9c1c0d329b7903a866228027263b2
    """
    lines, left_out = [], []
    for package in lock.packages:
        marker = _settled(package.marker, lock, parts)
        if marker == _NEVER:
            continue
        behind = f" ; {marker}" if marker else ""
        requirement, hashes = _requirement(package), _hashes(package)
        if requirement is None or not hashes:
            left_out.append(requirement_line(f"{requirement or _place(package)}{behind}"))
        else:
            line = requirement_line(f"{requirement}{behind}", hashes)
            lines.append(line.replace(" --hash=", " \\\n    --hash="))
    comments = [REQUIREMENTS_HEADER, *_bounds(lock), *(f"# left out, it has no hash: {one}" for one in left_out)]
    return RequirementsText("".join(f"{line}\n" for line in (*comments, *lines)), tuple(left_out))


def read_requirements_text(text: str) -> Pylock:
    """The versions in a requirements file, as `requirements_text` writes it, as a lock without files.

    Raises ValueError for a line that pins no version.
    """
    packages = []
    for line in text.replace("\\\n", " ").splitlines():
        written = line.partition(" --hash")[0].strip()
        if written and not written.startswith("#"):
            packages.append(_pinned(written))
    return Pylock(lock_version=Version("1.0"), created_by="pexlite", packages=packages)


def _pinned(written: str) -> Package:
    try:
        requirement = Requirement(written)
        pinned = _PIN.fullmatch(str(requirement.specifier))
        version = Version(pinned[1]) if pinned else None
    except (InvalidRequirement, InvalidVersion) as problem:
        raise ValueError(str(problem)) from problem
    if version is None and requirement.url is None:
        raise ValueError(f"{written!r} is no version of a project")
    return Package(name=canonicalize_name(requirement.name), version=version, marker=requirement.marker)


def _bounds(lock: Pylock) -> Iterator[str]:
    if lock.requires_python is not None:
        yield f"# for Python {lock.requires_python}"
    for marker in lock.environments or ():
        yield f"# for {marker}"


def _settled(marker: Marker | None, lock: Pylock, parts: LockParts) -> str:
    """`marker` without extras and groups, which requirements files do not have; "" where it always holds."""
    if marker is None:
        return ""
    groups = frozenset(lock.default_groups or ()) if parts.groups is None else parts.groups
    wanted = {"extras": parts.extras, "dependency_groups": groups}

    def settled(found: re.Match[str]) -> str:
        holds = (found[2] in wanted[found[4]]) is (found[3] == "in")
        return _ALWAYS if holds else _NEVER

    text = _OPTIONAL.sub(settled, str(marker))
    if text == str(marker):
        return text
    variables = re.sub(r"""(['"])[^'"]*\1""", "", text.replace(_ALWAYS, "").replace(_NEVER, ""))
    if re.search(r"[a-z]+_[a-z]+|extra", variables):
        return text
    return "" if Marker(text).evaluate() else _NEVER


def _requirement(package: Package) -> str | None:
    """The requirement that pip installs as `package`; None for what lies on this machine only."""
    if package.archive is not None:
        return _direct(package, package.archive)
    if package.vcs is not None:
        return _direct(package, package.vcs, f"{package.vcs.type}+", f"@{package.vcs.commit_id}")
    return f"{package.name}=={package.version}" if package.version is not None else None


def _direct(
    package: Package, source: PackageArchive | PackageVcs, before: str = "", behind: str = ""
) -> str | None:
    """`name @ URL#subdirectory=DIR`; None for a file or repository of this machine."""
    if source.url is None or local_path(source.url) is not None:
        return None
    fragment = f"#subdirectory={source.subdirectory}" if source.subdirectory else ""
    return f"{package.name} @ {before}{without_secrets(source.url)}{behind}{fragment}"


def _hashes(package: Package) -> list[str]:
    """The hashes of all files of `package`, each file by the best algorithm that pip knows."""
    files = [package.archive, *(package.wheels or ()), package.sdist]
    found: dict[str, None] = {}
    for file in files:
        known = {kind.lower(): digest for kind, digest in file.hashes.items()} if file is not None else {}
        best = next((kind for kind in _ALGORITHMS if kind in known), None)
        if best is not None:
            found[f"{best}:{known[best].lower()}"] = None
    return sorted(found)


def _place(package: Package) -> str:
    source = package.directory or package.archive or package.vcs
    return f"{package.name} in {source.path}" if source is not None else package.name
