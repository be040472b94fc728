"""A venv without packages, and the pip that comes with the Python."""

import os
import re
import sys

from ..cache import app, files
from ..system import IS_WINDOWS
from ..unpack import environment
from .built_file import USAGE, ToolError
from .recorded import make_way, write_record

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from ..unpack.tree import Plan

MARK = "\nmade-by = pexlite\n"  # in pyvenv.cfg
_HERE = '"$(cd "$(dirname "${BASH_SOURCE:-$0}")/.." && pwd)"'
# Scripts of older Pythons have the prompt between double quotes, where sh would run what these begin.
_NOT_IN_PROMPTS = frozenset("\"'`$\\!")
# Where Pythons have their pip; Debian's have it beside the others' files.
_DEBIANS_WHEELS = "/usr/share/python-wheels"


def check_prompt(prompt: str) -> None:
    """Raise ToolError where the scripts of a venv cannot hold the prompt."""
    if not prompt or not prompt.isprintable() or _NOT_IN_PROMPTS & set(prompt):
        raise ToolError("--prompt %r: a prompt has neither quotes nor $, ` or \\" % prompt, USAGE)


def make_empty(place: str, name: str, options: "argparse.Namespace") -> None:
    """Make an empty venv without pip, on the Python that this one is based on. `name` is the file's."""
    sys.executable = sys._base_executable = environment.base_python()  # type: ignore[attr-defined]
    prompt = options.prompt or re.sub("[^A-Za-z0-9._+-]", "_", os.path.splitext(name)[0])
    try:
        import venv
    except ImportError:
        return _make_plain(place, prompt, options)
    venv.EnvBuilder(
        symlinks=not options.copies and not IS_WINDOWS,
        with_pip=False,
        prompt=prompt,
        system_site_packages=options.system_site_packages,
    ).create(place)
    with open(place + "/pyvenv.cfg", "a", encoding="utf-8") as file:
        file.write(MARK.lstrip())


def _make_plain(place: str, prompt: str, options: "argparse.Namespace") -> None:
    """Make the venv without the module venv, which Windows' embeddable Python lacks; none can be activated."""
    environment.put_interpreters(place)
    files.make_directories(app.site_packages(place))
    text = environment.configuration(environment.base_python(), prompt, options.system_site_packages)
    files.write(place + "/pyvenv.cfg", (text + MARK.lstrip()).encode("utf-8", "surrogateescape"))


def make_movable(place: str, template: bytes) -> None:
    """Remove the venv's own path from all its files, and links that lead outside.

    The Python is a script of `template`, which makes a link to it once the venv is in its place.
    """
    for name in os.listdir(place + "/bin"):
        path = place + "/bin/" + name
        if name.lower().startswith("activate") and name != "activate":
            os.unlink(path)
        elif os.path.islink(path) and os.path.isabs(os.readlink(path)):
            _make_relative(path, os.readlink(path), place, template)
    with open(place + "/bin/activate", encoding="utf-8") as file:
        text = re.sub("VIRTUAL_ENV=.*%s.*" % re.escape(place), lambda _: "VIRTUAL_ENV=" + _HERE, file.read())
    with open(place + "/bin/activate", "w", encoding="utf-8") as file:
        file.write(text)
    with open(place + "/pyvenv.cfg", encoding="utf-8") as file:
        lines = [line for line in file if not line.startswith("command = ")]
    with open(place + "/pyvenv.cfg", "w", encoding="utf-8") as file:
        file.writelines(lines)


def _make_relative(path: str, target: str, place: str, template: bytes) -> None:
    """Put a relative link in the place of the link at `path`, or a script where `target` is out of the venv."""
    os.unlink(path)
    if target.startswith(place + "/"):
        os.symlink(os.path.relpath(target, place + "/bin"), path)
    else:
        quoted = "'" + target.replace("'", "'\"'\"'") + "'"
        script = template.replace(b"/NAME", b"/" + os.fsencode(os.path.basename(path)))
        files.write(path, script.replace(b"=PYTHON", b"=" + os.fsencode(quoted)), 0o755)


def put_pip(plan: "Plan", first_line: bytes) -> None:
    """Install the pip of this Python in the plan's venv, unless a pip is there; its scripts have `first_line`."""
    import zipfile

    place = plan.app.place
    packages = app.site_packages(place)
    if os.path.isdir(packages + "/pip"):
        return
    with zipfile.ZipFile(_wheel_of_pip()) as wheel:
        names = [name for name in wheel.namelist() if not name.endswith("/")]
        wheel.extractall(packages, names)
        entry_points = [name for name in names if name.endswith(".dist-info/entry_points.txt")][0]
        called = re.findall(r"(?m)^pip *= *([\w.]+:\w+)", wheel.read(entry_points).decode("utf-8"))[0]
    installed = [os.path.relpath(packages, place) + "/" + name for name in names if not name.endswith("/RECORD")]
    for script in ("pip", "pip3", "pip%d.%d" % sys.version_info[:2]):
        path, program = plan.script(called.encode("ascii"), script.encode("ascii"), first_line)
        name = os.fsdecode(path)
        make_way("%s/%s" % (place, name))
        files.write("%s/%s" % (place, name), program, 0o755)
        installed.append(name)
    record = "%s/%s/RECORD" % (os.path.relpath(packages, place), os.path.dirname(entry_points))
    write_record(place, record, installed)


def _wheel_of_pip() -> str:
    import sysconfig

    own = os.path.dirname(os.__file__) + "/ensurepip/_bundled"
    for place in (own, str(sysconfig.get_config_var("WHEEL_PKG_DIR") or ""), _DEBIANS_WHEELS):
        names = os.listdir(place) if os.path.isdir(place) else []
        found = [name for name in names if name[:4] == "pip-" and name.endswith(".whl")]
        if found:
            return place + "/" + max(found, key=lambda name: [int(part) for part in re.findall("[0-9]+", name)])
    words = "%s brings no pip (--pip): bundle it as the requirement pip, or apt-get install python3-venv"
    raise ToolError(words % environment.base_python(), USAGE)
