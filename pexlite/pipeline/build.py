"""The pipeline: a request in, a file out. `decide.decide` decides everything; `build` here writes the file."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from pexlite.addresses import mask
from pexlite.archive.writer import write
from pexlite.files.places import store_place
from pexlite.model import BuildRequest, BuildResult, Decision, Report, no_report
from pexlite.outputs import Output, check_placeholders, with_platform
from pexlite.pipeline.decisions import recall, remember

# A placeholder for the name that the decision will give: its directory can be checked before.
_ANY_NAME = "NAME.pex"


def build(request: BuildRequest, report: Report = no_report) -> BuildResult:
    """Build the file for `request` and write it, unless it is a dry run.

    Raises subclasses of `pexlite.errors.PexliteError`.
    """
    began = time.monotonic()
    check_placeholders(request.output or Path())
    Output.of(request, request.output or Path(_ANY_NAME)).check(request.named_files)
    place = store_place()
    decision = recall(request) or _decided(request, report)
    decision = replace(decision, notices=tuple(map(mask, (*place.notices, *decision.notices))))
    output = Output.of(request, with_platform(request.output or Path(decision.name), decision.platform))
    output.check(request.named_files)
    if not request.dry_run:
        write(decision.draft, output.path, report, force=request.force)
    return BuildResult(output.path, decision, time.monotonic() - began, written=not request.dry_run)


def _decided(request: BuildRequest, report: Report) -> Decision:
    # Imported here: with a remembered decision, importing the deciding modules would take most of the time.
    from pexlite.pipeline.decide import decide

    decision = decide(request, report)
    remember(request, decision)
    return decision
