"""pexlite turns a Python application and all it needs into one file that runs anywhere Python does.

The map
=======

Read this, then `pipeline.py` (the pipeline in one screen), then `model.py` (the values that flow).

    argv -> BuildRequest -> Targets -> Lock (PEP 751) -> Wheels -> Bundle -> app.pex
            cli            targets     resolve           fetch     bundle    archive

The rooms, top to bottom. Imports point down this list only, and rooms that share a line of the layers
below do not know each other. `tests/test_architecture.py` reads the layers and holds the code to them.

    cli         what people type and read: click, rich, words, exit codes. Only this prints or exits
    api         build(...), inspect(...): the pipeline as a Python function
    tools       look inside a built file: info
    pipeline    build(request) -> BuildResult
    locking     lock(request) -> LockResult; the lock that a build goes by
    groundwork  what both begin with: the request read, targets found, local code made into wheels
    targets     who it must run on: ask an interpreter, parse a platform
    resolve     requirements -> Lock; one module per resolver, one for index settings
    fetch       Lock -> Wheels in the store: download, build, local code
    bundle      Wheels -> Bundle: closure, entry points, manifest. Pure: no disk, network, clock, environment
    archive     Bundle -> file, file -> Manifest. Same input, same bytes
    installers  uv and pip as programs: where they are, index settings in their words, how to run them
    model       the frozen values everything passes along
    errors      every way to fail: one class each, its exit code, its hint
    version     which pexlite this is
    runtime     the room that travels: copied into every file; standard library only; Python 3.6 grammar.
                Nobody imports it: its files are read as text

Layers:

    cli
    api
    pipeline | tools
    locking
    groundwork
    targets | resolve | fetch | bundle | archive
    installers
    model
    errors | version

    runtime
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pexlite.version import __version__ as __version__

if TYPE_CHECKING:
    from pexlite.api import build as build
    from pexlite.api import inspect as inspect
    from pexlite.model import BuildResult as BuildResult

__all__ = ["BuildResult", "build", "inspect"]

_HOMES = {"build": "pexlite.api", "inspect": "pexlite.api", "BuildResult": "pexlite.model"}


def __getattr__(name: str) -> Any:
    """The public name `name`, imported on first use so that `import pexlite` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'pexlite' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
