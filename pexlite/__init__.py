"""pexlite turns a Python application and all it needs into one file that runs anywhere Python does.

The map
=======

Read this, then `pipeline.py` and `deciding.py` (the pipeline in one screen), then `model/` (the values that flow).

    argv -> BuildRequest -> Targets -> Lock (PEP 751) -> Wheels -> Bundle -> app.pex
            cli            targets     resolve           fetch     bundle    archive

The rooms, top to bottom. Imports point down this list only, and rooms that share a line of the layers
below do not know each other. `tests/test_architecture.py` reads the layers and holds the code to them.

    cli         what people type and read: click, rich, words, exit codes. Only this prints or exits
    api         build(...), inspect(...): the pipeline as a Python function
    tools       built files and caches: info, verify, extract, venv, activate, what is cached
    pipeline    build(request) -> BuildResult
    deciding    all about a file, decided: the pipeline up to its bytes
    remembered  what was decided before, for builds from a lock
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
    names       what a file may be called
    places      where the store is
    deferred    names imported when they are first asked for
    version     which pexlite this is
    runtime     the room that travels: copied into every file; standard library only; Python 3.6 grammar.
                Nobody imports it: its files are read as text

Layers:

    cli
    api
    pipeline | tools
    deciding | remembered
    locking
    groundwork
    targets | resolve | fetch | bundle | archive
    installers
    model
    errors | names | places | deferred | version

    runtime
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pexlite.deferred import deferred
from pexlite.version import __version__ as __version__

if TYPE_CHECKING:
    from pexlite.api import activate as activate
    from pexlite.api import build as build
    from pexlite.api import inspect as inspect
    from pexlite.api import lock as lock
    from pexlite.api import verify as verify
    from pexlite.model import BuildResult as BuildResult
else:
    # `import pexlite` costs nothing.
    __getattr__ = deferred(
        __name__,
        {
            **dict.fromkeys(("activate", "build", "inspect", "lock", "verify"), "pexlite.api"),
            "BuildResult": "pexlite.model",
        },
    )

__all__ = ["BuildResult", "activate", "build", "inspect", "lock", "verify"]
