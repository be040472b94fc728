"""The first start of a file with a start list: the app begins once the files of the list are there.

Another process unpacks the rest meanwhile, under the locks of the first start, which it has inherited. Until it
has written READY, the app's directory is in its place without it, which the protocol knows as damage: who finds it
so and gets the app's lock completes it. The launcher says until then which files are coming (`coming`: all, as in
the tree; `here`: those that are there), and since which boot of the machine: a power cut empties files, and from
then on it is not believed.
"""

import os
import sys
import zlib

from . import system
from .cache import app, files
from .start import LAUNCHER, is_own
from .unpack import aside, bytecode, launcher, tree, wheel, write
from .upkeep import mend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import ModuleType
    from typing import Any

    from .file import zip as archive

    _Path = tuple[int, bytes]  # a file: the number of its wheel, and its path in that wheel in the store

_WORTH = 4 << 20  # bytes to unpack beside the list, below which a start waits for all of them
# What is put in its place at once of that which comes one by one: bytes, or as many files.
_PORTION, _FILES = 16 << 20, 160
_PIECE = 1 << 20  # bytes of a file in memory
_WAITING = "__PEXLITE_EARLY"  # the variable by which children know that files of the app are coming
_BOOT = "/proc/sys/kernel/random/boot_id"


def is_possible(facts: "dict[str, Any]") -> bool:
    """Whether a start with these `facts` can begin before all files are there."""
    in_process = facts["start"] and not facts["spark"] and not facts["inject_python_args"]
    own = facts["inherit_path"] == "false"
    # PyPy tells audit hooks of no listing, nor of most else that has to wait for files.
    able = sys.implementation.name == "cpython" and sys.version_info >= (3, 8) and hasattr(os, "fork")
    return bool(in_process and own and able and _boot())


def _boot() -> str:
    return (files.read(_BOOT) or b"").decode("ascii", "replace").strip()


class Early:
    """An app's first files, and those that are still to come; `listed` are lines "<wheel> <path in the store>".

    So are those that come `one_by_one`, some of these: modules, and libraries, each behind all that it needs. They
    are put in their places in this order while the app already runs.

    The first files of wheels that are not in the store are written into the app, and the store has links to them.
    """

    def __init__(self, plan: "tree.Plan", listed: "list[str]", one_by_one: "list[str]") -> None:
        self.plan = plan
        self.listed = set(map(_placed, listed))
        self.one_by_one = list(map(_placed, one_by_one))
        self.portions: list[list[tuple[write.Job, _Path]]] = []  # of these, once `prepare` is done
        self.temporaries: dict[int, str] = {}  # of the wheels that are not in the store
        self.first: list[tuple[archive.Member, _Path]] = []
        self.kept: set[bytes] = set()  # the files in `temporaries`

    def is_worth_it(self, present: "set[str]") -> bool:
        """Whether much is to be unpacked that is not listed. `present` are the wheels that are there, whole."""
        for number, one in enumerate(self.plan.wheels):
            if one["sha256"][:32] in present:
                continue
            place = wheel.directory_of(self.plan.app.root, one)
            if os.path.isdir(place):
                return False  # perhaps cut off: an ordinary start compares it
            self.temporaries[number] = files.beside(place)
        self.one_by_one = [one for one in self.one_by_one if one[0] in self.temporaries]
        self.listed.difference_update(self.one_by_one)
        self.first = self._members([one for one in self.listed if one[0] in self.temporaries])
        left: int = sum([self.plan.wheels[number]["unpacked"] for number in self.temporaries])
        return left - sum([member.size for member, _ in self.first]) > _WORTH

    def _members(self, wanted: "Iterable[_Path]") -> "list[tuple[archive.Member, _Path]]":
        """The members for these files."""
        by_wheel: dict[int, set[bytes]] = {}
        for number, path in wanted:
            by_wheel.setdefault(number, set()).add(path)
        return [
            (member, (number, path[1:]))
            for number, paths in by_wheel.items()
            for member, path in wheel.some_destinations(self.plan.descriptor, self.plan.wheels[number], paths)
        ]

    def begin(
        self,
        facts: "dict[str, Any]",
        held: "list[int]",
        rest: "Callable[[Callable[[], bool]], object]",
    ) -> "ModuleType | None":
        """Put the app's directory in its place with the listed files, without READY; return its module `launch`.

        Another process does the `rest`, with the open files `held`; this one where there is none. It is handed a
        function that returns whether the app is in its place.
        """
        temporary = files.beside(self.plan.app.place)
        top = os.fsencode(temporary)
        part = _Part(self.plan, top, self._blocks(self.listed))
        helping = None
        try:
            tree.Layout(part, temporary).make_directories()
            # No import takes these for packages, and who lists them needs their names.
            files.make_tree(top, set([top + b"/" + path for path in self._of_data()]))
            self._write_first(top)
            helping = aside.Helper(held, lambda helper: rest(helper.is_let))
            others = [one for one in self.listed if one[0] not in self.temporaries or _is_changed(one[1])]
            tree.Layout(self._from_store(others), temporary).run()
            if any(["bytecode" in one for one in part.wheels]):
                bytecode.put(part, temporary)
            content = launcher.content(self.plan, facts, launcher.site_time_of(temporary))
            files.write(temporary + "/" + LAUNCHER, self._with_coming(content))
            is_there = helping.has_told()
            system.rename(temporary, self.plan.app.place)
            launch = launch_of(self.plan.app.place, facts)
        except BaseException as failure:
            wheel.finish_undisturbed(failure)
            if helping:
                helping.end(False)
            files.remove(temporary)
            self.remove()
            raise
        helping.end(is_there)
        if not is_there:
            rest(lambda: True)
        return launch

    def modules(self) -> "list[str]":
        """The paths in site-packages of the modules in Python that come one by one."""
        return [os.fsdecode(path[len(b"lib/") :]) for _, path in self.one_by_one if path.endswith(b".py")]

    def prepare(self) -> None:
        """Write the first of what comes one by one into the store."""
        members = {one: member for member, one in self._members(self.one_by_one)}
        # Modules first: what compiles ahead can begin with them while the app waits for libraries.
        in_order = sorted(self.one_by_one, key=lambda one: one[1][-3:] != b".py")
        coming = [((members[one], self._in_store(one)), one) for one in in_order]
        self.portions = write.portions(coming, lambda each: each[0][0].size + _PORTION // _FILES, _PORTION)
        for some in self.portions[:1]:
            self._write([job for job, _ in some])

    def bring(self) -> None:
        """Put what comes one by one in its place in the app, which may run already."""
        made: set[bytes] = set()
        has_bytecode = any(["bytecode" in one for one in self.plan.wheels])
        for number, some in enumerate(self.portions):
            if number:
                self._write([job for job, _ in some])
            if has_bytecode:
                bytecode.put(self._from_store([one for _, one in some]), self.plan.app.place)
            for (_, path), one in some:
                target = os.fsencode(self.plan.app.place) + b"/" + self._target_of(one)
                folder = os.path.dirname(target)
                if folder not in made:
                    files.make_directories(folder)
                    made.add(folder)
                tree.relink(path, target)
                self.kept.add(path)

    def finish(self, facts: "dict[str, Any]") -> None:
        """Unpack the other files into the store, and complete the app with READY."""
        jobs: list[write.Job] = []
        try:
            self._keep()
            for number, temporary in self.temporaries.items():
                jobs += wheel.destinations(self.plan.descriptor, self.plan.wheels[number], temporary)
            self._write([(member, path) for member, path in jobs if path not in self.kept])
            for temporary in self.temporaries.values():
                wheel.correct_record(temporary)
            for number, temporary in self.temporaries.items():
                wheel.put_in_place(temporary, wheel.directory_of(self.plan.app.root, self.plan.wheels[number]))
        except BaseException as failure:
            wheel.finish_undisturbed(failure)
            self.remove()
            raise
        mend.add_missing(self.plan, facts, anew=True)
        launcher.leave_for_shell(self.plan, facts)

    def _write_first(self, top: bytes) -> None:
        """Write the first files into the app's directory `top`.

        Those that the app does not have as they are go into the store.
        """
        jobs = []
        for member, one in self.first:
            path = top + b"/" + self._target_of(one)
            if _is_changed(one[1]):
                path = self._in_store(one)
                self.kept.add(path)
            jobs.append((member, path))
        self._make_store(self.kept)
        write.members(self.plan.descriptor, jobs, int, index=self.plan.opened.pieces)
        for temporary in self.temporaries.values():
            wheel.correct_record(temporary)

    def _keep(self) -> None:
        """Have the app's files in the store too, where there are hard links: `finish` writes the others.

        The app runs already, and may have replaced some.
        """
        top = os.fsencode(self.plan.app.place) + b"/"
        direct = [(member, one) for member, one in self.first if not _is_changed(one[1])]
        self._make_store([self._in_store(one) for _, one in direct])
        for member, one in direct:
            path = self._in_store(one)
            try:
                os.link(top + self._target_of(one), path)
            except OSError:
                continue
            if _holds(path, member):
                self.kept.add(path)
            else:
                os.unlink(path)  # else it would be written over, and with it what the app has

    def _in_store(self, one: "_Path") -> bytes:
        return os.fsencode(self.temporaries[one[0]]) + b"/" + one[1]

    def _write(self, jobs: "list[write.Job]") -> None:
        self._make_store([path for _, path in jobs])
        if jobs:
            write.members(self.plan.descriptor, jobs, int, index=self.plan.opened.pieces)

    def _make_store(self, paths: "Iterable[bytes]") -> None:
        """Make the directories of these files of the store."""
        store = os.fsencode(self.plan.app.root) + b"/wheels"
        files.make_tree(store, set([path.rpartition(b"/")[0] for path in paths]))

    def remove(self) -> None:
        """Remove what is not yet in its place in the store."""
        for temporary in self.temporaries.values():
            files.remove(temporary)

    def _from_store(self, some: "Iterable[_Path]") -> "tree.Plan":
        """The plan of these files alone, which are in the store, or in its `temporaries`."""
        others: tree.Plan = object.__new__(tree.Plan)
        others.__dict__.update(self.plan.__dict__)
        moved = [os.path.basename(self.temporaries.get(number, "")) for number in range(len(self.plan.wheels))]
        others.names = [os.fsencode(name) or own for name, own in zip(moved, self.plan.names)]
        others.blocks = self._blocks(some)
        return others

    def _blocks(self, listed: "Iterable[_Path]") -> "list[tree.Block]":
        """Blocks of these files, and all console scripts."""
        lines: dict[tuple[int, bytes], list[bytes]] = {}
        for number, path in listed:
            directory, _, name = path.rpartition(b"/")
            lines.setdefault((number, directory), []).append(b"- " + name)
        found = [tree.Block(number, directory, b"\n".join(some)) for (number, directory), some in lines.items()]
        return found + [block for block in self.plan.blocks if not block.directory]

    def _target_of(self, one: "_Path") -> bytes:
        """The path in the app of a file in the store."""
        directory, _, name = one[1].rpartition(b"/")
        target = self.plan.target_of(tree.Block(one[0], directory, b""))
        return target + b"/" + name if target else name

    def _of_data(self) -> "set[bytes]":
        """The directories in the app of the wheels' data, and those above them."""
        paths = [self.plan.target_of(block) for block in self.plan.blocks if block.scheme == b"data"]
        return set([each for path in paths for each in _and_above(path)])

    def _with_coming(self, content: bytes) -> bytes:
        """The launcher's content with what the app lacks: the lines of its tree by directory, but what is here."""
        import marshal

        here = self._of_data() | set(_and_above(os.fsencode(app.packages()))) | {os.fsencode(app.SCRIPTS)}
        for one in self.listed:
            path = self._target_of(one)
            here.add(path)
            folder = path.rpartition(b"/")[0]
            if folder not in here:
                here.update(_and_above(folder))
        held: dict[str, Any] = marshal.loads(content[4:])
        held["coming"] = [
            (self.plan.target_of(block), block.lines) for block in self.plan.blocks if block.directory
        ]
        held["here"] = list(here)
        held["one_by_one"] = [os.fsdecode(self._target_of(one)) for one in self.one_by_one]
        held["boot"] = _boot()
        return content[:4] + marshal.dumps(held)


class _Part(tree.Plan):
    """The plan of the listed files alone, whose sources lie in the app's directory `top`."""

    def __init__(self, plan: "tree.Plan", top: bytes, blocks: "list[tree.Block]") -> None:
        self.__dict__.update(plan.__dict__)
        self.top = top
        self.blocks = blocks

    def source_of(self, block: "tree.Block") -> bytes:
        """The directory in the app for the block's files."""
        return self.top + b"/" + self.target_of(block)


def _holds(path: bytes, member: "archive.Member") -> bool:
    """Whether `path` is a file with the member's content, by its CRC."""
    crc, size = 0, 0
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            for piece in iter(lambda: file.read(_PIECE), b""):
                crc = zlib.crc32(piece, crc)
                size += len(piece)
    except OSError:
        return False
    return (crc, size) == (member.crc, member.size)


def _is_changed(path: bytes) -> bool:
    """Whether the app may have another file than the one at `path` in an unpacked wheel, or a copy of it."""
    return path[:8] == b"scripts/" or path.endswith(b".dist-info/RECORD") or tree.is_edited(b"/" + path)


def _and_above(path: bytes) -> "Iterator[bytes]":
    """A path in the app, and the directories that it is in."""
    while path:
        yield path
        path = path.rpartition(b"/")[0]


def _placed(line: str) -> "_Path":
    number, _, path = line.partition(" ")
    return int(number), path.encode("utf-8")


def launch_of(place: str, facts: "dict[str, Any]") -> "ModuleType | None":
    """The app's module `launch` where its files are still coming; None where they are not."""
    import marshal
    from _frozen_importlib_external import MAGIC_NUMBER

    try:
        for directory in (place, os.path.dirname(place), os.path.dirname(os.path.dirname(place))):
            if not is_own(os.stat(directory)):
                return None
        content = files.content(place + "/" + LAUNCHER)
        parts = marshal.loads(content[4:])
        if content[:4] != MAGIC_NUMBER or parts["facts"] != facts or parts.get("boot") != _boot():
            return None
        launch = type(sys)("__pexlite__.app.launch")
        launch.__dict__.update(PARTS=parts, PLACE=place, FACTS=facts)
        exec(marshal.loads(parts["launch"]), launch.__dict__)
        return launch
    except (OSError, ValueError, EOFError, TypeError, KeyError):
        return None


def wait_for_files(plan: "tree.Plan", parts: "dict[str, Any]", file: str) -> None:
    """Have this process and its children wait for what is coming, where they need it."""
    os.environ[_WAITING] = plan.app.place
    os.environ["PEX"] = file
    names: dict[str, Any] = {"__name__": "pexlite_early"}
    exec(plan.room.code("written/_pexlite_early.py"), names)
    begin = names["begin"]
    begin(plan.app.place, app.packages(), parts["coming"], parts["here"], parts["one_by_one"])
