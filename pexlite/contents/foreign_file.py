"""The content of a file that pex or shiv made, as far as they say what it is.

    pex     PEX-INFO; .deps/<wheel's name>/ unpacked or .deps/<wheel's name> as it is; own code beside them
    shiv    environment.json; site-packages/ with all that pip has installed there

Neither says which Pythons its file serves, and neither keeps what a wheel's sha256 at an index is.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from pexlite.archive.members import UNREADABLE, open_zip, pieces
from pexlite.contents.foreign_members import DEPS, SITE, members_of_pex, members_of_shiv, table_in, whole_wheel
from pexlite.contents.graph import Roots, dependencies
from pexlite.contents.metadata import plain, said
from pexlite.contents.values import ALL, FileContents, HeldFile, HeldWheel, Maker, Scope
from pexlite.contents.wheel_members import WheelMembers, first_line
from pexlite.contents.wheel_places import in_words, tags_of
from pexlite.model import Variant
from pexlite.model.pythons import NEWEST
from pexlite.targets.served import served_environments

_ANY = tuple(f"cp3{minor}" for minor in range(9, NEWEST["cp"] + 1))
_NO_PYTHONS = "does not say on which Pythons it runs"
_NO_DIGESTS = "does not say what sha256 its wheels have at an index"


def maker_of(path: Path) -> Maker | None:
    """Who made the file at `path`, if pex or shiv did; else None, also where it cannot be read."""
    try:
        with path.open("rb") as file, open_zip(file) as opened:
            names = opened.NameToInfo
            if "PEX-INFO" in names:
                return None if "pexlite" in table_in(opened, "PEX-INFO") else Maker.PEX
            is_shiv = "environment.json" in names and any(name.startswith("_bootstrap/") for name in names)
            return Maker.SHIV if is_shiv else None
    except (*UNREADABLE, RecursionError):
        return None


def contents_of_foreign(path: Path, maker: Maker, scope: Scope = ALL) -> FileContents:
    """The content of the file at `path` that `maker` made. Raises errors of UNREADABLE where it is damaged."""
    with path.open("rb") as file, open_zip(file) as opened:
        if maker is Maker.PEX:
            facts = table_in(opened, "PEX-INFO")
            found = list(_wheels_of_pex(opened, facts))
        else:
            facts = table_in(opened, "environment.json")
            found = [_held(name, members) for name, members in members_of_shiv(opened)]
        wheels = tuple(
            sorted(
                (one if scope.files else replace(one, files=()) for one in found),
                key=lambda wheel: (wheel.name, wheel.version, wheel.filename),
            )
        )
        beside = [
            HeldFile(one.filename, one.file_size, one.compress_size, one.CRC)
            for one in opened.infolist()
            if not one.is_dir() and not one.filename.startswith((DEPS, SITE))
        ]
        first = plain(first_line(file))
    said_of_it = _said_by_pex(facts) if maker is Maker.PEX else _said_by_shiv(facts)
    everywhere = served_environments(Variant(_ANY, "any", None, None, ()))
    size = path.stat().st_size
    roots = Roots(said_of_it.requirements, [everywhere], complete=False)
    return FileContents(
        path=path,
        maker=maker,
        size=size,
        build_id=said_of_it.build_id,
        maker_version=said_of_it.version,
        entry_point=said_of_it.entry_point,
        runs_on=said_of_it.runs_on,
        requirements=said_of_it.requirements,
        wheels=wheels,
        dependencies=dependencies(roots, wheels) if scope.graph else (),
        limits=(),
        variants=(),
        own_pythons=(),
        own_files=tuple(beside),
        runtime_size=size - sum(wheel.size for wheel in wheels),
        bytecode_size=0,
        settings={"first line": first, **said_of_it.settings},
        properties=said_of_it.properties,
        unknown=said_of_it.unknown,
    )


# -- what they say of the file --------------------------------------------------------------------


@dataclass(frozen=True)
class _SaidOfFile:
    build_id: str
    version: str
    entry_point: str
    runs_on: str
    requirements: tuple[str, ...]
    settings: Mapping[str, str]
    properties: Mapping[str, str]
    unknown: tuple[str, ...]


def _said_by_pex(facts: Mapping[str, Any]) -> _SaidOfFile:
    properties = facts.get("build_properties")
    properties = dict(properties) if isinstance(properties, dict) else {}
    version = _text(properties.pop("pex_version", ""))
    constraints = _texts(facts.get("interpreter_constraints"))
    environment = facts.get("inject_env")
    pairs = environment.items() if isinstance(environment, dict) else ()
    settings = {
        "inherit-path": "" if facts.get("inherit_path") == "false" else _text(facts.get("inherit_path")),
        "inject-args": shlex.join(_texts(facts.get("inject_args"))),
        "inject-env": shlex.join(f"{name}={value}" for name, value in pairs),
        "inject-python-args": shlex.join(_texts(facts.get("inject_python_args"))),
        "exclude": ", ".join(_texts(facts.get("excluded"))),
        "override": ", ".join(_texts(facts.get("overridden"))),
        "venv": "yes" if facts.get("venv") is True else "",
    }
    unknown = (_NO_DIGESTS,) if constraints else (_NO_PYTHONS, _NO_DIGESTS)
    return _SaidOfFile(
        build_id=_text(facts.get("code_hash")),
        version=version,
        entry_point=_text(facts.get("script")) or _text(facts.get("entry_point")),
        runs_on=" or ".join(constraints),
        requirements=_texts(facts.get("requirements")),
        settings={name: value for name, value in settings.items() if value},
        properties={plain(str(name)): _text(value) for name, value in sorted(properties.items())},
        unknown=tuple(f"pex {sentence}" for sentence in unknown),
    )


def _said_by_shiv(facts: Mapping[str, Any]) -> _SaidOfFile:
    return _SaidOfFile(
        build_id=_text(facts.get("build_id")),
        version=_text(facts.get("shiv_version")),
        entry_point=_text(facts.get("entry_point")) or _text(facts.get("script")),
        runs_on="",
        requirements=(),
        settings={
            name.replace("_", "-"): _text(facts[name])
            for name in ("always_write_cache", "compile_pyc", "extend_pythonpath", "no_modify", "root", "preamble")
            if facts.get(name)
        },
        properties={},
        unknown=tuple(
            f"shiv {sentence}" for sentence in ("does not say what was asked for", _NO_PYTHONS, _NO_DIGESTS)
        ),
    )


# -- their wheels ---------------------------------------------------------------------------------


def _wheels_of_pex(opened: zipfile.ZipFile, facts: Mapping[str, Any]) -> Iterator[HeldWheel]:
    for name, members in members_of_pex(opened, facts):
        whole = whole_wheel(name, members)
        if whole is None:
            yield _held(name, WheelMembers.below(opened, f"{DEPS}{name}/", members))
        elif whole.compress_type == zipfile.ZIP_STORED:
            yield _held_whole(name, opened, whole)
        else:
            yield replace(_held(name, WheelMembers(opened, {})), size=whole.compress_size)


def _held_whole(name: str, opened: zipfile.ZipFile, whole: zipfile.ZipInfo) -> HeldWheel:
    """The wheel that is a member of its own: of these the sha256 is that of an index."""
    try:
        with opened.open(whole) as part, open_zip(part) as archive:  # type: ignore[arg-type]
            held = _held(name, WheelMembers.all_of(archive))
        digest = hashlib.sha256()
        for piece in pieces(opened, whole):
            digest.update(piece)
    except UNREADABLE as failure:
        return replace(_held(name, None), size=whole.compress_size, problem=plain(str(failure)))
    sha256 = digest.hexdigest()
    return replace(held, sha256=sha256, served_sha256=sha256, size=whole.compress_size)


def _held(filename: str, members: WheelMembers | None) -> HeldWheel:
    try:
        name, version = (str(part) for part in parse_wheel_filename(filename)[:2])
    except InvalidWheelFilename:
        stem, _, rest = filename.partition("-")
        name, version = canonicalize_name(stem), rest.partition("-")[0]
    files = members.files() if members else ()
    problem, content = "", b""
    try:
        content = members.read(f"{members.info()}/METADATA") if members and files else b""
        problem = "" if files else "its files are not here"
    except KeyError:
        problem = "it has no METADATA"
    except UNREADABLE as failure:
        problem = plain(str(failure))
    found, tags = said(content), tags_of(filename)
    return HeldWheel(
        name=plain(name),
        version=plain(version),
        filename=plain(filename),
        sha256="",
        served_sha256="",
        size=sum(file.packed for file in files),
        local=False,
        compiled=bool(tags) and all(tag.platform != "any" for tag in tags),
        tags=tuple(map(str, tags)),
        variants=(),
        only_on="",
        requires_python=found.requires_python,
        runs_on=in_words(tags, found.requires_python),
        summary=found.summary,
        licence=found.licence,
        author=found.author,
        urls=found.urls,
        requires=found.requires,
        files=files,
        bills=members.bills() if members else (),
        problem=problem,
    )


def _text(value: Any) -> str:
    return plain(value if isinstance(value, str) else json.dumps(value, sort_keys=True), 2000) if value else ""


def _texts(values: Any) -> tuple[str, ...]:
    kept: Sequence[Any] = values if isinstance(values, list) else ()
    return tuple(plain(value, 2000) for value in kept if isinstance(value, str))
