"""A comparison of an app's directory with the files that it should hold, by names and sizes."""

import os
import time

from ..cache import app, files
from ..start import LAUNCHER
from ..unpack import tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_LOOKS_BETWEEN = 500  # files between two looks at the clock


class Wrong:
    """A file that is missing in an app's directory, or has another size than it should.

    It should be as the plan has `source` of the store, or have `content`. `path` is relative to the app's
    directory.
    """

    def __init__(self, path: bytes, words: str, source: bytes = b"", content: "bytes | None" = None) -> None:
        self.path = path
        self.words = words
        self.source = source
        self.content = content


class OutOfTime(Exception):
    """Comparing all the files would take longer than allowed."""


def problems(plan: "tree.Plan", deadline: "float | None" = None) -> "list[Wrong]":
    """All that is wrong with the app's directory. Raises OutOfTime where the comparison passes `deadline`."""
    found = []
    looked = 0
    top = os.fsencode(plan.app.place) + b"/"
    for wrong in _of_wheels(plan, top):
        looked += 1
        if deadline is not None and looked % _LOOKS_BETWEEN == 0 and time.time() > deadline:
            raise OutOfTime
        if wrong is not None:
            found.append(wrong)
    found.extend(_of_the_app(plan, top))
    return found


def _of_wheels(plan: "tree.Plan", top: bytes) -> "Iterator[Wrong | None]":
    """For each file of the wheels, in order: None, or what is wrong with it."""
    for block in plan.installed():
        target, source = plan.target_of(block) if block.directory else b"", plan.source_of(block)
        before = target + b"/" if target else b""
        for size, name in block.files:
            here = files.size_of(top + before + name)
            if here == size != tree.UNKNOWN or here > 0 and (size == tree.UNKNOWN or block.scheme == b"scripts"):
                yield None
                continue
            if here > 0 and _was_edited(top + before + name, source + b"/" + name):
                yield None
                continue
            yield Wrong(before + name, _words(name, here, size), source + b"/" + name)


def _was_edited(path: bytes, source: bytes) -> bool:
    """Whether somebody has written into a file that is there to be edited; a beginning of it was cut off."""
    if not tree.is_edited(source):
        return False
    content = files.read(path)
    return bool(content) and not (files.read(source) or b"").startswith(content or b"")


def _of_the_app(plan: "tree.Plan", top: bytes) -> "Iterator[Wrong]":
    own = {os.fsencode(path): content for path, content in plan.own().items()}
    own.update(plan.scripts(plan.installed()))
    for path, content in own.items():
        here = files.size_of(top + path)
        if here != len(content):
            yield Wrong(path, _words(os.path.basename(path), here, len(content)), content=content)
    for path in (os.fsencode(app.PYTHON), os.fsencode(LAUNCHER), b"READY"):
        if files.size_of(top + path) <= 0:
            yield Wrong(path, "%s is missing" % os.fsdecode(path))


def _words(name: bytes, here: int, size: int) -> str:
    shown = os.fsdecode(name)
    return "%s is missing" % shown if here < 0 else "%s has %d bytes of %d" % (shown, here, size)


def cut_bytecode(place: str) -> "list[bytes]":
    """The paths of truncated bytecode in the app's directory, which Python cannot read."""
    import marshal
    import sys

    found = []
    for directory, _, names in os.walk(os.fsencode(app.site_packages(place))):
        for name in names if directory.endswith(b"__pycache__") else ():
            path = directory + b"/" + name
            content = files.read(path)
            try:
                marshal.loads((content or b"")[16 if sys.version_info >= (3, 7) else 12 :])
            except (EOFError, ValueError, TypeError):
                found.append(path)
    return found
