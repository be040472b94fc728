"""An installed distribution made into the wheel that it was, from the files that its RECORD lists."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.utils import canonicalize_name

from pexlite.errors import InvalidWheel
from pexlite.model import Wheel
from pexlite.sources.installed import Installed
from pexlite.store.store import Store
from pexlite.wheels.record import digest_of, is_metadata, unlike_record
from pexlite.wheels.write import source_date_epoch, write_wheel

_CHUNK = 1 << 20
_MOST_CAUSES = 8
# What installers write, and signatures over RECORD, which is written anew.
_NOT_OF_A_WHEEL = frozenset(
    {"RECORD", "RECORD.jws", "RECORD.p7s", "INSTALLER", "REQUESTED", "direct_url.json", "provenance_url.json"}
    | {"uv_cache.json", "uv_build.json"}
)
# The first lines of a script as installers write them: `#!/app/.venv/bin/python`, or where that is too long, has
# blanks in it or is to be found beside the script, a program of sh that is a text for Python.
_SHEBANG = re.compile(
    rb"#!(?!/usr/bin/|/usr/local/bin/|/bin/)/[^\n]*/bin/(?:python|pypy)[\w.]*[ \t]*\r?\n"
    rb"|#!/bin/sh\n'''exec' [^\n]*\n' '''\n"
)


@dataclass(frozen=True)
class _File:
    """An installed file, and its place in the wheel."""

    name: str
    """The member's name in the wheel."""
    path: Path
    executable: bool
    digest: str
    """The sha256 of its content in the wheel."""
    shown: str
    """The distribution, for messages."""

    @property
    def content(self) -> bytes:
        """The content in the wheel. Raises InvalidWheel where it changes in this very moment."""
        found = _as_in_wheel(self.name, self.path.read_bytes())
        if hashlib.sha256(found).hexdigest() != self.digest:
            raise InvalidWheel(f"{self.path.name} of {self.shown} was changed while it was read")
        return found


def repack(installed: Installed, store: Store) -> Wheel:
    """The wheel of `installed` in the store; what its RECORD says of missing files is in its `unlike_record`.

    Bytecode, what the installer itself wrote, and the programs that are made of entry points stay out. The same
    files give the same bytes. Raises InvalidWheel where a file that may run has another digest than RECORD says.
    """
    files, unlike = _files(installed)
    facts = [(file.name, file.executable, file.digest) for file in files]
    identity = json.dumps(["repacked", installed.filename, source_date_epoch(), sorted(facts)])
    key = hashlib.sha256(identity.encode()).hexdigest()
    wheel = store.built(key)
    if wheel is None:
        with tempfile.TemporaryDirectory(prefix="pexlite-repack-") as scratch:
            path = write_wheel(Path(scratch) / installed.filename, files, f"{installed.stem}.dist-info")
            wheel = store.add(path, path.name)
        store.remember_built(key, wheel)
    return replace(wheel, unlike_record=tuple(dict.fromkeys((*wheel.unlike_record, *unlike))))


def _files(installed: Installed) -> tuple[list[_File], list[str]]:
    """The files that go into the wheel, and the names of those that RECORD tells wrongly without harm."""
    files: dict[str, _File] = {}
    unlike: list[str] = []
    changed: list[str] = []
    for row in installed.record.sizes:
        path = Path(os.path.normpath(installed.info.parent / row))
        member = _member(installed, path)
        if member is None:
            continue
        if not path.is_file():
            unlike.append(member)
            continue
        sentences = list(_changes(installed, row, path))
        if sentences and is_metadata(member):
            unlike.append(member)
        changed += [] if is_metadata(member) else sentences
        files[member] = _file(installed, member, path)
    if changed:
        raise _changed(installed, changed)
    return list(files.values()), unlike


def _member(installed: Installed, path: Path) -> str | None:
    """The place in the wheel of the installed file at `path`; None for a file that no wheel has.

    Raises InvalidWheel for a file outside of the environment.
    """
    environment, library = installed.environment, installed.info.parent
    data = f"{installed.stem}.data"
    if path.suffix == ".pyc" and path.parent.name == "__pycache__":
        return None
    if path.is_relative_to(library):
        inside = path.relative_to(library).as_posix()
        if not path.is_relative_to(installed.info):
            return inside
        name = path.relative_to(installed.info).as_posix()
        return None if name in _NOT_OF_A_WHEEL else f"{installed.stem}.dist-info/{name}"
    for other in environment.libraries:
        if path.is_relative_to(other):
            scheme = "platlib" if other.parts[-3] == "lib64" else "purelib"
            return f"{data}/{scheme}/{path.relative_to(other).as_posix()}"
    if not path.is_relative_to(environment.path):
        raise InvalidWheel(
            f"{installed.shown} has a file outside of the virtual environment, which could not go in",
            causes=[str(path)],
            hint=f"leave it out: --exclude {installed.name}",
        )
    parts = path.relative_to(environment.path).parts
    if parts[0] == "bin" and len(parts) == 2:
        return None if parts[1] in installed.scripts else f"{data}/scripts/{parts[1]}"
    # include/site/python3.11/greenlet/greenlet.h
    if parts[:2] == ("include", "site") and len(parts) > 4 and canonicalize_name(parts[3]) == installed.name:
        return f"{data}/headers/{'/'.join(parts[4:])}"
    return f"{data}/data/{'/'.join(parts)}"


def _changes(installed: Installed, row: str, path: Path) -> Iterator[str]:
    """A sentence where the file at `path` is not what RECORD says in `row`."""
    digest = installed.record.digests.get(row, "")
    if not digest or digest.rstrip("=") == f"sha256={digest_of(_pieces(path), 'sha256')}":
        return
    yield from unlike_record(row, _pieces(path), installed.record)


def _file(installed: Installed, member: str, path: Path) -> _File:
    if _is_script(member):
        digest = hashlib.sha256(_as_in_wheel(member, path.read_bytes())).hexdigest()
    else:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    return _File(member, path, bool(path.stat().st_mode & 0o111), digest, installed.shown)


def _is_script(member: str) -> bool:
    first, _, rest = member.partition("/")
    return first.endswith(".data") and rest.startswith("scripts/")


def _as_in_wheel(member: str, content: bytes) -> bytes:
    """The `content` of an installed file with the first line that a script has in a wheel: `#!python`."""
    if not _is_script(member):
        return content
    found = _SHEBANG.match(content)
    return b"#!python\n" + content[found.end() :] if found else content


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield piece


def _changed(installed: Installed, sentences: list[str]) -> InvalidWheel:
    shown = sentences[:_MOST_CAUSES]
    if len(sentences) > len(shown):
        shown.append(f"and {len(sentences) - len(shown)} more of this kind")
    name, version = installed.name, installed.version
    return InvalidWheel(
        f"{installed.shown} was changed after it was installed",
        causes=shown,
        hint=f"install it again: uv sync --reinstall-package {name}, or "
        f"pip install --force-reinstall --no-deps {name}=={version}",
    )
