"""Real little wheels and projects, made by code, the same bytes each time."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path


def make_wheel(
    directory: Path,
    name: str,
    version: str = "1.0",
    *,
    files: Mapping[str, str | bytes] | None = None,
    requires: Sequence[str] = (),
    extras: Sequence[str] = (),
    requires_python: str | None = None,
    entry_points: Mapping[str, Mapping[str, str]] | None = None,
    data: Mapping[str, str | bytes] | None = None,
    tag: str = "py3-none-any",
    metadata_version: str = "2.1",
    executable: Iterable[str] = (),
    fields: Sequence[str] = (),
) -> Path:
    """Write a wheel with these `files` and return its path; `data` goes under `.data`, by scheme/path.

    `fields` are further lines of its METADATA.
    """
    stem = f"{name.replace('-', '_')}-{version}"
    info = f"{stem}.dist-info"
    metadata = [f"Metadata-Version: {metadata_version}", f"Name: {name}", f"Version: {version}"]
    metadata += [f"Requires-Dist: {requirement}" for requirement in requires]
    metadata += [f"Provides-Extra: {extra}" for extra in extras]
    metadata += [f"Requires-Python: {requires_python}"] if requires_python else []
    metadata += fields
    members: dict[str, bytes] = {path: _bytes(content) for path, content in (files or {}).items()}
    members |= {f"{stem}.data/{path}": _bytes(content) for path, content in (data or {}).items()}
    members[f"{info}/METADATA"] = _bytes("\n".join(metadata) + "\n\n")
    members[f"{info}/WHEEL"] = _bytes(f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n")
    if entry_points:
        members[f"{info}/entry_points.txt"] = _bytes(_entry_points(entry_points))
    members[f"{info}/RECORD"] = _record(members, f"{info}/RECORD")
    path = directory / f"{stem}-{tag}.whl"
    programs = {*executable, *(member for member in members if ".data/scripts/" in member)}
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            entry = zipfile.ZipInfo(member)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if member in programs else 0o100644) << 16
            archive.writestr(entry, content)
    return path


def large_wheel(directory: Path, name: str, members: Mapping[str, int]) -> Path:
    """A wheel with `members` of so many zeros, stored; on most disks the zeros take no room."""
    info = f"{name}-1.0.dist-info"
    texts = {
        f"{name}/__init__.py": b"",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    block = bytes(1 << 20)
    record = []
    path = directory / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, size in members.items():
            digest = hashlib.sha256()
            with archive.open(f"{name}/{member}", "w") as opened:
                for start in range(0, size, len(block)):
                    chunk = block[: size - start]
                    opened.write(chunk)
                    digest.update(chunk)
            record.append(_record_line(f"{name}/{member}", digest.digest(), size))
        for place, text in texts.items():
            archive.writestr(place, text)
        archive.writestr(f"{info}/RECORD", b"".join([*map(str.encode, record), _record(texts, f"{info}/RECORD")]))
    return path


# Needs nothing from an index. Writes what careless backends write: the time, the directory, any order, litter.
_BACKEND = """
import os, pathlib, time, tomllib, zipfile


def get_requires_for_build_wheel(config_settings=None):
    return []


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
    name, version = project["name"].replace("-", "_"), project["version"]
    info = f"{name}-{version}.dist-info"
    pathlib.Path("build/lib").mkdir(parents=True, exist_ok=True)
    pathlib.Path("build/lib/litter.py").write_text("")
    requires = "".join(f"Requires-Dist: {line}\\n" for line in project.get("dependencies", ()))
    scripts = "".join(f"{key} = {value}\\n" for key, value in project.get("scripts", {}).items())
    metadata = f"Metadata-Version: 2.1\\nName: {project['name']}\\nVersion: {version}\\n{requires}"
    texts = {
        f"{info}/METADATA": metadata,
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        f"{info}/entry_points.txt": f"[console_scripts]\\n{scripts}",
        f"{info}/direct_url.json": f'{{"url": "file://{os.getcwd()}"}}',
    }
    sources = [p.as_posix() for p in pathlib.Path().rglob("*") if p.is_file() and p.parts[0].startswith(name)]
    filename = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory, filename), "w") as archive:
        for path in {*sources}:
            archive.write(path)
        for path, text in texts.items():
            archive.writestr(zipfile.ZipInfo(path, time.localtime()[:6]), text)
        archive.writestr(f"{info}/RECORD", "".join(f"{path},,\\n" for path in (*sources, *texts)))
    return filename
"""


_OWN_BACKEND = 'requires = []\nbuild-backend = "backend"\nbackend-path = ["."]'


def make_project(
    directory: Path,
    name: str,
    version: str = "1.0",
    *,
    files: Mapping[str, str | bytes] | None = None,
    requires: Sequence[str] = (),
    scripts: Mapping[str, str] | None = None,
    build_system: str = _OWN_BACKEND,
) -> Path:
    """Make a project with these `files` and return its directory; by default it has a build backend of its own."""
    project = directory / name
    lines = [f"[build-system]\n{build_system}\n\n[project]", f'name = "{name}"', f'version = "{version}"']
    lines += ["dependencies = [" + ", ".join(f"'{line}'" for line in requires) + "]", "[project.scripts]"]
    lines += [f'{key} = "{value}"' for key, value in (scripts or {}).items()]
    texts: dict[str, str | bytes] = {"pyproject.toml": "\n".join(lines) + "\n", **(files or {})}
    if "backend-path" in build_system:
        texts["backend.py"] = _BACKEND
    return write_files(project, texts)


def write_files(directory: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write `files`, content by path, below `directory`, and return that."""
    for path, content in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_bytes(_bytes(content))
    return directory


def written(directory: Path, *paths: str, content: str = "x = 1\n") -> Path:
    """Write files of one `content` below `directory`, and return that."""
    return write_files(directory, dict.fromkeys(paths, content))


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


def _entry_points(groups: Mapping[str, Mapping[str, str]]) -> str:
    return "".join(
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items()) + "\n"
        for group, entries in groups.items()
    )


def _record(members: Mapping[str, bytes], own: str) -> bytes:
    lines = [
        _record_line(path, hashlib.sha256(content).digest(), len(content)) for path, content in members.items()
    ]
    return "".join([*lines, f"{own},,\n"]).encode()


def _record_line(path: str, digest: bytes, size: int) -> str:
    return f"{path},sha256={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()},{size}\n"
