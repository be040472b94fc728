"""The first start: unpack the wheels that this Python needs, lay out the app's directory, write READY last.

Files are not fsynced, which takes one to ten seconds for 500 MB. After a power cut the files written last are the
empty ones, and READY is the last of all: an empty READY does not count.
"""

import errno
import os
import sys

from . import failed, system
from .cache import app, files, lock, roots, turn
from .file import whole
from .file.zip import Damaged, Unreadable
from .start import app_directory, launcher
from .unpack import launcher as launching
from .unpack import tree, variant, wheel

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType
    from typing import Any, NoReturn

    from .app.switches import Switches
    from .unpack import aside

_FEWEST_IMPORTS = 5  # which no other process would compile sooner
_NO_ROOM = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)


def launcher_of(
    facts: "dict[str, Any]", file: str, switches: "Switches | None" = None, ours: "turn.Turn | None" = None
) -> "ModuleType":
    """The app's module `launch`, once the app is installed, mended, or found to be ready.

    Whether it is `ours` to do that may have been decided. May not return: another Python is started where this one
    does not fit, or the process exits with an error.
    """
    place = app_directory(facts)
    launch = launcher(place, facts)
    is_new = False
    if launch is None:
        why = roots.distrust(place)
        if why or not roots.may_be_made(place):
            from .cache import private

            root = os.path.dirname(os.path.dirname(os.path.dirname(place)))
            place = private.place_in(place, why) or _fail_without_place(place, why)
            if switches:
                switches.say("%s cannot be written: using %s" % (root, place))
        launch = launcher(place, facts)
    if launch is None:
        # A switch may ask for anything; without one the app may begin with the files that it needs first.
        place, launch = _installed(facts, file, place, switches, ours, may_be_early=switches is None)
        launch, is_new = launch or launcher(place, facts), True
    if launch is None:
        failed.fail("%s cannot be read" % place, "set PEX_ROOT to a directory that can be written and read")
    found: ModuleType = launch
    found.__dict__.update(GIVEN=switches, IS_NEW=is_new)
    return found


def _fail_without_place(place: str, why: str) -> "NoReturn":
    root = os.path.dirname(os.path.dirname(os.path.dirname(place)))
    failed.fail(why or "%s cannot be written" % root, "set PEX_ROOT to a directory that can")


def install(facts: "dict[str, Any]", file: str, place: str, switches: "Switches | None") -> str:
    """The app's directory, ready: `place`, or one in a private root where `place` cannot be written."""
    return _installed(facts, file, place, switches)[0]


def _installed(
    facts: "dict[str, Any]",
    file: str,
    place: str,
    switches: "Switches | None",
    ours: "turn.Turn | None" = None,
    may_be_early: bool = False,
) -> "tuple[str, ModuleType | None]":
    """The app's directory, and its module `launch` where that begins before all files are there (see `early`)."""
    try:
        # The room that this module comes from has been read, where it comes from one.
        loader: Any = __spec__.loader if __spec__ else None
        with whole.opened(file, loader if hasattr(loader, "texts") else None) as opened:
            if opened.build_id != facts["build_id"]:
                failed.fail_replaced(file)
            say = switches.say if switches else _silent
            say("%s is whole" % file)
            number = variant.choose(opened.manifest, file, switches)
            _refuse_unreadable_base(facts)
            first = FirstStart(facts, file, opened, number, say)
            first.may_be_early = may_be_early
            first.turn = ours
            return first.install(place), first.launch
    except KeyboardInterrupt:
        failed.end_as_interrupted()
    except Damaged as damage:
        failed.fail_damaged(file, damage)
    except Unreadable as problem:
        failed.fail_unreadable(file, problem)


def _refuse_unreadable_base(facts: "dict[str, Any]") -> None:
    """Exit with an error where no Python could read in the app's pyvenv.cfg where the file's own Python lies."""
    try:
        os.fsencode(sys.base_prefix).decode("utf-8")
    except UnicodeDecodeError:
        if os.path.basename(sys.base_prefix) in [own[0] for own in facts["own"]]:
            failed.fail(
                "an app on its own Python cannot be in %s, whose path is not UTF-8" % ascii(sys.base_prefix),
                "set PEX_ROOT to a directory whose path is",
            )


class FirstStart:
    """One installation of an app: its wheels, the open file they come from, and where each step is reported."""

    def __init__(
        self, facts: "dict[str, Any]", file: str, opened: whole.Whole, number: int, say: "Any" = None
    ) -> None:
        self.facts = facts
        self.file = file
        self.name = os.path.basename(file)
        self.may_be_early = False
        self.turn: turn.Turn | None = None  # of the app at one place, where it has been waited for already
        self.launch: ModuleType | None = None  # where the app begins before all of its files are there
        self.opened = opened
        self.number = number
        self.say = say or _silent
        self.wheels = variant.wheels_of(opened.manifest, number)
        self.unpacking = wheel.Unpacking(opened.descriptor, self.wheels, "", self.name)

    def install(self, place: str) -> str:
        """The app's directory, ready: `place`, or one in a private root where `place` cannot be written."""
        root = os.path.dirname(os.path.dirname(place))
        try:
            return self._install_at(place)
        except OSError as failure:
            if failure.errno not in files.UNWRITABLE and not isinstance(failure, TimeoutError):
                self._fail_to_write(failure, root)
            refusal = failure
        from .cache import private

        elsewhere = private.place_in(place, "")
        if elsewhere is None or elsewhere == place:
            failed.fail(
                "%s cannot be written: %s" % (os.path.dirname(root), refusal.strerror),
                "set PEX_ROOT to a directory that can",
            )
        self.say("%s cannot be written (%s): using %s" % (root, refusal.strerror, elsewhere))
        try:
            return self._install_at(elsewhere)
        except OSError as failure:
            self._fail_to_write(failure, os.path.dirname(os.path.dirname(elsewhere)))

    def _install_at(self, place: str) -> str:
        """`place`, once the app there is ready. Raises OSError; TimeoutError where a pruner does not finish."""
        plan = tree.Plan(self.opened, self.number, place, app.App(place).known_as(self.name))
        roots.make(plan.app.root)
        if roots.refuses_programs(plan.app.root):
            self._check_pure(plan.app.root)
        with self._turn_at(place) as ours:
            shared, alone = ours.shared, ours.alone
            ours.keep_pruner_away()
            if shared.refused:
                raise TimeoutError(errno.ETIMEDOUT, "it is being pruned")
            if self.may_be_early and not alone.held and self._joins(plan):
                return place
            # Where READY exists already, another start may still be mending: READY cannot tell when that is done.
            done = None if plan.app.is_ready() else plan.app.is_ready
            ours.wait(done)
            # Look again under the lock: another start may have done everything meanwhile.
            if launcher(place, self.facts) is None and not self._begins_early(plan, shared, alone):
                self._complete(plan)
        if self.launch is None:
            self._prune(plan)
            self.say("ready: %s" % place)
        return place

    def _turn_at(self, place: str) -> "turn.Turn":
        if self.turn is None or self.turn.place != place:
            self.turn = turn.Turn(place, self.name)
        return self.turn

    def _joins(self, plan: "tree.Plan") -> bool:
        """Whether another process brings the files of the app, which can begin with those that are there."""
        if not os.path.lexists(plan.app.place) or plan.app.is_ready():
            return False
        with lock.Lock("%s/locks/%s" % (plan.app.root, plan.app.name), shared=True).take(0) as free:
            if not free.refused:
                return False
        from . import early

        self.launch = early.launch_of(plan.app.place, self.facts)
        if self.launch is not None:
            early.wait_for_files(plan, self.launch.PARTS, self.file)
        return self.launch is not None

    def _begins_early(self, plan: "tree.Plan", shared: "lock.Lock", alone: "lock.Lock") -> bool:
        """Whether the app has the files that it needs first, and another process brings the others."""
        lists = self.opened.manifest["pexlite"].get("start_lists")
        listed = lists[self.number] if lists and self.may_be_early and shared.held and alone.held else []
        if not listed or os.path.lexists(plan.app.place):
            return False
        from . import early
        from .unpack import aside

        libraries = self.opened.manifest["pexlite"].get("start_libraries")
        some = early.Early(plan, listed, libraries[self.number] if libraries else [])
        if not early.is_possible(self.facts) or not some.is_worth_it(_vouched_for(plan.app.root)):
            return False
        process = os.getpid()

        def rest(is_in_place: "Callable[[], bool]") -> None:
            beside = os.getpid() != process
            helping = _begin_ahead(plan, self.facts, process, coming=some.modules()) if beside else None
            try:
                some.prepare()
                is_let = is_in_place()
                if helping:
                    helping.end(is_let)
                if not is_let:
                    return some.remove()
                some.bring()
            except BaseException:
                some.remove()
                raise
            if beside:
                aside.give_way()  # from here on the app waits for nothing that it is known to need
            some.finish(self.facts)
            alone.__exit__()
            shared.__exit__()
            self._prune(plan)

        # What goes wrong there the next start says that needs the rest.
        self.launch = some.begin(self.facts, [self.opened.descriptor, shared.handle, alone.handle], rest)
        if self.launch is not None:
            early.wait_for_files(plan, self.launch.PARTS, self.file)
        return True

    def _complete(self, plan: "tree.Plan") -> None:
        """Put the whole app in its place, ready. Files that are there already stay; missing ones are added."""
        temporary = files.beside(plan.app.place)
        self._fill_store(plan, temporary)
        try:
            self._add(plan, temporary)
        except FileNotFoundError:
            # The store lost files while they were being linked, perhaps to a pruner on another host.
            for brought in self.wheels:
                wheel.make_whole(self.opened.descriptor, brought, plan.app.root)
            self._add(plan, temporary)

    def _add(self, plan: "tree.Plan", temporary: str) -> None:
        if not os.path.lexists(plan.app.place):
            self._lay_out(plan, temporary)
        else:
            files.remove(temporary)  # where locks do not work, another start may have been faster
        if launcher(plan.app.place, self.facts) is None:
            from .upkeep import mend

            mend.add_missing(plan, self.facts, anew=True)
        launching.leave_for_shell(plan, self.facts)

    def _lay_out(self, plan: "tree.Plan", temporary: str) -> None:
        """Make the app's directory at `temporary`, and rename it to its place unless one is there by then."""
        self.say("laying out %d wheels" % len(self.wheels))
        helping = None

        def put(before_each: "Callable[[], object]") -> None:
            os.chdir(temporary)  # which will have another name before that is done
            self._add_bytecode(plan, ".", before_each)

        try:
            layout = tree.Layout(plan, temporary)
            if not os.path.isdir(temporary):
                layout.make_directories()
            if self.may_be_early:
                helping = _begin_ahead(plan, self.facts, os.getpid(), put)
            layout.run()
            # The app waits for no other bytecode than all of it, which later starts rely on.
            is_waited_for = plan.opened.manifest["pexlite"].get("compiled") == "all"
            if not helping or not helping.has_told() or is_waited_for and not helping.has_told():
                self._add_bytecode(plan, temporary)
            launching.put(plan, self.facts, temporary)
            system.rename(temporary, plan.app.place)
        except BaseException as failure:
            wheel.finish_undisturbed(failure)
            if helping:
                helping.end(False)  # so that it adds nothing to what is removed
            files.remove(temporary)
            if getattr(failure, "errno", 0) not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        else:
            if helping:
                helping.end(True)

    def _add_bytecode(self, plan: "tree.Plan", directory: str, before_each: "Callable[[], object]" = int) -> None:
        """Give the new app the bytecode that the file or another app of this Python has."""
        key = "-" + plan.app.key
        if any(["bytecode" in one for one in self.wheels]) or any(
            [name.endswith(key) for name in os.listdir(plan.app.root + "/apps") if name[:1] != "."]
        ):
            from .unpack import bytecode

            bytecode.put(plan, directory, before_each)

    def _fill_store(self, plan: "tree.Plan", temporary: str) -> None:
        """Put every wheel into the store, whole: a power cut may have cut off wheels that no READY vouches for.

        While wheels are being unpacked, another process makes the new app's directories at `temporary`.
        """
        root = plan.app.root
        missing = [one for one in self.wheels if not os.path.isdir(wheel.directory_of(root, one))]
        sure = set() if os.path.lexists(plan.app.place) else _vouched_for(root)
        for one in self.wheels:
            if one not in missing and one["sha256"][:32] not in sure:
                wheel.complete(self.opened.descriptor, one, root)
        if missing:
            self.unpacking = wheel.Unpacking(self.opened.descriptor, missing, root, self.name, self.opened.pieces)
            is_new = not os.path.lexists(plan.app.place)
            try:
                self.unpacking.run(self.say, tree.Layout(plan, temporary).make_directories if is_new else None)
            except BaseException as failure:
                wheel.finish_undisturbed(failure)
                files.remove(temporary)
                raise

    def _prune(self, plan: "tree.Plan") -> None:
        """Run the pruner if the cache holds anything beside this app."""
        try:
            others = [name for name in os.listdir(plan.app.root + "/apps") if name != plan.app.name]
            more = len(os.listdir(plan.app.root + "/wheels")) > len(self.wheels)
            # Read PEX_KEEP_DAYS first, so that a bad value is reported even where nothing can be pruned.
            if not others and not more and not os.environ.get("PEX_KEEP_DAYS"):
                return
        except OSError:
            return  # a cache that cannot be listed: pruning is no reason to fail
        from .upkeep import prune

        prune.after_install(plan.app.root, plan.app.name)

    def _check_pure(self, root: str) -> None:
        compiled = [one["name"] for one in self.wheels if not one["name"].endswith("-any.whl")]
        if compiled:
            failed.fail(
                "%s is mounted noexec, and %s has compiled code" % (root, compiled[0].partition("-")[0]),
                "set PEX_ROOT to a directory from which programs may be loaded",
            )

    def _fail_to_write(self, failure: OSError, root: str) -> "NoReturn":
        where = failure.filename or root
        if isinstance(where, bytes):
            where = os.fsdecode(where)
        if failure.errno not in _NO_ROOM:
            failed.fail(
                "%s: %s" % (where, failure.strerror or failure), "set PEX_ROOT to a directory that can be written"
            )
        free, more_files = system.free(roots.nearest_directory(root))
        needed, count = self.unpacking.needed, self.unpacking.files
        why = "%.1f MB needed, %.1f MB free" % (needed / 1e6, free / 1e6)
        if failure.errno == errno.EFBIG:
            why += ", and files may not be as large (ulimit -f)"
        elif failure.errno == errno.ENOSPC and more_files is not None and more_files < count + 9:
            why = "%d files needed, %d more can be made (inodes)" % (count, more_files)
        elif failure.errno != errno.ENOSPC:
            why += ", and the quota is used up"
        failed.fail(
            "no room to unpack into %s: %s" % (root, why),
            "make room, or set PEX_ROOT to a directory on another disk",
        )


def _begin_ahead(
    plan: "tree.Plan",
    facts: "dict[str, Any]",
    process: int,
    put: "Callable[[Callable[[], object]], object] | None" = None,
    coming: "Sequence[str]" = (),
) -> "aside.Helper | None":
    described = plan.opened.manifest["pexlite"]
    if described.get("compiled") != "all" and len(coming or described.get("imports", ())) < _FEWEST_IMPORTS:
        return None
    from . import ahead

    return ahead.begin(plan, facts, process, put, coming)


def _vouched_for(root: str) -> "set[str]":
    """The names of unpacked wheels that are listed in a READY written after they were unpacked."""
    sure: set[str] = set()
    for name in os.listdir(root + "/apps"):
        ready = app.App("%s/apps/%s" % (root, name)).ready() if app.is_app_name(name) else None
        sure.update(ready.wheels if ready else ())
    return sure


def _silent(words: str) -> None:
    pass
