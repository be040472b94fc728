"""`pexlite image`: an OCI image of a built file, a venv in layers on top of a base image that has a Python.

Wheels are spread over layers by their names alone, so that a later version of the file shares the layers of all
that has not changed: a large wheel has one to itself, others share one of eight, and own code comes last.
"""

from __future__ import annotations

import copy
import csv
import hashlib
import io
import posixpath
import re
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from packaging.utils import canonicalize_name

from pexlite.errors import TargetError, UsageError
from pexlite.listed import listed
from pexlite.model import Manifest
from pexlite.model.pythons import known
from pexlite.targets.interpreters import python_here
from pexlite.tools.oci import Image, layer_of, read_image, write_image
from pexlite.tools.runtime_tools import VenvOptions, checked_manifest, make_venv

PLACE = "/app"
"""Where the venv is in an image, unless another place is named."""
_LARGE = 4 << 20  # bytes of a wheel that has a layer to itself
_MOST_LARGE = 60  # container engines take 127 layers, some of which the base has
_SHARED = 8
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PROGRAM = re.compile(r"python3\.(\d+)(t?)")
_NOT_MOVED = ("version = ", "executable = ")  # of pyvenv.cfg: what the machine that makes the image has
_AHEAD = 2  # minor versions that are yet to come
_WHITEOUT = ".wh."


@dataclass(frozen=True)
class Layered:
    """An image that was written."""

    python: str
    """The Python in the base image that the venv stands on."""
    layers: int
    """The number of layers on top of those of the base."""


def write_image_of(
    path: Path,
    base: Path,
    file: BinaryIO,
    *,
    place: str = PLACE,
    python: str | None = None,
    with_bytecode: bool = False,
) -> Layered:
    """Write an image of the file at `path`, on top of the one in the tar at `base`, into the open `file`.

    The venv is made by a Python of this machine like the one in the image, whose path there `python` may name. No
    code of the file runs. Raises UsageError, NotABundle, VerificationFailed, TargetError.
    """
    manifest = checked_manifest(path)
    if manifest.own_pythons:
        raise UsageError(
            f"{path} brings its own Python, and an image of it would have two",
            hint="copy the file itself into an image; it needs no base",
        )
    if not posixpath.isabs(place) or posixpath.normpath(place) != place or place == "/":
        raise UsageError(f"--place {place} is no path of a directory in an image", hint=f"--place {PLACE}")
    below = read_image(base)
    program, tag = _python_in(below, manifest, base, python)
    here = python_here(tag)
    if here is None:
        raise TargetError(
            f"{program} in the image is {tag}, and there is none here to make its venv with",
            hint=f"install it here: uv python install {tag[2]}.{tag[3:].rstrip('t')}",
        )
    with tempfile.TemporaryDirectory(prefix="pexlite-") as work:
        archive = Path(work, "venv.tar.gz")
        # The prompt is not the file's name: two versions of it may be called otherwise.
        make_venv(path, archive, VenvOptions(python=str(here.interpreter), compile=with_bytecode, prompt="app"))
        with tarfile.open(archive) as opened:
            members = [_moved(member, opened, program) for member in opened if _is_kept(member)]
    layers = list(_layers(members, manifest, place))
    config = dict(below.config)
    config["config"] = {
        **(config.get("config") or {}),
        "Entrypoint": [f"{place}/bin/python", f"{place}/pex"],
        "Cmd": None,
    }
    config["config"] = {name: value for name, value in config["config"].items() if value is not None}
    made = [layer_of(layer) for layer in layers]
    config["rootfs"] = {"type": "layers", "diff_ids": [*config["rootfs"]["diff_ids"], *(diff for _, diff in made)]}
    config["history"] = [*(config.get("history") or ()), *({"created_by": "pexlite"} for _ in made)]
    config.pop("created", None)
    image = Image(config, (*below.layers, *(blob for blob, _ in made)))
    write_image(image, file, manifest.entry_point.module or path.stem)
    return Layered(program, len(made))


# -- the Python in the base -----------------------------------------------------------------------


def _python_in(base: Image, manifest: Manifest, path: Path, wanted: str | None) -> tuple[str, str]:
    """The path of the image's first Python on PATH that the file runs on, and its tag. Raises UsageError."""
    directories = [one.strip("/") for one in (base.variables().get("PATH") or _PATH).split(":") if one]
    serves = {tag for variant in manifest.variants for tag in known(variant.pythons, _AHEAD)}
    found: dict[str, str] = {}
    gone: set[str] = set()
    for name, is_program in base.names():
        directory, _, last = name.rpartition("/")
        if last.startswith(_WHITEOUT):
            gone.add(f"{directory}/{last.removeprefix(_WHITEOUT)}")
        named = _PROGRAM.fullmatch(last)
        if named and is_program and name not in gone:
            found.setdefault("/" + name, f"cp3{named[1]}{named[2]}")
    if wanted is not None:
        tag = found.get(wanted) or _tag_of(wanted)
        if not tag:
            raise UsageError(f"--python {wanted} is no python3.N in {path}", causes=sorted(found)[:10])
        found = {wanted: tag}
    fitting = {name: tag for name, tag in found.items() if tag in serves}
    for directory in directories:
        for name in sorted(fitting, key=lambda name: int(fitting[name][3:].rstrip("t")), reverse=True):
            if wanted or posixpath.dirname(name) == f"/{directory}":
                return name, fitting[name]
    there = [f"it has {listed(sorted(found))}"] if found else ["it has no python3.N on its PATH"]
    raise UsageError(
        f"{path} has no Python that {manifest.runs_on} means",
        causes=there,
        hint="name one of its Pythons: --python /usr/local/bin/python3.12",
    )


def _tag_of(program: str) -> str:
    named = _PROGRAM.fullmatch(posixpath.basename(program))
    return f"cp3{named[1]}{named[2]}" if named and posixpath.isabs(program) else ""


# -- the venv -------------------------------------------------------------------------------------


def _is_kept(member: tarfile.TarInfo) -> bool:
    return not member.isdir() and not member.name.startswith("bin/activate")


def _moved(member: tarfile.TarInfo, opened: tarfile.TarFile, program: str) -> tuple[tarfile.TarInfo, bytes]:
    """A member of the venv as the image has it: on the Python at `program` there."""
    file = opened.extractfile(member) if member.isfile() else None
    content = file.read() if file else b""
    if member.name == "pyvenv.cfg":
        lines = [
            f"home = {posixpath.dirname(program)}\n" if line.startswith("home = ") else line
            for line in content.decode().splitlines(keepends=True)
            if not line.startswith(_NOT_MOVED)
        ]
        content = "".join(lines).encode()
        member.size = len(content)
    elif re.fullmatch(r"bin/python[0-9.t]*", member.name) and (member.isfile() or member.issym()):
        # The venv's own program looks for the Python of the machine that made it.
        made = tarfile.TarInfo(member.name)
        made.type, made.linkname, made.mode, made.mtime = tarfile.SYMTYPE, program, 0o777, member.mtime
        return made, b""
    return member, content


def _layers(
    members: Sequence[tuple[tarfile.TarInfo, bytes]], manifest: Manifest, place: str
) -> Iterator[list[tuple[tarfile.TarInfo, bytes]]]:
    """The members of each layer, with the directories that they are in; own code and the venv itself come last."""
    owners = _owners({member.name: content for member, content in members})
    groups = _groups(manifest)
    layers: dict[tuple[int, str], list[tuple[tarfile.TarInfo, bytes]]] = {}
    for member, content in members:
        group = groups.get(owners.get(_source_of(member.name), ""), (2, ""))
        layers.setdefault(group, []).append((member, content))
    for _, layer in sorted(layers.items()):
        yield [*_directories(layer, place), *((_placed(member, place), content) for member, content in layer)]


def _groups(manifest: Manifest) -> dict[str, tuple[int, str]]:
    """The layer of each project of others: (0, its name) or (1, a number); own code has none here."""
    others = [wheel for wheel in manifest.wheels if not wheel.local]
    names = {wheel.filename: canonicalize_name(wheel.filename.partition("-")[0]) for wheel in others}
    large = sorted(
        (wheel for wheel in others if wheel.size >= _LARGE), key=lambda wheel: (-wheel.size, wheel.filename)
    )
    alone = {names[wheel.filename] for wheel in large[:_MOST_LARGE]}
    return {
        name: (0, name) if name in alone else (1, str(hashlib.sha256(name.encode()).digest()[0] % _SHARED))
        for name in names.values()
    }


def _owners(contents: Mapping[str, bytes]) -> dict[str, str]:
    """The project that each path of the venv belongs to, by the RECORDs in it."""
    found: dict[str, str] = {}
    for name, content in contents.items():
        directory, _, last = name.rpartition("/")
        if last == "RECORD" and directory.endswith(".dist-info"):
            packages, _, info = directory.rpartition("/")
            project = canonicalize_name(info.partition("-")[0])
            for row in csv.reader(io.StringIO(content.decode("utf-8", "surrogateescape"))):
                if row:
                    found[posixpath.normpath(f"{packages}/{row[0]}")] = project
    return found


def _source_of(name: str) -> str:
    """The path of the module whose bytecode is at `name`; else `name`."""
    directory, _, last = name.rpartition("/")
    if last.endswith(".pyc") and posixpath.basename(directory) == "__pycache__":
        return f"{posixpath.dirname(directory)}/{last.partition('.')[0]}.py"
    return name


def _directories(
    layer: Sequence[tuple[tarfile.TarInfo, bytes]], place: str
) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    """Every directory that a layer's members are in, those above first."""
    names = {up for member, _ in layer for up in _parents(_placed(member, place).name)}
    for name in sorted(names):
        made = tarfile.TarInfo(name)
        made.type, made.mode, made.mtime = tarfile.DIRTYPE, 0o755, layer[0][0].mtime
        yield made, b""


def _parents(name: str) -> Iterator[str]:
    while name := posixpath.dirname(name):
        yield name


def _placed(member: tarfile.TarInfo, place: str) -> tarfile.TarInfo:
    """The member as it is called in a layer, which has no first slash."""
    placed = copy.copy(member)  # Python 3.11.3 and older have no TarInfo.replace
    placed.name = f"{place.strip('/')}/{member.name}"
    if member.islnk():
        placed.linkname = f"{place.strip('/')}/{member.linkname}"
    return placed
