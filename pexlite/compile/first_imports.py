"""The bytecode that a file has by default: of what its start imports first, as much as there is room for.

Compiling takes as long for each byte of any module, so those come first with which a start begins. For the rest of
them a first start has other processors (runtime/ahead.py), which begin at the other end.
"""

from __future__ import annotations

import contextlib
import functools
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence

from pexlite.compile.bytecode import bytecode_of
from pexlite.errors import FetchError
from pexlite.model import Bundle, Bytecode, Report, Target, Wheel, no_report
from pexlite.parallel import each
from pexlite.store.store import Store

_OF_SOURCE = 0.5  # bytes of a module's bytecode in a zip for each byte of its source, about
_MORE = 1.5  # times of what there is room for that is compiled, to see how large it is
_OF_AN_ENTRY = 76  # bytes of a zip for each member, beside its content and twice its name
Chosen = dict[Wheel, list[str]]
Module = tuple[Wheel, str, float]
"""A module: its wheel, its path in site-packages, and the bytes of its bytecode."""


def first_imports(bundle: Bundle, target: Target, store: Store, most: int, report: Report) -> tuple[Bytecode, ...]:
    """The bytecode of the first of the bundle's imports that fit into `most` bytes, for the Python of `target`.

    The target has the interpreter that compiles for it.
    """
    order = tuple(_while_they_fit(_modules(bundle, target), most * _MORE))
    likely = _together(order)
    if not likely:
        return ()
    packs = _compiled(likely, target, store, report)
    sizes = {(wheel, path): size for wheel, pack in packs.items() for path, size in sizes_in(pack)}
    sized = [(wheel, path, sizes.get((wheel, path), 0)) for wheel, path, _ in order if wheel in packs]
    chosen = _together(_while_they_fit(sized, most))
    # The bytes of a pack must not depend on what was compiled only to see its size.
    packs.update(
        _compiled({wheel: paths for wheel, paths in chosen.items() if paths != likely[wheel]}, target, store)
    )
    found = (packs[wheel] for wheel in chosen if packs[wheel].directory.count)
    return tuple(sorted(found, key=lambda pack: pack.wheel_sha256))


def sizes_in(pack: Bytecode) -> Iterator[tuple[str, int]]:
    """The path in site-packages of each module in `pack`, and how many bytes its bytecode takes there.

    Raises zipfile.BadZipFile.
    """
    with zipfile.ZipFile(io.BytesIO(pack.content)) as members:
        for member in members.infolist():
            # pkg/__pycache__/module.cpython-311.pyc
            folder, _, name = member.filename.rpartition("__pycache__/")
            module = name.removesuffix(".pyc").rpartition(".")[0]
            yield f"{folder}{module}.py", member.compress_size + _OF_AN_ENTRY + 2 * len(member.filename)


def _modules(bundle: Bundle, target: Target) -> Iterator[Module]:
    """The bundle's imports out of wheels that the `target` takes, with a guess at their sizes."""
    seen = set()
    for variant, tree in zip(bundle.variants, bundle.trees, strict=True):
        for path in bundle.imports:
            entry = tree.in_site_packages(path)
            wheel = bundle.wheels[variant.wheels[entry.wheel]] if entry else None
            if entry and wheel and (wheel, path) not in seen and not wheel.tags.isdisjoint(target.tags):
                seen.add((wheel, path))
                yield wheel, path, (entry.size or 0) * _OF_SOURCE


def _while_they_fit(modules: Iterable[Module], most: float) -> Iterator[Module]:
    """The first of `modules` that take no more than `most` bytes together, less such as would take a quarter."""
    left = most
    for module in modules:
        if module[2] <= left:
            left -= module[2]
            yield module
        elif module[2] < most / 4:
            return


def _together(modules: Iterable[Module]) -> Chosen:
    """The paths of each wheel, in order."""
    found: Chosen = {}
    for wheel, path, _ in modules:
        found.setdefault(wheel, []).append(path)
    return found


def _compiled(chosen: Chosen, target: Target, store: Store, report: Report = no_report) -> dict[Wheel, Bytecode]:
    """The bytecode of the chosen modules of each wheel that can be compiled."""

    def tried(wheel: Wheel, paths: Sequence[str]) -> Bytecode | None:
        with contextlib.suppress(FetchError):
            return bytecode_of(wheel, target, store, paths, report)
        return None

    found = each([functools.partial(tried, wheel, paths) for wheel, paths in chosen.items()])
    return {wheel: pack for wheel, pack in zip(chosen, found, strict=True) if pack is not None}
