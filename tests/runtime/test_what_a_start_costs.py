"""Every start but the first opens one file of the cache, compiles nothing, and reads nothing more of the zip.

With a switch, or as one of Spark's workers, it opens a file for each module that it needs beyond that.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pexlite.model import Command, EntryPoint, LaunchOptions, StartKind
from tests import needs
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter

pytestmark = pytest.mark.unmeasured

# Notes what a process opens, lists, compiles and becomes, until the app's own code runs or another program does.
WATCHER = """
import json, os, sys

SEEN = {"open": [], "compile": [], "listed": []}


def tell():
    handle = os.open(os.environ["SEEN"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(handle, (json.dumps(SEEN) + "\\n").encode())
    os.close(handle)
    SEEN.clear()


def hook(event, arguments):
    if not SEEN:
        return
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        name = os.fsdecode(arguments[0])
        if name.endswith("/bin/tool"):
            SEEN["open"].append(name)
            tell()
        elif name.endswith(("/quick.py", "/tool.py")) or "quick.cpython" in name or "tool.cpython" in name:
            tell()
        elif name != os.environ["SEEN"]:
            SEEN["open"].append(name)
    elif event == "compile":
        SEEN["compile"].append(str(arguments[1]))
    elif event in ("os.listdir", "os.scandir"):
        SEEN["listed"].append(str(arguments[0]))
    elif event == "os.exec":
        tell()


sys.addaudithook(hook)
"""
QUICK = """
import os, sys

def main():
    print(sys.argv[1:], os.environ.get('GIVEN'))

if __name__ == '__main__':
    main()
"""
SPARK = {"PYTHON_WORKER_FACTORY_SECRET": "x"}
COMMANDS = EntryPoint(
    StartKind.COMMANDS, commands=(Command("other", "quick", "other"), Command("quick", "quick", "main"))
)
SCRIPT = EntryPoint(StartKind.SCRIPT, script="tool")
KINDS: dict[str, tuple[EntryPoint, LaunchOptions, dict[str, str], list[str]]] = {
    "function": (function("quick", "main"), LaunchOptions(), {}, []),
    "module": (EntryPoint(StartKind.MODULE, "quick"), LaunchOptions(), {}, []),
    "script": (SCRIPT, LaunchOptions(), {}, []),
    "sealed arguments": (function("quick", "main"), LaunchOptions(inject_args=("sealed",)), {}, []),
    "sealed variables": (function("quick", "main"), LaunchOptions(inject_env=(("GIVEN", "sealed"),)), {}, []),
    "bin-path": (function("quick", "main"), LaunchOptions(bin_path="prepend"), {}, []),
    "interpreter": (EntryPoint(StartKind.INTERPRETER), LaunchOptions(), {}, ["-c", "import quick; quick.main()"]),
    "PEX_MODULE": (SCRIPT, LaunchOptions(), {"PEX_MODULE": "quick:main"}, []),
    "PEX_INTERPRETER": (function("quick", "main"), LaunchOptions(), {"PEX_INTERPRETER": "1"}, ["-m", "quick"]),
    "Spark worker": (function("quick", "main"), LaunchOptions(), SPARK, ["-m", "quick"]),
    "several commands": (COMMANDS, LaunchOptions(), {}, ["quick"]),
    "several commands, sealed": (COMMANDS, LaunchOptions(inject_args=("sealed",)), {}, ["quick", "more"]),
    "several commands, sh header": (COMMANDS, LaunchOptions(sh_boot=True), {}, ["quick"]),
    "sh header": (function("quick", "main"), LaunchOptions(sh_boot=True), {}, []),
    "sh header, sealed": (function("quick", "main"), LaunchOptions(sh_boot=True, inject_args=("sealed",)), {}, []),
}
BESIDE = {
    "PEX_MODULE": ["switches"],
    "PEX_INTERPRETER": ["switches", "become", "program"],
    "Spark worker": ["spark"],
}


def watch_app(site_packages: Path) -> None:
    """Have the app's own Python watch itself: the sitecustomize that it finds may be Debian's."""
    finished = site_packages.stat().st_mtime_ns
    (site_packages / "watcher.py").write_text(WATCHER)
    (site_packages / "0.pth").write_text("import watcher\n")
    os.utime(site_packages, ns=(finished, finished))


@pytest.mark.parametrize("kind", KINDS)
def test_a_later_start_opens_one_file_and_compiles_nothing(kind: str, newest: Interpreter, tmp_path: Path) -> None:
    needs.audit_events(newest)
    start, launch, variables, arguments = KINDS[kind]
    tool = f"#!python\n{QUICK}"
    wheel = make_wheel(tmp_path, "quick", files={"quick.py": QUICK}, data={"scripts/tool": tool})
    file = bundle_file(tmp_path / "app.pex", [wheel], start, launch=launch)
    seen = tmp_path / "seen"
    root = tmp_path / "root"
    env = environment(root, PATH=f"{newest.programs}:/usr/bin:/bin", SEEN=os.devnull, **variables)
    command: list[str | Path] = [file] if launch.sh_boot else [newest.path, file]
    expected = run([*command, *arguments], env).stdout
    run([*command, *arguments], env)
    if launch.sh_boot:
        watch_app(next(root.glob("lite-2/apps/*-*/lib/*/site-packages")))
    else:
        (tmp_path / "site").mkdir()
        (tmp_path / "site" / "sitecustomize.py").write_text(WATCHER)
        env["PYTHONPATH"] = str(tmp_path / "site")
    env["SEEN"] = str(seen)
    assert run([*command, *arguments], env).stdout == expected
    first, *others = map(json.loads, seen.read_text().splitlines())
    opened = [name for name in first["open"] if name.startswith(str(root)) and "site-packages" not in name]
    # What Python itself opens when the header starts it: its configuration, and the program that it is to run.
    assert [name for name in opened if not name.endswith(("/pyvenv.cfg", "/_pexlite_run.py"))] == [
        *[str(next(root.glob(f"lite-2/apps/*-*/_pexlite_{name}"))) for name in ("launch", *BESIDE.get(kind, []))],
        *([str(next(root.glob("lite-2/apps/*-*/bin/tool")))] if kind == "script" else []),
    ]
    # The line of our .pth file, which Python runs there, finds that there is nothing to do.
    ours = [name for name in first["open"] if "/site-packages/_pexlite" in name]
    assert ours == [name for name in ours if name.endswith("/_pexlite.pth")]
    # Python itself opens the file to see what it is, and for its directory and `__main__`.
    assert first["open"].count(str(file)) <= 4
    assert [name for name in first["compile"] if "pexlite" in name] == []
    assert [name for name in first["listed"] if name.startswith(str(root)) and "site-packages" not in name] == []
    assert others == []  # no other program


# What debuggers, profilers and warnings ask of every frame.
ASKER = """
import inspect
import linecache
import sys
import traceback


def main():
    frame = sys._getframe()
    codes = []
    while frame is not None:
        code = frame.f_code
        hash(code)
        assert code == code and code not in codes
        codes.append(code)
        if hasattr(code, "co_positions"):
            list(code.co_positions())
        inspect.getframeinfo(frame)
        linecache.getline(code.co_filename, frame.f_lineno, frame.f_globals)
        repr(frame)
        frame = frame.f_back
    traceback.format_stack()
    inspect.stack()
    print("asked", len(codes) > 1)
"""


@pytest.mark.parametrize("sh_boot", [False, True])
def test_every_frame_answers_what_tools_ask(sh_boot: bool, python: Interpreter, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "asker", files={"asker.py": ASKER})
    launch = LaunchOptions(sh_boot=sh_boot)
    file = bundle_file(tmp_path / "app.pex", [wheel], function("asker", "main"), launch=launch)
    env = environment(tmp_path / "root", PATH=f"{python.programs}:/usr/bin:/bin")
    command: list[str | Path] = [file] if sh_boot else [python.path, file]
    assert [run(command, env).stdout for _ in range(2)] == ["asked True\n"] * 2


def test_a_script_that_is_none_of_pythons_gets_its_own_arguments(newest: Interpreter, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "native", files={}, data={"scripts/native": '#!/bin/sh\necho native "$@"\n'})
    launch = LaunchOptions(sh_boot=True, inject_python_args=("-W", "ignore"), inject_args=("sealed",))
    file = bundle_file(tmp_path / "app.pex", [wheel], EntryPoint(StartKind.SCRIPT, script="native"), launch=launch)
    env = environment(tmp_path / "root", PATH=f"{newest.programs}:/usr/bin:/bin")
    assert [run([file, "a"], env).stdout for _ in range(3)] == ["native sealed a\n"] * 3
