"""Pythons to carry and the targets of a file: one for each."""

from __future__ import annotations

from collections.abc import Sequence

from pexlite.errors import TargetError
from pexlite.model import Target
from pexlite.own_python.source import PythonSource


def one_for_each(targets: Sequence[Target], sources: Sequence[PythonSource]) -> tuple[PythonSource, ...]:
    """The Python of `sources` for each of `targets`, in their order.

    Raises TargetError where a target has none, where one is for no target, and where two are for the same one.
    """
    found = []
    for target in targets:
        fitting = [source for source in sources if _fits(source, target)]
        if not fitting:
            raise TargetError(
                f"the file is for {target.name}, and no Python of --python-from is",
                causes=[f"{source.word} is {source.target.name}" for source in sources],
                hint="name one more of that kind with --python-from, or leave --python and --platform out",
            )
        if len(fitting) > 1:
            raise TargetError(
                f"two Pythons are for {target.name}: {fitting[0].word} and {fitting[1].word}",
                hint="keep one of them",
            )
        found += fitting
    idle = [source for source in sources if source not in found]
    if idle:
        raise TargetError(
            f"--python-from {idle[0].word} is {idle[0].target.name}, and the file is for "
            f"{', '.join(target.name for target in targets)}",
            hint="leave it out, or add its platform with --platform",
        )
    return tuple(found)


def _fits(source: PythonSource, target: Target) -> bool:
    own = source.target
    libc, wanted = own.libc and own.libc.name, target.libc and target.libc.name
    return (own.python, own.platform, libc) == (target.python, target.platform, wanted)
