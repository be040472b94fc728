"""The changes that a lock needs before it satisfies some requirements."""

from __future__ import annotations

from collections.abc import Sequence

from packaging.requirements import Requirement

from pexlite.bundle.closure import Lack, follow
from pexlite.model import Amendments, Root, Target, Wheel


def changes(
    roots: Sequence[Root], wheels: Sequence[Wheel], target: Target, amendments: Amendments
) -> tuple[str, ...]:
    """A diff from the locked `wheels` to the wheels that `roots` need on `target`; () when these satisfy `roots`.

        - click 8.0.4
        + click>=8.1  asked for by app-1.0-py3-none-any.whl
        + rich  asked for by the command line

    Superfluous wheels appear only if something is missing too: a lock may hold more than is needed.
    """
    needed, lacks = follow(roots, wheels, target, amendments)
    if not lacks:
        return ()
    lines: dict[str, None] = {}
    for lack in sorted(lacks, key=lambda lack: (lack.requirement.name.lower(), lack.origin)):
        lines |= dict.fromkeys([*_taken_out(lack), f"+ {_shown(lack.requirement)}  asked for by {lack.origin}"])
    used = {wheel.name for wheel in needed}
    surplus = sorted((wheel for wheel in wheels if wheel.name not in used), key=lambda wheel: wheel.name)
    lines |= dict.fromkeys(f"- {wheel.name} {wheel.version}  nothing asks for it" for wheel in surplus)
    return tuple(lines)


def _taken_out(lack: Lack) -> list[str]:
    if lack.here is not None:
        return [f"- {lack.here.name} {lack.here.version}"]
    return [f"- {filename}  does not fit" for filename in lack.others]


def _shown(requirement: Requirement) -> str:
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    return f"{requirement.name}{extras}{requirement.specifier}"
