"""pexlite turns a Python application and all it needs into one file that runs anywhere Python does.

    import pexlite

    result = pexlite.build(requirements=["requests"], entry_point="my_cli:main", output="my_cli.pex")
    result.path, result.size, result.sha256, result.wheels, result.runs_on

The functions, each of which has its own help, as in `help(pexlite.build)`:

    build(...)      write the file of an application; returns a BuildResult
    lock(...)       a pylock.toml (PEP 751) of what would go in; returns a LockResult
    inspect(file)   what a file says about itself: its entry point, wheels and Pythons; a Manifest
    verify(file)    check every wheel and every file in it, by a lock too; raises VerificationFailed
    activate(file)  make what is in a file importable in this process

They take keywords, print nothing and exit nowhere. `IndexSettings` and `LaunchOptions` say where distributions
come from and how a file starts; `on_progress` is a function that takes a `Progress` (the type is `Report`).

Everything that a person can mend is a `PexliteError`: it has a `message`, `causes` and a `hint` of what to do,
which a traceback shows, and the `exit_code` of the command. The classes below it are in `pexlite.errors` and here:

    try:
        pexlite.build(requirements=["."], output="app.pex")
    except pexlite.ResolutionError as problem:
        print(problem.message, problem.causes, problem.hint)

The command line is `pexlite`, or `python -m pexlite`: `pexlite --help`.
"""

from __future__ import annotations

from pexlite.deferred import deferred
from pexlite.version import __version__ as __version__

TYPE_CHECKING = False  # typing takes longer to import than all of this, and Ctrl-C may come meanwhile
if TYPE_CHECKING:
    from pexlite import errors as errors
    from pexlite.api import activate as activate
    from pexlite.api import build as build
    from pexlite.api import inspect as inspect
    from pexlite.api import lock as lock
    from pexlite.api import verify as verify
    from pexlite.errors import ClosureIncomplete as ClosureIncomplete
    from pexlite.errors import CollisionError as CollisionError
    from pexlite.errors import EntryPointMissing as EntryPointMissing
    from pexlite.errors import FetchError as FetchError
    from pexlite.errors import HashMismatch as HashMismatch
    from pexlite.errors import HostError as HostError
    from pexlite.errors import IndexConfigurationError as IndexConfigurationError
    from pexlite.errors import InvalidWheel as InvalidWheel
    from pexlite.errors import NotABundle as NotABundle
    from pexlite.errors import PexliteError as PexliteError
    from pexlite.errors import ProjectBuildError as ProjectBuildError
    from pexlite.errors import ResolutionError as ResolutionError
    from pexlite.errors import TargetError as TargetError
    from pexlite.errors import Unplaceable as Unplaceable
    from pexlite.errors import UsageError as UsageError
    from pexlite.errors import VerificationFailed as VerificationFailed
    from pexlite.errors import WheelMissing as WheelMissing
    from pexlite.errors import WriteError as WriteError
    from pexlite.model import BuildResult as BuildResult
    from pexlite.model import IndexSettings as IndexSettings
    from pexlite.model import InheritPath as InheritPath
    from pexlite.model import LaunchOptions as LaunchOptions
    from pexlite.model import LockResult as LockResult
    from pexlite.model import Manifest as Manifest
    from pexlite.model import Progress as Progress
    from pexlite.model import Report as Report
    from pexlite.tools.verify import Verified as Verified
else:
    _NAMES = {
        "pexlite.api": ("activate", "build", "inspect", "lock", "verify"),
        "pexlite.errors": (
            "ClosureIncomplete",
            "CollisionError",
            "EntryPointMissing",
            "FetchError",
            "HashMismatch",
            "HostError",
            "IndexConfigurationError",
            "InvalidWheel",
            "NotABundle",
            "PexliteError",
            "ProjectBuildError",
            "ResolutionError",
            "TargetError",
            "Unplaceable",
            "UsageError",
            "VerificationFailed",
            "WheelMissing",
            "WriteError",
        ),
        "pexlite.model": (
            "BuildResult",
            "IndexSettings",
            "InheritPath",
            "LaunchOptions",
            "LockResult",
            "Manifest",
            "Progress",
            "Report",
        ),
        "pexlite.tools.verify": ("Verified",),
    }
    # `import pexlite` costs nothing.
    __getattr__, __dir__ = deferred(
        __name__,
        {name: home for home, names in _NAMES.items() for name in names} | {"errors": "pexlite.errors"},
    )

# Without InheritPath and the subclasses of PexliteError, so that help(pexlite) shows the functions.
__all__ = [
    "BuildResult",
    "IndexSettings",
    "LaunchOptions",
    "LockResult",
    "Manifest",
    "PexliteError",
    "Progress",
    "Report",
    "Verified",
    "activate",
    "build",
    "errors",
    "inspect",
    "lock",
    "verify",
]
