"""`venv`: an ordinary venv made from a built file, with copies of all files, independent of file and cache.

As `NAME.tar.gz` it is an archive of a venv that works wherever it is unpacked; Spark unpacks such archives.
"""

import base64
import csv
import hashlib
import os
import re
import sys

from ..cache import app, files
from ..start import LAUNCHER
from ..unpack import environment, launcher, tree, wheel, write
from ..upkeep import mend
from .built_file import USAGE, BuiltFile, ToolError, compile_all, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    import tarfile
    from typing import Any

    from ..file.whole import Whole

# They work wherever the venv lies, and through any link to the script.
_BESIDE = '"$(dirname "$(readlink -f "$0")")/%spython"'
_FIRST_LINES = "#!/bin/sh\n'''exec' " + _BESIDE + " \"$0\" \"$@\"\n' '''\n"
_HERE = '"$(cd "$(dirname "${BASH_SOURCE:-$0}")/.." && pwd)"'
_ARCHIVES = (".tar.gz", ".tgz")
# The time of every file in an archive, so that one file always makes the same archive: the earliest that zip has.
_TIME = 315532800
_MARK = "\nmade-by = pexlite\n"  # in pyvenv.cfg


def add_to(commands: "Any") -> None:
    """Add the command to those of the file."""
    venv = commands.add_parser(
        "venv", help="make an ordinary venv of it, which needs neither this file nor a cache"
    )
    venv.add_argument("place", metavar="DIR", help="a directory, or an archive to write: NAME.tar.gz")
    venv.add_argument(
        "--scope", choices=("all", "deps", "srcs"), default="all", help="only what others or you wrote"
    )
    venv.add_argument("--compile", action="store_true", help="with bytecode")
    venv.add_argument("--force", action="store_true", help="also over what no pexlite made")
    venv.set_defaults(do=_venv)


def _venv(built_file: BuiltFile, options: "argparse.Namespace") -> None:
    place = os.path.abspath(os.path.expanduser(options.place))
    if os.path.exists(place):
        _check_replaceable(place, built_file.file, options.force)
    with built_file.opened() as (opened, number):
        making = _Making(opened, number, built_file.name, options.scope, options.compile)
        try:
            if place.endswith(_ARCHIVES):
                making.archive(place)
            else:
                making.directory(place)
        except OSError as failure:
            failure.filename = failure.filename or place  # a full disk is named by no call that writes
            raise
    say(place)


def _check_replaceable(place: str, file: str, forced: bool) -> None:
    """Raise ToolError if `place` holds something that this tool did not make, unless it is empty or `forced`."""
    if os.path.samefile(place, file):
        raise ToolError("%s is the file itself" % place, USAGE)
    if place.endswith(_ARCHIVES):
        if os.path.isdir(place):
            raise ToolError("%s is a directory" % place, USAGE)
        if not forced and os.path.getsize(place) and not _is_archive(place):
            raise ToolError("%s is there already, and no archive of a venv (--force)" % place, USAGE)
    elif os.path.exists(place + "/pyvenv.cfg") and not forced and _MARK not in _text(place + "/pyvenv.cfg"):
        raise ToolError("%s is a venv that pexlite did not make (--force)" % place, USAGE)


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
    """A venv being made from the open file. `scope` is "deps" (dependencies), "srcs" (local code) or "all"."""

    def __init__(self, opened: "Whole", number: int, name: str, scope: str, compiled: bool) -> None:
        self.opened = opened
        self.number = number
        self.name = name
        self.scope = scope
        self.compiled = compiled

    def directory(self, place: str) -> None:
        """Make the venv at `place`, or add to the venv there. Raises ToolError, OSError, Damaged."""
        begun = os.path.exists(place + "/pyvenv.cfg")
        if os.path.lexists(place) and not begun and not (os.path.isdir(place) and not os.listdir(place)):
            raise ToolError("%s is there already and is no venv" % place, USAGE)
        if begun and not os.path.isdir(app.site_packages(place)):
            raise ToolError("%s is a venv of another Python" % place, USAGE)
        try:
            if not begun:
                _make_empty(place, self.name)
            self._fill(_Venv(place, place + "/bin/python"))
            if self.compiled:
                compile_all([app.site_packages(place)])
        except BaseException:
            if not begun:
                files.remove(place)
            raise

    def archive(self, place: str) -> None:
        """Write an archive of the venv to `place`."""
        import gzip
        import tarfile

        files.make_directories(os.path.dirname(place))
        work = files.beside(place)
        try:
            _make_empty(work, self.name)
            _make_movable(work)
            self._fill(_Venv(work, None))
            _set_times(work)
            if self.compiled:
                compile_all([app.site_packages(work)])
            with open(work + "/.archive", "wb") as raw, gzip.GzipFile("", "wb", 6, raw, 0) as packed:
                with tarfile.open(None, "w", packed, format=tarfile.PAX_FORMAT) as archive:
                    for name in sorted(os.listdir(work)):
                        if name != ".archive":
                            archive.add(work + "/" + name, name, filter=_anonymous)
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
        files.make_tree(os.fsencode(venv.place), paths)
        for _, path in jobs:
            _make_way(os.fsdecode(path))
        write.members(plan.descriptor, jobs, int)
        for one in installed.values():
            one.finish(venv)
        if self.scope != "deps":
            _put_app(venv, plan)

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
            if name.startswith("bin/"):
                _rewrite_script(venv.place + "/" + name, first_line)
        template = self.plan.written("console_script.py")
        for block in self.plan.blocks:
            for reference, script in block.calls if block.wheel == self.number else ():
                name = "bin/" + os.fsdecode(script)
                _make_way(venv.place + "/" + name)
                program = environment.console_script(template, reference, first_line)
                files.write(venv.place + "/" + name, program, 0o755)
                self.names.append(name)
        if self.record:
            installer = os.path.dirname(self.record) + "/INSTALLER"
            _make_way(venv.place + "/" + installer)
            files.write(venv.place + "/" + installer, b"pexlite\n")
            _write_record(venv.place, self.record, sorted(set(self.names)) + [installer])


class _Venv:
    """The venv at `place`. Its scripts start with `python`; None: with the Python beside them."""

    def __init__(self, place: str, python: "str | None") -> None:
        self.place = place
        self.python = python

    def first_lines(self, folder: str = "") -> bytes:
        """The first lines of a script. `folder` leads from the script to a Python that moves with it."""
        return environment.first_lines(self.python) if self.python else (_FIRST_LINES % folder).encode("ascii")


def _anonymous(entry: "tarfile.TarInfo") -> "tarfile.TarInfo":
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = _TIME
    return entry


def _make_empty(place: str, name: str) -> None:
    """Make an empty venv without pip, linked to the Python that this one is based on."""
    import venv

    sys.executable = sys._base_executable = environment.base_python()  # type: ignore[attr-defined]
    prompt = re.sub("[^A-Za-z0-9._+-]", "_", os.path.splitext(name)[0])
    venv.EnvBuilder(symlinks=True, with_pip=False, prompt=prompt).create(place)
    with open(place + "/pyvenv.cfg", "a", encoding="utf-8") as file:
        file.write(_MARK.lstrip())


def _make_movable(place: str) -> None:
    """Remove the venv's own path from all its files."""
    for name in os.listdir(place + "/bin"):
        path = place + "/bin/" + name
        if name.lower().startswith("activate") and name != "activate":
            os.unlink(path)
        elif os.path.islink(path) and os.readlink(path).startswith(place):
            target = os.readlink(path)
            os.unlink(path)
            os.symlink(os.path.relpath(target, place + "/bin"), path)
    with open(place + "/bin/activate", encoding="utf-8") as file:
        text = re.sub("VIRTUAL_ENV=.*%s.*" % re.escape(place), lambda _: "VIRTUAL_ENV=" + _HERE, file.read())
    with open(place + "/bin/activate", "w", encoding="utf-8") as file:
        file.write(text)
    with open(place + "/pyvenv.cfg", encoding="utf-8") as file:
        lines = [line for line in file if not line.startswith("command = ")]
    with open(place + "/pyvenv.cfg", "w", encoding="utf-8") as file:
        file.writelines(lines)


def _rewrite_script(path: str, first_line: bytes) -> None:
    """Replace "#!python" in the first line of a wheel's script by the venv's Python."""
    content = environment.rewritten_script(files.read(path) or b"", first_line)
    if content is not None:
        os.unlink(path)
        files.write(path, content, 0o755)


def _write_record(place: str, record: str, names: "list[str]") -> None:
    packages = app.site_packages("").lstrip("/")
    os.unlink(place + "/" + record)
    with open(place + "/" + record, "w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        rows = csv.writer(file, lineterminator="\n")
        for name in names:
            with open(place + "/" + name, "rb") as content:
                found = content.read()
            digest = base64.urlsafe_b64encode(hashlib.sha256(found).digest()).decode("ascii").rstrip("=")
            rows.writerow((os.path.relpath(name, packages), "sha256=" + digest, len(found)))
        rows.writerow((os.path.relpath(record, packages), "", ""))


def _put_app(venv: _Venv, plan: "tree.Plan") -> None:
    """Write the venv's program `pex`, which starts what the file starts, and the launcher that it does it by."""
    facts = mend.facts_of(plan)
    for name, content in (
        (LAUNCHER, launcher.content(plan, facts, 0)),
        ("pex", venv.first_lines("bin/") + plan.written("venv_pex.py")),
    ):
        _make_way(venv.place + "/" + name)
        files.write(venv.place + "/" + name, content, 0o755)


def _make_way(path: str) -> None:
    if os.path.lexists(path):
        os.unlink(path)


def _set_times(place: str) -> None:
    for directory, _, names in os.walk(place):
        for name in names:
            path = os.path.join(directory, name)
            if not os.path.islink(path):
                os.utime(path, (_TIME, _TIME))
