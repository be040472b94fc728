"""Options that make another one useless: refused, or only noted where this cannot mislead."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pexlite.files.paths import expanded, is_there
from pexlite.model import BuildRequest
from pexlite.network.urls import local_path
from pexlite.requirements.parsed import Parsed, problem


def contradictions(request: BuildRequest, *, has_lock: bool) -> Iterator[Parsed]:
    """A problem or a notice for each pair of options in `request` that cannot both be followed.

    `has_lock` tells that a lock named by the request decides everything.
    """
    index = request.index
    for option, value in (("--constraint", request.constraint_files), ("--pre", index.prereleases)):
        if has_lock and value:
            yield Parsed(notices=(f"{option} does nothing here: the lock says every version",))
    if has_lock and index.uploaded_prior_to:
        yield problem(
            "--uploaded-prior-to cannot be kept: the lock says every version, whenever it was uploaded",
            "leave it out, or lock again with it: pexlite lock … --uploaded-prior-to DATE",
        )
    if index.no_index and index.uploaded_prior_to:
        yield problem(
            "--uploaded-prior-to cannot be kept: no index is asked, and directories tell no dates",
            "leave it out, or name an index",
        )
    elif index.find_links and index.uploaded_prior_to:
        yield Parsed(notices=("--uploaded-prior-to concerns no files of --find-links and --wheels",))
    if has_lock and request.ignore_locks:
        yield problem("--no-lock asks for no lock, and a lock is named", "keep one of them")
    if request.locked and request.ignore_locks:
        yield problem("--locked asks for a lock, and --no-lock for none", "keep one of them")
    if request.executable is not None and (request.commands or request.entry_point):
        other = f"-c {request.commands[0]}" if request.commands else f"-e {request.entry_point}"
        yield problem(
            f"--exe {request.executable} says what starts, and so does {other}",
            f"keep one of them; as a module among others: {request.executable}",
        )
    for option, given in (("--index-url", index.index_url), ("--extra-index-url", index.extra_index_urls)):
        if index.no_index and given:
            yield problem(f"{option} names an index, and --no-index asks none", "keep one of them")
    for location in index.find_links:
        path = local_path(location)
        if path is not None and not is_there(request.directory / expanded(path)):
            yield problem(f"there is no {location} to find distributions in", _near(request.directory, path))


def _near(directory: Path, path: Path) -> str:
    return f"paths are relative to {directory}" if not path.is_absolute() else "check --find-links"
