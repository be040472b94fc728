"""The facts that a file carries: PEX-INFO for people and tools, the literals of `__main__.py` for its boot."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from packaging.requirements import Requirement

from pexlite.archive.runtime_files import bare, runtime_files
from pexlite.model import (
    BootBytecode,
    Bundle,
    Bytecode,
    EntryPoint,
    LaunchOptions,
    StartKind,
    Variant,
    WarmStart,
    Wheel,
)

FORMAT = 2


# Another Python, or bytes that have changed, give another digest: then the source counts, and a first start tells
# the damage.
_LOAD_BYTECODE = """\
            code = None
            tag = sys.implementation.cache_tag
            if tag in BYTECODE:
                import _imp
                import marshal
                from _frozen_importlib_external import MAGIC_NUMBER

                parts = __loader__.get_data(place + "/" + tag)
                if _imp.source_hash(int.from_bytes(MAGIC_NUMBER, "little"), parts) == BYTECODE[tag]:
                    code, boot.digest_of_rest = marshal.loads(parts)
"""


def pex_info(
    bundle: Bundle,
    offsets: Sequence[int],
    version: str,
    compiled: Sequence[tuple[Bytecode, int]] = (),
    boots: Sequence[BootBytecode] = (),
    warm: WarmStart | None = None,
) -> dict[str, Any]:
    """PEX-INFO: pex's field names where the meaning is pex's, everything else under "pexlite".

    `offsets` are those of the wheels' first bytes in the file, `compiled` the bytecode of some of them with its
    own; offsets do not count towards the build id, `boots`, `warm` and the trees do.
    """
    launch = bundle.launch
    facts: dict[str, Any] = {
        "build_properties": {"pexlite_version": version},
        "distributions": {wheel.filename: wheel.sha256 for wheel in bundle.wheels},
        "requirements": list(bundle.requirements),
        "excluded": [str(out) for out in bundle.amendments.excluded],
        "overridden": [_shown(over) for over in bundle.amendments.overrides],
        "entry_point": str(bundle.entry_point) or None,
        "script": bundle.entry_point.script or None,
        "inherit_path": str(launch.inherit_path),
        "inject_args": list(launch.inject_args),
        "inject_env": [list(pair) for pair in launch.inject_env],
        "inject_python_args": list(launch.inject_python_args),
        "pex_root": launch.pex_root,
    }
    own: dict[str, Any] = {
        "format": FORMAT,
        "runs_on": bundle.runs_on,
        "start": _start(bundle.entry_point),
        "bin_path": launch.bin_path,
        "sh_boot": launch.sh_boot,
        "pth": list(bundle.pth_files),
        "variants": [_variant(variant) for variant in bundle.variants],
        "wheels": [_wheel(wheel) for wheel in bundle.wheels],
    }
    identity = json.dumps([facts, own, launch.shebang], sort_keys=True).encode()
    digest = hashlib.sha256(identity)
    for name, content in runtime_files():
        digest.update(f"{name}:{len(content)}:".encode() + content)
    for pack, _ in compiled:
        digest.update(f"{pack.python}:{pack.wheel_sha256}:".encode() + pack.content)
    for tree in bundle.trees:
        text = tree.text().encode()
        digest.update(f".trees:{len(text)}:".encode() + text)
    for boot in boots:
        digest.update(f"{boot.cache_tag}:{len(boot.first)}:".encode() + boot.first + boot.rest)
    if warm:
        digest.update(warm.magic + warm.code)
    own["build_id"] = digest.hexdigest()[:16]
    for entry, offset in zip(own["wheels"], offsets, strict=True):
        entry["offset"] = offset
        packs = [(pack, place) for pack, place in compiled if pack.wheel_sha256 == entry["sha256"]]
        if packs:
            entry["bytecode"] = {
                pack.python: [place, len(pack.content), pack.directory_crc32] for pack, place in packs
            }
    return {**facts, "code_hash": own["build_id"], "pexlite": own}


def start_facts(info: Mapping[str, Any], bundle: Bundle) -> dict[str, Any]:
    """The facts that a warm start needs, in values that are literals."""
    own = info["pexlite"]
    start = bundle.entry_point
    in_process = start.kind in (StartKind.FUNCTION, StartKind.MODULE)
    facts: dict[str, Any] = {
        "build_id": own["build_id"],
        "pex_root": info["pex_root"],
        "start": (start.module, start.attribute) if in_process else (),
        "pth": tuple(own["pth"]),
        "inherit_path": info["inherit_path"],
        "special": False,
    }
    if _is_special(bundle.launch) or start.kind is StartKind.SCRIPT:
        facts |= {
            "special": True,
            "script": start.script if start.kind is StartKind.SCRIPT else "",
            "bin_path": bundle.launch.bin_path,
            "inject_args": bundle.launch.inject_args,
            "inject_env": bundle.launch.inject_env,
            "inject_python_args": bundle.launch.inject_python_args,
            "sh_boot": bundle.launch.sh_boot,
        }
    if any(wheel.name in ("pyspark", "pyspark-client") for wheel in bundle.wheels):
        facts["special"] = facts["spark"] = True
    return facts


def main_module(facts: Mapping[str, Any], runs_on: str, bundle: Bundle, boots: Sequence[BootBytecode] = ()) -> str:
    """The source of `__main__.py`: what `start_facts` has found, then the boot.

    Its grammar is also Python 2.7's, so that any Python at all can look for one that fits.
    """
    lines = "".join(f" {name!a}: {value!a},\n" for name, value in facts.items())
    accepted = _accepted(bundle.variants)
    digests = {boot.cache_tag: boot.digest for boot in boots}
    known, load = (f"BYTECODE = {digests!a}\n", _LOAD_BYTECODE) if boots else ("", "")
    known_code = "code or " if boots else ""
    # Not imported but compiled here: zipimport compiles twice what it imports.
    boot = bare(f"""\
if __name__ == "__main__":
    if sys.version_info >= (3, 6):
        try:
            place = __loader__.archive + "/__pexlite__"
            spec = type(__spec__)("__pexlite__", __loader__, origin=place + "/__init__.py", is_package=True)
            boot = sys.modules["__pexlite__"] = type(sys)("__pexlite__")
            boot.__spec__, boot.__loader__, boot.__package__ = spec, __loader__, "__pexlite__"
            boot.__path__, boot.__file__ = [place], spec.origin
{load}            code = {known_code}compile(__loader__.get_data(spec.origin), spec.origin, "exec")
            exec(code, boot.__dict__)
            call, start = boot.start(FACTS, __loader__)
        except (Exception, KeyboardInterrupt) as failure:
            try:
                from __pexlite__ import failed

                failed.explain(failure, FACTS, __loader__.archive)
            except Exception:
                damaged = isinstance(failure, Exception)
                sys.exit(damaged and "error: %s is damaged\\nhint: copy it here again" % sys.argv[0] or 130)
        call(start, globals())
    else:
        from __pexlite__ import pythons

        pythons.run_fitting(__loader__.archive, {accepted!a}, {runs_on!a}, None)
""")
    return f"import sys\nFACTS = {{\n{lines}}}\n{known}{boot}"


def _shown(override: Requirement) -> str:
    """The override without the address it names, which may be a path of this machine or hold a password."""
    extras = f"[{','.join(sorted(override.extras))}]" if override.extras else ""
    marker = f"; {override.marker}" if override.marker else ""
    return f"{override.name}{extras}{override.specifier}{marker}"


def _start(entry_point: EntryPoint) -> dict[str, str]:
    return {
        "kind": str(entry_point.kind),
        "module": entry_point.module,
        "attribute": entry_point.attribute,
        "script": entry_point.script,
    }


def _variant(variant: Variant) -> dict[str, Any]:
    return {
        "pythons": list(variant.pythons),
        "platform": variant.platform,
        "libc": [variant.libc.name, list(variant.libc.version)] if variant.libc else None,
        "macos": list(variant.macos) if variant.macos else None,
        "wheels": list(variant.wheels),
    }


def _wheel(wheel: Wheel) -> dict[str, Any]:
    return {
        "name": wheel.filename,
        "sha256": wheel.sha256,
        "size": wheel.size,
        "unpacked": wheel.unpacked_size,
        "directory_crc32": wheel.directory_crc32,
        "scripts": dict(sorted(wheel.scripts.items())),
        **({"local": True} if wheel.local else {}),
        **({"repacked_from": wheel.repacked_from} if wheel.repacked_from else {}),
    }


def _is_special(launch: LaunchOptions) -> bool:
    return bool(
        launch.inject_args
        or launch.inject_env
        or launch.inject_python_args
        or launch.bin_path != "off"
        or launch.sh_boot
    )


def _accepted(variants: Sequence[Variant]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(python for variant in variants for python in variant.pythons))
