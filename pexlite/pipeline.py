"""The pipeline: a request in, a file out. `deciding.decide` decides everything; `build` here writes the file."""

from __future__ import annotations

import time

from pexlite import archive, remembered
from pexlite.model import BuildRequest, BuildResult, Decision, Report, no_report


def build(request: BuildRequest, report: Report = no_report) -> BuildResult:
    """Build the file that `request` asks for and write it, except in a dry run.

    Raises subclasses of `pexlite.errors.PexliteError`.
    """
    began = time.monotonic()
    decision = remembered.recall(request) or _decided(request, report)
    output = request.directory / (request.output or decision.name)
    if not request.dry_run:
        archive.write(decision.draft, output, report)
    return BuildResult(output, decision, time.monotonic() - began, written=not request.dry_run)


def _decided(request: BuildRequest, report: Report) -> Decision:
    # Imported here: where a decision is remembered, importing what decides would take most of the time.
    from pexlite.deciding import decide

    decision = decide(request, report)
    remembered.remember(request, decision)
    return decision
