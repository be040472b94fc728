"""`--lazy-imports`: whether it has a use, and the modules that have to import at once for the app to do the same.

The finished file is run with the arguments of `--trace-start`, with all imports at once and with lazy ones. Where
exit code or output differ, the importing modules whose imports make the difference are found by bisection.
"""

from __future__ import annotations

import re
import shlex
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pexlite.listed import listed
from pexlite.model import BuildRequest, Bundle, Draft, Progress, Report, StartKind, Target
from pexlite.model.pythons import known
from pexlite.pipeline.trial_runs import FinishedFile, TrialRun, finished

OLDEST = 15
"""The minor version of the first CPython that has lazy imports."""
_MOST_RUNS = 150  # of one list of arguments; each module that is found takes about ten
_LONGEST_SEARCH = 600.0  # seconds for them: what runs until it is stopped takes a minute each time
_CHANGING = re.compile(rb"0x[0-9a-fA-F]+|\d+")  # addresses, times, process ids
_OPTION = "--lazy-imports"


class _NoEndError(Exception):
    """More runs, or longer ones, than are worth it."""


def has_lazy_imports(pythons: Sequence[str]) -> bool:
    """Whether one of `pythons` ("cp39", "cp310+") has lazy imports."""
    found = [re.fullmatch(r"cp3(\d+)t?", tag) for tag in known(pythons)]
    return any(one is not None and int(one[1]) >= OLDEST for one in found)


def with_use_of_lazy_imports(bundle: Bundle) -> tuple[Bundle, tuple[str, ...]]:
    """The bundle, without lazy imports where no start would have any, and a notice about that."""
    if bundle.launch.lazy_imports == "off":
        named = bundle.launch.not_lazy
        return bundle, ((f"--not-lazy {named[0]} does nothing without {_OPTION}",) if named else ())
    if bundle.entry_point.kind is StartKind.INTERPRETER:
        why = "the file is a Python interpreter, whose user says what is lazy"
    elif not any(has_lazy_imports(variant.pythons) for variant in bundle.variants):
        why = f"it runs on no CPython 3.{OLDEST} or newer"
    else:
        return bundle, ()
    launch = replace(bundle.launch, lazy_imports="off", not_lazy=())
    return replace(bundle, launch=launch), (f"{_OPTION} does nothing here: {why}",)


def tried(
    bundle: Bundle,
    drafted: Draft,
    targets: Sequence[Target],
    request: BuildRequest,
    report: Report,
) -> tuple[Bundle, tuple[str, ...]]:
    """The bundle with the modules that have to import at once, found by the runs that it asks for, and notices.

    `drafted` is its file, which runs on the first of `targets` that has lazy imports and is on this machine.
    """
    runs = request.trace_start
    if bundle.launch.lazy_imports == "off":
        return bundle, ()
    python = next((one.interpreter for one in targets if one.interpreter and has_lazy_imports([one.python])), None)
    if not runs or python is None:
        missing = "--trace-start says with which arguments to run the file" if not runs else ""
        missing = missing or f"a CPython 3.{OLDEST} or newer of this machine has to be named by --python"
        return bundle, (f"{_OPTION} is not tried: {missing}",)
    report(Progress("build", "starting the file with lazy imports and without"))
    with (
        finished(drafted, python, request.directory) as file,
        tempfile.TemporaryDirectory(prefix="pexlite-trial-") as place,
    ):
        trial = Trial(file, Path(place), bundle.launch.not_lazy)
        found = trial.outcome([tuple(shlex.split(words)) for words in runs])
    launch = replace(bundle.launch, not_lazy=tuple(sorted({*bundle.launch.not_lazy, *found.eager})))
    if not found.is_settled:
        launch = replace(launch, lazy_imports="off", not_lazy=())
    return replace(bundle, launch=launch), found.notices


@dataclass(frozen=True)
class Outcome:
    """The modules whose imports cannot be lazy, and what to say of it."""

    eager: tuple[str, ...]
    notices: tuple[str, ...]
    is_settled: bool = True
    """Whether the file does the same with lazy imports but for those."""


class Trial:
    """Runs of a file with more and fewer lazy imports, told apart by what they print and how they end.

    `place` is a directory for the hook by which a run knows what is lazy; imports in the modules `given` are not.
    """

    def __init__(self, file: FinishedFile, place: Path, given: Sequence[str] = ()) -> None:
        self._file = file
        self._place = place
        self._given = tuple(given)
        hook = Path(__file__).with_name("lazy_hook.py").read_text(encoding="utf-8")
        (place / "sitecustomize.py").write_text(hook, encoding="utf-8")

    def outcome(self, runs: Sequence[Sequence[str]]) -> Outcome:
        """The modules that have to import at once for all of `runs`, each a list of arguments."""
        eager: list[str] = []
        notices: list[str] = []
        for arguments in runs:
            words = f'"{shlex.join(arguments)}"'
            first, second = (self._run(arguments, ("*",)) for _ in range(2))
            seen = self._importers()
            expected = _Expected.of(first, second)
            if not expected.is_all:
                notices.append(f"{_OPTION}: two runs of {words} differ anyway, so its output tells little")
            try:
                more = self._eager(arguments, seen, eager, expected)
            except _NoEndError:
                no_end = (
                    f"{_OPTION} is left out: which modules make a difference for {words} takes too long to find"
                )
                return Outcome((), (*notices, no_end), is_settled=False)
            if more is None:
                unsteady = f"{_OPTION} is left out: a run of {words} ends otherwise each time"
                return Outcome((), (*notices, unsteady), is_settled=False)
            eager += more
        if eager:
            notices.append(f"{_OPTION}: imports stay as they are in {listed(sorted(eager))}, or the app differs")
        return Outcome(tuple(eager), tuple(notices))

    def _eager(
        self,
        arguments: Sequence[str],
        seen: Sequence[str],
        known_ones: Sequence[str],
        expected: _Expected,
    ) -> list[str] | None:
        """The modules of `seen` that have to import at once beside the known ones; None where even all do not do.

        The shortest beginning of `seen` that does ends with a module that is needed; then those before it.
        """
        left, end = [_MOST_RUNS], time.monotonic() + _LONGEST_SEARCH

        def does(names: Sequence[str]) -> bool:
            left[0] -= 1
            if left[0] < 0 or time.monotonic() > end:
                raise _NoEndError
            return expected.is_met_by(self._run(arguments, (*self._given, *known_ones, *names)))

        found: list[str] = []
        candidates = list(seen)
        if does([]):
            return []
        if not does(candidates):
            return None
        while not found or not does(found):
            low, high = 0, len(candidates)  # the first `low` do not do, the first `high` do
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if does([*found, *candidates[:middle]]) else (middle, high)
            found.append(candidates[high - 1])
            candidates = candidates[: high - 1]
        return found

    def _importers(self) -> list[str]:
        """The names of the modules that have imported something since the first run, in their order."""
        written = self._place / "importers"
        lines = written.read_text(encoding="utf-8").splitlines() if written.exists() else []
        return [name for name in dict.fromkeys(lines) if name.replace(".", "").isidentifier()]

    def _run(self, arguments: Sequence[str], eager: Sequence[str]) -> TrialRun:
        (self._place / "eager").write_text("\n".join(eager), encoding="utf-8")
        place = str(self._place)
        return self._file.run(arguments, variables={"PYTHONPATH": place, "__PEXLITE_LAZY_TRIAL": place})


@dataclass(frozen=True)
class _Expected:
    """The outcome that two runs with all imports at once had in common."""

    comparisons: tuple[tuple[str, Callable[[bytes], bytes], bytes], ...]
    """A stream, the form in which they were the same, and that."""
    codes: frozenset[int | None]

    @classmethod
    def of(cls, first: TrialRun, second: TrialRun) -> _Expected:
        comparisons = []
        for name in ("stdout", "stderr"):
            for form in (bytes, _without_numbers):
                if form(getattr(first, name)) == form(getattr(second, name)):
                    comparisons.append((name, form, form(getattr(first, name))))
                    break
        return cls(tuple(comparisons), frozenset({first.code, second.code}))

    def is_met_by(self, run: TrialRun) -> bool:
        same = all(form(getattr(run, name)) == text for name, form, text in self.comparisons)
        return same and run.code in self.codes

    @property
    def is_all(self) -> bool:
        """Whether the two did not differ in anything but numbers."""
        return len(self.comparisons) == 2 and len(self.codes) == 1


def _without_numbers(text: bytes) -> bytes:
    return _CHANGING.sub(b"#", text)
