"""Make the content of a built file importable in the running Python."""

from __future__ import annotations

import importlib
import mmap
import site
import sys
from pathlib import Path

from pexlite.archive.reader import read_manifest
from pexlite.tools.runtime_tools import unpack

# READY of each activated app, mapped into memory: the pruner sees by the mapping that the app is in use.
_MARKS: list[mmap.mmap] = []


def activate(path: Path) -> Path:
    """Unpack the file at `path` and put its site-packages on `sys.path`, before other site-packages; return it.

    Code of the file runs: its first start, and then its `.pth` files. A second call changes nothing.
    """
    prefix = unpack(path.absolute())
    library = Path(site.__file__).parent.name
    directory = prefix / "lib" / library / "site-packages"
    if str(directory) in sys.path:
        return directory
    with (prefix / "READY").open("rb") as ready:
        _MARKS.append(mmap.mmap(ready.fileno(), 0, access=mmap.ACCESS_READ))
    places = [place for place, entry in enumerate(sys.path) if entry.endswith("-packages")]
    sys.path.insert(places[0] if places else len(sys.path), str(directory))
    for name in read_manifest(path).pth:
        if (directory / name).exists():
            site.addpackage(str(directory), name, None)
    importlib.invalidate_caches()
    return directory
