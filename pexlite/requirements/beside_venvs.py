"""Options and requirements that mean nothing, or something else, beside `--venv`."""

from __future__ import annotations

from collections.abc import Iterator

from pexlite.model import BuildRequest
from pexlite.requirements.parsed import Parsed, problem

_INDEX_OPTIONS = {
    "--index-url": "index_url",
    "--extra-index-url": "extra_index_urls",
    "--index": "named_indexes",
    "--from": "pins",
    "--index-strategy": "index_strategy",
    "--find-links": "find_links",
}


def beside_venvs(request: BuildRequest, whole: Parsed) -> Iterator[Parsed]:
    """A problem or a notice for each part of `request`, read as `whole`, that its `--venv` contradicts."""
    if not request.venvs:
        return
    venv = f"--venv {request.venvs[0]}"
    targets = (
        ("--python", request.pythons),
        ("--platform", request.platforms),
        ("--target", request.target_files),
        ("--for", request.hosts),
    )
    for option, given in targets:
        if given:
            yield problem(
                f"{venv} is for its own Python, and {option} {given[0]} names another target",
                "keep one of them; for several Pythons name a virtual environment of each: --venv DIR --venv DIR",
            )
    if whole.locks or request.locked:
        yield problem(f"{venv} says which versions go in, and so does a lock", "keep one of them")
    for root in whole.roots:
        if root.hashes or root.requirement.url:
            asked = "a hash" if root.hashes else "an address"
            yield problem(
                f"{root.requirement.name} is asked for by {asked}, and of what is installed only names and "
                "versions are known",
                f"write its name alone, {root.requirement.name}, or build without --venv",
            )
    if whole.index.uploaded_prior_to:
        yield problem(
            f"--uploaded-prior-to cannot be kept: {venv} says every version, whenever it was uploaded",
            "leave one of them out",
        )
    yield Parsed(notices=tuple(_without_effect(request, whole)))


def _without_effect(request: BuildRequest, whole: Parsed) -> Iterator[str]:
    for option, given in (("--constraint", whole.constraints), ("--pre", request.index.prereleases)):
        if given:
            yield f"{option} does nothing here: the virtual environment says every version"
    for option, name in _INDEX_OPTIONS.items():
        if getattr(request.index, name):
            yield f"{option} counts for the building of projects only: the rest is in the virtual environment"
