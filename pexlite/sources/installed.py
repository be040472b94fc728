"""The distributions that are installed in a virtual environment, by their METADATA, WHEEL and RECORD."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, NormalizedName, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from pexlite.errors import PexliteError
from pexlite.model import Target, Wheel
from pexlite.network.urls import local_path
from pexlite.sources.environment import Environment
from pexlite.wheels.metadata import (
    Metadata,
    UnreadableError,
    parse_requirement,
    parse_requires_python,
    read_entry_points,
    read_metadata,
    read_tags,
)
from pexlite.wheels.record import Record, read_record

_LEGACY = re.compile(r"(?P<stem>.+)\.egg(?:-info|-link)?")
# Files that virtualenv and uv, and setuptools long ago, write beside the distributions.
_OF_TOOLS = re.compile(r"easy-install\.pth|_virtualenv\.(?:py|pth)")


@dataclass(frozen=True)
class Installed:
    """A distribution in a virtual environment."""

    environment: Environment
    info: Path
    """Its `.dist-info` directory."""
    metadata: Metadata
    name: NormalizedName
    version: Version
    filename: str
    """The name of its wheel, made of METADATA and WHEEL."""
    stem: str
    """The name and version at the beginning of its file names: "MarkupSafe-3.0.4"."""
    tags: frozenset[Tag]
    record: Record
    scripts: frozenset[str]
    """The names of the programs that installers make of its entry points."""
    project: Path | None = None
    """The project's directory where the installation is editable."""

    @property
    def shown(self) -> str:
        """Its name in messages: "click 8.5.1 in .venv"."""
        return f"{self.name} {self.version} in {self.environment.shown}"

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Its Requires-Dist."""
        return tuple(map(parse_requirement, self.metadata.requires_dist))

    def as_wheel(self) -> Wheel:
        """The wheel that it was, with as much of it as a closure takes; the file itself is not made."""
        return Wheel(
            name=self.name,
            version=self.version,
            filename=self.filename,
            build=(),
            tags=self.tags,
            path=self.info,
            sha256="",
            size=0,
            crc32=0,
            requires_dist=self.requirements,
            requires_python=parse_requires_python(self.metadata.requires_python),
            entry_points={},
            files=(),
            sizes=(),
            provides_extra=self.metadata.provides_extra,
        )


@dataclass(frozen=True)
class Contents:
    """Everything that is installed in a virtual environment."""

    environment: Environment
    installed: Mapping[NormalizedName, Installed]
    unfit: Mapping[NormalizedName, str]
    """Sentences on the distributions of which no wheel can be made."""

    def unlisted(self) -> list[str]:
        """The names of files in site-packages that no distribution lists, without bytecode, sorted.

        A directory none of whose files is listed stands for all of them.
        """
        listed = {
            os.path.normpath(one.info.parent / row) for one in self.installed.values() for row in one.record.sizes
        }
        known = {str(Path(path).parent) for path in listed}
        for path in tuple(known):
            known.update(map(str, Path(path).parents))
        return sorted(
            name for library in self.environment.libraries for name in _unlisted(library, "", listed, known)
        )


def contents_of(environment: Environment) -> Contents:
    """The distributions in `environment`."""
    installed: dict[NormalizedName, Installed] = {}
    unfit: dict[NormalizedName, str] = {}
    for library in environment.libraries:
        for entry in sorted(library.iterdir()):
            legacy = _LEGACY.fullmatch(entry.name)
            if legacy:
                stem = legacy["stem"]
                name = canonicalize_name(stem if entry.suffix == ".egg-link" else stem.partition("-")[0])
                unfit[name] = _legacy(entry, name)
            elif entry.name.endswith(".dist-info") and not entry.name.startswith("~"):
                _add(environment, entry, installed, unfit)
    return Contents(environment, installed, {name: unfit[name] for name in unfit if name not in installed})


def _legacy(entry: Path, name: NormalizedName) -> str:
    """A sentence on what setup.py has installed by itself, with what to type."""
    again = f"--force-reinstall --no-deps {name}"
    if entry.suffix == ".egg-link":
        # The first line is the project's directory.
        again = f"-e {entry.read_text(encoding='utf-8', errors='replace').partition(chr(10))[0].strip()}"
    words = f"{name} was installed in an old way ({entry.name}), without a list of its files"
    return f"{words}: pip install {again}"


def _add(
    environment: Environment,
    info: Path,
    installed: dict[NormalizedName, Installed],
    unfit: dict[NormalizedName, str],
) -> None:
    name = canonicalize_name(info.name.partition("-")[0].removesuffix(".dist-info"))
    try:
        found = _installed(environment, info)
    except FileNotFoundError as problem:
        unfit[name] = f"{info.name} has no {Path(problem.filename).name}, so that its files are not known"
    except UnicodeDecodeError:
        unfit[name] = f"{info.name} has a METADATA, WHEEL or RECORD that is not UTF-8"
    except (OSError, PexliteError, UnreadableError, ValueError) as problem:
        unfit[name] = f"{info.name} cannot be read: {problem}"
    else:
        if found.name in installed:
            unfit[found.name] = f"{installed.pop(found.name).info.name} and {info.name} are of one project"
        elif found.name not in unfit:
            installed[found.name] = found


def _installed(environment: Environment, info: Path) -> Installed:
    """Raises OSError, UnicodeDecodeError, UnreadableError, ValueError or UsageError."""
    metadata = read_metadata(_text(info, "METADATA"))
    name, version = canonicalize_name(metadata.name, validate=True), Version(metadata.version)
    tags, build = read_tags(_text(info, "WHEEL"))
    stem = info.name.removesuffix(".dist-info")
    if not _is_of(stem, name, version):
        stem = f"{name.replace('-', '_')}-{version}"
    filename = f"{stem}{f'-{build}' if build else ''}-{_compressed(tags, environment.target)}.whl"
    entry_points = read_entry_points(_text(info, "entry_points.txt")) if _has(info, "entry_points.txt") else {}
    scripts = [*entry_points.get("console_scripts", {}), *entry_points.get("gui_scripts", {})]
    try:
        fitting = parse_wheel_filename(filename)[3]
    except InvalidWheelFilename as problem:
        raise UnreadableError(str(problem)) from problem
    return Installed(
        environment=environment,
        info=info,
        metadata=metadata,
        name=name,
        version=version,
        filename=filename,
        stem=stem,
        tags=fitting,
        record=read_record(_text(info, "RECORD")),
        scripts=frozenset(scripts),
        project=_project(_text(info, "direct_url.json")) if _has(info, "direct_url.json") else None,
    )


def _has(info: Path, name: str) -> bool:
    return (info / name).is_file()


def _text(info: Path, name: str) -> str:
    return (info / name).read_bytes().decode("utf-8")


def _is_of(stem: str, name: NormalizedName, version: Version) -> bool:
    first, _, rest = stem.partition("-")
    try:
        return canonicalize_name(first) == name and Version(rest) == version
    except InvalidVersion:
        return False


def _compressed(tags: frozenset[Tag], target: Target) -> str:
    """`tags` as in a wheel's name: "cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64".

    A name stands for all combinations of its parts. Where these are more than `tags`, the best one for `target`
    is taken alone.
    """
    parts = [sorted({getattr(tag, part) for tag in tags}) for part in ("interpreter", "abi", "platform")]
    combinations = len(parts[0]) * len(parts[1]) * len(parts[2])
    if combinations != len(tags):
        return str(next((tag for tag in target.tags if tag in tags), min(tags, key=str)))
    return "-".join(".".join(part) for part in parts)


def _project(text: str) -> Path | None:
    """The directory of an editable installation (PEP 610); None for any other:

    {"url": "file:///checkout", "dir_info": {"editable": true}}
    """
    said = json.loads(text)
    if isinstance(said, dict) and isinstance(said.get("dir_info"), dict) and said["dir_info"].get("editable"):
        path = local_path(str(said.get("url", "")))
        if path is None or not path.is_absolute():
            raise UnreadableError("direct_url.json names no directory of this machine")
        return path
    return None


def _unlisted(directory: Path, prefix: str, listed: set[str], known: set[str]) -> Iterator[str]:
    for entry in os.scandir(directory):
        if entry.name == "__pycache__" or entry.name.startswith("~") or _OF_TOOLS.fullmatch(entry.name):
            continue
        if entry.path in listed or entry.name.endswith((".pyc", ".egg-info", ".egg-link")):
            continue
        if entry.is_dir():
            if entry.path in known:
                yield from _unlisted(Path(entry.path), f"{prefix}{entry.name}/", listed, known)
            elif any(name for _, _, names in os.walk(entry.path) for name in names if not name.endswith(".pyc")):
                yield f"{prefix}{entry.name}/"
        else:
            yield f"{prefix}{entry.name}"
