"""Files that bring a Python: one by its looks, a script of sh that tells how it was started, and a true one."""

from __future__ import annotations

import gzip
import hashlib
import io
import shutil
import subprocess
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pexlite.archive.header import header
from pexlite.model import Bundle, EntryPoint, LaunchOptions, OwnPython, StartKind, Variant

# Asked whether it starts it says so; started with a file, it tells itself, its words and some variables.
TELLING = """#!/bin/sh
case $1 in
    -I) echo starts ;;
    *) echo "$0|$*|$(umask)|HOME=${PYTHONHOME-}|LIBRARY=$(cat "${0%/bin/*}/lib/os.py")" ;;
esac
"""
LIBRARY = {"lib/os.py": "library", "lib/more/a b.py": "x" * 5000, "lib/more/.hidden": "h"}
SHELLS = {"dash": ["dash"], "bash": ["bash"], "busybox": ["busybox", "sh"], "zsh": ["zsh"], "mksh": ["mksh"]}
END = b"PK\5\6" + bytes(18)
"""An empty zip."""
TOOLS = ["tail", "head", "gzip", "tar", "mkdir", "mv", "rm", "chmod", "ls", "id", "uname", "cat", "touch", "cksum"]
TOOLS += ["readlink", "mktemp", "sleep", "df", "getconf", "flock"]


def shell_named(name: str) -> list[str]:
    """The words that start a shell; skips the test where it is not installed."""
    if not shutil.which(SHELLS[name][0]):
        pytest.skip(f"there is no {name} here")
    return SHELLS[name]


def packed(directory: Path, files: Mapping[str, str | bytes], **facts: object) -> OwnPython:
    """A Python whose prefix has `files`, those in bin/ programs; of this machine, but for the `facts` given."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name in sorted({*files, *(str(up) for path in files for up in Path(path).parents if up != Path())}):
            member = tarfile.TarInfo(name)
            member.mtime = 315532800
            content = files.get(name)
            if content is None:
                member.type, member.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(member)
                continue
            held = content if isinstance(content, bytes) else content.encode()
            member.size, member.mode = len(held), 0o755 if name.startswith("bin/") or ".so" in name else 0o644
            archive.addfile(member, io.BytesIO(held))
    content = gzip.compress(raw.getvalue(), 1, mtime=0)
    digest = hashlib.sha256(content).hexdigest()
    path = directory / f"{digest}.tar.gz"
    path.write_bytes(content)
    machine = subprocess.check_output(["uname", "-m"], text=True).strip()
    found = OwnPython(
        path=path,
        sha256=digest,
        crc32=zlib.crc32(content),
        size=len(content),
        unpacked=sum(len(content) for content in files.values()),
        version="3.11.9",
        tag="cp311",
        platform=f"linux_{machine}",
        libc=None,
        loader="",
        program="bin/python3.11",
        source="made by a test",
    )
    for name, value in facts.items():
        object.__setattr__(found, name, value)
    return found


@dataclass(frozen=True)
class Launched:
    """A file that is nothing but its launcher and the Python that it brings."""

    path: Path
    name: str
    home: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def interpreters(self) -> Path:
        """Where Pythons are unpacked."""
        return self.home / ".pex/lite-2/interpreters"

    @property
    def place(self) -> Path:
        """Where its Python is unpacked."""
        return self.interpreters / self.name

    def start(self, *words: str, shell: str = "dash", **variables: str) -> subprocess.CompletedProcess[str]:
        """The file, started by a shell, ended."""
        env = {"HOME": str(self.home), "PATH": "/usr/bin:/bin", **self.variables, **variables}
        command = [*shell_named(shell), str(self.path), *words]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)


def launched(directory: Path, *pythons: OwnPython, **launch: object) -> Launched:
    """A file that begins with the launcher for `pythons`."""
    options = LaunchOptions(**launch)  # type: ignore[arg-type]
    bundle = Bundle(
        wheels=(),
        variants=(Variant(("cp311",), "any", None, None, ()),),
        trees=(),
        entry_point=EntryPoint(StartKind.FUNCTION, "app", "main"),
        launch=options,
        requirements=(),
        startup_files=(),
        runs_on="CPython 3.11",
        own_pythons=pythons,
    )
    size, places = len(header(bundle)), []
    position = size
    for own in pythons:
        places.append(position + 7)
        position += 7 + own.size
    parts = [header(bundle, "0" * 16, places)]
    assert len(parts[0]) == size
    for own in pythons:
        parts.append(b"-" * 7 + own.path.read_bytes())
    path = directory / "app"
    path.write_bytes(b"".join([*parts, b"what follows it", END]))
    path.chmod(0o755)
    home = directory / "home"
    home.mkdir(exist_ok=True)
    return Launched(path, pythons[-1].sha256[:32], home)
