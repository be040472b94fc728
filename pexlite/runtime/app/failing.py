"""The end of an app that failed: its exception without the frames of the boot, and damage found and mended."""

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any

_DAY = 86400
_CHECKED = "/_pexlite_checked"  # its time says when the app's files were last compared after a failure
_OURS = "<pexlite>/"  # how the names of our modules begin in frames


class Damage:
    """The files that may be missing in the app's directory `place`, which was unpacked from `file`.

    `room` opens the rest of this room in a file with these `facts` (start.room_of). `began` is when this process
    did, in seconds since 1970; None for one that is about to become another program.
    """

    def __init__(
        self, room: "Callable[..., Any]", facts: "dict[str, Any]", file: str, place: str, began: "float | None"
    ) -> None:
        self.room = room
        self.facts = facts
        self.file = file
        self.place = place
        self.began = began

    def is_mended(self, kind: "type[BaseException] | None" = None) -> bool:
        """Whether the app's directory was damaged, is whole now, and that has been said (see upkeep/mend.py).

        `kind` is the class of the exception that has ended the app.
        """
        try:
            with self.room(self.file, self.facts):
                from __pexlite__.upkeep import mend

                return bool(mend.after_failure(self.file, self.place, kind, self.began))
        except (Exception, SystemExit):
            return False  # the app's own failure is what has to be shown

    def look_for(self) -> None:
        """Mend what is missing of an app that ended with a failure of its own, having looked once a day at most.

        An app may catch its ImportError: then nothing else tells.
        """
        try:
            if time.time() - os.stat(self.place + _CHECKED).st_mtime < _DAY:
                return
        except FileNotFoundError:
            pass
        except OSError:
            return
        self.is_mended()

    def hide_our_frames(self, command: str = "") -> None:
        """Have an uncaught exception shown without the frames of the boot, by whatever shows exceptions now.

        Unless it comes from a cache that is damaged: then that is said instead. `command` is that of a start with
        -c, whose lines Python shows since 3.13.
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
            # Not for KeyboardInterrupt: to run more code would lose that the process is to end by its signal.
            if issubclass(kind, Exception) and self.is_mended(kind):
                return
            shown_by(kind, value, last)

        sys.excepthook = hook
