"""The manifest of a built file, read back."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import zipp

from pexlite.errors import NotABundle
from pexlite.model import EntryPoint, Libc, Manifest, StartKind, StoredWheel, Variant


def read_manifest(path: Path) -> Manifest:
    """The manifest of the file at `path`. Raises NotABundle when there is none, or the file is damaged."""
    facts = _read_pex_info(path)
    own = facts.get("pexlite")
    if not isinstance(own, dict):
        raise NotABundle(
            f"{path} was not made by pexlite", hint="pex's own files are read by `pex-tools FILE info`"
        )
    try:
        return Manifest(
            build_id=own["build_id"],
            entry_point=EntryPoint(**{**own["start"], "kind": StartKind(own["start"]["kind"])}),
            variants=tuple(_variant(entry) for entry in own["variants"]),
            wheels=tuple(_wheel(entry) for entry in own["wheels"]),
            requirements=tuple(facts["requirements"]),
            runs_on=own["runs_on"],
            facts=facts,
        )
    except (KeyError, TypeError, ValueError) as failure:
        raise NotABundle(
            f"{path} has a PEX-INFO that this pexlite cannot read",
            causes=[f"{type(failure).__name__}: {failure}"],
            hint="it may come from a newer pexlite: upgrade this one",
        ) from failure


def _read_pex_info(path: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            info = json.loads(zipp.Path(archive, "PEX-INFO").read_bytes())
    except FileNotFoundError as failure:
        if path.exists():
            raise NotABundle(f"{path} is a zip without PEX-INFO, so pexlite did not make it") from failure
        raise NotABundle(f"there is no {path}", hint="check the path") from failure
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as failure:
        raise NotABundle(
            f"{path} is no file that pexlite made, or it is damaged",
            causes=[str(failure)],
            hint="copy it here again",
        ) from failure
    return info if isinstance(info, dict) else {}


def _variant(entry: dict[str, Any]) -> Variant:
    libc = entry["libc"]
    return Variant(
        pythons=tuple(entry["pythons"]),
        platform=entry["platform"],
        libc=Libc(libc[0], (libc[1][0], libc[1][1])) if libc else None,
        macos=(entry["macos"][0], entry["macos"][1]) if entry["macos"] else None,
        wheels=tuple(entry["wheels"]),
    )


def _wheel(entry: dict[str, Any]) -> StoredWheel:
    return StoredWheel(
        filename=entry["name"],
        sha256=entry["sha256"],
        offset=entry["offset"],
        size=entry["size"],
        entry_points=entry["scripts"],
        repacked_from=entry.get("repacked_from", ""),
    )
