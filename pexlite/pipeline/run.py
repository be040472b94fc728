"""Requirements -> a file in the store that is run at once, and again without resolving while it is fresh.

runs/<64 hex>.pex     an interpreter with all that the requirements need; its time is when it was resolved
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import sys
import time
from dataclasses import dataclass, fields, replace
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from pexlite.archive.reader import read_manifest
from pexlite.bundle.tree import is_of_every_environment
from pexlite.errors import EntryPointMissing
from pexlite.model import BuildRequest, Manifest, Report, no_report
from pexlite.pipeline.build import build
from pexlite.pipeline.offline import offline as without_network
from pexlite.store.store import open_store
from pexlite.version import __version__

_FRESH = 24 * 3600  # seconds, for which what was resolved counts


@dataclass(frozen=True)
class Runnable:
    """A file, and what is to be started in it."""

    file: Path
    script: str = ""
    """A console script; "" for a function or an interpreter."""
    module: str = ""
    """A function, as `module:function`."""


def runnable(request: BuildRequest, command: str | None, report: Report = no_report, *, offline: bool) -> Runnable:
    """The file of `request` in the store, built unless it is fresh, and the `command` in it.

    Without one that is the only command of the first requirement's project, or the one that is called as it.
    With `offline` what was built counts at any age; where nothing was, it is built of what the store has. Raises
    subclasses of PexliteError.
    """
    store = open_store()
    key = _key(request)
    place = store.root / "runs" / f"{key}.pex"
    if not _is_fresh(place, request, offline=offline):
        again = shlex.join(["pexlite", "run", request.requirements[0]])
        with without_network(request, store, again) if offline else contextlib.nullcontext(request) as asked:
            _build(asked, place, report)
    if command and ":" in command:
        return Runnable(place, module=command)
    manifest = read_manifest(place)
    return Runnable(place, script=_command(manifest, request.requirements[0], command))


def _key(request: BuildRequest) -> str:
    """A digest of all that decides what goes in."""
    asked = [(one.name, repr(getattr(request, one.name))) for one in fields(request)]
    settings = sorted(item for item in os.environ.items() if item[0].startswith(("PIP_", "UV_")))
    parts = (__version__, sys.version, sys.executable, os.uname() if os.name == "posix" else "", asked, settings)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _is_fresh(place: Path, request: BuildRequest, *, offline: bool) -> bool:
    """Whether the file at `place` is what a build would give, as far as it is asked again within a day."""
    try:
        age = time.time() - place.stat().st_mtime
    except OSError:
        return False
    local = any(os.sep in text or text.startswith(".") for text in request.requirements)
    return offline or (0 <= age < _FRESH and not local and not request.index.refresh)


def _build(request: BuildRequest, place: Path, report: Report) -> None:
    build(replace(request, output=place, force=True), report)
    # The bytes may be those of yesterday: what counts is when they were decided.
    os.utime(place)


def _command(manifest: Manifest, asked: str, command: str | None) -> str:
    """The console script to start. Raises EntryPointMissing where it is not there, or several may be meant."""
    every = {name for wheel in manifest.wheels for name in wheel.entry_points}
    if command:
        if command in every:
            return command
        raise EntryPointMissing(
            f"there is no command {command} in this",
            causes=[f"it has {', '.join(sorted(every)) or 'none'}"],
            hint="name one of them with -c" if every else "name a function: -c module:function",
        )
    name = _project(asked, manifest)
    own = sorted(
        script
        for wheel in manifest.wheels
        if canonicalize_name(wheel.filename.partition("-")[0]) == name
        for script in wheel.entry_points
        if not is_of_every_environment(script)
    )
    alike = [script for script in own if canonicalize_name(script) == name]
    if len(own) == 1 or alike:
        return (alike or own)[0]
    if own:
        raise EntryPointMissing(
            f"{name} has no command of its own name",
            causes=[f"it has {', '.join(own)}"],
            hint=f"say which: pexlite run {asked} -c {own[0]} -- …",
        )
    raise EntryPointMissing(
        f"{name} has no command",
        hint=f"name one of what it needs, or a function: pexlite run {asked} -c module:function",
    )


def _project(asked: str, manifest: Manifest) -> str:
    """The name of the project that `asked` stands for."""
    try:
        return canonicalize_name(Requirement(asked).name)
    except InvalidRequirement:
        # A path: its wheel is the builder's own code.
        local = [wheel.filename.partition("-")[0] for wheel in manifest.wheels if wheel.local]
        named = [canonicalize_name(name) for name in (*local, Path(asked).name.partition("-")[0])]
        return named[0]
