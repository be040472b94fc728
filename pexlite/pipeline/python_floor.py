"""The oldest Python that can parse local code, and modules that no Python can."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from pexlite.analysis.own_grammar import OwnGrammar, own_grammar
from pexlite.errors import EntryPointMissing, TargetError
from pexlite.listed import listed
from pexlite.model import EntryPoint, LocalKind, Target
from pexlite.pipeline.prepare import Prepared
from pexlite.sources.local import LocalWheel

_Read = list[tuple[LocalWheel, OwnGrammar]]


@dataclass(frozen=True)
class Floor:
    """The oldest Python that can parse all local code of a file."""

    minor: int
    notices: tuple[str, ...] = ()

    def lets_in(self, target: Target) -> bool:
        """Whether `target` is no older."""
        return target.minor >= self.minor


def floor_of(prepared: Prepared, local: Sequence[LocalWheel], start: EntryPoint) -> Floor:
    """The floor of the local code in `local`, with notices on differences from its metadata.

    Raises EntryPointMissing where the module that starts cannot be compiled, and TargetError where it needs a
    newer Python than the file is for.
    """
    store, targets = prepared.workshop.store, prepared.targets
    own = [entry for entry in local if entry.source.kind not in (LocalKind.WHEEL, LocalKind.SDIST)]
    read = [(entry, own_grammar(entry.wheel, store)) for entry in own]
    # Code that this Python cannot parse may be written for a newer one.
    here = sys.version_info[1]
    ahead = any(grammar.unread for _, grammar in read) and all(target.minor > here for target in targets)
    starting = f"{start.module.replace('.', '/')}.py"
    for _, grammar in read:
        _check_start(starting, grammar, start, targets, ahead=ahead)
    floor = max([grammar.minor for _, grammar in read], default=0)
    notices = (*_unread(read), *_too_old(read, targets), *_against_metadata(read))
    return Floor(max(floor, here + 1) if ahead else floor, notices)


def _check_start(
    starting: str, grammar: OwnGrammar, start: EntryPoint, targets: Sequence[Target], *, ahead: bool
) -> None:
    wrong = dict(grammar.unread).get(starting)
    if wrong and not ahead:
        raise EntryPointMissing(
            f"{starting} does not compile, so {start} cannot start it", causes=[wrong], hint=f"mend {starting}"
        )
    old = [target.name for target in targets if target.minor < grammar.minor]
    if old and grammar.member == starting:
        raise TargetError(
            f"{starting} needs Python 3.{grammar.minor}, and the file is for {', '.join(old)}",
            causes=[grammar.reason],
            hint=f"build for newer ones: --python 3.{grammar.minor}",
        )


def _unread(read: _Read) -> list[str]:
    found = [f"{member} ({wrong})" for _, grammar in read for member, wrong in grammar.unread]
    if not found:
        return []
    does = "does" if len(found) == 1 else "do"
    return [f"{listed(found)} {does} not compile on the Python that runs pexlite"]


def _too_old(read: _Read, targets: Sequence[Target]) -> list[str]:
    """For modules other than the one that starts: the targets on which importing them fails."""
    words = []
    for _, grammar in read:
        old = [target.name for target in targets if target.minor < grammar.minor]
        if old:
            words.append(f"{grammar.member} cannot be imported on {', '.join(old)}: {grammar.reason}")
    return words


def _against_metadata(read: _Read) -> list[str]:
    words = []
    for entry, grammar in read:
        said, older = entry.wheel.requires_python, f"3.{grammar.minor - 1}.99"
        if grammar.member and said is not None and said.contains(older, prereleases=True):
            words.append(
                f"{grammar.member} needs Python 3.{grammar.minor}, though {entry.wheel.name} asks for {said}: "
                f"{grammar.reason}"
            )
    return words
