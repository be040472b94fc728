"""A built file as an ordinary venv: copies of all files, console scripts, nothing of the file or the cache.

As `NAME.tar.gz` it is an archive of such a venv that works wherever it is unpacked, as Spark unpacks archives.
"""

import base64
import csv
import hashlib
import os
import re
import sys

from . import cold, layout, unzip

# From wherever the venv lies and by whatever link the script is called.
_BESIDE = '"$(dirname "$(readlink -f "$0")")/%spython"'
_FIRST_LINES = "#!/bin/sh\n'''exec' " + _BESIDE + " \"$0\" \"$@\"\n' '''\n"
_HERE = '"$(cd "$(dirname "${BASH_SOURCE:-$0}")/.." && pwd)"'
_ARCHIVES = (".tar.gz", ".tgz")
# The time of every file in an archive, so that the same file makes the same archive. Zip can tell no earlier one.
_TIME = 315532800

_APP = """\
import os
import sys

if __name__ == "__main__":
    for name, value in {environment!r}:
        os.environ.setdefault(name, value)
    sys.argv[1:1] = {arguments!r}
"""
_CALLS = {
    "function": "    from {module} import {head}\n\n    sys.exit({attribute}())\n",
    "module": '    import runpy\n\n    runpy.run_module({module!r}, run_name="__main__", alter_sys=True)\n',
    "script": "    program = os.path.join(sys.prefix, 'bin', {script!r})\n"
    "    os.execv(program, [program] + sys.argv[1:])\n",
    "interpreter": "    os.execv(sys.executable, [sys.executable] + sys.argv[1:])\n",
}


def make(asked, place, scope, compiled):
    """Nothing; a venv is at `place`, or an archive of one. Raises tools.ToolError, OSError, unzip.Damaged."""
    with asked.opened() as first:
        if place.endswith(_ARCHIVES):
            _make_archive(first, place, scope, compiled)
        else:
            _make_directory(first, place, scope, compiled)


def _make_directory(first, place, scope, compiled):
    from .tools import USAGE, ToolError

    begun = os.path.exists(place + "/pyvenv.cfg")
    if os.path.lexists(place) and not begun and not (os.path.isdir(place) and not os.listdir(place)):
        raise ToolError("%s is there already and is no venv" % place, USAGE)
    if begun and not os.path.isdir("%s/%s" % (place, _site_packages())):
        raise ToolError("%s is a venv of another Python" % place, USAGE)
    try:
        if not begun:
            _make_empty(place, first.name)
        _fill(_Venv(place, place + "/bin/python"), first, scope, compiled)
    except BaseException:
        if not begun:
            cold.remove(place)
        raise


def _make_archive(first, place, scope, compiled):
    import gzip
    import tarfile

    unzip.make_directories(os.path.dirname(place))
    work = cold.beside(place)
    try:
        _make_empty(work, first.name)
        _make_movable(work)
        _fill(_Venv(work, None), first, scope, False)
        _set_times(work)
        if compiled:
            _compile(work)
        with open(work + "/.archive", "wb") as raw, gzip.GzipFile("", "wb", 6, raw, 0) as packed:
            with tarfile.open(None, "w", packed, format=tarfile.PAX_FORMAT) as archive:
                for name in sorted(os.listdir(work)):
                    if name != ".archive":
                        archive.add(work + "/" + name, name, filter=_anonymous)
        os.rename(work + "/.archive", place)
    finally:
        cold.remove(work)


def _anonymous(entry):
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = _TIME
    return entry


def _make_empty(place, name):
    """An empty venv of the Python that this one stands on: links to it, no pip."""
    import venv

    sys.executable = sys._base_executable = layout.base_python()
    prompt = re.sub("[^A-Za-z0-9._+-]", "_", os.path.splitext(name)[0])
    venv.EnvBuilder(symlinks=True, with_pip=False, prompt=prompt).create(place)


def _make_movable(place):
    """Nothing; the empty venv names its own place nowhere."""
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


class _Venv:
    """The venv at `place`; scripts start with `python`, or where that is None with the one beside them."""

    def __init__(self, place, python):
        self.place = place
        self.python = python

    def first_line(self, folder=""):
        return layout.first_lines(self.python) if self.python else _FIRST_LINES % folder

    def path(self, wheel, unpacked):
        """Where goes what is `unpacked` ("lib/x.py") of the wheel, seen from the venv."""
        scheme, _, rest = unpacked.partition("/")
        headers = "include/site/%s/%s" % (os.path.basename(os.path.dirname(os.__file__)), _project(wheel))
        folder = {"lib": _site_packages(), "scripts": "bin", "data": "", "headers": headers}[scheme]
        return os.path.normpath(os.path.join(folder, rest))


def _project(wheel):
    return wheel["name"].partition("-")[0]


def _site_packages():
    return "lib/%s/site-packages" % os.path.basename(os.path.dirname(os.__file__))


def _fill(venv, first, scope, compiled):
    """Nothing; the wheels of the file are installed: all, of `deps` those that others made, of `srcs` the rest."""
    wheels = [wheel for wheel in first.wheels if scope in ("all", "srcs" if wheel.get("local") else "deps")]
    descriptor = first.opened.descriptor
    placed, installed = {}, []
    for wheel in wheels:
        names = {}
        for member, path in cold.destinations(descriptor, wheel, ""):
            name = venv.path(wheel, os.fsdecode(path[1:]))
            names[member.name] = name
            placed[name] = member
        installed.append(names)
    for folder in set([os.path.dirname(name) for name in placed]):
        unzip.make_directories(os.path.join(venv.place, folder))
    for name in placed:
        _make_way(venv.place + "/" + name)
    jobs = [(member, os.fsencode(venv.place + "/" + name)) for name, member in placed.items()]
    unzip.unpack(descriptor, jobs, lambda size: None)
    for wheel, names in zip(wheels, installed):
        _finish(venv, wheel, names)
    if scope != "deps":
        _put_app(venv, first.opened.manifest)
    if compiled:
        _compile(venv.place)


def _finish(venv, wheel, names):
    """Nothing; the wheel has its scripts and a RECORD of what is installed of it."""
    for name in names.values():
        if os.path.dirname(name) == "bin":
            _rewrite_script(venv.place + "/" + name, venv.first_line())
    more = []
    for script, reference in wheel["scripts"].items():
        name = "bin/" + os.fsdecode(script.encode("utf-8"))
        layout.put_console_script(venv.place + "/" + name, reference, venv.first_line())
        more.append(name)
    records = [name for member, name in names.items() if member.endswith(".dist-info/RECORD")]
    if records:
        installer = os.path.dirname(records[0]) + "/INSTALLER"
        _make_way(venv.place + "/" + installer)
        layout.write(venv.place + "/" + installer, b"pexlite\n")
        _write_record(venv.place, records[0], sorted(set(names.values()) - set(records)) + more + [installer])


def _rewrite_script(path, first_line):
    """A Python script of a wheel begins with "#!python" until it is installed."""
    with open(path, "rb") as script:
        content = script.read()
    if content[:8] == b"#!python":
        os.unlink(path)
        rest = content.partition(b"\n")[2]
        layout.write(path, first_line.encode("utf-8", "surrogateescape") + rest, 0o755)


def _write_record(place, record, names):
    os.unlink(place + "/" + record)
    with open(place + "/" + record, "w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        rows = csv.writer(file, lineterminator="\n")
        for name in names:
            with open(place + "/" + name, "rb") as content:
                found = content.read()
            digest = base64.urlsafe_b64encode(hashlib.sha256(found).digest()).decode("ascii").rstrip("=")
            rows.writerow((os.path.relpath(name, _site_packages()), "sha256=" + digest, len(found)))
        rows.writerow((os.path.relpath(record, _site_packages()), "", ""))


def _put_app(venv, manifest):
    """Nothing; `pex` in the venv starts what the file starts."""
    start = manifest["pexlite"]["start"]
    text = _APP.format(environment=manifest["inject_env"], arguments=manifest["inject_args"])
    text += _CALLS[start["kind"]].format(head=start["attribute"].partition(".")[0], **start)
    _make_way(venv.place + "/pex")
    layout.write(venv.place + "/pex", venv.first_line("bin/") + text, 0o755)


def _make_way(path):
    if os.path.lexists(path):
        os.unlink(path)


def _set_times(place):
    for directory, _, names in os.walk(place):
        for name in names:
            path = os.path.join(directory, name)
            if not os.path.islink(path):
                os.utime(path, (_TIME, _TIME))


def _compile(place):
    from .tools import compile_all

    compile_all(place + "/bin/python", ["%s/%s" % (place, _site_packages())])
