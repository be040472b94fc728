"""The libraries of wheels, compared by size before they are loaded: one that was cut ends the process by SIGBUS.

Only apps that have libraries have this module in their launcher.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def look(place: str, sizes: bytes, damage: "Any", file: str) -> None:
    """Write back what is missing or has another size of the libraries in the app's directory `place`.

    `sizes` are their paths and sizes, marshalled. Exit with an error where they cannot be written.
    """
    import marshal

    libraries: list[tuple[str, int]] = marshal.loads(sizes)
    wrong = _of_another_size(place, libraries)
    if not wrong or not damage(file, None).is_mended(ImportError):
        return  # or another version was put into the app
    left = _of_another_size(place, libraries)
    names = left or wrong
    more = " and %d more" % (len(names) - 1) if len(names) > 1 else ""
    words = "the unpacked files of %s were damaged: %s%s" % (
        os.path.basename(file),
        os.path.basename(names[0]),
        more,
    )
    if left:
        hint = "set PEX_ROOT to a directory that can be written: this one cannot"
        sys.exit("error: %s\nhint: %s" % (words, hint))
    sys.stderr.write("pexlite: %s: they have been written back\n" % words)


def _of_another_size(place: str, libraries: "list[tuple[str, int]]") -> "list[str]":
    wrong = []
    for name, size in libraries:
        try:
            if os.stat(place + "/" + name).st_size == size:
                continue
        except OSError:
            pass
        wrong.append(name)
    return wrong
