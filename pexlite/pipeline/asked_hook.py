"""A program for the Pythons of a trial: it notes which files of the app are asked about, and perhaps not read.

It is the `sitecustomize` of the Python that runs the file, and a line of a `.pth` file runs it in the app's own.
In one file with it, before it, is `written/_pexlite_early.py`, by whose functions a first start waits for what is
asked about; behind it is a call of `note`.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pexlite.runtime.written._pexlite_early import Coming, _looking  # noqa: TC004 - they are in the one file


class Asked(Coming):
    """Where a first start would wait, this notes the path."""

    def __init__(self, place: str, notes: str) -> None:
        super().__init__(place, "", [], [], [])
        self._notes = notes
        self._known: set[str] = set()

    def look(self, path: object) -> None:
        """Note `path`, where it is in the app's directory."""
        inside = self.inside(path)
        if inside and inside not in self._known:
            self._known.add(inside)
            try:
                # Opened each time: an app may close what it has not opened.
                notes = os.open(self._notes, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
                os.write(notes, b"\0" + os.fsencode(inside))
                os.close(notes)
            except OSError:
                pass  # the app has other rights now, or no descriptors left


def note(place: str, notes: str) -> None:
    """Note in the file `notes` from now on what this process asks about in `place`, each path behind a NUL."""
    here = os.path.dirname(notes)  # noqa: PTH120 - pathlib is for the app to import
    if os.environ.get("PYTHONPATH") == here:
        # The app sees nothing of it; its children find the line of the .pth file.
        del os.environ["PYTHONPATH"]
        sys.path[:] = [entry for entry in sys.path if entry != here]
    asked = Asked(place, notes)
    for name, call in asked.calls.items():
        setattr(os, name, _looking(asked, name, call))
