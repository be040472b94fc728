"""The content of a file that is about to be written, and the bill of materials that goes into it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from pexlite.archive.members import open_zip
from pexlite.contents.bill import bill_of, check_installed
from pexlite.contents.brought_bills import brought_bills
from pexlite.contents.built_file import held_wheels, roots_of
from pexlite.contents.graph import dependencies
from pexlite.contents.values import FileContents, HeldWheel, Maker, Scope
from pexlite.contents.wheel_members import WheelMembers
from pexlite.model import Bundle, StoredWheel


def with_bill(bundle: Bundle, version: str) -> Bundle:
    """`bundle` with the bill of the file that pexlite `version` writes of it.

    It is what `pexlite sbom` says of that file, but for the file's own sha256, which no part of it can know.
    Raises UsageError where cyclonedx-python-lib is not installed.
    """
    check_installed()
    paths = {wheel.filename: wheel.path for wheel in bundle.wheels}

    @contextlib.contextmanager
    def opened(wheel: StoredWheel) -> Iterator[BinaryIO]:
        with paths[wheel.filename].open("rb") as file:
            yield file

    @contextlib.contextmanager
    def members(wheel: HeldWheel) -> Iterator[WheelMembers]:
        with paths[wheel.filename].open("rb") as file, open_zip(file) as archive:
            yield WheelMembers.all_of(archive)

    stored = [
        StoredWheel(
            wheel.filename,
            wheel.sha256,
            offset=0,
            size=wheel.size,
            repacked_from=wheel.repacked_from,
            local=wheel.local,
        )
        for wheel in bundle.wheels
    ]
    wheels = held_wheels(stored, bundle.variants, opened, Scope(files=False))
    out = [str(one) for one in bundle.amendments.excluded]
    roots = roots_of(bundle.requirements, bundle.variants, out, [str(one) for one in bundle.amendments.overrides])
    contents = FileContents(
        path=Path(),
        maker=Maker.PEXLITE,
        size=0,
        build_id="",
        maker_version=version,
        entry_point=str(bundle.entry_point),
        runs_on=bundle.runs_on,
        requirements=bundle.requirements,
        wheels=wheels,
        dependencies=dependencies(roots, wheels),
        limits=(),
        variants=bundle.variants,
        own_pythons=bundle.own_pythons,
        own_files=(),
        runtime_size=0,
        bytecode_size=0,
        settings={},
        properties={},
    )
    return replace(bundle, bill=bill_of(contents, brought_bills(wheels, members)))
