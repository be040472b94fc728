"""The path that a file is pushed to: only ever a name in calls of the system. This module travels."""

import errno
import os
import stat
from binascii import a2b_base64

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Refused(Exception):
    """A push that cannot go on: a word for the reason, and figures."""

    def __init__(self, reason: str, **more: "Any") -> None:
        super().__init__(reason)
        self.said = dict(more, refused=reason)


def attempt(function: "Any", *arguments: "Any") -> "dict[str, Any]":
    """The result of `function`, or the reason why it has none, as it is said."""
    try:
        return dict(function(*arguments))
    except Refused as refused:
        return refused.said
    except OSError as problem:
        reason = "full" if problem.errno in (errno.ENOSPC, errno.EDQUOT) else "system"
        return {"refused": reason, "why": problem.strerror or str(problem), "number": problem.errno}


class Place:
    """A path, and the names beside it that a push uses."""

    def __init__(self, path: str) -> None:
        given = a2b_base64(path)
        if given[:2] == b"~/":
            given = os.path.expanduser(b"~") + given[1:]
        # What a link leads to is replaced, as by scp.
        self.path = os.path.realpath(given)
        self.directory, self.name = os.path.split(self.path)
        self.name_parts(b"")
        self.previous = self.path + b".previous"

    def name_parts(self, more: bytes) -> None:
        """Have what arrives lie beside it under names that end with `more`."""
        self.part = os.path.join(self.directory, b"." + self.name + b".pexlite-part" + more)
        self.script = os.path.join(self.directory, b"." + self.name + b".pexlite-script" + more)

    def check(self) -> None:
        """Raise Refused where no file can be."""
        try:
            is_directory = stat.S_ISDIR(os.stat(self.directory).st_mode)
        except OSError as problem:
            if problem.errno == errno.EACCES:
                raise Refused("not writable", directory=os.fsdecode(self.directory))
            is_directory = False
        if not is_directory:
            raise Refused("no directory", directory=os.fsdecode(self.directory))
        try:
            mode = os.stat(self.path).st_mode
        except OSError:
            return
        if stat.S_ISDIR(mode):
            raise Refused("directory")
        if not stat.S_ISREG(mode):
            raise Refused("no file")

    def check_writable(self) -> None:
        """Raise Refused where no file may be put."""
        if not os.access(self.directory, os.W_OK | os.X_OK):
            raise Refused("not writable", directory=os.fsdecode(self.directory))
        if not self._is_replaceable(self.path):
            raise Refused("of another")

    def check_previous(self) -> None:
        """Raise Refused where no old file can be kept, or none that was kept can be moved."""
        if os.path.isdir(self.previous) and not os.path.islink(self.previous):
            raise Refused("previous is a directory")
        if not self._is_replaceable(self.previous):
            raise Refused("previous of another")

    def _is_replaceable(self, path: bytes) -> bool:
        """Whether this account may replace a file there: in /tmp and the like, only its own."""
        around, account = os.stat(self.directory), os.geteuid()
        try:
            owner = os.lstat(path).st_uid
        except OSError:
            return True
        return not around.st_mode & stat.S_ISVTX or account in (0, owner, around.st_uid)


def warmed(path: bytes) -> "dict[str, Any]":
    """How it ended that the file at `path` unpacked itself."""
    import subprocess  # takes longer than all else here

    environment = dict(os.environ, PEX_TOOLS="1")
    try:
        done = subprocess.Popen(
            [path, b"warm"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        words = done.communicate()[0].decode("utf-8", "replace").strip()
        return {"code": done.returncode, "words": words[-2000:]}
    except OSError as problem:
        return {"code": 126, "words": problem.strerror or str(problem)}
