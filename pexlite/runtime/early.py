"""The first start of a file with a start list: the app begins once the files of the list are there.

Another process unpacks the rest meanwhile, under the locks of the first start, which it has inherited. Until it
has written READY, the app's directory is in its place without it, which the protocol knows as damage: who finds it
so and gets the app's lock completes it. The launcher says until then which files are coming (`coming`: names
by directory), and since which boot of the machine: a power cut empties files, and from then on it is not believed.
"""

import os
import sys

from . import system
from .cache import app, files
from .start import LAUNCHER, is_own
from .unpack import bytecode, launcher, tree, wheel, write
from .upkeep import mend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType
    from typing import Any

_WORTH = 4 << 20  # bytes to unpack beside the list, below which a start waits for all of them
_PORTION = 16 << 20  # bytes of libraries that are put in their places at once
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

    So are `libraries`, some of these: they are put in their places one by one in this order, each after all that
    it needs, while the app already runs.
    """

    def __init__(self, plan: "tree.Plan", listed: "list[str]", libraries: "list[str]") -> None:
        self.plan = plan
        self.temporaries: list[tuple[str, str]] = []
        self.first: list[write.Job] = []
        self.libraries: list[tuple[write.Job, bytes]] = []  # and each one's path in the app, in their order
        self.rest: list[write.Job] = []
        self.listed = set(map(_placed, listed))
        self.order = {one: number for number, one in enumerate(map(_placed, libraries))}

    def is_worth_it(self, present: "set[str]") -> bool:
        """Whether much is to be unpacked that is not listed. `present` are the wheels that are there, whole."""
        targets = self._targets()
        libraries = {}
        for number, one in enumerate(self.plan.wheels):
            place = wheel.directory_of(self.plan.app.root, one)
            if one["sha256"][:32] in present:
                continue
            if os.path.isdir(place):
                return False  # perhaps cut off: an ordinary start compares it
            temporary = files.beside(place)
            self.temporaries.append((temporary, place))
            for member, path in wheel.destinations(self.plan.descriptor, one, temporary):
                one_of = (number, path[len(os.fsencode(temporary)) + 1 :])
                if one_of in targets:
                    libraries[self.order[one_of]] = ((member, path), targets[one_of])
                    self.listed.discard(one_of)
                    continue
                jobs = self.first if one_of in self.listed else self.rest
                jobs.append((member, path))
        self.libraries = [libraries[number] for number in sorted(libraries)]
        return sum([member.size for member, _ in self.rest]) > _WORTH

    def begin(self, facts: "dict[str, Any]") -> None:
        """Put the app's directory in its place with the listed files, and without READY."""
        temporary = files.beside(self.plan.app.place)
        part = self._part()
        try:
            self._unpack(self.first)
            tree.Layout(part, temporary).run()
            # No import takes these for packages, and who lists them needs their names.
            files.make_tree(
                os.fsencode(temporary), set([os.fsencode(temporary) + b"/" + path for path in self._made()])
            )
            if any(["bytecode" in one for one in part.wheels]):
                bytecode.put(part, temporary)
            held = launcher.content(self.plan, facts, launcher.site_time_of(temporary))
            files.write(temporary + "/" + LAUNCHER, self._with_coming(held, part))
            system.rename(temporary, self.plan.app.place)
        except BaseException as failure:
            wheel.finish_undisturbed(failure)
            files.remove(temporary)
            self._remove()
            raise

    def finish(self, facts: "dict[str, Any]") -> None:
        """Unpack the other files into the store, and complete the app with READY."""
        try:
            for some in write.portions(self.libraries, lambda one: one[0][0].size, _PORTION):
                self._write([job for job, _ in some])
                for (_, path), inside in some:
                    tree.relink(path, os.fsencode(self.plan.app.place) + b"/" + inside)
            self._unpack(self.rest)
            for temporary, place in self.temporaries:
                wheel.put_in_place(temporary, place)
        except BaseException as failure:
            wheel.finish_undisturbed(failure)
            self._remove()
            raise
        mend.add_missing(self.plan, facts, anew=True)
        launcher.leave_for_shell(self.plan, facts)

    def _unpack(self, jobs: "list[write.Job]") -> None:
        self._write(jobs)
        for temporary, _ in self.temporaries:
            wheel.correct_record(temporary)

    def _write(self, jobs: "list[write.Job]") -> None:
        store = os.fsencode(self.plan.app.root) + b"/wheels"
        files.make_tree(store, set([path.rpartition(b"/")[0] for _, path in jobs]))
        if jobs:
            write.members(self.plan.descriptor, jobs, int, index=self.plan.opened.pieces)

    def _remove(self) -> None:
        for temporary, _ in self.temporaries:
            files.remove(temporary)

    def _part(self) -> "tree.Plan":
        """The plan of the listed files, out of the wheels' temporary directories."""
        part: tree.Plan = object.__new__(tree.Plan)
        part.__dict__.update(self.plan.__dict__)
        moved = {os.path.basename(place): os.path.basename(temporary) for temporary, place in self.temporaries}
        part.names = [os.fsencode(moved.get(os.fsdecode(name), os.fsdecode(name))) for name in self.plan.names]
        part.blocks = []
        for block in self.plan.blocks:
            if block.directory:
                some = tree.Block(block.wheel, block.directory)
                some.files = [one for one in block.files if self._is_first(block, one[1])]
                part.blocks.extend([some] if some.files else [])
            else:
                part.blocks.append(block)
        return part

    def _targets(self) -> "dict[tuple[int, bytes], bytes]":
        """The paths in the app of the libraries that come one by one."""
        return {
            (block.wheel, block.directory + b"/" + name): self.plan.target_of(block) + b"/" + name
            for block in (self.plan.blocks if self.order else ())
            for _, name in block.files
            if (block.wheel, block.directory + b"/" + name) in self.order
        }

    def _made(self) -> "set[bytes]":
        """The directories in the app of the wheels' data and of these libraries, and those above them."""
        paths = [self.plan.target_of(block) for block in self.plan.blocks if block.scheme == b"data"]
        paths += [inside.rpartition(b"/")[0] for _, inside in self.libraries]
        return set([each for path in paths for each in _and_above(path)])

    def _is_first(self, block: "tree.Block", name: bytes) -> bool:
        return (block.wheel, block.directory + b"/" + name) in self.listed

    def _coming(self, part: "tree.Plan") -> "dict[str, list[str]]":
        """The names that each directory of the app lacks yet, by its path in the app."""
        here = self._made() | set([b"lib", os.fsencode(app.SCRIPTS), os.fsencode(app.packages())])
        here.add(os.fsencode(os.path.dirname(app.packages())))
        files_here: dict[bytes, set[bytes]] = {}
        for top, names in _directories(part):
            files_here.setdefault(top, set()).update(names)
            here.update(_and_above(top))
        found: dict[bytes, set[bytes]] = {}
        for top, names in _directories(self.plan):
            missing = names.difference(files_here.get(top, ()))
            if missing:
                found.setdefault(top, set()).update(missing)
            for path in _and_above(top):
                if path not in here:
                    folder, _, last = path.rpartition(b"/")
                    found.setdefault(folder, set()).add(last)
        return {os.fsdecode(folder): sorted(map(os.fsdecode, names)) for folder, names in found.items()}

    def _with_coming(self, content: bytes, part: "tree.Plan") -> bytes:
        import marshal

        held: dict[str, Any] = marshal.loads(content[4:])
        held["coming"] = self._coming(part)
        held["one_by_one"] = [os.fsdecode(inside) for _, inside in self.libraries]
        held["boot"] = _boot()
        return content[:4] + marshal.dumps(held)


def _directories(plan: "tree.Plan") -> "Iterator[tuple[bytes, set[bytes]]]":
    """The path in the app of each directory of a wheel's files, and the names of these."""
    for block in plan.blocks:
        if block.files:
            yield plan.target_of(block), set([name for _, name in block.files])


def _and_above(path: bytes) -> "Iterator[bytes]":
    """A path in the app, and the directories that it is in."""
    while path:
        yield path
        path = path.rpartition(b"/")[0]


def _placed(line: str) -> "tuple[int, bytes]":
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
    names["begin"](plan.app.place, app.packages(), parts["coming"], parts["one_by_one"])
