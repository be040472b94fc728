"""Earlier decisions, kept for builds from a lock: the same request gives the same file again.

    decisions/<key>.json    in the store, sealed: a Decision without the wheels' bytes, which the store has anyway

A decision is a function of the request, the lock's bytes, the running Python and its platform, and pexlite's code;
the key is a digest of these. Each field of a request declares whether it is part of the key (`Recall`). Builds
from sources, an index or another interpreter are decided anew.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pexlite.files.digests import all_have_sha256
from pexlite.files.places import make_directory, pip_configuration_files, store_place
from pexlite.files.replacing import replacing
from pexlite.files.sealed import seal_of
from pexlite.model import (
    BuildRequest,
    BundledWheel,
    Command,
    Decision,
    Draft,
    EntryPoint,
    Libc,
    Recall,
    StartKind,
    Variant,
)

_FORMAT = 5
_FORGOTTEN_AFTER = 30 * 24 * 3600  # seconds
_CODE = Path(__file__).parents[1]


def recall(request: BuildRequest) -> Decision | None:
    """The earlier decision for `request`, if all its wheels are still in the store, unchanged; else None."""
    root = store_place().root
    key = _key(request)
    if key is None:
        return None
    try:
        text = seal_of(root).opened(f"decisions/{key}", _place(root, key).read_bytes())
        decision = _decision(json.loads(text), root) if text else None
        if decision and all_have_sha256((wheel.path, wheel.sha256) for wheel in decision.draft.wheels):
            # The same lock may have another name by now.
            return replace(decision, lock=request.lock.name if request.lock else None)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        pass  # never decided, or the record is damaged: deciding again is always right
    return None


def remember(request: BuildRequest, decision: Decision) -> None:
    """Store `decision`, if it is repeatable, for `recall(request)`.

    A store that cannot be written is no error.
    """
    root = store_place().root
    key = _key(request) if decision.repeatable else None
    if key is None or not all(wheel.path.is_relative_to(root) for wheel in decision.draft.wheels):
        return
    place = _place(root, key)
    # A read-only store only makes the next build a little slower.
    with contextlib.suppress(OSError):
        make_directory(place.parent)
        _sweep(place.parent)
        with replacing(place, 0o644) as file:
            file.write(seal_of(root).sealed(f"decisions/{key}", json.dumps(_as_json(decision, root)).encode()))


def _place(root: Path, key: str) -> Path:
    return root / "decisions" / f"{key}.json"


def _sweep(directory: Path) -> None:
    limit = time.time() - _FORGOTTEN_AFTER
    for entry in directory.iterdir():
        if entry.stat().st_mtime < limit:
            entry.unlink(missing_ok=True)


# -- the input of a decision ----------------------------------------------------------------------


def _key(request: BuildRequest) -> str | None:
    """A digest of everything a decision depends on; None if that is more than the request and its lock."""
    words = {one.name: Recall.of(one) for one in fields(request)}
    unset = {one.name: one.default for one in fields(request)}
    given = {name: getattr(request, name) for name in words}
    if (
        request.index.refresh
        or request.lock is None
        or any(given[name] != unset[name] for name in words if words[name] is Recall.NEVER)
    ):
        return None
    try:
        lock = (request.directory / request.lock).read_bytes()
    except OSError:
        return None  # reading it for the build will report the fault better
    digest = hashlib.sha256(lock)
    same = [(name, given[name]) for name in words if words[name] is Recall.FOR_THE_SAME]
    for part in (_FORMAT, same, _python(), tuple(_code()), *_settings()):
        digest.update(repr(part).encode())
    return digest.hexdigest()


def _python() -> tuple[object, ...]:
    """The running Python and its platform, which determine tags and markers."""
    libc = None
    with contextlib.suppress(AttributeError, ValueError, OSError):
        libc = os.confstr("CS_GNU_LIBC_VERSION")
    return (
        sys.version,
        sys.executable,
        sys.implementation.cache_tag,
        os.uname() if os.name == "posix" else "",
        libc,
    )


def _settings() -> Iterator[object]:
    """The settings of pip and uv outside of the request: some forbid files that a lock names."""
    yield sorted(item for item in os.environ.items() if item[0].startswith(("PIP_", "UV_")))
    for file in pip_configuration_files():
        with contextlib.suppress(OSError):
            yield file.read_bytes()


def _code() -> Iterator[tuple[str, int, int]]:
    """The path, size and mtime of every file of pexlite and packaging: another version may decide otherwise."""
    found = find_spec("packaging")
    others = list(found.submodule_search_locations or ()) if found is not None else []
    directories = [os.fspath(_CODE), *others]
    while directories:
        directory = directories.pop()
        for entry in sorted(os.scandir(directory), key=lambda entry: entry.name):
            if entry.is_dir() and entry.name != "__pycache__":
                directories.append(entry.path)
            elif entry.name.endswith(".py"):
                facts = entry.stat()
                yield entry.path, facts.st_size, facts.st_mtime_ns


# -- as JSON -------------------------------------------------------------------------------------


def _as_json(decision: Decision, root: Path) -> dict[str, Any]:
    draft, entry_point = decision.draft, decision.entry_point
    return {
        "draft": {
            "build_id": draft.build_id,
            "header": _text(draft.header),
            "wheels": [
                [
                    wheel.name,
                    wheel.version,
                    wheel.filename,
                    str(wheel.path.relative_to(root)),
                    wheel.sha256,
                    wheel.size,
                ]
                for wheel in draft.wheels
            ],
            "wheel_headers": [_text(before) for before in draft.wheel_headers],
            "rest": _text(draft.rest),
            "bytecode_size": draft.bytecode_size,
        },
        "name": decision.name,
        "targets": decision.targets,
        "platform": decision.platform,
        "variants": [
            [
                variant.pythons,
                variant.platform,
                [variant.libc.name, variant.libc.version] if variant.libc else None,
                variant.macos,
                variant.wheels,
            ]
            for variant in decision.variants
        ],
        "runs_on": decision.runs_on,
        "entry_point": [str(entry_point.kind), entry_point.module, entry_point.attribute, entry_point.script],
        "commands": [[one.name, one.module, one.attribute, one.summary] for one in entry_point.commands],
        "notices": decision.notices,
        "lazy_imports": decision.lazy_imports,
    }


def _decision(facts: dict[str, Any], root: Path) -> Decision:
    draft = facts["draft"]
    kind, module, attribute, script = facts["entry_point"]
    commands = tuple(Command(*one) for one in facts["commands"])
    return Decision(
        draft=Draft(
            build_id=draft["build_id"],
            header=base64.b64decode(draft["header"]),
            wheels=tuple(
                BundledWheel(name, version, filename, root / path, sha256, size)
                for name, version, filename, path, sha256, size in draft["wheels"]
            ),
            wheel_headers=tuple(map(base64.b64decode, draft["wheel_headers"])),
            rest=base64.b64decode(draft["rest"]),
            bytecode_size=draft["bytecode_size"],
        ),
        name=facts["name"],
        targets=tuple(facts["targets"]),
        platform=facts["platform"],
        variants=tuple(_variant(*variant) for variant in facts["variants"]),
        runs_on=facts["runs_on"],
        entry_point=EntryPoint(StartKind(kind), module, attribute, script, commands),
        notices=tuple(facts["notices"]),
        repeatable=True,
        lazy_imports=facts["lazy_imports"],
    )


def _variant(
    pythons: list[str], platform: str, libc: list[Any] | None, macos: list[int] | None, wheels: list[int]
) -> Variant:
    return Variant(
        pythons=tuple(pythons),
        platform=platform,
        libc=Libc(libc[0], (libc[1][0], libc[1][1])) if libc else None,
        macos=(macos[0], macos[1]) if macos else None,
        wheels=tuple(wheels),
    )


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
