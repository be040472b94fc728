"""`--no-compress`: wheels rewritten uncompressed, each with the recipe that makes its index's wheel again."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from pexlite.listed import listed
from pexlite.model import Progress, Report, Wheel
from pexlite.parallel import Stop, each
from pexlite.ship.served import can_write_recipes, recipe
from pexlite.store.store import Store
from pexlite.store.uncompressed import uncompressed_wheel


def uncompressed(wheels: Sequence[Wheel], store: Store, report: Report) -> tuple[Wheel, ...]:
    """Each of `wheels` rewritten uncompressed, in order; `repacked_from` has the original's sha256.

    A wheel that zlib does not make again stays as it is, unless what has to be kept of it is a small part.
    """
    return each_rewritten(uncompressed_one, f"uncompressing {len(wheels)} wheels", wheels, store, report)


def each_rewritten(
    rewrite: Callable[[Wheel, Store, Stop], Wheel],
    doing: str,
    wheels: Sequence[Wheel],
    store: Store,
    report: Report,
) -> tuple[Wheel, ...]:
    """Each of `wheels` as `rewrite` makes it, in order, several at once; reported in the words `doing`."""
    report(Progress("build", doing))
    stop = Stop()
    return tuple(each([functools.partial(rewrite, wheel, store, stop) for wheel in wheels], stop))


def still_compressed(wheels: Sequence[Wheel]) -> Iterator[str]:
    """A sentence on those of the wheels in a file of --no-compress that are compressed all the same."""
    names = [str(wheel.name) for wheel in wheels if not wheel.repacked_from]
    if names:
        stay = "stays" if len(names) == 1 else "stay"
        yield (
            f"{listed(names)} {stay} compressed: zlib does not make the index's bytes again, "
            "and to keep these as well would take too much room"
        )


def uncompressed_one(wheel: Wheel, store: Store, stop: Stop) -> Wheel:
    """`wheel` rewritten uncompressed, with its recipe; itself where that would have to hold much of it."""
    known = store.recipe(wheel.sha256)
    if known == b"" or (known is None and not can_write_recipes()):
        return wheel
    written = uncompressed_wheel(wheel, store, stop)
    if known is None:
        known = recipe(wheel.path, written.path, stop.check) or b""
        store.keep_recipe(wheel.sha256, known)
    return replace(written, recipe=known) if known else wheel
