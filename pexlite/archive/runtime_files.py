"""The sources of the runtime room."""

from __future__ import annotations

import functools
from pathlib import Path

LAYOUT = "lite-2"
"""The directory in a cache's root that this runtime unpacks into, as start.py has it."""
ROOM, COMPILED = "__pexlite__.txt", "__pexlite__.bytecode"
"""The members of a file that hold the room's modules, as start.py has them."""
IMPORTED = "__pex__/__init__.py"
"""The member of a file that `import __pex__` runs."""
BILL = ".sbom/bom.cdx.json"
"""The member of a file that is its bill of materials (`--sbom`), as the runtime's sbom.py has it."""
CHECKED_MAIN = "checked_main.py"
"""The name among the sources of the program that `__main__.pyc` is; it is no member of a file."""
ROOM_DIRECTORY = Path(__file__).parent.parent / "runtime"
"""Where the room's sources are."""


@functools.cache
def room_sources() -> tuple[tuple[str, str], ...]:
    """The path in the room and the text of each of its files, sorted by path; CHECKED_MAIN among them."""
    paths = [path for pattern in ("*.py", "*.pth", "*.sh") for path in ROOM_DIRECTORY.rglob(pattern)]
    texts = {path.relative_to(ROOM_DIRECTORY).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    # What it says is for readers of this repository, and more than any of its modules: a file need not carry it.
    texts["__init__.py"] = ""
    texts[CHECKED_MAIN] = Path(__file__).with_name(CHECKED_MAIN).read_text(encoding="utf-8")
    return tuple(sorted(texts.items()))
