"""Which files carry a project, and in which versions: pexlite's, pex's and shiv's files, zips and wheels.

This file travels: `pexlite who` sends it to a host, whose Python runs it. So it is Python 3.6 grammar and standard
library only, imports nothing of pexlite, and what it is asked stands in its text.
"""

import json
import os
import re
import stat
import struct
import sys
import zipfile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    Answer = Callable[[str, list[str], str], object]

# "requests-2.34.2-py3-none-any.whl" among .deps/, or "site-packages/requests-2.34.2.dist-info/METADATA"
_WHEEL = re.compile(r"(?:^|/)([A-Za-z0-9][\w.]*)-([^-/]+)-[^/]*\.whl(?:/|$)")
_INFO = re.compile(r"(?:^|/)([A-Za-z0-9][\w.]*)-([^-/]+)\.(?:dist|egg)-info/(?:METADATA|PKG-INFO)$")
_MOST_DIRECTORY = 64 << 20  # bytes: zipfile makes objects of every entry
_MOST_INFO = 16 << 20
MARK = "pexlite-who "
"""The beginning of each line that is an answer: a host may print more."""


def look(place, project, answer):  # type: (str, str, Answer) -> None
    """Call `answer` with (path, versions, problem) for `place`, and for the files below it if it is a directory.

    Only what carries `project`, and what looks like a zip but cannot be read, is answered.
    """
    try:
        found = os.stat(place)
    except OSError as failure:
        answer(place, [], failure.strerror or str(failure))
        return
    if not stat.S_ISDIR(found.st_mode):
        _look_at(place, project, answer, named=True)
        return
    for directory, folders, names in os.walk(place, onerror=lambda failure: _unlisted(failure, answer)):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(directory, name)
            try:
                if stat.S_ISREG(os.lstat(path).st_mode):
                    _look_at(path, project, answer, named=False)
            except OSError as failure:
                answer(path, [], failure.strerror or str(failure))


def normalised(name):  # type: (str) -> str
    """The name of a project as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _unlisted(failure, answer):  # type: (OSError, Answer) -> None
    answer(str(failure.filename), [], failure.strerror or str(failure))


def _look_at(path, project, answer, named):  # type: (str, str, Answer, bool) -> None
    try:
        with open(path, "rb") as file:
            if not zipfile.is_zipfile(file):
                if named:
                    answer(path, [], "it is no zip, and neither pexlite, pex nor shiv made it")
                return
            if _directory_size(file) > _MOST_DIRECTORY:
                raise zipfile.BadZipFile("its directory is larger than that of any application")
            with zipfile.ZipFile(file) as opened:
                versions = sorted(set(_versions(opened, project)))
    except (OSError, ValueError, KeyError, EOFError, RuntimeError, NotImplementedError, struct.error) as failure:
        answer(path, [], str(failure))
    except (zipfile.BadZipFile, zipfile.LargeZipFile) as failure:
        answer(path, [], str(failure))
    else:
        if versions:
            answer(path, versions, "")


def _directory_size(file):  # type: (BinaryIO) -> int
    """The size of the zip's directory, as its end says."""
    file.seek(0, 2)
    size = file.tell()
    file.seek(max(0, size - (1 << 16) - 22))
    tail = file.read()
    end = tail.rfind(b"PK\5\6")
    return 0 if end < 0 or len(tail) < end + 16 else int(struct.unpack("<L", tail[end + 12 : end + 16])[0])


def _versions(opened, project):  # type: (zipfile.ZipFile, str) -> Iterator[str]
    names = opened.namelist()
    # A wheel that is not a member of its own: pex names all of its distributions here.
    if "PEX-INFO" in opened.NameToInfo and opened.getinfo("PEX-INFO").file_size < _MOST_INFO:
        info = json.loads(opened.read("PEX-INFO").decode("utf-8"))
        held = info.get("distributions") if isinstance(info, dict) else None
        names += [name for name in (held if isinstance(held, dict) else ()) if isinstance(name, str)]
    wanted = project.replace("-", "")
    for name in names:
        # Before any pattern: an application has thousands of names.
        if wanted not in re.sub("[-_.]", "", name).lower():
            continue
        for pattern in (_WHEEL, _INFO):
            for found in pattern.finditer(name):
                if normalised(found.group(1)) == project:
                    yield found.group(2)


def main(place, project):  # type: (str, str) -> None
    """Print an answer for each file at `place` that carries `project`, as JSON behind a mark."""

    def answer(path, versions, problem):  # type: (str, list[str], str) -> None
        sys.stdout.write(MARK + json.dumps([path, versions, problem]) + "\n")
        sys.stdout.flush()

    look(os.path.expanduser(place), project, answer)
    sys.stdout.write(MARK + "null\n")


ASKED = ()  # type: tuple[str, ...]
"""The place and the project, put here in what is sent to a host."""
if __name__ == "__main__" and ASKED:
    main(*ASKED)
