"""A failed resolution explained: the first row that fits tells its kind, else the resolver's lines are quoted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pexlite.errors import PexliteError, ResolutionError
from pexlite.resolve.explain.failure import Failure, Row
from pexlite.resolve.job import Job
from pexlite.resolve.resolver import Resolver
from pexlite.resolve.run import Outcome


def explain(job: Job, outcome: Outcome, resolver: Resolver, rows: Iterable[Row]) -> ResolutionError:
    """The error that explains a failed run of `resolver` for `job` by `rows`, of which the surest come first."""
    failure = Failure.of(job, resolver, outcome)
    known = explained(failure, rows)[0]
    return known or ResolutionError(
        f"{resolver.name} could not resolve {failure.asked} for {job.target.name}",
        causes=failure.causes or [f"it ended with code {outcome.code}"],
        # What a signal has ended, as at Ctrl-C, starts nothing more.
        hint=_by_the_other(job, resolver) if outcome.code >= 0 else None,
    )


def _by_the_other(job: Job, resolver: Resolver) -> str | None:
    """The hint that the other resolver gives, which is asked for what `resolver` could not resolve."""
    if job.is_trial or resolver.find_other is None:
        return None
    try:
        resolver.find_other().resolve(replace(job, is_trial=True))
    except PexliteError:
        return "check the names, versions and indexes that are asked for; -v shows more"
    return f"the other resolver finds all of it: --resolver {resolver.instead}"


def explained(failure: Failure, rows: Iterable[Row]) -> tuple[ResolutionError, Row] | tuple[None, None]:
    """The error for `failure`, and the row that tells it; None where no row does."""
    for row in rows:
        found = row.pattern.search(failure.text)
        error = row.kind(failure, found) if found else None
        if error is not None:
            return error, row
    return None, None
