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
    requires_python: str | None = None,
    entry_points: Mapping[str, Mapping[str, str]] | None = None,
    data: Mapping[str, str | bytes] | None = None,
    tag: str = "py3-none-any",
    metadata_version: str = "2.1",
    executable: Iterable[str] = (),
) -> Path:
    """The path of a wheel with these `files`; `data` is what goes under `.data`, by scheme/path."""
    stem = f"{name.replace('-', '_')}-{version}"
    info = f"{stem}.dist-info"
    metadata = [f"Metadata-Version: {metadata_version}", f"Name: {name}", f"Version: {version}"]
    metadata += [f"Requires-Dist: {requirement}" for requirement in requires]
    metadata += [f"Requires-Python: {requires_python}"] if requires_python else []
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


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


def _entry_points(groups: Mapping[str, Mapping[str, str]]) -> str:
    return "".join(
        f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items()) + "\n"
        for group, entries in groups.items()
    )


def _record(members: Mapping[str, bytes], own: str) -> bytes:
    lines = []
    for path, content in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(content)}\n")
    return "".join([*lines, f"{own},,\n"]).encode()
