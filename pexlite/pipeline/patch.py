"""Other versions of some projects in a built file; everything else in it stays, byte for byte.

The result is the file that a build with those versions would give: the same steps make it, out of what the file
itself says.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pexlite.addresses import mask
from pexlite.archive.writer import write
from pexlite.bundle.collisions import collisions
from pexlite.bundle.platform_tag import platform_tag
from pexlite.bundle.records import unlike_records
from pexlite.bundle.runs_on import pythons_in_words
from pexlite.files.places import store_place
from pexlite.indexes.settings import effective_settings, unheeded_settings
from pexlite.model import BuildRequest, BuildResult, Bundle, Decision, Report, no_report
from pexlite.outputs import Output
from pexlite.pipeline.checks import check_sizes
from pexlite.pipeline.index_origins import origin_notices
from pexlite.pipeline.offline import offline as without_network
from pexlite.pipeline.packed import not_packed, packed_wheels
from pexlite.pipeline.patched_bundle import Patched
from pexlite.pipeline.patched_file import patched_draft
from pexlite.pipeline.patched_versions import new_wheels
from pexlite.pipeline.reopen import reopen
from pexlite.pipeline.uncompressed import still_compressed, uncompressed
from pexlite.requirements.read import read_request
from pexlite.resolve.resolvers import find_resolver
from pexlite.sources.workshop import Workshop
from pexlite.store.store import open_store
from pexlite.version import __version__
from pexlite.wheels.content import content_digests


def patch(
    file: Path,
    request: BuildRequest,
    report: Report = no_report,
    *,
    narrow: bool = False,
    offline: bool = False,
) -> BuildResult:
    """Write `file` anew with the versions that the requirements of `request` ask for, unless it is a dry run.

    It replaces itself unless the request has an output. With `narrow` it may lose Pythons and platforms that the
    new versions are not for. With `offline` the versions are those that the store has. Raises subclasses of
    PexliteError.
    """
    if offline:
        again = shlex.join(["pexlite", "patch", str(file), *request.requirements])
        with without_network(request, open_store(), again) as asked:
            return patch(file, asked, report, narrow=narrow)
    began = time.monotonic()
    output = Output.of(request, request.output or file)
    output.check()
    place, store = store_place(), open_store()
    specification = read_request(request)
    before = reopen(request.directory / file, store)
    resolver = find_resolver(request.resolver)
    targets = tuple(served.target for served in before.served)
    workshop = Workshop(store, effective_settings(specification.index), resolver, targets, report)
    new = new_wheels(before, specification, workshop, narrow=narrow)
    found = new.wheels
    if before.is_uncompressed:
        found = uncompressed(found, store, report)
    if before.is_packed:
        found = packed_wheels(found, store, report)
    patched = Patched(before, found, specification.roots, store, narrow=narrow)
    bundle = patched.bundle()
    check_sizes(request, replace(bundle, wheels=found))
    unheeded = unheeded_settings(resolver.name, hears_pip=resolver.hears_pip)
    origins = origin_notices(workshop, specification.index, new.lock) if new.lock else ()
    notices = (*place.notices, *specification.notices, *unheeded, *origins, *_notices(patched, bundle))
    decision = Decision(
        draft=patched_draft(before, bundle, store, report),
        name=file.name,
        targets=tuple(dict.fromkeys(target.name for target in targets)),
        platform=platform_tag(bundle, patched.surroundings()),
        variants=bundle.variants,
        runs_on=bundle.runs_on,
        entry_point=bundle.entry_point,
        notices=tuple(map(mask, notices)),
        repeatable=False,
    )
    if not request.dry_run:
        write(decision.draft, output.path, report, force=request.force)
    return BuildResult(output.path, decision, time.monotonic() - began, written=not request.dry_run)


def _notices(patched: Patched, bundle: Bundle) -> Iterator[str]:
    """Sentences on what has changed, and on what is odd about the new wheels."""
    before, found = patched.before, patched.found
    made_by = before.manifest.build_properties.get("pexlite_version")
    if made_by != __version__:
        yield f"it was made by pexlite {made_by}, and starts as files of {__version__} do from now on"
    for name in sorted(patched.names):
        was = sorted({wheel.version for wheel in before.wheels if wheel.name == name})
        now = sorted({wheel.version for wheel in found if wheel.name == name})
        old, new = ", ".join(map(str, was)), ", ".join(map(str, now))
        yield f"{name} is {new} already" if was == now else f"{name} {old} -> {new}"
    for asked, root in zip(patched.roots, before.roots, strict=True):
        if asked is not root:
            yield f"it asked for {root.requirement}, and asks for {asked.requirement} now"
    lost = [served.target.python for served in patched.lost(bundle)]
    if lost:
        yield f"it does not run any more on {pythons_in_words(list(dict.fromkeys(lost)))}"
    if patched.before.is_uncompressed:
        yield from still_compressed(found)
    if patched.before.is_packed:
        yield from not_packed(found)
    yield from unlike_records(found)
    for collision in collisions(bundle, content_digests):
        if any(wheel.filename in str(collision) for wheel in found):
            yield str(collision)
