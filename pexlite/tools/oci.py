"""OCI images in a tar: the layout that skopeo and buildah call oci-archive, read and written without a daemon.

    oci-layout  index.json  blobs/sha256/<digest>       (OCI image layout 1.0)

A layer is a gzipped tar, named by the sha256 of its bytes; the configuration has the sha256 of the tar in it.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO

from pexlite.errors import NotABundle, UsageError

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_LISTS = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
_MANIFESTS = (MANIFEST, "application/vnd.docker.distribution.manifest.v2+json")
# Layers of Docker's registries are the same tars under other names.
_OF_DOCKER = {
    "application/vnd.docker.image.rootfs.diff.tar.gzip": _LAYER,
    "application/vnd.docker.image.rootfs.diff.tar": "application/vnd.oci.image.layer.v1.tar",
}
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64", "armv7l": "arm", "i686": "386"}
_LARGEST_JSON = 4 << 20  # bytes, as registries limit a manifest
_DEEPEST = 4  # indexes in indexes


@dataclass(frozen=True)
class Blob:
    """A part of an image: its descriptor, and where its bytes are."""

    descriptor: Mapping[str, Any]
    path: Path | None = None
    """The tar that it is in; None where `content` has it."""
    member: str = ""
    content: bytes = b""

    def pieces(self) -> Iterator[bytes]:
        """Its bytes. Raises NotABundle where they are not those that its digest names."""
        digest, size = hashlib.sha256(), 0
        with self._opened() as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
                size += len(piece)
                yield piece
        if f"sha256:{digest.hexdigest()}" != self.descriptor["digest"] or size != self.descriptor["size"]:
            raise NotABundle(f"{self.path} is damaged", causes=[f"{self.member} is not what its name says"])

    @contextlib.contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        if self.path is None:
            yield io.BytesIO(self.content)
            return
        with tarfile.open(self.path, "r:") as opened:
            file = opened.extractfile(self.member)
            assert file is not None
            yield file


@dataclass(frozen=True)
class Image:
    """An image: its configuration as JSON has it, and its layers, the lowest first."""

    config: Mapping[str, Any]
    layers: tuple[Blob, ...]

    def variables(self) -> dict[str, str]:
        """The variables that its processes get."""
        pairs = (str(one).partition("=") for one in self.config.get("config", {}).get("Env") or ())
        return {name: value for name, _, value in pairs}

    def names(self) -> Iterator[tuple[str, bool]]:
        """The path of each file in its layers, the highest first, and whether it is a program or a link."""
        for layer in reversed(self.layers):
            with tarfile.open(fileobj=io.BytesIO(b"".join(layer.pieces())), mode="r:*") as opened:
                for member in opened:
                    name = member.name.removeprefix("./").strip("/")
                    yield name, member.issym() or member.islnk() or (member.isfile() and bool(member.mode & 0o111))


def here() -> str:
    """The architecture of this machine, as images name it (Go's words)."""
    return _ARCHITECTURES.get(platform.machine(), platform.machine())


def layer_of(members: Sequence[tuple[tarfile.TarInfo, bytes]]) -> tuple[Blob, str]:
    """A layer of these members, in their order, and the sha256 of the tar in it; the same bytes each time."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member, content in members:
            archive.addfile(member, io.BytesIO(content) if member.isfile() else None)
    packed = gzip.compress(raw.getvalue(), 6, mtime=0)
    return _blob(_LAYER, packed), f"sha256:{hashlib.sha256(raw.getvalue()).hexdigest()}"


def read_image(path: Path, architecture: str = "") -> Image:
    """The image in the tar at `path` for this machine's architecture, or another by Go's name.

    Raises UsageError where there is none in it, NotABundle where it is damaged.
    """
    wanted = architecture or here()
    try:
        with tarfile.open(path, "r:") as opened:
            names = {member.name.removeprefix("./"): member for member in opened if member.isfile()}
            if "index.json" not in names:
                raise UsageError(
                    f"{path} is no OCI image",
                    causes=["it has no index.json"],
                    hint=f"skopeo copy docker-archive:{path} oci-archive:base.tar, or docker://python:3.12-slim",
                )
            reader = _Reader(path, opened, names)
            manifest = reader.manifest(reader.json("index.json"), wanted, 0)
            if manifest is None:
                raise UsageError(f"{path} has no image for linux/{wanted}")
            config = reader.described(manifest["config"])
            layers = tuple(reader.layer(one) for one in manifest["layers"])
    except FileNotFoundError as failure:
        raise UsageError(f"there is no {path}") from failure
    except (tarfile.TarError, OSError, ValueError, KeyError, TypeError, AttributeError) as failure:
        raise NotABundle(f"{path} is no OCI image that can be read", causes=[str(failure)]) from failure
    if len(config["rootfs"]["diff_ids"]) != len(layers):
        raise NotABundle(f"{path} is damaged", causes=["its configuration names other layers than it has"])
    return Image(config, layers)


class _Reader:
    def __init__(self, path: Path, opened: tarfile.TarFile, names: Mapping[str, tarfile.TarInfo]) -> None:
        self._path, self._opened, self._names = path, opened, names

    def json(self, name: str, digest: str = "") -> Any:
        member = self._names[name]
        if member.size > _LARGEST_JSON:
            raise ValueError(f"{name} is too large")
        file = self._opened.extractfile(member)
        content = file.read() if file else b""
        if digest and f"sha256:{hashlib.sha256(content).hexdigest()}" != digest:
            raise ValueError(f"{name} is not what its name says")
        return json.loads(content)

    def described(self, descriptor: Mapping[str, Any]) -> Any:
        return self.json(_place(descriptor), descriptor["digest"])

    def manifest(self, index: Mapping[str, Any], architecture: str, depth: int) -> Any:
        """The manifest of the image for this architecture; None without one."""
        for one in index["manifests"]:
            where = one.get("platform") or {}
            if where and (where.get("os"), where.get("architecture")) != ("linux", architecture):
                continue
            kind = one.get("mediaType") or self.described(one).get("mediaType", MANIFEST)
            if kind in _LISTS and depth < _DEEPEST:
                found = self.manifest(self.described(one), architecture, depth + 1)
                if found is not None:
                    return found
            elif kind in _MANIFESTS:
                manifest = self.described(one)
                if self.described(manifest["config"]).get("architecture") == architecture:
                    return manifest
        return None

    def layer(self, descriptor: Mapping[str, Any]) -> Blob:
        kept = {name: descriptor[name] for name in ("digest", "size")}
        kind = descriptor["mediaType"]
        member = self._names[_place(descriptor)]
        return Blob({"mediaType": _OF_DOCKER.get(kind, kind), **kept}, self._path, member.name)


def write_image(image: Image, file: BinaryIO, title: str) -> None:
    """Write `image` as a tar; the same bytes each time. Raises NotABundle where a layer is damaged."""
    config = _blob(_CONFIG, _json(image.config))
    described = [dict(layer.descriptor) for layer in image.layers]
    named = {"org.opencontainers.image.ref.name": "latest", "org.opencontainers.image.title": title}
    manifest = _blob(
        MANIFEST,
        _json({"schemaVersion": 2, "mediaType": MANIFEST, "config": dict(config.descriptor), "layers": described}),
    )
    index = {"schemaVersion": 2, "manifests": [{**manifest.descriptor, "annotations": named}]}
    blobs = {str(blob.descriptor["digest"]): blob for blob in (config, manifest, *image.layers)}
    with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive:
        _add(archive, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}))
        _add(archive, "index.json", _json(index))
        for digest in sorted(blobs):
            blob = blobs[digest]
            _add(archive, _place(blob.descriptor), b"".join(blob.pieces()))


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _blob(kind: str, content: bytes) -> Blob:
    digest = hashlib.sha256(content).hexdigest()
    return Blob({"mediaType": kind, "digest": f"sha256:{digest}", "size": len(content)}, content=content)


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _place(descriptor: Mapping[str, Any]) -> str:
    """Where a blob is in the layout. Raises ValueError for a digest that is no sha256."""
    algorithm, _, digest = str(descriptor["digest"]).partition(":")
    if algorithm != "sha256" or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise ValueError(f"{descriptor['digest']} is no sha256")
    return f"blobs/sha256/{digest}"
