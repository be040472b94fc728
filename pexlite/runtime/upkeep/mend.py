"""Mending: missing and truncated files of an app's directory are written back; no file is taken away first."""

import os
import sys
import time

from ..cache import app, files, lock
from ..failed import notice
from ..file import interpreter, whole
from ..file.zip import Damaged, Unreadable
from ..start import LAUNCHER, LAYOUT
from ..unpack import environment, launcher, tree, variant, wheel
from . import check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PATIENCE = 0.05  # seconds that comparing files may hold up a process that ends with a failure
_LONGEST_WAIT = 60  # seconds for another process that mends or makes the app
_CHECKED = "/_pexlite_checked"
_MENDED = "/_pexlite_mended"  # holds what was wrong when the app was last mended


def after_failure(file: str, place: str, kind: "type[BaseException] | None", began: "float | None" = None) -> bool:
    """Whether the app's directory was damaged; by now it is mended, and the user told.

    `kind` is the class of the uncaught exception, None where the app ended with an exit code of its own. `began`
    is when this process started, in seconds since 1970; None for a process about to exec another program, where
    nothing is told.
    """
    # Only an app in a cache has files that can be written back.
    place = app.App(place).place
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
            if not plan.app.is_ready():
                # A first start may still be bringing files, which are not damaged (see `early`).
                with lock.Lock("%s/locks/%s" % (plan.app.root, plan.app.name)).take(_LONGEST_WAIT):
                    pass
            return _after_failure(opened, plan, kind, began)
    except (Damaged, Unreadable, OSError, check.OutOfTime):
        return False  # the file itself is gone, damaged or not to be read: nothing to compare with


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
    elif kind is not None and interpreter.of_this_process(opened.manifest):
        found, mended = _of_interpreter(opened, kind)
    elif kind is not None and began is not None:
        # Another process that met the same damage may have mended it already.
        found = _mended_since(plan.app, began)
    if not found:
        return False
    if began is not None:
        _tell(plan.file_name or os.path.basename(place), found, kind, mended)
    return True


def _of_interpreter(opened: whole.Whole, kind: "type[BaseException]") -> "tuple[list[str], bool]":
    """The faults of the Python that the file has brought, and whether the next start will mend them."""
    try:
        return interpreter.damage(opened.descriptor, opened.manifest, kind), True
    except OSError:
        return ["its Python"], False


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
    """Set the mark's time to now: the files are being compared. Raises OSError in a read-only cache."""
    try:
        os.utime(place + _CHECKED)
    except FileNotFoundError:
        files.write(place + _CHECKED, b"compared\n")


def _mended_since(target: "app.App", began: float) -> "list[str]":
    """The words for what was mended since this process began, in a list of one or none."""
    # A process that mends writes the words before it releases the lock.
    with lock.Lock("%s/locks/%s" % (target.root, target.name)).take(_LONGEST_WAIT):
        try:
            if os.stat(target.place + _MENDED).st_mtime < began:
                return []
        except OSError:
            return []
        return [(files.read(target.place + _MENDED) or b"").decode("utf-8", "replace")]


def _mend(plan: "tree.Plan", opened: whole.Whole, cut: "list[bytes]", words: str) -> bool:
    """Whether the damage could be mended, having been looked for again under the app's lock."""
    facts = facts_of(plan)
    try:
        with lock.Lock(plan.app.root + "/locks/prune", shared=True).take(_LONGEST_WAIT) as held:
            if held.refused:
                return False
            with lock.Lock("%s/locks/%s" % (plan.app.root, plan.app.name)).take(_LONGEST_WAIT):
                for path in cut:
                    # The next start compiles this module anew. Another process may have removed the file already.
                    if os.path.lexists(path):
                        os.unlink(path)
                add_missing(plan, facts)
                files.replace(plan.app.place + _MENDED, words.encode("utf-8", "surrogateescape"))
        return True
    except OSError:
        return False


def facts_of(plan: "tree.Plan") -> "dict[str, Any]":
    """The file's facts, as its `__main__` has them."""
    import ast

    source = plan.opened.part("__main__.py").decode("utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "FACTS":
            facts: dict[str, Any] = ast.literal_eval(node.value)
            return facts
    raise Damaged("__main__.py holds no facts")


def add_missing(plan: "tree.Plan", facts: "dict[str, Any]", anew: bool = False) -> "list[str]":
    """Write missing and truncated files into the app's directory, READY last; return one line for each.

    The caller holds the app's lock. With `anew` the launcher is written whatever it holds.
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
        content = plan.rewritten(problem.source) if problem.source else problem.content
        if content is None:
            tree.relink(problem.source, path)
        else:
            mode = 0o755 if problem.path.startswith(os.fsencode(app.SCRIPTS) + b"/") else 0o644
            files.replace(os.fsdecode(path), content, mode)
    environment.put_interpreters(plan.app.place, in_use=True)
    files.make_directories(app.site_packages(plan.app.place))
    own = [os.fsdecode(problem.path) for problem in wrong]
    if anew or wrong:
        site_time = launcher.site_time_of(plan.app.place)
        files.replace(plan.app.place + "/" + LAUNCHER, launcher.content(plan, facts, site_time))
    if "READY" in own or not plan.app.is_ready():
        files.replace(plan.app.ready_path, launcher.ready(plan, plan.app.place))
    return [problem.words for problem in wrong]


class _Store:
    """A plan's unpacked wheels, completed where a needed file is not whole."""

    def __init__(self, plan: "tree.Plan") -> None:
        self.plan = plan
        self._completed: set[bytes] = set()

    def make_whole(self, source: bytes) -> None:
        """Complete the wheel of the file `source`, unless that has been done."""
        name = source[len(os.fsencode(self.plan.app.root)) + len(b"/wheels/") :].partition(b"/")[0]
        if name in self._completed:
            return
        self._completed.add(name)
        wheel.make_whole(self.plan.descriptor, self.plan.wheels[self.plan.names.index(name)], self.plan.app.root)
