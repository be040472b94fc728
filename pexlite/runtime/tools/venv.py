"""`venv`: an ordinary venv made from a built file, with copies of all files, independent of file and cache.

As `NAME.tar.gz` it is an archive of a venv that works wherever it is unpacked; Spark unpacks such archives.
"""

import os
import sys

from ..cache import app, files
from ..start import LAUNCHER
from ..system import IS_WINDOWS, rename
from ..unpack import environment, launcher, tree, wheel, write
from ..upkeep import mend
from .built_file import USAGE, BuiltFile, ToolError, compile_all, say
from .empty_venv import MARK, check_prompt, make_empty, make_movable, put_pip
from .recorded import make_way, write_record

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    import tarfile
    from typing import Any

    from ..file.whole import Whole

# They work wherever the venv lies, and through any link to the script.
_BESIDE = '"$(dirname "$(readlink -f "$0")")/%spython"'
_FIRST_LINES = "#!/bin/sh\n'''exec' " + _BESIDE + " \"$0\" \"$@\"\n' '''\n"
_ARCHIVES = (".tar.gz", ".tgz")
# The time of every file in an archive, so that one file always makes the same archive: the earliest that zip has.
_TIME = 315532800
# Options that say how an empty venv is made, and so cannot change one that is there.
_OF_EMPTY = ("system_site_packages", "prompt", "copies")


def add_to(commands: "Any") -> None:
    """Add the command to those of the file."""
    venv = commands.add_parser(
        "venv", help="make an ordinary venv of it, which needs neither this file nor a cache"
    )
    venv.add_argument("place", metavar="DIR", help="a directory, or an archive to write: NAME.tar.gz")
    venv.add_argument(
        "--scope", choices=("all", "deps", "srcs"), default="all", help="only what others or you wrote"
    )
    for name, words in (
        ("compile", "with bytecode"),
        ("pip", "with pip: the file's, or the one that comes with the Python"),
        ("system-site-packages", "its Python sees the host's packages too"),
        ("copies", "with a copy of Python's program, not a link"),
        ("force", "in the place of a venv that is there, or of an archive"),
    ):
        venv.add_argument("--" + name, action="store_true", help=words)
    venv.add_argument(
        "--bin-path",
        choices=("off", "prepend", "append"),
        help="its program `pex` puts bin/ on PATH (as the file)",
    )
    venv.add_argument("--prompt", help="what is shown while it is active (the file's name)")
    venv.set_defaults(do=_venv)


def _venv(built_file: BuiltFile, options: "argparse.Namespace") -> None:
    place = os.path.abspath(os.path.expanduser(options.place))
    if options.prompt is not None:
        check_prompt(options.prompt)
    if options.bin_path and options.scope == "deps":
        raise ToolError("--bin-path is for the venv's program pex, which --scope deps leaves out", USAGE)
    if os.path.lexists(place):
        _check_replaceable(place, built_file.file, options)
    with built_file.opened() as (opened, number):
        making = _Making(opened, number, built_file.name, options)
        try:
            if place.endswith(_ARCHIVES):
                making.archive(place)
            else:
                making.directory(place)
        except OSError as failure:
            failure.filename = failure.filename or place  # a full disk is named by no call that writes
            raise
    say(place)


def _check_replaceable(place: str, file: str, options: "argparse.Namespace") -> None:
    """Raise ToolError where `place` holds what this tool may neither replace nor add to."""
    if os.path.realpath(place) == os.path.realpath(file):
        raise ToolError("%s is the file itself" % place, USAGE)
    if place.endswith(_ARCHIVES):
        if os.path.isdir(place):
            raise ToolError("%s is a directory" % place, USAGE)
        if not options.force and os.path.getsize(place) and not _is_archive(place):
            raise ToolError("%s is there already, and no archive of a venv (--force)" % place, USAGE)
    elif os.path.exists(place + "/pyvenv.cfg"):
        if options.force:
            return _check_unused(place, file)
        if MARK not in _text(place + "/pyvenv.cfg"):
            raise ToolError("%s is a venv that pexlite did not make (--force makes it anew)" % place, USAGE)
        for name in _OF_EMPTY:
            if getattr(options, name):
                words = "%s is there already, and --%s is for a new one (--force makes it anew)"
                raise ToolError(words % (place, name.replace("_", "-")), USAGE)


def _check_unused(place: str, file: str) -> None:
    """Raise ToolError where removing the venv would take what this process works with, or more than a venv."""
    if os.path.islink(place):
        raise ToolError("%s is a link: name the venv itself" % place, USAGE)
    for used in (file, sys.prefix, environment.base_python(), os.getcwd()):
        if (os.path.realpath(used) + os.sep).startswith(os.path.realpath(place) + os.sep):
            raise ToolError("%s is in use: %s is in it" % (place, used), USAGE)


def _text(path: str) -> str:
    return (files.read(path) or b"").decode("utf-8", "replace")


def _is_archive(path: str) -> bool:
    import tarfile

    try:
        with tarfile.open(path) as archive:
            first = archive.next()
            return first is not None and first.name in ("bin", LAUNCHER) and first.mtime == _TIME
    except (tarfile.TarError, EOFError, OSError):
        return False


class _Making:
    """A venv being made from the open file. Its scope is "deps" (dependencies), "srcs" (local code) or "all"."""

    def __init__(self, opened: "Whole", number: int, name: str, options: "argparse.Namespace") -> None:
        self.opened = opened
        self.number = number
        self.name = name
        self.options = options
        self.scope = options.scope

    def directory(self, place: str) -> None:
        """Make the venv at `place`, or add to the venv there, or with --force make it anew.

        Raises ToolError, OSError, Damaged; then a venv that was there is there as before, or added to.
        """
        begun = os.path.exists(place + "/pyvenv.cfg")
        if os.path.lexists(place) and not begun and not (os.path.isdir(place) and not os.listdir(place)):
            raise ToolError("%s is there already and is no venv" % place, USAGE)
        aside = ""
        if begun and self.options.force:
            # Scripts name the venv's path, so that the new one has to be made in its place.
            begun, aside = False, files.beside(place)
            rename(place, aside)
        if begun and not os.path.isdir(app.site_packages(place)):
            raise ToolError("%s is a venv of another Python (--force makes it anew)" % place, USAGE)
        try:
            if not begun:
                make_empty(place, self.name, self.options)
            self._fill(_Venv(place, place + "/" + app.PYTHON))
            if self.options.compile:
                compile_all([app.site_packages(place)])
        except BaseException:
            if not begun:
                files.remove(place)
            if aside:
                rename(aside, place)
            raise
        if aside:
            files.remove(aside)
        app.note_venv(place)

    def archive(self, place: str) -> None:
        """Write an archive of the venv to `place`. Raises ToolError on Windows, whose venvs cannot be moved."""
        if IS_WINDOWS:
            raise ToolError("%s: on Windows a venv is a directory, since it cannot be moved" % place, USAGE)
        import gzip
        import tarfile

        files.make_directories(os.path.dirname(place))
        work = files.beside(place)
        try:
            make_empty(work, self.name, self.options)
            make_movable(work, self.opened.room.texts["written/venv_python.sh"].encode("utf-8"))
            self._fill(_Venv(work, None))
            _set_times(work)
            if self.options.compile:
                compile_all([app.site_packages(work)])
            with open(work + "/.archive", "wb") as raw, gzip.GzipFile("", "wb", 6, raw, 0) as packed:
                with tarfile.open(None, "w", packed, format=tarfile.PAX_FORMAT) as archive:
                    for name in sorted(os.listdir(work)):
                        if name != ".archive":
                            archive.add(work + "/" + name, name, filter=_plain)
            os.rename(work + "/.archive", place)
        finally:
            files.remove(work)

    def _fill(self, venv: "_Venv") -> None:
        """Install the scope's wheels."""
        plan = tree.Plan(self.opened, self.number, venv.place, self.name)
        installed = {
            number: _Installed(plan, number) for number in range(len(plan.wheels)) if self._is_in(plan, number)
        }
        jobs = []
        for block in plan.blocks:
            if block.wheel in installed:
                jobs.extend(installed[block.wheel].planned(block))
        paths = set([os.path.dirname(path) for _, path in jobs])
        files.make_tree(os.fsencode(plan.app.place), paths)
        for _, path in jobs:
            make_way(os.fsdecode(path))
        write.members(plan.descriptor, jobs, int)
        for one in installed.values():
            one.finish(venv)
        if self.options.pip:
            put_pip(plan, venv.first_lines())
        if self.scope != "deps":
            _put_app(venv, plan, self.options.bin_path)

    def _is_in(self, plan: "tree.Plan", number: int) -> bool:
        return self.scope in ("all", "srcs" if plan.wheels[number].get("local") else "deps")


class _Installed:
    """A wheel of the plan, and the names of its files in the venv."""

    def __init__(self, plan: "tree.Plan", number: int) -> None:
        self.plan = plan
        self.number = number
        self.names: list[str] = []
        self.record = ""
        self._members = {
            path[1:]: member for member, path in wheel.destinations(plan.descriptor, plan.wheels[number], "")
        }

    def planned(self, block: "tree.Block") -> "list[write.Job]":
        """The (member, path) pairs of one block of this wheel."""
        target = self.plan.target_of(block) if block.directory else b""
        top = os.fsencode(self.plan.app.place) + b"/"
        jobs = []
        for _, name in block.files:
            path = target + b"/" + name if target else name
            member = self._members[block.directory + b"/" + name]
            jobs.append((member, top + path))
            if wheel.is_record(member.name):
                self.record = os.fsdecode(path)
            else:
                self.names.append(os.fsdecode(path))
        return jobs

    def finish(self, venv: "_Venv") -> None:
        """Write the wheel's scripts, INSTALLER, and a RECORD of what is installed."""
        first_line = venv.first_lines()
        for name in self.names:
            if name.startswith(app.SCRIPTS + "/"):
                _rewrite_script(venv.place + "/" + name, first_line)
        for block in self.plan.blocks:
            for reference, script in block.calls if block.wheel == self.number else ():
                path, program = self.plan.script(reference, script, first_line)
                name = os.fsdecode(path)
                make_way(venv.place + "/" + name)
                files.write(venv.place + "/" + name, program, 0o755)
                self.names.append(name)
        if self.record:
            write_record(venv.place, self.record, self.names)


class _Venv:
    """The venv at `place`. Its scripts start with `python`; None: with the Python beside them."""

    def __init__(self, place: str, python: "str | None") -> None:
        self.place = place
        self.python = python

    def first_lines(self, folder: str = "") -> bytes:
        """The first lines of a script. `folder` leads from the script to a Python that moves with it."""
        return environment.first_lines(self.python) if self.python else (_FIRST_LINES % folder).encode("ascii")


def _plain(entry: "tarfile.TarInfo") -> "tarfile.TarInfo":
    """`entry` without owner, time and umask of this process."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = _TIME
    entry.mode = 0o755 if entry.mode & 0o100 else 0o644
    return entry


def _rewrite_script(path: str, first_line: bytes) -> None:
    """Replace "#!python" in the first line of a wheel's script by the venv's Python."""
    content = environment.rewritten_script(files.read(path) or b"", first_line)
    if content is not None:
        os.unlink(path)
        files.write(path, content, 0o755)


def _put_app(venv: _Venv, plan: "tree.Plan", bin_path: "str | None") -> None:
    """Write the venv's program `pex`, which starts what the file starts, and the launcher that it does it by."""
    facts = mend.facts_of(plan)
    if bin_path:
        facts = dict(facts, bin_path=bin_path, plain=False)
    name, program = "pex", venv.first_lines("bin/") + plan.written("venv_pex.py")
    if IS_WINDOWS:
        from ..windows import scripts

        name, program = "pex.cmd", scripts.by_itself(plan.written("venv_pex.py"), b"Scripts\\")
    for name, content in ((LAUNCHER, launcher.content(plan, facts, 0, alone=True)), (name, program)):
        make_way(venv.place + "/" + name)
        files.write(venv.place + "/" + name, content, 0o755)


def _set_times(place: str) -> None:
    for directory, _, names in os.walk(place):
        for name in names:
            path = os.path.join(directory, name)
            if not os.path.islink(path):
                os.utime(path, (_TIME, _TIME))
