"""Notices on where and how a file will run, for builders who may expect otherwise."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from pexlite.bundle.plan import Surroundings
from pexlite.bundle.runs_on import pythons_in_words
from pexlite.bundle.tree import is_of_every_environment
from pexlite.model import Bundle, StartKind, Target, Variant, Wheel
from pexlite.model.pythons import serves

_MOST_SHOWN = 3


def only_here(bundle: Bundle, surroundings: Sequence[Surroundings], with_pure: Collection[str]) -> tuple[str, ...]:
    """Notices on what binds `bundle` to one Python, or to this machine's C library, with the way out.

        only CPython 3.13, because of charset-normalizer 3.4.4; for a server: pexlite probe USER@HOST

    `with_pure` are names of projects that have a pure wheel too. A builder who named that Python for another
    machine gets no notice.
    """
    sentences: dict[str, None] = {}
    for around in surroundings:
        target = around.target
        for variant in bundle.variants if target.interpreter is not None else ():
            if serves(variant.pythons, target.python) and variant.platform in (target.platform, "any"):
                sentences |= dict.fromkeys(_one_python(bundle, variant, around, with_pure))
                sentences |= dict.fromkeys(_libc_of_here(bundle, variant, target))
    return tuple(sentences)


def _one_python(
    bundle: Bundle, variant: Variant, around: Surroundings, with_pure: Collection[str]
) -> Iterator[str]:
    served = {python for other in bundle.variants for python in other.pythons}
    if len(served) > 1 or any(python.endswith("+") for python in served):
        return
    binding = _binding([bundle.wheels[place] for place in variant.wheels], around)
    reason = f"because of {_listed(binding)}" if binding else "since others need other wheels"
    if binding and all(wheel.name in with_pure for wheel in binding):
        reason += f" (--prefer-pure takes {'its pure wheel' if len(binding) == 1 else 'their pure wheels'})"
    python = pythons_in_words([around.target.python])
    yield f"only {python}, {reason}; for a server: pexlite probe USER@HOST"


def _binding(wheels: Sequence[Wheel], around: Surroundings) -> list[Wheel]:
    """The wheels that bind the file to one CPython: both its neighbours refuse them, or else one does."""
    others = [near for near in around.neighbours if near.python.startswith("cp") and not near.python.endswith("t")]
    newer = [near for near in others if near.minor >= around.target.minor]
    older = [near for near in others if near.minor < around.target.minor]
    nearest = [*newer[:1], *older[-1:]]
    for fails in (all, any):
        found = [wheel for wheel in wheels if nearest and fails(not _takes(near, wheel) for near in nearest)]
        if found:
            return found
    return []


def _libc_of_here(bundle: Bundle, variant: Variant, target: Target) -> Iterator[str]:
    """A notice where a wheel built on this machine requires this machine's C library."""
    if target.libc is None or variant.libc is None or target.libc.name != variant.libc.name:
        return
    built = [
        bundle.wheels[place]
        for place in variant.wheels
        if all(tag.platform == f"linux_{target.platform.partition('_')[2]}" for tag in bundle.wheels[place].tags)
    ]
    if built:
        version = ".".join(map(str, variant.libc.version))
        yield f"only where {target.libc.name} is {version} or newer, as here, where {_listed(built)} was built"


def _takes(target: Target, wheel: Wheel) -> bool:
    return target.takes(wheel.requires_python) and not wheel.tags.isdisjoint(target.tags)


def untried_on_windows(bundle: Bundle) -> tuple[str, ...]:
    """A sentence for what `bundle` has for Windows and nobody has tried there, or which does nothing there."""
    found = [variant for variant in bundle.variants if variant.platform.startswith("win")]
    sentences = []
    if any(python.startswith("pp") for variant in found for python in variant.pythons):
        sentences.append("nobody has started a file by PyPy on Windows yet, and this one is for it")
    if found and bundle.launch.sh_boot:
        sentences.append("--sh-boot does nothing on Windows: the file is started as python FILE there")
    return tuple(sentences)


def not_pure(bundle: Bundle) -> tuple[str, ...]:
    """A notice on the compiled wheels in `bundle`, for --prefer-pure."""
    compiled = [wheel for wheel in bundle.wheels if any(tag.platform != "any" for tag in wheel.tags)]
    return (f"there is no pure wheel of {_listed(compiled)}",) if compiled else ()


def an_interpreter(bundle: Bundle, asked_for: Collection[str]) -> tuple[str, ...]:
    """A notice where `bundle` starts an interpreter although its projects or local code could be started.

        starts a Python interpreter; httpie has -c http, https

    `asked_for` are the projects that the builder named.
    """
    if bundle.entry_point.kind is not StartKind.INTERPRETER:
        return ()
    named = [wheel for wheel in bundle.wheels if wheel.name in asked_for]
    with_scripts = {wheel.name: scripts for wheel in named if (scripts := _scripts(wheel))}
    if with_scripts:
        told = [f"{name} has -c {_some(scripts)}" for name, scripts in with_scripts.items()]
        return (f"starts a Python interpreter; {'; '.join(told[:_MOST_SHOWN])}",)
    if any(wheel.local for wheel in named):
        return ("starts a Python interpreter; to start something in it: -e MODULE:FUNCTION",)
    return ()


def _scripts(wheel: Wheel) -> list[str]:
    return sorted(name for name in wheel.scripts if not is_of_every_environment(name))


def _listed(wheels: Sequence[Wheel]) -> str:
    return _some([f"{wheel.name} {wheel.version}" for wheel in wheels])


def _some(words: Sequence[str]) -> str:
    more = len(words) - _MOST_SHOWN
    return ", ".join(words[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")
