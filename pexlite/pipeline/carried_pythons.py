"""The Pythons that a built file carries, taken out of it into the store, to go into another file as they are."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from pexlite.archive.stored_wheels import chunks
from pexlite.errors import NotABundle
from pexlite.files.digests import has_sha256, remember
from pexlite.files.paths import is_file
from pexlite.files.places import make_directory
from pexlite.model import Manifest, OwnPython, StoredPython
from pexlite.model.own_python import InterpreterArchive
from pexlite.store.store import Store


def carried_pythons(path: Path, manifest: Manifest, store: Store) -> tuple[OwnPython, ...]:
    """The Pythons of the file at `path`, in their order. Raises NotABundle where one has changed."""
    return tuple(_kept(path, held, store) for held in manifest.own_pythons)


def _kept(path: Path, held: StoredPython, store: Store) -> OwnPython:
    place = store.root / "interpreters" / f"{held.sha256}{held.suffix}"
    if not is_file(place) or not has_sha256(place, held.sha256):
        with path.open("rb") as file, store.incoming(["sha256"]) as incoming:
            for chunk in chunks(file, held):
                incoming.write(chunk)
            if incoming.hexdigest("sha256") != held.sha256:
                raise NotABundle(
                    f"the CPython {held.version} in {path} has changed since it was built",
                    hint="copy the file here again",
                )
            with store.writing():
                make_directory(place.parent)
                incoming.path.replace(place)
        remember(place, held.sha256)
    return OwnPython(path=place, **{one.name: getattr(held, one.name) for one in fields(InterpreterArchive)})
