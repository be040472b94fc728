"""Wheels in the store: unpacked whole or not at all, and completed file by file where files are missing."""

import errno
import os

from .. import system
from ..cache import app, files
from ..file import zip as archive
from . import write
from .progress import Progress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .write import Job

_SCHEMES = {"purelib": "lib", "platlib": "lib", "scripts": "scripts", "data": "data", "headers": "headers"}
_BLOCK = 4096  # bytes, the least that file systems allocate for a file


def directory_of(root: str, wheel: "dict[str, Any]") -> str:
    """The unpacked wheel's directory under `root` (".../lite-2"), shared by all apps that carry it."""
    return "%s/wheels/%s" % (root, wheel["sha256"][:32])


class Unpacking:
    """Wheels being unpacked from the open file into the store; `needed` bytes and `files` are the disk's part.

    `index` gives the index of large members' pieces.
    """

    def __init__(
        self,
        descriptor: int,
        wheels: "list[dict[str, Any]]",
        root: str,
        name: str,
        index: "Callable[[], bytes] | None" = None,
    ) -> None:
        self.descriptor = descriptor
        self.root = root
        self.name = name
        self.wheels = wheels
        self.index = index
        # Known exactly once the directories of the wheels are read.
        self.files = 0
        self.needed = sum([wheel["unpacked"] for wheel in wheels])

    def run(self, say: "Callable[[str], object]", meanwhile: "Callable[[], object] | None" = None) -> None:
        """Unpack the wheels beside their places and rename them into place; one process also does `meanwhile`."""
        temporaries: list[str] = []
        try:
            jobs: list[Job] = []
            for wheel in self.wheels:
                temporaries.append(files.beside(directory_of(self.root, wheel)))
                jobs.extend(self._planned(wheel, temporaries[-1]))
            total = sum([member.size for member, _ in jobs])
            self.files = len(jobs)
            self.needed = sum([-(-member.size // _BLOCK) * _BLOCK for member, _ in jobs])
            say("unpacking %d wheels, %d files, %.1f MB" % (len(self.wheels), len(jobs), total / 1e6))
            progress = Progress(self.name, total)
            try:
                self._write_first(jobs, say)
                write.members(self.descriptor, jobs, progress.add, meanwhile, self.index)
            finally:
                progress.erase()
            for wheel, temporary in zip(self.wheels, temporaries):
                correct_record(temporary)
                put_in_place(temporary, directory_of(self.root, wheel))
        except BaseException as failure:
            finish_undisturbed(failure)
            for temporary in temporaries:
                files.remove(temporary)
            raise

    def _write_first(self, jobs: "list[Job]", say: "Callable[[str], object]") -> None:
        """Write the smallest of the members that the kernel is asked to copy, to `say` how all of them are."""
        large = [job for job in jobs if write.is_copied(job[0])]
        if large:
            first = min(large, key=lambda job: job[0].size)
            how = write.member_to(self.descriptor, *first)
            jobs.remove(first)
            total = sum([member.size for member, _ in large])
            say("%d large files, %.1f MB: %s" % (len(large), total / 1e6, how))

    def _planned(self, wheel: "dict[str, Any]", directory: str) -> "list[Job]":
        """The (member, path) pairs of one wheel, whose directories are made."""
        jobs = destinations(self.descriptor, wheel, directory)
        if sum([member.size for member, _ in jobs]) > wheel["unpacked"]:
            raise archive.Damaged("%s would unpack to more than it should" % wheel["name"])
        files.make_tree(os.fsencode(directory), set([path.rpartition(b"/")[0] for _, path in jobs]))
        return jobs


def destinations(descriptor: int, wheel: "dict[str, Any]", directory: str) -> "list[Job]":
    """The (member, path) pairs of one wheel unpacked to `directory`, each path once.

    Bytecode is left out: nobody knows whether it belongs to the source beside it, and Python makes its own.
    """
    members = archive.read_members(descriptor, wheel, wheel["name"])
    members = [member for member in members if "/__pycache__/" not in "/" + member.name.lower() + "/"]
    data_prefix = _data_prefix([member.name for member in members])
    top = os.fsencode(directory) + b"/"
    # As UTF-8 whatever this start's locale, since later starts may have another. Files of .data come last and
    # replace files of the same name, as in an installation.
    members.sort(key=lambda member: bool(data_prefix and member.name.startswith(data_prefix)))
    found = {top + _destination(member.name, data_prefix).encode("utf-8"): member for member in members}
    return [(member, path) for path, member in found.items()]


def _data_prefix(names: "list[str]") -> str:
    """The directory of a wheel's .data among the `names` of its members, with a slash; "" where there is none."""
    tops = set([name.partition("/")[0] for name in names])
    data = [top + "/" for top in tops if top.endswith(".data") and top[:-5] + ".dist-info" in tops]
    return data[0] if data else ""


def some_destinations(descriptor: int, wheel: "dict[str, Any]", paths: "set[bytes]") -> "list[Job]":
    """As `destinations`, of the members for these `paths` in the unpacked wheel, without reading the others."""
    wanted: dict[bytes, bytes] = {}

    def choose(names: "list[bytes]") -> "list[bytes]":
        has_data = any([b".data/" in name for name in names])
        prefix = _data_prefix([name.decode("utf-8", "replace") for name in names] if has_data else [])
        for path in paths:
            scheme, _, rest = path.partition(b"/")
            if scheme == b"lib":
                wanted[rest] = path
            for name in [name for name, to in _SCHEMES.items() if prefix and to.encode() == scheme]:
                wanted[(prefix + name).encode("utf-8") + b"/" + rest] = path
        return [name for name in names if name in wanted]

    members = archive.read_some(descriptor, wheel, wheel["name"], choose)
    found = {wanted[name]: members[name] for name in sorted(members, key=_is_of_data)}
    if len(found) < len(paths):  # names in another encoding, or none that could be told apart
        return [job for job in destinations(descriptor, wheel, "") if job[1][1:] in paths]
    return [(member, b"/" + path) for path, member in found.items()]


def _is_of_data(name: bytes) -> bool:
    return name.partition(b"/")[0].endswith(b".data")


def _destination(name: str, data_prefix: str) -> str:
    """The path of the member `name` in the unpacked wheel: below lib, scripts, data or headers."""
    if data_prefix and name.startswith(data_prefix):
        scheme, _, rest = name[len(data_prefix) :].partition("/")
        if scheme not in _SCHEMES or not rest:
            raise archive.Damaged("%s is in no known scheme" % name)
        return _SCHEMES[scheme] + "/" + rest
    return "lib/" + name


def make_whole(descriptor: int, wheel: "dict[str, Any]", root: str) -> None:
    """Put the whole wheel into the store: unpack it, or complete it where it exists."""
    if os.path.isdir(directory_of(root, wheel)):
        complete(descriptor, wheel, root)
    else:
        Unpacking(descriptor, [wheel], root, "").run(len)


def complete(descriptor: int, wheel: "dict[str, Any]", root: str) -> "list[str]":
    """Write missing and truncated files of the wheel into the store; return one line for each.

    Compares sizes only, since a power cut changes them.
    """
    pairs = destinations(descriptor, wheel, directory_of(root, wheel))
    # RECORD names the files of .data where they are unpacked to.
    corrected = any([".data/" in member.name for member, _ in pairs])
    problems = []
    for member, path in pairs:
        shown = os.path.basename(member.name)
        size = files.size_of(path)
        is_corrected = corrected and is_record(member.name)
        if size == member.size or is_corrected and size > 0:
            continue
        problems.append(
            "%s is missing" % shown if size < 0 else "%s has %d bytes of %d" % (shown, size, member.size)
        )
        put_file(descriptor, member, path, is_corrected)
    return problems


def put_file(descriptor: int, member: "archive.Member", path: bytes, is_corrected: bool = False) -> None:
    """Write the member's content at `path` in the store, atomically."""
    files.make_directories(os.path.dirname(path))
    temporary = os.fsencode(files.beside(os.fsdecode(path)))
    try:
        if is_corrected:
            files.write(temporary, corrected_record(bytes(archive.read_member(descriptor, member))))
        else:
            write.member_to(descriptor, member, temporary)
        system.rename(temporary, path)
    except BaseException:
        files.remove(os.fsdecode(temporary))
        raise


def put_in_place(temporary: str, place: str) -> None:
    """Rename the wheel to `place`, unless another start has put it there meanwhile."""
    try:
        system.rename(temporary, place)
    except OSError as failure:
        if failure.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        files.remove(temporary)


def finish_undisturbed(failure: BaseException) -> None:
    """Ignore further Ctrl-C after the one that ends this process, so that it can clean up."""
    if isinstance(failure, KeyboardInterrupt):
        import _signal  # type: ignore[import-not-found]

        _signal.signal(_signal.SIGINT, _signal.SIG_IGN)


# -- RECORD ------------------------------------------------------------------------------------------

UP = os.fsencode("../" * (app.packages().count("/") + 1))
"""From site-packages to the app's directory."""
# The places of .data's files relative to site-packages, as an installed RECORD has them.
_INSTALLED = (
    (b".data/purelib/", b""),
    (b".data/platlib/", b""),
    (b".data/scripts/", UP + os.fsencode(app.SCRIPTS) + b"/"),
    (b".data/data/", UP),
)


def is_record(name: str) -> bool:
    """Whether the member `name` is the wheel's RECORD."""
    return name.endswith(".dist-info/RECORD") and name.count("/") == 1


def correct_record(directory: str) -> None:
    """Have RECORD name .data's files where they are installed, for importlib.metadata."""
    library = directory + "/lib"
    try:
        names = os.listdir(library)
    except FileNotFoundError:
        return  # a wheel with nothing but data
    for name in names:
        path = "%s/%s/RECORD" % (library, name)
        try:
            content = files.content(path) if name.endswith(".dist-info") else b""
        except FileNotFoundError:
            continue
        if b".data/" in content:
            os.unlink(path)
            files.write(path, corrected_record(content))


def corrected_record(record: bytes, headers: bytes = b"") -> bytes:
    """RECORD's content, with .data's files named where they are installed.

    Where `headers` go depends on the Python: without it they are left, as in the store.
    """
    places = _INSTALLED + (((b".data/headers/", headers),) if headers else ())
    return b"\n".join([_installed(line, places) for line in record.split(b"\n")])


def _installed(line: bytes, places: "tuple[tuple[bytes, bytes], ...]") -> bytes:
    for scheme, place in places:
        top, found, rest = line.partition(scheme)
        if found and b"/" not in top:
            return (b'"' if top[:1] == b'"' else b"") + place + rest
    return line
