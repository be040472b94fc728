"""A patched file's bytes: its start and its bytecode compiled by the Pythons that compiled those of the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pexlite.archive.layout import draft
from pexlite.archive.runtime_files import room_sources
from pexlite.bundle.runs_on import pythons_in_words
from pexlite.compile.compilers import uncompiled, with_compilers
from pexlite.compile.parts import parts_of
from pexlite.compile.room import carried_room, first_compiler
from pexlite.contents.carried_bill import carries_bill
from pexlite.errors import UsageError
from pexlite.model import Bundle, Draft, Extent, Report, Target
from pexlite.pipeline.reopen import Reopened
from pexlite.store.pieces import with_pieces
from pexlite.store.store import Store
from pexlite.targets.interpreters import running_target
from pexlite.version import __version__


def patched_draft(before: Reopened, bundle: Bundle, store: Store, report: Report) -> Draft:
    """The draft of `bundle`, with bytecode for the Pythons for which the file had some, and a bill if it had one.

    Raises UsageError where one of these is not on this machine.
    """
    here = running_target()
    targets = [_by(here, served.target) for served in before.served]
    # Without the Python of which it had some, it has none, as if it were built here.
    all_of_it = bundle.extent is Extent.ALL
    wanted = [target for target in targets if all_of_it and target.python in before.compiled_for]
    compilers = with_compilers(wanted)
    if reasons := uncompiled(wanted, compilers):
        pythons = pythons_in_words(list(dict.fromkeys(target.python for target in wanted)))
        raise UsageError(
            f"{before.path.name} has bytecode of {pythons}, and not all of it can be made here",
            causes=reasons,
            hint="patch it where these Pythons are, or build it again without --compile",
        )
    bundle = replace(bundle, wheels=with_pieces(bundle.wheels, store, report))
    starting = _starting(before, compilers or targets, store)
    room, compiled = parts_of(bundle, room_sources(), compilers, starting, store, report)
    if carries_bill(before.path):
        from pexlite.contents.planned_file import with_bill  # few files carry one

        bundle = with_bill(bundle, __version__)
    return draft(bundle, __version__, room, compiled)


def _by(here: Target, target: Target) -> Target:
    """`target`, with the running Python as its interpreter where it is of that version."""
    if here.python != target.python:
        return target
    environment = target.environment.copy()
    environment["python_full_version"] = here.environment["python_full_version"]
    return replace(target, interpreter=here.interpreter, environment=environment)


def _starting(before: Reopened, targets: Sequence[Target], store: Store) -> Target | None:
    """The Python that compiled the file's start; None where it is not on this machine."""
    if before.start_magic is None:
        return None
    for target in _likely_first(targets):
        found = carried_room(room_sources(), first_compiler([target]), store, 0).bytecode
        if found and found.magic == before.start_magic:
            return target
    return None


def _likely_first(targets: Sequence[Target]) -> Iterator[Target]:
    """`targets` with interpreters: those that have one, then those for which one has to be looked for."""
    yield from (target for target in targets if target.interpreter is not None)
    for target in targets:
        if target.interpreter is None and target.python.startswith("cp"):
            yield from with_compilers([target])
