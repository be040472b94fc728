"""Targets that judge the figures of a row."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.programs.bench.timing import Figure

_FEWEST = 3  # rounds that have quartiles


MET, UNDECIDED, MISSED = "met", "undecided", "missed"


@dataclass(frozen=True)
class Verdict:
    """A target with the `value` that was found: the median of what each round gave."""

    claim: str
    value: float
    limit: float
    cpu: float | None = None
    """The same comparison in CPU seconds, which a busy machine hardly changes."""
    floors: tuple[tuple[str, float], ...] = ()
    """A contender that does nothing but a part that cannot be left out, and the same comparison of it."""
    quartiles: tuple[float, float] | None = None
    """Those of the rounds' values; None where too few rounds say anything of that."""
    cpu_quartiles: tuple[float, float] | None = None

    @property
    def state(self) -> str:
        """MET or MISSED, or UNDECIDED where the limit lies between the quartiles."""
        return _state(self.value, self.quartiles, self.limit)

    @property
    def state_by_cpu(self) -> str:
        """The same in CPU seconds, where there are any."""
        return self.state if self.cpu is None else _state(self.cpu, self.cpu_quartiles, self.limit)


def _state(value: float, quartiles: tuple[float, float] | None, limit: float) -> str:
    low, high = quartiles or (value, value)
    if low <= limit < high:
        return UNDECIDED
    return MET if high <= limit else MISSED


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
            rounds = own.values if len(own.values) > 1 else ()
            claim = f"{self.tool} ≤ {in_words(self.limit, unit)}"
            return Verdict(claim, own.median, self.limit, quartiles=_quartiles(rounds))
        others = {name: figures[name].median for name in self.against if name in figures and figures[name].runs}
        if not others:
            return None
        best = min(others, key=others.__getitem__)
        other = figures[best]
        value, quartiles = self._found(own.values, other.values, own.median, other.median)
        cpu, cpu_quartiles = None, None
        if own.cpu is not None and other.cpu:
            cpu, cpu_quartiles = self._found(own.cpu_values, other.cpu_values, own.cpu, other.cpu)
        claim = f"{self.tool} ≤ {self.limit:g} × {best}"
        if self.difference:
            claim = f"{self.tool} ≤ {best} + {in_words(self.limit, unit)}"
        floors = self._floors(figures, self.floor_over or best)
        return Verdict(claim, value, self.limit, cpu, floors, quartiles, cpu_quartiles)

    def _found(
        self, ours: Sequence[float], theirs: Sequence[float], median: float, their_median: float
    ) -> tuple[float, tuple[float, float] | None]:
        """The median of the rounds' ratios or differences, and their quartiles; of the medians without rounds.

        A machine that becomes slower in the midst of it slows both sides of a round.
        """
        rounds = [self._compared(one, other) for one, other in zip(ours, theirs, strict=False)]
        if not rounds:
            return self._compared(median, their_median), None
        return statistics.median(rounds), _quartiles(rounds)

    def _compared(self, one: float, other: float) -> float:
        return one - other if self.difference else one / other

    def _floors(self, figures: Mapping[str, Figure], over: str) -> tuple[tuple[str, float], ...]:
        there = {name: figure for name, figure in figures.items() if figure.runs}
        if over not in there:
            return ()
        other = there[over]
        return tuple(
            (name, self._found(one.values, other.values, one.median, other.median)[0])
            for name in self.floors
            if (one := there.get(name)) is not None
        )


def _quartiles(rounds: Sequence[float]) -> tuple[float, float] | None:
    """The first and the third quartile; None of fewer than three rounds."""
    if len(rounds) < _FEWEST:
        return None
    first, _, third = statistics.quantiles(rounds, method="inclusive")
    return first, third


def ratio(one: Figure, other: Figure) -> float:
    """The median of the rounds' ratios; of figures whose rounds are not known, the ratio of their medians."""
    rounds = [mine / theirs for mine, theirs in zip(one.values, other.values, strict=False) if theirs]
    return statistics.median(rounds) if rounds else one.median / other.median


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
