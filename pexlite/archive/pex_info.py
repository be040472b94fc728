"""The facts that a file carries: PEX-INFO for people and tools, the literals of `__main__.py` for its boot."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from packaging.requirements import Requirement

from pexlite.archive.launch_options import identifying_line
from pexlite.archive.runtime_files import without_words
from pexlite.model import (
    Bundle,
    Bytecode,
    EntryPoint,
    Extent,
    OwnPython,
    Room,
    StartKind,
    Variant,
    Wheel,
)
from pexlite.model.manifest import (
    FORMAT,
    BytecodeEntry,
    Described,
    InterpreterEntry,
    OwnTable,
    PexFields,
    PexInfo,
    Place,
    StartEntry,
    StartFacts,
    VariantEntry,
    WheelEntry,
)

_NO_FACTS = "FACTS = {}\n"  # as the room has it


@dataclass(frozen=True)
class Offsets:
    """Where the first bytes of wheels, their bytecode and Pythons are in a file, in the order of the bundle.

    And where the recipes are, one after the other in the order of the wheels; None where that does not matter.
    """

    wheels: Sequence[int]
    bytecode: Sequence[tuple[Bytecode, int]] = ()
    own_pythons: Sequence[int] = ()
    recipes: int | None = None


def build_id(bundle: Bundle, version: str, bytecode: Sequence[Bytecode], room: Room) -> str:
    """The name of this content in a cache, made by pexlite `version`: all that a start may come to depend on.

    That is everything but where things are in the file.
    """
    nowhere = Offsets([0] * len(bundle.wheels), own_pythons=[0] * len(bundle.own_pythons))
    described = [_pex_fields(bundle, version), _described(bundle, nowhere), identifying_line(bundle.launch)]
    identity = json.dumps(described, sort_keys=True).encode()
    digest = hashlib.sha256(identity)
    for name, source in room.files:
        digest.update(f"{name}:{len(source)}:{source}".encode())
    for name, program in room.launchers:
        digest.update(f"{name}:{len(program)}:".encode() + program)
    for pack in bytecode:
        digest.update(f"{pack.python}:{pack.wheel_sha256}:".encode() + pack.content)
    for tree in bundle.trees:
        lines = tree.text().encode()
        digest.update(f".trees:{len(lines)}:".encode() + lines)
    if room.bytecode:
        digest.update(room.bytecode.magic + room.bytecode.main + room.bytecode.start)
        for name, code in room.bytecode.modules:
            digest.update(f"{name}:{len(code)}:".encode() + code)
    return digest.hexdigest()[:16]


def pex_info(bundle: Bundle, version: str, identity: str, header: Place, offsets: Offsets) -> PexInfo:
    """PEX-INFO: pex's field names where the meaning is pex's, everything else under "pexlite".

    `identity` is the build id, `header` the size and CRC-32 of what comes before all members.
    """
    own: OwnTable = {**_described(bundle, offsets), "build_id": identity, "header": header}
    return {**_pex_fields(bundle, version), "code_hash": identity, "pexlite": own}


def start_facts(info: PexInfo, bundle: Bundle, room: Place, compiled: Place) -> StartFacts:
    """The facts that a start needs, in values that are literals.

    `room` says where the runtime's modules are in the file, `compiled` their bytecode.
    """
    own, start, launch = info["pexlite"], bundle.entry_point, bundle.launch
    in_process = start.kind in (StartKind.FUNCTION, StartKind.MODULE)
    facts: StartFacts = {
        "build_id": own["build_id"],
        "pex_root": info["pex_root"],
        "start": (start.module, start.attribute) if in_process else (),
        "script": start.script if start.kind is StartKind.SCRIPT else "",
        "pth": tuple(own["pth"]),
        "inherit_path": info["inherit_path"],
        "bin_path": launch.bin_path,
        "inject_args": launch.inject_args,
        "inject_env": launch.inject_env,
        "inject_python_args": launch.inject_python_args,
        "sh_boot": launch.sh_boot or bool(bundle.own_pythons),
        "own": tuple((own.sha256[:32], own.platform, own.program) for own in bundle.own_pythons),
        "prefer_host": launch.prefer_host,
        "spark": bundle.spark,
        "plain": bundle.is_plain,
        "pythons": _accepted(bundle.variants),
        "runs_on": own["runs_on"],
        "room": room,
        "compiled": compiled,
    }
    if launch.lazy_imports == "all":
        facts["not_lazy"] = launch.not_lazy
    if start.commands:
        facts["commands"] = {one.name: (one.module, one.attribute, one.summary) for one in start.commands}
    return facts


def main_module(room: Room, facts: Mapping[str, object]) -> str:
    """The source of `__main__.py`: the room's start, with the facts of a file in their place, on as many lines.

    It is stored as it is, and most Pythons compile it on each start.
    """
    source = dict(room.files)["start.py"]
    assert source.count(_NO_FACTS) == 1
    return source.replace(_NO_FACTS, f"FACTS = {dict(facts)!a}\n")


@functools.cache
def imported_module() -> str:
    """The source of `__pex__`, which is the same in every file."""
    return without_words(Path(__file__).with_name("imported_file.py").read_text(encoding="utf-8"))


def _pex_fields(bundle: Bundle, version: str) -> PexFields:
    launch = bundle.launch
    return {
        "build_properties": {**bundle.build_properties, "pexlite_version": version},
        "distributions": {wheel.filename: wheel.sha256 for wheel in bundle.wheels},
        "requirements": list(bundle.requirements),
        "excluded": [str(out) for out in bundle.amendments.excluded],
        "overridden": [_shown(over) for over in bundle.amendments.overrides],
        "entry_point": None if bundle.entry_point.commands else str(bundle.entry_point) or None,
        "script": bundle.entry_point.script or None,
        "inherit_path": str(launch.inherit_path),
        "inject_args": list(launch.inject_args),
        "inject_env": [list(pair) for pair in launch.inject_env],
        "inject_python_args": list(launch.inject_python_args),
        "pex_root": launch.pex_root,
    }


def _described(bundle: Bundle, offsets: Offsets) -> Described:
    described: Described = {
        "format": FORMAT,
        "runs_on": bundle.runs_on,
        "start": _start(bundle.entry_point),
        "bin_path": bundle.launch.bin_path,
        "sh_boot": bundle.launch.sh_boot,
        "pth": list(bundle.startup_files),
        "variants": [_variant(variant) for variant in bundle.variants],
        "wheels": list(_wheels(bundle.wheels, offsets)),
    }
    if bundle.launch.lazy_imports == "all":
        described["lazy_imports"] = list(bundle.launch.not_lazy)
    if bundle.start_lists:
        described["start_lists"] = [list(listed) for listed in bundle.start_lists]
    if any(bundle.start_libraries):
        described["start_libraries"] = [list(libraries) for libraries in bundle.start_libraries]
    if bundle.imports:
        # A first start compiles them in this order.
        described["imports"] = [*bundle.imports, *bundle.perhaps_imports]
    if bundle.extent is not Extent.NONE:
        described["compiled"] = bundle.extent.value
    if bundle.own_pythons:
        described["launcher"] = bundle.launch.launcher
        described["prefer_host"] = bundle.launch.prefer_host
        described["interpreters"] = [
            _interpreter(own, offset) for own, offset in zip(bundle.own_pythons, offsets.own_pythons, strict=True)
        ]
    return described


def _shown(override: Requirement) -> str:
    """The override without the address it names, which may be a path of this machine or hold a password."""
    extras = f"[{','.join(sorted(override.extras))}]" if override.extras else ""
    marker = f"; {override.marker}" if override.marker else ""
    return f"{override.name}{extras}{override.specifier}{marker}"


def _start(entry_point: EntryPoint) -> StartEntry:
    start: StartEntry = {
        "kind": str(entry_point.kind),
        "module": entry_point.module,
        "attribute": entry_point.attribute,
        "script": entry_point.script,
    }
    if entry_point.commands:
        start["commands"] = [
            {"name": one.name, "module": one.module, "attribute": one.attribute, "summary": one.summary}
            for one in entry_point.commands
        ]
    return start


def _variant(variant: Variant) -> VariantEntry:
    return {
        "pythons": list(variant.pythons),
        "platform": variant.platform,
        "libc": [variant.libc.name, list(variant.libc.version)] if variant.libc else None,
        "macos": list(variant.macos) if variant.macos else None,
        "wheels": list(variant.wheels),
    }


def _interpreter(own: OwnPython, offset: int) -> InterpreterEntry:
    return {
        "offset": offset,
        "sha256": own.sha256,
        "crc32": own.crc32,
        "size": own.size,
        "unpacked": own.unpacked,
        "version": own.version,
        "tag": own.tag,
        "platform": own.platform,
        "libc": [own.libc[0], list(own.libc[1])] if own.libc else None,
        "loader": own.loader,
        "program": own.program,
        "source": own.source,
        "source_sha256": own.source_sha256,
        "form": own.form,
        "licence": own.licence,
    }


def _wheels(wheels: Sequence[Wheel], offsets: Offsets) -> Iterator[WheelEntry]:
    place = offsets.recipes
    for wheel, offset in zip(wheels, offsets.wheels, strict=True):
        entry = _wheel(wheel, offset, offsets.bytecode)
        if wheel.repacked_from and place is not None:
            entry["recipe"] = (place, len(wheel.recipe))
            place += len(wheel.recipe)
        yield entry


def _wheel(wheel: Wheel, offset: int, bytecode: Sequence[tuple[Bytecode, int]]) -> WheelEntry:
    found: WheelEntry = {
        "name": wheel.filename,
        "sha256": wheel.sha256,
        "offset": offset,
        "size": wheel.size,
        "unpacked": wheel.unpacked_size,
        "directory": astuple(wheel.directory),
        "scripts": dict(sorted(wheel.scripts.items())),
    }
    if wheel.local:
        found["local"] = True
    if wheel.repacked_from:
        found["repacked_from"] = wheel.repacked_from
    if wheel.frames:
        found["zstd"] = wheel.frames
    packs: dict[str, BytecodeEntry] = {
        pack.python: {"offset": place, "size": len(pack.content), "directory": astuple(pack.directory)}
        for pack, place in bytecode
        if pack.wheel_sha256 == wheel.sha256
    }
    if packs:
        found["bytecode"] = packs
    return found


def _accepted(variants: Sequence[Variant]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(python for variant in variants for python in variant.pythons))
