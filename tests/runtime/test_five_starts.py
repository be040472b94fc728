"""Each rule holds however the app is started: each row of a table is run in all five ways."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pexlite.model import EntryPoint, InheritPath, LaunchOptions, StartKind
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter

WAYS = ("in process", "interpreter", "child", "sh header", "made venv")
# Runs in every Python that the runtime runs in.
TOLD = """
import json, os, sys


def where(name):
    try:
        return __import__(name).WHERE
    except ImportError:
        return None


def main():
    print(json.dumps({
        "words": sys.argv[1:],
        "packages": [where(name) for name in ("both", "edited", "given", "added", "found")],
        "hook": sys.excepthook is sys.__excepthook__,
        "sealed": os.environ.get("SEALED"),
        "switches": sorted(name for name in os.environ if name[:4] == "PEX_" and name != "PEX_ROOT"),
        "here": sys.prefix == os.path.dirname(os.path.dirname(sys.executable)),
    }))


def fail():
    raise ValueError("words")


if __name__ == "__main__":
    main()
"""
PARENT = """
import subprocess, sys


def main():
    subprocess.check_call([sys.executable, "-m", "told"])


def fail():
    subprocess.call([sys.executable, "-c", "import told; told.fail()"])
"""
# As setuptools writes it for an editable project that is no directory of its own.
FINDER = """
import sys
from importlib.util import spec_from_file_location


class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return spec_from_file_location(name, {place!r}) if name == "found" else None


sys.meta_path.append(Finder)
"""


@dataclass(frozen=True)
class Rule:
    """The words at build and at start, and where the packages (both, edited, …) then come from."""

    packages: tuple[str | None, ...]
    launch: LaunchOptions = field(default_factory=LaunchOptions)
    variables: dict[str, str] = field(default_factory=dict)
    sealed: str | None = None


def inherits(how: InheritPath) -> LaunchOptions:
    return LaunchOptions(inherit_path=how)


PREFER, FALLBACK = inherits(InheritPath.PREFER), inherits(InheritPath.FALLBACK)
NONE = ("bundle", None, None, None, None)
LET_IN = ("bundle", "editable", "given", None, "finder's")
FIRST = ("host", "editable", "given", None, "finder's")
RULES = {
    "nothing of the host's": Rule(NONE),
    "--inherit-path fallback": Rule(LET_IN, FALLBACK),
    "--inherit-path prefer": Rule(FIRST, PREFER),
    "PEX_INHERIT_PATH=fallback": Rule(LET_IN, variables={"PEX_INHERIT_PATH": "fallback"}),
    "PEX_INHERIT_PATH=prefer": Rule(FIRST, variables={"PEX_INHERIT_PATH": "prefer"}),
    "PEX_INHERIT_PATH=false beats what is sealed in": Rule(NONE, PREFER, {"PEX_INHERIT_PATH": "false"}),
    "PEX_INHERIT_PATH=fallback beats it too": Rule(LET_IN, PREFER, {"PEX_INHERIT_PATH": "fallback"}),
    "PEX_EXTRA_SYS_PATH": Rule(("bundle", None, None, "added", None), variables={"PEX_EXTRA_SYS_PATH": "{added}"}),
    "PEX_PATH, a file": Rule(("bundle", None, None, "added", None), variables={"PEX_PATH": "{other}"}),
    "PEX_PATH, a directory": Rule(("bundle", None, None, "added", None), variables={"PEX_PATH": "{added}"}),
    "--inject-env": Rule(NONE, LaunchOptions(inject_env=(("SEALED", "in"),)), sealed="in"),
    "a variable beats what is sealed in": Rule(
        NONE, LaunchOptions(inject_env=(("SEALED", "in"),)), {"SEALED": "now"}, "now"
    ),
}


class Host:
    """A Python with packages in its user's directory, one of them by PYTHONPATH, and a hook of its own."""

    def __init__(self, python: Path, directory: Path) -> None:
        self.python = python
        library = run(
            [python, "-c", "import os; print(os.path.basename(os.path.dirname(os.__file__)))"], os.environ
        )
        self.site = directory / "user" / "lib" / library.stdout.strip() / "site-packages"
        self.site.mkdir(parents=True)
        for name in ("editable", "given", "added", "bin"):
            (directory / name).mkdir()
        (self.site / "both.py").write_text("WHERE = 'host'\n")
        (directory / "editable" / "edited.py").write_text("WHERE = 'editable'\n")
        (directory / "elsewhere.py").write_text('WHERE = "finder\'s"\n')
        (directory / "added" / "added.py").write_text("WHERE = 'added'\n")
        (directory / "given" / "given.py").write_text("WHERE = 'given'\n")
        (self.site / "edited.pth").write_text(f"{directory / 'editable'}\n")
        (self.site / "the_finder.py").write_text(FINDER.format(place=str(directory / "elsewhere.py")))
        hooking = "import sys\ndef hook(*what):\n    print('the host')\nsys.excepthook = hook\n"
        (self.site / "hooking.py").write_text(hooking)
        (self.site / "finder.pth").write_text("import the_finder\n")
        (self.site / "hooking.pth").write_text("import hooking\n")
        (directory / "bin" / "python3").symlink_to(python)
        self.directory = directory
        self.env = environment(
            directory / "root",
            PYTHONUSERBASE=str(directory / "user"),
            PYTHONPATH=str(directory / "given"),
            PATH=f"{directory / 'bin'}:/usr/bin:/bin",
        )

    def make_other(self) -> None:
        """Make a file that brings `added`, and a `both` of its own."""
        wheels = [
            make_wheel(self.directory, name, files={f"{name}.py": f"WHERE = '{where}'\n"})
            for name, where in (("added", "added"), ("both", "other"))
        ]
        bundle_file(self.directory / "other.pex", wheels, EntryPoint(StartKind.INTERPRETER))

    def start(self, way: str, launch: LaunchOptions, entry: str = "main") -> list[str | Path]:
        """The command that starts `told` in one of the ways, once the app is unpacked."""
        place = self.directory / way
        place.mkdir()
        scripts = {"console_scripts": {"tell": "told:main", "mishap": "told:fail"}}
        told = make_wheel(place, "told", files={"told.py": TOLD, "parent.py": PARENT}, entry_points=scripts)
        wheels = [told, make_wheel(place, "both", files={"both.py": "WHERE = 'bundle'\n"})]
        start = function("told", entry)
        more: list[str] = []
        if way == "interpreter":
            start = EntryPoint(StartKind.INTERPRETER)
            more = ["-m", "told"] if entry == "main" else ["-c", f"import told; told.{entry}()"]
        elif way == "child":
            start = function("parent", entry)
        elif way == "sh header":
            launch = LaunchOptions(**{**vars(launch), "sh_boot": True})
        file = bundle_file(place / "app.pex", wheels, start, launch=launch)
        if way == "made venv":
            run([self.python, file, "venv", place / "venv"], {**self.env, "PEX_TOOLS": "1"})
            return [place / "venv" / "pex"]
        return [file] if way == "sh header" else [self.python, file, *more]


@pytest.fixture
def host(newest: Interpreter, tmp_path: Path) -> Host:
    return Host(newest.path, tmp_path)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_a_rule_holds_however_the_app_is_started(rule: Rule, way: str, host: Host) -> None:
    places = {"added": host.directory / "added", "other": host.directory / "other.pex"}
    variables = {name: text.format(**places) for name, text in rule.variables.items()}
    if str(places["other"]) in variables.values():
        host.make_other()
    command = host.start(way, rule.launch)
    if way in ("interpreter", "child") and rule.packages == NONE:
        # PYTHONPATH is kept for Python itself, behind the bundle.
        expected: tuple[str | None, ...] = ("bundle", None, "given", None, None)
    elif way in ("interpreter", "child") and rule.packages[3]:
        expected = ("bundle", None, "given", "added", None)
    else:
        expected = rule.packages
    for _ in range(2):
        seen: dict[str, Any] = json.loads(run(command, {**host.env, **variables}).stdout.splitlines()[-1])
        assert tuple(seen["packages"]) == expected
        assert seen["sealed"] == rule.sealed
        assert seen["switches"] == [] and seen["here"]
        assert seen["hook"] == (rule.packages in (NONE, ("bundle", None, None, "added", None)))


@pytest.mark.parametrize("way", WAYS)
def test_an_exception_is_shown_by_python_without_our_frames(way: str, host: Host) -> None:
    command = host.start(way, LaunchOptions(), "fail")
    for _ in range(2):
        errors = run(command, host.env, check=False).stderr.splitlines()
        assert (errors[0], errors[-1]) == ("Traceback (most recent call last):", "ValueError: words")
        frames = [line for line in errors if line.startswith("  File")]
        own = [line for line in frames if not line.startswith('  File "<string>"')]
        assert [line.rpartition("/")[2] for line in own] == ['told.py", line 24, in fail']


SWITCHES: list[tuple[dict[str, str], list[str]]] = [
    ({"PEX_INTERPRETER": "1"}, ["-c", "import told; told.main()", "a"]),
    ({"PEX_MODULE": "told"}, ["a"]),
    ({"PEX_MODULE": "told:main"}, ["a"]),
    ({"PEX_SCRIPT": "tell"}, ["a"]),
]


@pytest.mark.parametrize("way", [way for way in WAYS if way != "child"])
def test_what_starts_is_what_the_variables_say_now(way: str, host: Host) -> None:
    """Whatever the file starts by itself, which here fails."""
    command = host.start(way, LaunchOptions(), "fail")
    command = command[:1] if way in ("sh header", "made venv") else command[:2]
    for variables, words in SWITCHES:
        for _ in range(2):
            done = run([*command, *words], {**host.env, **variables}, check=False)
            assert (done.returncode, done.stderr) == (0, ""), (variables, done.stderr)
            seen = json.loads(done.stdout)
            assert seen["words"] == ["a"]
            assert seen["switches"] == [] and seen["here"] and seen["packages"][0] == "bundle"


@pytest.mark.parametrize("way", [way for way in WAYS if way not in ("interpreter", "child")])
def test_sealed_arguments_name_variables_of_the_start(way: str, host: Host) -> None:
    words = ("--root={pex.env.HOME}/x", "{pex.env.SEALED}{pex.env.NOWHERE}", "{pex.env.", "{pex.env.B}c}", "{}")
    launch = LaunchOptions(inject_args=words, inject_env=(("SEALED", "in"),))
    command = host.start(way, launch)
    for _ in range(2):
        seen = json.loads(run(command, {**host.env, "HOME": "/a home", "B": "{pex.env.HOME}"}).stdout)
        assert seen["words"] == ["--root=/a home/x", "in", "{pex.env.", "{pex.env.HOME}c}", "{}"]


def test_an_interpreter_started_by_the_sh_header_gets_the_values_too(host: Host) -> None:
    launch = LaunchOptions(inject_args=("-c", "print('{pex.env.HOME}')"), sh_boot=True)
    wheel = make_wheel(host.directory, "told", files={"told.py": TOLD})
    file = bundle_file(host.directory / "app.pex", [wheel], EntryPoint(StartKind.INTERPRETER), launch=launch)
    for _ in range(2):
        assert run([file], {**host.env, "HOME": "/a home"}).stdout == "/a home\n"


@pytest.mark.parametrize("way", WAYS)
def test_what_is_unknown_is_said_once(way: str, host: Host) -> None:
    command = host.start(way, LaunchOptions(inject_python_args=("-B",)))
    run(command, host.env)
    done = run(command, {**host.env, "PEX_UNKNOWN": "1", "PEX_EMPTY": ""})
    assert done.stderr.splitlines() == ["pexlite: PEX_UNKNOWN does nothing here"]


@pytest.mark.parametrize(
    "variables",
    [{"PEX_TOOLS": "1"}, {"PEX_PYTHON": "python3"}, {"PEX_PYTHON_PATH": "/"}],
    ids=lambda given: next(iter(given)),
)
def test_what_only_a_file_can_do_is_noted_once_in_a_made_venv(variables: dict[str, str], host: Host) -> None:
    command = host.start("made venv", LaunchOptions(inject_python_args=("-B",)))
    done = run([*command, "a"], {**host.env, **variables})
    assert done.stderr.splitlines() == [f"pexlite: {next(iter(variables))} does nothing here"]
    assert json.loads(done.stdout)["words"] == ["a"]


@pytest.mark.parametrize("shell", ["sh", "dash", "bash", "ksh", "mksh", "zsh", "busybox"])
def test_any_shell_can_run_the_sh_header(shell: str, host: Host) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed here")
    launch = LaunchOptions(inject_args=("sealed in",), inject_env=(("SEALED", "two words"),))
    command = [program, *(["sh"] if shell == "busybox" else []), *host.start("sh header", launch), "a b", "*"]
    for _ in range(3):
        seen = json.loads(run(command, host.env).stdout)
        assert (seen["words"], seen["sealed"]) == (["sealed in", "a b", "*"], "two words")


def test_the_sh_header_starts_the_python_of_the_shebang(host: Host) -> None:
    (host.directory / "bin" / "python3").unlink()
    env = {**host.env, "PATH": str(host.directory / "bin")}
    own = host.directory / "own" / "python-of-ours"
    own.parent.mkdir()
    own.symlink_to(host.python)
    for number, shebang in enumerate((str(own), f"/usr/bin/env {own}")):
        (place := host.directory / str(number)).mkdir()
        told = make_wheel(place, "told", files={"told.py": TOLD, "both.py": "WHERE = 'bundle'\n"})
        launch = LaunchOptions(sh_boot=True, shebang=shebang)
        file = bundle_file(place / "app.pex", [told], function("told", "main"), launch=launch)
        for _ in range(2):
            assert json.loads(run(["/bin/sh", file, "a"], env).stdout)["words"] == ["a"]
