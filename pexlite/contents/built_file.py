"""The content of a file that pexlite made."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from packaging.utils import parse_wheel_filename

from pexlite.archive.members import UNREADABLE, open_zip
from pexlite.archive.stored_wheels import open_wheel
from pexlite.bundle.runs_on import runs_on
from pexlite.contents.graph import Roots, dependencies
from pexlite.contents.limits import limits
from pexlite.contents.metadata import NOTHING_SAID, plain, said
from pexlite.contents.values import ALL, FileContents, HeldFile, HeldWheel, Maker, Scope
from pexlite.contents.wheel_members import WheelMembers, first_line
from pexlite.contents.wheel_places import in_words, tags_of
from pexlite.errors import NotABundle
from pexlite.model import Manifest, StoredWheel, Variant
from pexlite.targets.served import served_environments

Opener = Callable[[StoredWheel], AbstractContextManager[BinaryIO]]
"""Opens a wheel as a file."""
_OF_PARTS = (".deps/", ".bytecode/", ".python/")
_MOST_COMPLAINT = 200


def contents_of_built(path: Path, manifest: Manifest, scope: Scope = ALL) -> FileContents:
    """The content of the file at `path`, which has this `manifest`, as far as `scope` goes.

    Raises NotABundle where it is damaged.
    """
    facts = manifest.facts
    with path.open("rb") as file:

        @contextmanager
        def opened(wheel: StoredWheel) -> Iterator[BinaryIO]:
            yield open_wheel(file, wheel)

        wheels = held_wheels(manifest.wheels, manifest.variants, opened, scope)
        try:
            with open_zip(file) as whole:
                own = [one for one in whole.infolist() if not one.filename.startswith(_OF_PARTS)]
        except UNREADABLE as failure:
            raise NotABundle(f"{path} is damaged", causes=[str(failure)], hint="copy it here again") from failure
        first = first_line(file)
    roots = roots_of(manifest.requirements, manifest.variants, facts["excluded"], facts["overridden"])
    size = path.stat().st_size
    bytecode = sum(wheel.bytecode_size for wheel in manifest.wheels)
    parts = sum(own.size for own in manifest.own_pythons) + sum(wheel.size for wheel in manifest.wheels)
    properties = dict(manifest.build_properties)
    version = properties.pop("pexlite_version", "")
    only_its_own = manifest.own_pythons and facts["pexlite"].get("prefer_host") is not True
    return FileContents(
        path=path,
        maker=Maker.PEXLITE,
        size=size,
        build_id=manifest.build_id,
        maker_version=plain(str(version), 60),
        entry_point=str(manifest.entry_point),
        runs_on=manifest.runs_on,
        requirements=manifest.requirements,
        wheels=wheels,
        dependencies=dependencies(roots, wheels) if scope.graph else (),
        limits=limits(manifest.variants, wheels, roots) if scope.graph and not only_its_own else (),
        variants=manifest.variants,
        own_pythons=manifest.own_pythons,
        own_files=tuple(HeldFile(one.filename, one.file_size, one.compress_size, one.CRC) for one in own),
        runtime_size=size - bytecode - parts,
        bytecode_size=bytecode,
        settings=_settings(manifest, first),
        properties={plain(name): _as_text(value) for name, value in sorted(properties.items())},
    )


def held_wheels(
    stored: Sequence[StoredWheel], variants: Sequence[Variant], opened: Opener, scope: Scope = ALL
) -> tuple[HeldWheel, ...]:
    """The wheels, each read by what `opened` opens; by name, version and file name."""
    having: list[list[int]] = [[] for _ in stored]
    for number, variant in enumerate(variants):
        for position in variant.wheels:
            having[position].append(number)
    held = [
        _placed(scope.known.get(wheel.sha256) or _held(wheel, opened, scope), wheel, tuple(numbers), variants)
        for wheel, numbers in zip(stored, having, strict=True)
    ]
    return tuple(sorted(held, key=lambda wheel: (wheel.name, wheel.version, wheel.filename)))


def roots_of(
    requirements: Sequence[str], variants: Sequence[Variant], excluded: Any = (), overridden: Any = ()
) -> Roots:
    """The roots of a file's graph, on the Pythons that its variants serve."""
    environments = [served_environments(variant) for variant in variants]
    return Roots(requirements, environments, _texts(excluded), _texts(overridden))


def _placed(
    held: HeldWheel, wheel: StoredWheel, numbers: tuple[int, ...], variants: Sequence[Variant]
) -> HeldWheel:
    """The wheel with what this file says of it."""
    only_on = "" if len(numbers) == len(variants) else runs_on([variants[number] for number in numbers])
    return replace(
        held,
        served_sha256=wheel.repacked_from or wheel.sha256,
        local=wheel.local,
        variants=numbers,
        only_on=only_on,
        bytecode_size=wheel.bytecode_size,
    )


def _held(wheel: StoredWheel, opened: Opener, scope: Scope) -> HeldWheel:
    """The wheel as it is in any file."""
    name, version, _, _ = parse_wheel_filename(wheel.filename)
    tags = tags_of(wheel.filename)
    problem, said_of_it = "", NOTHING_SAID
    its_files: tuple[HeldFile, ...] = ()
    bills: tuple[str, ...] = ()
    try:
        with opened(wheel) as part, open_zip(part) as archive:
            members = WheelMembers.all_of(archive)
            its_files = members.files() if scope.files else ()
            bills = members.bills()
            said_of_it = said(members.read(f"{members.info()}/METADATA"))
    except KeyError:
        problem = "it has no METADATA"
    except UNREADABLE as failure:
        problem = plain(str(failure) or type(failure).__name__, _MOST_COMPLAINT)
    return HeldWheel(
        name=name,
        version=str(version),
        filename=wheel.filename,
        sha256=wheel.sha256,
        served_sha256=wheel.repacked_from or wheel.sha256,
        size=wheel.size,
        local=wheel.local,
        compiled=all(tag.platform != "any" for tag in tags),
        tags=tuple(map(str, tags)),
        variants=(),
        only_on="",
        requires_python=said_of_it.requires_python,
        runs_on=in_words(tags, said_of_it.requires_python),
        summary=said_of_it.summary,
        licence=said_of_it.licence,
        author=said_of_it.author,
        urls=said_of_it.urls,
        requires=said_of_it.requires,
        files=its_files,
        bills=bills,
        problem=problem,
    )


def _settings(manifest: Manifest, first: str) -> Mapping[str, str]:
    """The sealed options that are not as by default, by the name of the option, and the first line."""
    facts, own = manifest.facts, manifest.facts["pexlite"]
    environment = [f"{pair[0]}={pair[1]}" for pair in facts["inject_env"] if len(pair) == 2]
    values = {
        "first line": first,
        "inherit-path": _unless(facts["inherit_path"], "false"),
        "bin-path": _unless(own["bin_path"], "off"),
        "sh-boot": "yes" if own["sh_boot"] is True else "",
        "launcher": str(own.get("launcher", "")),
        "prefer-host": "yes" if own.get("prefer_host") is True else "",
        "lazy-imports": "all" if "lazy_imports" in own else "",
        "not-lazy": ", ".join(_texts(own.get("lazy_imports"))),
        "inject-args": shlex.join(_texts(facts["inject_args"])),
        "inject-env": shlex.join(map(str, environment)),
        "inject-python-args": shlex.join(_texts(facts["inject_python_args"])),
        "runtime-pex-root": str(facts["pex_root"] or ""),
        "exclude": ", ".join(_texts(facts["excluded"])),
        "override": ", ".join(_texts(facts["overridden"])),
    }
    return {name: plain(value, 2000) for name, value in values.items() if value}


def _unless(value: object, default: str) -> str:
    return "" if value == default else str(value)


def _texts(values: Any) -> list[str]:
    return [value for value in values if isinstance(value, str)] if isinstance(values, list | tuple) else []


def _as_text(value: Any) -> str:
    return plain(value if isinstance(value, str) else json.dumps(value, sort_keys=True), 2000)
