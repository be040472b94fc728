"""Files in an app's directory that Python would run, and that the file has not put there."""

import os
import sys

from ..cache import app, files
from ..system import IS_WINDOWS
from ..unpack import environment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# Beside these, Python runs what a .pth or .start says; a package is a directory, and so is a link to one.
_RUN = (b".py", b".pyc", b".pyw", b".so", b".pyd", b".pth", b".start")
_HEADER = 16 if sys.version_info >= (3, 7) else 12  # bytes before the code (PEP 552)


def in_app(place: str, known: "set[bytes]") -> "Iterator[tuple[str, str]]":
    """Each such file in the app's directory `place`, whose own files are `known`, with what is wrong with it.

    Files that pip has installed there are passed over: their RECORD is theirs.
    """
    top = os.fsencode(place)
    ours = known | _installed(top)
    for path, is_link in _paths(top):
        relative = path[len(top) + 1 :].replace(os.fsencode(os.sep), b"/")
        folder, _, name = relative.rpartition(b"/")
        shown = os.fsdecode(relative)
        if is_link and not _leads_right(path, folder, name):
            yield os.fsdecode(path), "%s is a link that leads elsewhere" % shown
        elif folder.rpartition(b"/")[2] == b"__pycache__":
            words = _wrong_bytecode(path)
            if words:
                yield os.fsdecode(path), "%s %s" % (shown, words)
        elif relative not in ours and name[name.rfind(b".") :] in _RUN:
            yield os.fsdecode(path), "%s is a file of no wheel" % shown
    for name_of_it in app.interpreters():
        program = "%s/%s/%s" % (place, app.SCRIPTS, name_of_it)
        if IS_WINDOWS or not os.path.lexists(program):
            continue  # what is missing is told as such
        if os.path.realpath(program) != os.path.realpath(environment.base_python()):
            yield program, "%s/%s leads to another Python" % (app.SCRIPTS, name_of_it)


def _paths(top: bytes) -> "Iterator[tuple[bytes, bool]]":
    """Every file and link below, and whether it is a link."""
    for place, directories, names in os.walk(top):
        for name in names + directories:
            path = os.path.join(place, name)
            is_link = os.path.islink(path)
            if is_link or name in names:
                yield path, is_link


def _leads_right(path: bytes, folder: bytes, name: bytes) -> bool:
    """Whether the link is one of the app's Python, or leads into the store, as where there are no hard links."""
    if folder == os.fsencode(app.SCRIPTS) and name.startswith((b"python", b"pypy")):
        return True  # looked at by its name
    store = os.path.dirname(os.path.dirname(path[: len(path) - len(folder) - len(name) - 2]))
    return os.path.isfile(path) and os.path.realpath(path).startswith(os.path.realpath(store) + b"/wheels/")


def _installed(top: bytes) -> "set[bytes]":
    """The paths, relative to the app's directory, that pip has installed there, by its RECORDs."""
    import csv

    packages = os.fsencode(app.packages())
    found: set[bytes] = set()
    for name in os.listdir(top + b"/" + packages):
        place = top + b"/" + packages + b"/" + name
        # Of our own wheels RECORD is a known file; an installer says so in INSTALLER.
        if name[-10:] != b".dist-info" or (files.read(place + b"/INSTALLER") or b"").strip() not in (
            b"pip",
            b"uv",
        ):
            continue
        text = (files.read(place + b"/RECORD") or b"").decode("utf-8", "surrogateescape")
        rows = [row[0] for row in csv.reader(text.splitlines()) if row]
        found.update([os.path.normpath(packages + b"/" + os.fsencode(row)) for row in rows])
    return found


def _wrong_bytecode(path: bytes) -> "str | None":
    """A few words where Python would take the bytecode, and it is not that of the source beside it."""
    import marshal
    from _frozen_importlib_external import MAGIC_NUMBER

    folder, name = os.path.split(path)
    stem, tag, rest = (name.split(b".", 2) + [b"", b""])[:3]
    levels = {b"pyc": 0, b"opt-1.pyc": 1, b"opt-2.pyc": 2}
    if os.fsdecode(tag) != sys.implementation.cache_tag or rest not in levels:
        return None
    source = files.read(os.path.dirname(folder) + b"/" + stem + b".py")
    held = files.read(path) or b""
    if source is None or held[:4] != MAGIC_NUMBER:
        return None  # Python takes none without its source, and none of another Python
    try:
        code = compile(source, "", "exec", dont_inherit=True, optimize=levels[rest])
        return None if marshal.loads(held[_HEADER:]) == code else "is bytecode of another source"
    except (SyntaxError, ValueError, EOFError, TypeError):
        return "is bytecode of no source"
