"""Whatever the surroundings are, an app sees what it sees from a clean start."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pexlite.model import LaunchOptions
from tests import needs
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter

SEES = """
import json, os, sys


def main():
    import helper
    import json as a_standard_one

    try:
        import of_the_host
    except ImportError:
        of_the_host = None
    print(json.dumps({
        "argv": sys.argv[1:],
        "helper": helper.__file__,
        "standard": a_standard_one.__file__,
        "path": sys.path,
        "prefix": sys.prefix,
        "executable": sys.executable,
        "host": of_the_host and of_the_host.__file__,
        "switches": sorted(name for name in os.environ if name.startswith("PEX")),
        "modules": sorted(name for name in sys.modules if name in ("of_the_host", "helper")),
    }))
"""

# {decoys}: modules named as the bundle's and as the standard ones; {user}: a user base full of them.
VARIABLES = [
    ("PYTHONPATH", "{decoys}"),
    ("PYTHONPATH", ":{decoys}:"),
    ("PYTHONPATH", ":"),
    ("PYTHONUSERBASE", "{user}"),
    ("PYTHONSTARTUP", "{decoys}/helper.py"),
    ("PYTHONSAFEPATH", "1"),
    ("PYTHONOPTIMIZE", "2"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
    ("PYTHONPYCACHEPREFIX", "{decoys}/cache"),
    ("PYTHONWARNINGS", "error"),
    ("PYTHONNOUSERSITE", "1"),
    ("PYTHONDEVMODE", "1"),
    ("PYTHONHASHSEED", "0"),
    ("PYTHONIOENCODING", "ascii"),
    ("PYTHONCASEOK", "1"),
    ("PYTHONEXECUTABLE", "/nowhere/python"),
    ("__PYVENV_LAUNCHER__", "/nowhere/python"),
    ("VIRTUAL_ENV", "/nowhere"),
    ("CONDA_PREFIX", "/nowhere"),
    ("PYTHONUTF8", "0"),
    ("LC_ALL", "C"),
    ("LC_ALL", "nowhere.UTF-8"),
    ("IFS", "/x"),
    ("ENV", "{decoys}/helper.py"),
    ("BASH_ENV", "{decoys}/helper.py"),
    ("CDPATH", "{decoys}"),
    ("HOME", "/nowhere"),
    ("TMPDIR", "/nowhere"),
    ("python", "variables of the sh header"),
    ("PEX", "/nowhere"),
    ("PEX_VERBOSE", "0"),
    ("PEX_VERBOSE", ""),
]
OPTIONS = [
    "-I",
    "-S",
    "-E",
    "-s",
    "-O",
    "-OO",
    "-B",
    "-Xutf8=0",
    "-Werror",
    "-u",
    "-bb",
    "-q",
    "-Xdev",
    "-ISEsOOB",
]
DECOYS = ("helper", "sees", "of_the_host", "json", "zlib", "struct", "threading", "time", "fcntl", "random")


class Surroundings:
    """A file with either header, tried in an environment full of decoys."""

    def __init__(self, python: Path, directory: Path) -> None:
        wheels = [
            make_wheel(directory, "sees", files={"sees.py": SEES}),
            make_wheel(directory, "helper", files={"helper.py": ""}),
        ]
        start = function("sees", "main")
        self.file = bundle_file(directory / "app.pex", wheels, start)
        self.by_sh = bundle_file(directory / "sh.pex", wheels, start, launch=LaunchOptions(sh_boot=True))
        self.python = python
        self.decoys = directory / "decoys"
        self.decoys.mkdir()
        # PyPy imports this itself, before it runs any directory or zip.
        decoys = [name for name in DECOYS if name != "threading" or not python.name.startswith("pypy")]
        for name in decoys:
            (self.decoys / f"{name}.py").write_text("" if name == "of_the_host" else "raise OSError('a decoy')\n")
        self.user = directory / "user"
        (directory / "bin").mkdir()
        (directory / "bin" / "python3").symlink_to(python)
        self.env = environment(directory / "root", PATH=f"{directory / 'bin'}:/usr/bin:/bin")
        for name in ("LC_ALL", "LANG"):
            self.env.pop(name, None)
        library = run([python, "-c", "import os; print(os.path.basename(os.path.dirname(os.__file__)))"], self.env)
        site = self.user / "lib" / library.stdout.strip() / "site-packages"
        shutil.copytree(self.decoys, site)
        (site / "zz.pth").write_text("import of_the_host\n")

    def ways(self, options: tuple[str, ...] = ()) -> list[list[str | Path]]:
        ways: list[list[str | Path]] = [[self.python, *options, self.file, "one", "two"]]
        return ways if options else [*ways, ["/bin/sh", self.by_sh, "one", "two"]]

    def seen(self, command: list[str | Path], cwd: Path | None = None, **variables: str) -> object:
        done = run(command, {**self.env, **variables}, cwd=cwd, check=False)
        assert (done.returncode, done.stderr) == (0, ""), (command, variables, done.stderr)
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def surroundings(tmp_path_factory: pytest.TempPathFactory, newest: Interpreter) -> Surroundings:
    return Surroundings(newest.path, tmp_path_factory.mktemp("surroundings"))


@pytest.mark.parametrize(("name", "value"), VARIABLES)
def test_no_variable_changes_what_the_app_sees(
    name: str, value: str, surroundings: Surroundings, newest: Interpreter
) -> None:
    if value == "nowhere.UTF-8" and not needs.is_cpython(newest):
        pytest.skip("PyPy itself does not start where the locale is unknown: takes a CPython")
    value = value.format(decoys=surroundings.decoys, user=surroundings.user)
    for command in surroundings.ways():
        clean = surroundings.seen(command)
        assert surroundings.seen(command, surroundings.decoys, **{name: value}) == clean


@pytest.mark.parametrize("option", OPTIONS)
def test_no_option_of_python_changes_what_the_app_sees(option: str, surroundings: Surroundings) -> None:
    (clean,) = map(surroundings.seen, surroundings.ways()[:1])
    (command,) = surroundings.ways((option,))
    assert surroundings.seen(command, surroundings.decoys) == clean
    hostile = {"PYTHONPATH": str(surroundings.decoys), "PYTHONUSERBASE": str(surroundings.user)}
    assert surroundings.seen(command, surroundings.decoys, **hostile) == clean


@pytest.mark.parametrize("option", OPTIONS)
def test_no_option_of_python_is_heard_of_at_a_first_start(
    option: str, surroundings: Surroundings, tmp_path: Path
) -> None:
    for more in ((), ("-Xwarn_default_encoding",)):
        (command,) = surroundings.ways((*more, option))
        surroundings.seen(command, PEX_ROOT=str(tmp_path / f"root{len(more)}"))


def test_a_first_start_is_as_well_guarded(python: Interpreter, tmp_path: Path) -> None:
    here = Surroundings(python.path, tmp_path)
    hostile = {"PYTHONPATH": str(here.decoys), "PYTHONUSERBASE": str(here.user), "PYTHONWARNINGS": "error"}
    for command in here.ways():
        first = here.seen(command, here.decoys, **hostile)
        assert here.seen(command) == first


def test_a_venvs_python_is_its_bases(newest: Interpreter, tmp_path: Path) -> None:
    run([newest.path, "-m", "venv", "--without-pip", tmp_path / "venv"], environment(tmp_path))
    here = Surroundings(newest.path, tmp_path)
    (command, _) = here.ways()
    clean = here.seen(command)
    (site,) = (tmp_path / "venv").glob("lib/*/site-packages")
    (site / "of_the_host.py").write_text("")
    (site / "helper.py").write_text("raise OSError('a decoy')\n")
    assert here.seen([tmp_path / "venv" / "bin" / "python", *command[1:]]) == clean


STRANGERS = {
    "nested namespaces": "import outer.inner.module",
    "a path that cannot be read": """
class Path(list):
    def __iter__(self):
        raise KeyError("a stranger's")

import types, sys
sys.modules["odd"] = types.ModuleType("odd")
sys.modules["odd"].__path__ = Path()
""",
    "a module that answers nothing": """
import types, sys
class Odd(types.ModuleType):
    def __getattribute__(self, name):
        raise RuntimeError(name)
sys.modules["odd"] = Odd("odd")
""",
    "no module at all": "import sys; sys.modules['odd'] = 3; sys.modules['none'] = None",
}


@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS)
def test_nothing_that_a_module_of_the_host_does_ends_a_start(
    stranger: str, python: Interpreter, teller: Path, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    (site / "outer/inner").mkdir(parents=True)
    (site / "outer/inner/module.py").write_text("")
    (site / "sitecustomize.py").write_text(stranger)
    env = environment(tmp_path / "root", PYTHONPATH=str(site))
    for _ in range(2):
        done = run([python.path, teller], env, check=False)
        assert (done.returncode, done.stderr) == (3, "")
        assert not {"outer", "outer.inner", "outer.inner.module"} & set(json.loads(done.stdout)["modules"])


BACKPORT = "class Enum(object): pass\nclass IntEnum(int, Enum): pass\ndef unique(x): return x\n"


@pytest.mark.parametrize("place", ["PYTHONPATH", ".pth"])
def test_a_backport_of_a_standard_module_is_no_damage(place: str, newest: Interpreter, tmp_path: Path) -> None:
    """Python itself starts with it, so the file starts, the first time and later."""
    if place == "PYTHONPATH" and not needs.is_cpython(newest):
        pytest.skip("PyPy imports enum from there itself, before it runs a file, and ends: takes a CPython")
    wheel = make_wheel(tmp_path, "app", files={"app.py": "def main():\n    import enum, re\n    print('ran')\n"})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"))
    directory = tmp_path / "user" / "lib" / f"python3.{newest.tag[3:]}" / "site-packages"
    directory.mkdir(parents=True)
    (directory / "enum.py").write_text(BACKPORT)
    if place == ".pth":
        (directory / "x.pth").write_text(f"import sys; sys.path.insert(0, {str(directory)!r}); import enum\n")
    variables = {"PYTHONPATH": str(directory)} if place == "PYTHONPATH" else {}
    env = environment(tmp_path / "root", PYTHONUSERBASE=str(tmp_path / "user"), **variables)
    for _ in range(2):
        assert run([newest.path, file], env).stdout == "ran\n"
