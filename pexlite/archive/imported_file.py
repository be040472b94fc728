"""`__pex__`: a file that lies on `sys.path`, as by PYTHONPATH, makes what is in it importable.

    import __pex__, requests
    from __pex__ import requests
    import __pex__.requests              the same module as `requests`, for hosts that take a module's name only

This text travels, without its words: it is a member of every file. So it is Python 3.6 grammar and imports nothing
of pexlite. A first import has another process unpack the file, since a start may become another Python.
"""

import importlib.machinery
import mmap
import os
import subprocess
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    __loader__: Any


def _unpacked(file: str) -> str:
    """The app's directory. Raises ImportError with what the start of the file says."""
    place = _start["app_directory"](_start["FACTS"])  # type: str
    if _start["launcher"](place, _start["FACTS"]):
        return place
    kept = {name: os.environ[name] for name in os.environ if name[:4] != "PEX_" or name == "PEX_ROOT"}
    child = subprocess.Popen(
        [sys.executable, file, "warm"],
        env=dict(kept, PEX_TOOLS="1", PEX_CHOSEN_PYTHON="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    said, failure = child.communicate()
    if child.returncode:
        raise ImportError(os.fsdecode(failure))
    return os.fsdecode(said).strip("\n")


class _Alias:
    """A finder and loader of `__pex__.NAME`, which is the module NAME."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> "Any":
        """The spec of a module below `__pex__`."""
        if name[:8] != "__pex__.":
            return None
        return importlib.machinery.ModuleSpec(name, _Alias())  # type: ignore[arg-type]

    def create_module(self, spec: "Any") -> "ModuleType":
        """The module itself."""
        module = importlib.import_module(spec.name[8:])
        self.spec = module.__spec__
        return module

    def exec_module(self, module: "ModuleType") -> None:
        """Leave the module as it was imported."""
        module.__spec__ = self.spec


_start = {"__name__": "__pex__"}  # type: dict[str, Any]
exec(__loader__.get_code("__main__"), _start)
_archive = __loader__.archive
os.environ["PEX"] = os.path.abspath(_archive)
_place = _unpacked(os.environ["PEX"])
# The pruner of the cache sees by it that the app is in use.
with open(_place + "/READY", "rb") as _ready:
    _mark = mmap.mmap(_ready.fileno(), 0, access=mmap.ACCESS_READ)
_packages = "%s/lib/%s/site-packages" % (_place, os.path.basename(os.path.dirname(os.__file__)))
# Where the file itself stands among what is importable.
sys.path.insert(sys.path.index(_archive) + 1 if _archive in sys.path else 0, _packages)
if _start["FACTS"]["pth"]:
    _start["launcher"](_place, _start["FACTS"]).run_startup_files(_packages, _start["FACTS"]["pth"])
sys.meta_path.insert(0, _Alias())
