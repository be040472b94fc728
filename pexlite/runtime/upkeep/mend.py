"""An app's directory made whole again, file by file; nothing that is there is taken away before."""

import os
import sys
import time

from ..cache import app, files, lock
from ..failed import notice
from ..file import whole
from ..file.zip import Damaged
from ..start import LAUNCHER, LAYOUT
from ..unpack import environment, launcher, tree, variant, wheel
from . import check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PATIENCE = 0.05  # seconds that a process which ends with a failure has its files compared
_LONGEST_WAIT = 60  # seconds for another process that mends or makes the app
_CHECKED = "/_pexlite_checked"
_MENDED = "/_pexlite_mended"  # what was wrong when the app was mended last


def after_failure(file: str, place: str, kind: "type[BaseException] | None", began: "float | None" = None) -> bool:
    """Whether something was wrong with the app's directory; it is mended, and that is said.

    `kind` is the class of the exception that nobody caught, None where the app ended with a code of its own.
    `began` is when this process did, in seconds since 1970; None for one that is about to become another program:
    then nothing is said.
    """
    # Nothing is looked at that is no app of the cache.
    if "/%s/apps/" % LAYOUT not in place:
        return False
    try:
        with whole.opened(file) as opened:
            if not os.path.basename(place).startswith(opened.build_id + "-"):
                return False  # the file has been replaced by another one
            number = variant.here(opened.manifest)
            if number is None:
                return False
            plan = tree.Plan(opened, number, place, app.App(place).known_as(file))
            return _after_failure(opened, plan, kind, began)
    except (Damaged, OSError, check.OutOfTime):
        return False  # the file itself is gone or damaged: nothing to compare with


def _after_failure(
    opened: whole.Whole, plan: "tree.Plan", kind: "type[BaseException] | None", began: "float | None"
) -> bool:
    place = plan.app.place
    if kind is None and began is not None:
        _note_check(place)
        wrong = check.problems(plan, time.time() + _PATIENCE)
    else:
        wrong = check.problems(plan)
    found = [problem.words for problem in wrong]
    cut: list[bytes] = []
    if not found and kind is not None and issubclass(kind, (EOFError, ValueError, ImportError)):
        cut = check.cut_bytecode(place)
        found = ["bytecode was cut off"] if cut else []
    mended = True
    if found:
        mended = _mend(plan, opened, cut, found[0])
    elif kind is not None and began is not None:
        # Another process that met it may have been faster.
        found = _mended_since(plan.app, began)
    if not found:
        return False
    if began is not None:
        _tell(plan.file_name or os.path.basename(place), found, kind, mended)
    return True


def _tell(name: str, found: "list[str]", kind: "type[BaseException] | None", mended: bool) -> None:
    more = " and %d more" % (len(found) - 1) if len(found) > 1 else ""
    hint = "start it again: they are written back"
    if not mended:
        hint = "start it again with PEX_ROOT set to a directory that can be written: this one cannot"
    if kind is None:
        notice("the unpacked files of %s were damaged: %s%s; %s" % (name, found[0], more, hint))
    else:
        sys.stderr.write("error: the unpacked files of %s were damaged: %s%s\n" % (name, found[0], more))
        sys.stderr.write("hint: %s\n" % hint)


def _note_check(place: str) -> None:
    """Have the mark's time say that the files are compared now. Raises OSError in a cache that is only read."""
    try:
        os.utime(place + _CHECKED)
    except FileNotFoundError:
        files.write(place + _CHECKED, b"compared\n")


def _mended_since(target: "app.App", began: float) -> "list[str]":
    """The words for what was mended since this process began, in a list of one or none."""
    # Whoever is at it says so before it lets go of the lock.
    with lock.Lock("%s/locks/%s" % (target.root, target.name)).take(_LONGEST_WAIT):
        try:
            if os.stat(target.place + _MENDED).st_mtime < began:
                return []
        except OSError:
            return []
        return [(files.read(target.place + _MENDED) or b"").decode("utf-8", "replace")]


def _mend(plan: "tree.Plan", opened: whole.Whole, cut: "list[bytes]", words: str) -> bool:
    """Whether what is wrong under the app's lock, where it is looked for again, could be mended."""
    facts = _facts(plan)
    try:
        with lock.Lock(plan.app.root + "/locks/prune", shared=True).take(_LONGEST_WAIT) as held:
            if held.refused:
                return False
            with lock.Lock("%s/locks/%s" % (plan.app.root, plan.app.name)).take(_LONGEST_WAIT):
                for path in cut:
                    # What this process could not read, its next start makes anew. Another one may have seen to it.
                    if os.path.lexists(path):
                        os.unlink(path)
                add_missing(plan, facts)
                files.replace(plan.app.place + _MENDED, words.encode("utf-8", "surrogateescape"))
        return True
    except OSError:
        return False


def _facts(plan: "tree.Plan") -> "dict[str, Any]":
    """The facts that the app's launcher holds, or those of `__main__` in the file."""
    import ast

    source = plan.opened.part("__main__.py").decode("utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "FACTS":
            facts: dict[str, Any] = ast.literal_eval(node.value)
            return facts
    raise Damaged("__main__.py holds no facts")


def add_missing(plan: "tree.Plan", facts: "dict[str, Any]", anew: bool = False) -> "list[str]":
    """Put each file that is missing or cut off in the app's directory in its place, READY last.

    Returns a line on each. Done under the app's lock by whoever has looked again. `anew` has the launcher written
    whatever it holds.
    """
    wrong = check.problems(plan)
    place = os.fsencode(plan.app.place)
    store = _Store(plan)
    for problem in wrong:
        path = place + b"/" + problem.path
        if problem.content is None and not problem.source:
            continue
        files.make_directories(os.path.dirname(path))
        if problem.source:
            store.make_whole(problem.source)
        content = problem.content
        if problem.source and problem.path.startswith(b"bin/"):
            content = plan.rewritten(problem.source)
        if content is None:
            tree.relink(problem.source, path)
        else:
            mode = 0o755 if problem.path.startswith(b"bin/") else 0o644
            files.replace(os.fsdecode(path), content, mode)
    environment.put_interpreters(plan.app.place)
    files.make_directories(app.site_packages(plan.app.place))
    own = [os.fsdecode(problem.path) for problem in wrong]
    if anew or wrong:
        files.replace(plan.app.place + "/" + LAUNCHER, launcher.content(plan, facts, plan.app.place))
    if "READY" in own or not plan.app.is_ready():
        files.replace(plan.app.ready_path, launcher.ready(plan, plan.app.place))
    return [problem.words for problem in wrong]


class _Store:
    """The unpacked wheels of a plan, completed where a file that is asked for is not whole."""

    def __init__(self, plan: "tree.Plan") -> None:
        self.plan = plan
        self._completed: set[bytes] = set()

    def make_whole(self, source: bytes) -> None:
        """Have the file `source` be what it is in its wheel, by size."""
        name = source[len(os.fsencode(self.plan.app.root)) + len(b"/wheels/") :].partition(b"/")[0]
        if name in self._completed:
            return
        self._completed.add(name)
        wheel.make_whole(self.plan.descriptor, self.plan.wheels[self.plan.names.index(name)], self.plan.app.root)
