"""Images for containers, made and taken apart: layers of files, no daemon, no registry."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pexlite.tools.oci import Image, here, layer_of, write_image

HERE = f"{sys.base_prefix}/bin/python3.{sys.version_info[1]}"
"""The Python that the tests run on, by the path at which a base has it too: so what stands on it runs here."""


def base_image(path: Path, *layers: Mapping[str, int], architecture: str = "", **config: Any) -> Path:
    """Write an image whose layers have empty files, by path with their modes; by default one with a Python."""

    made = [
        layer_of([_member(name, mode) for name, mode in layer.items()]) for layer in layers or ({HERE: 0o755},)
    ]
    settings = {"Env": [f"PATH={Path(HERE).parent}:/usr/bin", "A=b"], "Cmd": ["sh"], **config}
    described = {
        "architecture": architecture or here(),
        "os": "linux",
        "config": settings,
        "rootfs": {"type": "layers", "diff_ids": [diff for _, diff in made]},
    }
    with path.open("wb") as file:
        write_image(Image(described, tuple(blob for blob, _ in made)), file, "base")
    return path


def _member(name: str, mode: int) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name.lstrip("/"))
    member.mode = mode
    return member, b""


def parts(path: Path) -> tuple[dict[str, Any], list[str], dict[str, bytes]]:
    """The configuration of an image, the digests of its layers, and its blobs, which are what they are called."""
    with tarfile.open(path) as opened:
        blobs = {member.name: opened.extractfile(member).read() for member in opened}  # type: ignore[union-attr]
    for name, content in blobs.items():
        if name.startswith("blobs/"):
            assert name == f"blobs/sha256/{hashlib.sha256(content).hexdigest()}"
    [described] = json.loads(blobs["index.json"])["manifests"]
    manifest = json.loads(blobs[_place(described["digest"])])
    config = json.loads(blobs[_place(manifest["config"]["digest"])])
    layers = [layer["digest"] for layer in manifest["layers"]]
    return config, layers, blobs


def unpacked(path: Path, place: Path, digests: Sequence[str] | None = None) -> list[str]:
    """Unpack layers of an image one over another at `place`, all by default; return the paths of their files."""
    _, layers, blobs = parts(path)
    names = []
    for digest in layers if digests is None else digests:
        with tarfile.open(fileobj=io.BytesIO(blobs[_place(digest)])) as opened:
            names += [member.name for member in opened if not member.isdir()]
            opened.extraction_filter = lambda member, _: member  # older Pythons know no argument for it
            opened.extractall(place)
    return names


def _place(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")
