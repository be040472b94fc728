"""Wheels as values, for tests that need no file."""

from __future__ import annotations

from pexlite.contents.values import HeldFile, HeldWheel


def held(
    name: str,
    version: str = "1.0",
    *requires: str,
    tag: str = "py3-none-any",
    requires_python: str = "",
    sha256: str | None = None,
    served_sha256: str = "",
    files: tuple[tuple[str, int], ...] = (("module.py", 1),),
    variants: tuple[int, ...] = (0,),
) -> HeldWheel:
    """A wheel that requires this; its `files` are pairs of a path and a CRC-32."""
    digest = f"{name}{version}{tag}" if sha256 is None else sha256
    return HeldWheel(
        name=name,
        version=version,
        filename=f"{name.replace('-', '_')}-{version}-{tag}.whl",
        sha256=digest,
        served_sha256=served_sha256 or digest,
        size=10,
        local=False,
        compiled=not tag.endswith("any"),
        tags=(tag,),
        variants=variants,
        only_on="",
        requires_python=requires_python,
        requires=requires,
        files=tuple(HeldFile(path, 1, 1, crc32) for path, crc32 in files),
    )
