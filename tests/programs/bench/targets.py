"""Targets that judge the figures of a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.programs.bench.timing import Figure


@dataclass(frozen=True)
class Verdict:
    """A target with the `value` that was found: met if it is at most `limit`."""

    claim: str
    value: float
    limit: float
    cpu: float | None = None
    """The same comparison in CPU seconds, which a busy machine hardly changes."""
    floors: tuple[tuple[str, float], ...] = ()
    """A contender that does nothing but a part that cannot be left out, and the same comparison of it."""

    @property
    def met(self) -> bool:
        return self.value <= self.limit


@dataclass(frozen=True)
class Target:
    """A limit for `tool`: at most `limit`, as a ratio to or a difference from the best of `against`.

    Without `against` the limit is on the figure itself.
    """

    tool: str
    limit: float
    against: tuple[str, ...] = ()
    difference: bool = False
    floors: tuple[str, ...] = ()
    """Among the figures, what does nothing but a part that no tool of this kind can leave out."""
    floor_over: str = ""
    """Their measure, where it is not the best of `against`."""

    def judge(self, figures: Mapping[str, Figure], unit: str) -> Verdict | None:
        """The verdict on these figures; None where one side of the comparison is missing."""
        own = figures.get(self.tool)
        if own is None or not own.runs:
            return None
        if not self.against:
            return Verdict(f"{self.tool} ≤ {in_words(self.limit, unit)}", own.median, self.limit)
        others = {name: figures[name].median for name in self.against if name in figures and figures[name].runs}
        if not others:
            return None
        best = min(others, key=others.__getitem__)
        floors = self._floors(figures, self.floor_over or best)
        if self.difference:
            claim = f"{self.tool} ≤ {best} + {in_words(self.limit, unit)}"
            return Verdict(claim, own.median - others[best], self.limit, _difference(own, figures[best]), floors)
        claim = f"{self.tool} ≤ {self.limit:g} × {best}"
        return Verdict(claim, own.median / others[best], self.limit, _ratio(own, figures[best]), floors)

    def _floors(self, figures: Mapping[str, Figure], over: str) -> tuple[tuple[str, float], ...]:
        medians = {name: figure.median for name, figure in figures.items() if figure.runs}
        if over not in medians:
            return ()
        found = {name: medians[name] for name in self.floors if name in medians}
        if self.difference:
            return tuple((name, median - medians[over]) for name, median in found.items())
        return tuple((name, median / medians[over]) for name, median in found.items())


def _difference(own: Figure, other: Figure) -> float | None:
    return None if own.cpu is None or other.cpu is None else own.cpu - other.cpu


def _ratio(own: Figure, other: Figure) -> float | None:
    return own.cpu / other.cpu if own.cpu and other.cpu else None


def judge(targets: Sequence[Target], figures: Mapping[str, Figure], unit: str) -> tuple[Verdict, ...]:
    """The verdicts of all targets that have figures to judge."""
    found = (target.judge(figures, unit) for target in targets)
    return tuple(verdict for verdict in found if verdict is not None)


def in_words(value: float, unit: str) -> str:
    """A value with its unit, short: "24.1 ms", "2.31 s", "17.5 kB", "84.2 M", "61 files"."""
    if value != value:
        return "–"
    if unit == "ratio":
        return f"{value:.3f}"
    if unit == "s":
        return f"{value * 1000:.1f} ms" if abs(value) < 1 else f"{value:.2f} s"
    if unit == "B":
        for name, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
            if abs(value) >= size:
                return f"{value / size:.1f} {name}"
        return f"{value:.0f} B"
    if unit == "instructions":
        return f"{value / 1e6:.1f} M"
    return f"{value:.0f} {unit}"
