"""The end of a failed app: missing files written back, and its traceback without the frames of the boot."""

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any

_DAY = 86400
_CHECKED = "/_pexlite_checked"  # its mtime is when the app's files were last compared after a failure
_OURS = "<pexlite>/"  # the beginning of co_filename in frames of this room


class Damage:
    """Damage in the app's directory `place`, which was unpacked from `file`.

    `room` opens this room in a file with these `facts` (start.room_of). `began` is when this process started, in
    seconds since 1970; None for a process about to exec another program. `own` is the module of that name
    where the file brings a Python.
    """

    def __init__(
        self,
        room: "Callable[..., Any]",
        facts: "dict[str, Any]",
        file: str,
        place: str,
        began: "float | None",
        own: "Any" = None,
    ) -> None:
        self.room = room
        self.facts = facts
        self.file = file
        self.place = place
        self.began = began
        self.own = own

    def is_mended(self, kind: "type[BaseException] | None" = None) -> bool:
        """Whether the app's directory was damaged; by now it is mended, and the user told (see upkeep/mend.py).

        `kind` is the class of the exception that ended the app.
        """
        if self.own and self.began is not None and self.own.has_told(self.file, kind):
            return True
        try:
            with self.room(self.file, self.facts):
                from __pexlite__.upkeep import mend

                return bool(mend.after_failure(self.file, self.place, kind, self.began))
        except (Exception, SystemExit) as failure:
            self._suspect(failure)
            return False  # the user has to see the app's own failure, not ours

    def _suspect(self, failure: BaseException) -> None:
        """Mark the Python that the file has brought, where too much of it is missing to find out what."""
        if self.own and isinstance(failure, (ImportError, SyntaxError, AttributeError, EOFError, ValueError)):
            try:
                self.own.mark_interpreter(sys.base_prefix)
            except OSError:
                pass

    def look_for(self, end: SystemExit) -> None:
        """Mend missing files, at most once a day, after the app ended with an exit code of its own.

        An app may catch its ImportError and exit with 1: nothing else would show the damage. Where runpy ended it,
        which did not find the module to start, look each time.
        """
        last = end.__traceback__
        while last is not None and last.tb_next is not None:
            last = last.tb_next
        try:
            if last is not None and last.tb_frame.f_globals.get("__name__") == "runpy":
                pass
            elif time.time() - os.stat(self.place + _CHECKED).st_mtime < _DAY:
                return
        except FileNotFoundError:
            pass
        except OSError:
            return
        self.is_mended()

    def hide_our_frames(self, command: str = "") -> None:
        """Have sys.excepthook show an uncaught exception without the frames of the boot.

        Where the app's directory is damaged, the hook mends it and shows that instead. `command` is the source of
        a start with -c, whose lines Python has shown in tracebacks since 3.13.
        """
        shown_by = sys.excepthook

        def hook(kind: "type[BaseException]", value: BaseException, traceback: "TracebackType | None") -> None:
            sys.excepthook = shown_by
            last = traceback
            while traceback is not None:
                if traceback.tb_frame.f_code.co_filename[: len(_OURS)] == _OURS:
                    last = traceback.tb_next
                traceback = traceback.tb_next
            # An entry point that is a module is run by runpy, whose frames are ours too.
            while (
                last is not None
                and last.tb_next is not None
                and last.tb_frame.f_globals.get("__name__") == "runpy"
            ):
                last = last.tb_next
            value.__traceback__ = last
            if command and sys.version_info >= (3, 13):
                import linecache

                linecache.cache["<string>"] = (len(command), None, command.splitlines(True), "<string>")
            # Not for KeyboardInterrupt: with more code run, Python would no longer end the process by SIGINT.
            if issubclass(kind, Exception) and self.is_mended(kind):
                return
            shown_by(kind, value, last)

        sys.excepthook = hook
