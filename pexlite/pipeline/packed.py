"""`--zstd`: wheels packed by zstandard, each with the recipe that makes its index's wheel again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pexlite.archive.frames import is_outsized, zstandard
from pexlite.errors import UsageError
from pexlite.listed import listed
from pexlite.model import BuildRequest, Report, Target, Wheel
from pexlite.parallel import Stop
from pexlite.pipeline.uncompressed import each_rewritten, uncompressed_one
from pexlite.store.packed import packed_wheel
from pexlite.store.store import Store

OLDEST = 14
"""The minor version of the first CPython that has a zstandard (PEP 784)."""


def reads_zstandard(python: str) -> bool:
    """Whether `python`, as in `Target.python`, can start a file of `--zstd`."""
    found = re.fullmatch(r"cp3(\d+)t?", python)
    return found is not None and int(found[1]) >= OLDEST


def check_packing(request: BuildRequest) -> None:
    """Raise UsageError where the request says two things about packing, or nothing here can pack."""
    if not request.zstd:
        return
    if not request.compress:
        raise UsageError(
            "--zstd packs what is in wheels, and --no-compress leaves it unpacked",
            hint="leave one of them out",
        )
    zstandard("--zstd")


def check_reading(request: BuildRequest, targets: Sequence[Target]) -> None:
    """Raise UsageError where wheels are packed for a target that cannot read them."""
    others = [target for target in targets if not reads_zstandard(target.python)] if request.zstd else []
    if not others:
        return
    first = others[0]
    named = f"--platform {first.platform}-cp-3{OLDEST}-cp3{OLDEST}" if first.interpreter is None else ""
    raise UsageError(
        f"--zstd is for CPython 3.{OLDEST} and newer, which read zstandard by themselves",
        causes=[f"{listed([target.name for target in others])} cannot"],
        hint=f"name such a Python: {named or f'--python 3.{OLDEST}'}, or leave --zstd out",
    )


def packed_wheels(wheels: Sequence[Wheel], store: Store, report: Report) -> tuple[Wheel, ...]:
    """Each of `wheels` packed, in order; `repacked_from` has the original's sha256.

    A wheel that would take as much room then, with its recipe, stays as it is. Raises UsageError without a
    zstandard.
    """
    zstandard("--zstd")
    return each_rewritten(_packed, f"packing {len(wheels)} wheels by zstandard", wheels, store, report)


def not_packed(wheels: Sequence[Wheel]) -> Iterator[str]:
    """A sentence on those of the wheels in a file of --zstd that are as their index serves them."""
    names = [str(wheel.name) for wheel in wheels if not wheel.frames]
    if names:
        stay = "stays as it is" if len(names) == 1 else "stay as they are"
        yield f"{listed(names)} {stay}: packed by zstandard, and what makes the index's bytes again, is no smaller"


def _packed(wheel: Wheel, store: Store, stop: Stop) -> Wheel:
    written = uncompressed_one(wheel, store, stop)
    if written is wheel:
        return wheel
    found = packed_wheel(written, store, stop.check)
    is_smaller = found.size + len(found.recipe) < wheel.size
    return found if is_smaller and not is_outsized(found.size, found.frames) else wheel
