"""Locks beside projects that cannot be followed: the build goes on only where what they pin stays as it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from packaging.pylock import Pylock

from pexlite.errors import ResolutionError
from pexlite.resolve.foreign.kinds import KINDS
from pexlite.resolve.pins import changed_pins, pins_in


@dataclass(frozen=True)
class UnusableLock:
    """A lock that lies beside a project and cannot be followed."""

    file: Path
    why: str
    """The reason, in words."""
    unwanted: bool = False
    """Whether the builder's own options ask for other versions, so that these are no surprise."""

    @property
    def notice(self) -> str:
        """A sentence for who builds."""
        rest = "" if self.unwanted else ", and what it pins stays as it is"
        return f"{self.file.name} was passed over ({self.why}); all is resolved anew{rest}"

    def check_can_be_read(self) -> None:
        """Raise ResolutionError where not even its pins can be read, before anything is resolved."""
        if not self.unwanted and pins_in(self.file) is None:
            raise ResolutionError(f"{self.file} cannot be used", causes=[self.why], hint=self._instead())

    def check_same(self, found: Pylock, own: set[str]) -> None:
        """Raise ResolutionError where `found` has other distributions than the lock pins; `own` are not its."""
        if self.unwanted:
            return
        changed = list(changed_pins(pins_in(self.file) or {}, found, own))
        if changed:
            raise ResolutionError(
                f"{self.file.name} cannot be used, and without it other distributions would go in than it pins",
                causes=[self.why, *changed],
                hint=self._instead(),
            )

    def _instead(self) -> str:
        return f"make it anew ({how_to_lock(self.file)}), or build without it: --no-lock"


def how_to_lock(file: Path) -> str:
    """The command that writes the lock `file` anew."""
    kind = KINDS.get(file.name)
    if kind is not None:
        return kind.made_by
    if file.name.endswith(".py.lock"):
        return f"uv lock --script {file.name.removesuffix('.lock')}"
    return "uv lock" if file.name == "uv.lock" else "pexlite lock ."
