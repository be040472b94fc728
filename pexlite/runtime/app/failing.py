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


def mark_interpreter(prefix: str) -> None:
    """Have the file's launcher unpack the Python in `prefix` again, at the next start. Raises OSError."""
    if os.path.dirname(prefix).endswith("/interpreters"):
        os.close(os.open(prefix + "/DAMAGED", os.O_WRONLY | os.O_CREAT, 0o644))


def noted_files() -> "list[tuple[str, int, int]]":
    """The name, size and time of each file of this Python, where a built file has brought it.

    The launcher has written them down when it unpacked them (archive/trial.py).
    """
    if not os.path.dirname(sys.base_prefix).endswith("/interpreters"):
        return []
    try:
        with open(sys.base_prefix + "/FILES", encoding="utf-8", errors="surrogateescape", newline="\n") as listed:
            lines = [line[:-1].split(" ", 2) for line in listed]
        return [(line[2], int(line[0]), int(line[1])) for line in lines if len(line) == 3]
    except (OSError, ValueError):
        return []


def _changed_files(kind: "type[BaseException] | None" = None) -> "list[str]":
    """The names of those that are missing now, or have another size or time.

    Where the app has ended with an exception of this `kind`, by which Python finds bytecode that was cut off, also
    those of bytecode that it has added and is cut off.
    """
    changed = []
    noted = noted_files()
    if noted and kind is not None and issubclass(kind, (EOFError, ValueError, ImportError)):
        changed = _cut_bytecode(set([name for name, _, _ in noted]))
    for name, size, seconds in noted:
        try:
            found = os.stat(sys.base_prefix + "/" + name)
        except OSError:
            found = None
        if found is None or found[6] != size or found[8] != seconds:
            changed.append(name)
    return changed


def _cut_bytecode(noted: "set[str]") -> "list[str]":
    import marshal

    found = []
    for directory, _, names in os.walk(sys.base_prefix + "/lib"):
        for name in names if directory.endswith("/__pycache__") else ():
            path = directory + "/" + name
            try:
                with open(path, "rb") as file:
                    content = file.read()
                marshal.loads(content[16 if sys.version_info >= (3, 7) else 12 :])
            except (EOFError, ValueError, TypeError):
                found.append(path[len(sys.base_prefix) + 1 :])
            except OSError:
                pass
    return [name for name in found if name not in noted]


def start_over(file: str) -> None:
    """Exec the file's launcher, which unpacks the Python that the file has brought again.

    Return where its files are as they were unpacked. Exit with an error where it is not this user's to mend. Only
    what is built in may be imported here: the library of anything else may be the one that was cut.
    """
    changed = _changed_files()
    if not changed and noted_files():
        return
    try:
        mark_interpreter(sys.base_prefix)
        with open(file, "rb") as opened:
            is_script = opened.read(2) == b"#!"
        os.environ["PEX_CHOSEN_PYTHON"] = "own"
        program = "/bin/sh" if is_script else file
        os.execv(program, ["sh"] * is_script + [file] + sys.argv[1:])
    except OSError as failure:
        what = changed[0] if changed else "FILES"
        words = "error: the unpacked Python of %s is damaged: %s has changed\n" % (os.path.basename(file), what)
        sys.stderr.write(words + "hint: set PEX_ROOT to a directory of your own: %s\n" % failure)
        sys.exit(1)


class Damage:
    """Damage in the app's directory `place`, which was unpacked from `file`.

    `room` opens this room in a file with these `facts` (start.room_of). `began` is when this process started, in
    seconds since 1970; None for a process about to exec another program.
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
        """Whether the app's directory was damaged; by now it is mended, and the user told (see upkeep/mend.py).

        `kind` is the class of the exception that ended the app.
        """
        if self.facts["own"] and self.began is not None and self._is_of_python(kind):
            return True
        try:
            with self.room(self.file, self.facts):
                from __pexlite__.upkeep import mend

                return bool(mend.after_failure(self.file, self.place, kind, self.began))
        except (Exception, SystemExit) as failure:
            self._suspect(failure)
            return False  # the user has to see the app's own failure, not ours

    def _is_of_python(self, kind: "type[BaseException] | None") -> bool:
        """Whether the Python that the file has brought is damaged; the next start unpacks it again.

        Found without any module: what would find the rest may be what is missing.
        """
        changed = _changed_files(kind)
        if not changed:
            return False
        try:
            mark_interpreter(sys.base_prefix)
            hint = "start it again: they are written back"
        except OSError:
            hint = "start it again with PEX_ROOT set to a directory that can be written: this one cannot"
        more = " and %d more" % (len(changed) - 1) if len(changed) > 1 else ""
        words = "the unpacked files of %s were damaged: %s has changed%s" % (
            os.path.basename(self.file),
            changed[0],
            more,
        )
        line = "pexlite: %s; %s\n" if kind is None else "error: %s\nhint: %s\n"
        try:
            sys.stderr.write(line % (words, hint))
        except (AttributeError, OSError, ValueError):
            pass  # a process without stderr
        return True

    def _suspect(self, failure: BaseException) -> None:
        """Mark the Python that the file has brought, where too much of it is missing to find out what."""
        if self.facts["own"] and isinstance(
            failure, (ImportError, SyntaxError, AttributeError, EOFError, ValueError)
        ):
            try:
                mark_interpreter(sys.base_prefix)
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
