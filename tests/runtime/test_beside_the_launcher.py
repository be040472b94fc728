"""Modules of the runtime that few starts need: the first of them compiles one and keeps it for the others."""

from __future__ import annotations

import marshal
import os
import resource
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import MAGIC_NUMBER
from pathlib import Path

import pytest

from pexlite.model import EntryPoint, StartKind
from tests import needs
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter

APP = "import sys\n\ndef main():\n    print('app', sys.argv[1:])\n"
ASKED = ("-c", "import app; app.main()", "x")
OF_AN_INTERPRETER = ("switches", "become", "program")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    wheel = make_wheel(tmp_path, "app", files={"app.py": APP})
    return bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"))


def kept(env: dict[str, str]) -> dict[str, Path]:
    """The files beside the launcher, by the names of their modules."""
    found = Path(env["PEX_ROOT"]).glob("lite-2/apps/*-*/_pexlite_*")
    named = {path.name.removeprefix("_pexlite_"): path for path in found}
    return {name: path for name, path in named.items() if name not in ("launch", "checked", "mended")}


@pytest.fixture
def begun(newest: Interpreter, file: Path, env: dict[str, str]) -> dict[str, Path]:
    """The files that are kept after a first start and one as an interpreter, by the newest Python."""
    run([newest.path, file], env)
    as_interpreter(newest, file, env)
    return kept(env)


def as_interpreter(python: Interpreter, file: Path, env: dict[str, str]) -> None:
    """Start the file as an interpreter, which tells nothing but what it is asked."""
    done = run([python.path, file, *ASKED], {**env, "PEX_INTERPRETER": "1"})
    assert (done.stdout, done.stderr) == ("app ['x']\n", "")


def test_an_ordinary_start_keeps_nothing(python: Interpreter, file: Path, env: dict[str, str]) -> None:
    for _ in range(2):
        assert run([python.path, file], env).stdout == "app []\n"
    assert kept(env) == {}


def test_what_a_start_needs_is_kept(python: Interpreter, file: Path, env: dict[str, str]) -> None:
    as_interpreter(python, file, env)  # which has read the switches before there was a launcher
    as_interpreter(python, file, env)
    before = {name: path.stat().st_mtime_ns for name, path in kept(env).items()}
    assert sorted(before) == sorted(OF_AN_INTERPRETER)
    as_interpreter(python, file, env)
    assert {name: path.stat().st_mtime_ns for name, path in kept(env).items()} == before


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def zeros(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def of_another_python(path: Path) -> None:
    path.write_bytes(b"\1\2" + path.read_bytes()[2:])


def garbage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:4] + b"\xff" * 999)


def no_code(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:4] + marshal.dumps(None))


def more_than_there_is(path: Path) -> None:
    """The beginning of a tuple of two thousand million."""
    path.write_bytes(path.read_bytes()[:4] + b"(\xff\xff\xff\x7f")


@pytest.fixture
def eight_gigabytes() -> Iterator[None]:
    """Processes get no more memory: such a tuple would fill that of the machine."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (8 << 30, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def a_link_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to("/nowhere")


def open_to_others(path: Path) -> None:
    """With content that must not be run."""
    path.write_bytes(MAGIC_NUMBER + marshal.dumps(compile("raise SystemExit('run')", "x", "exec")))
    path.chmod(0o666)


@pytest.mark.parametrize(
    "damage",
    [
        cut,
        empty,
        zeros,
        of_another_python,
        garbage,
        no_code,
        more_than_there_is,
        a_pipe,
        a_link_to_nothing,
        open_to_others,
    ],
    ids=lambda damage: damage.__name__,
)
@pytest.mark.parametrize("name", OF_AN_INTERPRETER)
def test_what_is_damaged_is_written_anew(
    name: str,
    damage: Callable[[Path], None],
    newest: Interpreter,
    file: Path,
    env: dict[str, str],
    begun: dict[str, Path],
    eight_gigabytes: None,
) -> None:
    path = begun[name]
    damage(path)
    as_interpreter(newest, file, env)
    found = path.lstat()
    assert stat.S_ISREG(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o644
    assert run([newest.path, file, "verify", "--cache"], {**env, "PEX_TOOLS": "1"}).returncode == 0


def test_a_directory_in_its_place_is_no_reason_to_fail(
    newest: Interpreter, file: Path, env: dict[str, str], begun: dict[str, Path]
) -> None:
    path = begun["become"]
    path.unlink()
    path.mkdir()
    as_interpreter(newest, file, env)
    tools = {**env, "PEX_TOOLS": "1"}
    assert run([newest.path, file, "verify", "--cache"], tools, check=False).returncode == 6
    run([newest.path, file, "verify", "--cache", "--repair"], tools)
    run([newest.path, file, "verify", "--cache"], tools)
    as_interpreter(newest, file, env)
    assert path.is_file()


def test_it_need_not_be_possible_to_write(newest: Interpreter, file: Path, env: dict[str, str]) -> None:
    run([newest.path, file], env)
    apps = Path(env["PEX_ROOT"], "lite-2/apps")
    (app,) = apps.glob("*-*")
    limited: list[str | Path] = [sys.executable, "-c", LIMITED, newest.path, file, *ASKED]
    done = run(limited, {**env, "PEX_INTERPRETER": "1"})
    assert (done.stdout, done.stderr) == ("app ['x']\n", "")
    assert kept(env) == {} and [path.name for path in apps.iterdir()] == [app.name]


# No file may be written (ulimit -f 0), as on a full disk; stdout is a pipe.
LIMITED = """
import os, resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_warm_keeps_all_for_those_who_cannot_write(newest: Interpreter, file: Path, env: dict[str, str]) -> None:
    run([newest.path, file, "warm"], {**env, "PEX_TOOLS": "1"})
    before = {name: path.read_bytes() for name, path in kept(env).items()}
    assert {*before} > {*OF_AN_INTERPRETER}
    as_interpreter(newest, file, env)
    assert {name: path.read_bytes() for name, path in kept(env).items()} == before
    for path, damage in zip(kept(env).values(), (cut, zeros, a_pipe, a_link_to_nothing, no_code), strict=False):
        damage(path)
    run([newest.path, file, "warm"], {**env, "PEX_TOOLS": "1"})
    assert {name: path.read_bytes() for name, path in kept(env).items()} == before


def test_who_can_read_the_launcher_can_read_it_too(newest: Interpreter, file: Path, env: dict[str, str]) -> None:
    run([newest.path, file], env)
    with_umask: list[str | Path] = ["sh", "-c", 'umask 077; exec "$@"', "sh", newest.path, file, *ASKED]
    run(with_umask, {**env, "PEX_INTERPRETER": "1"})
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept(env).values()} == {0o644}


@pytest.mark.parametrize("name", OF_AN_INTERPRETER)
def test_what_has_changed_is_found_and_written_anew(
    name: str, newest: Interpreter, file: Path, env: dict[str, str], begun: dict[str, Path]
) -> None:
    tools = {**env, "PEX_TOOLS": "1"}
    path = begun[name]
    content = path.read_bytes()
    code = run_by(newest, "import sys, marshal; sys.stdout.buffer.write(marshal.dumps(compile('', 'x', 'exec')))")
    path.write_bytes(content[:4] + code)
    done = run([newest.path, file, "verify", "--cache"], tools, check=False)
    assert done.returncode == 6 and f"_pexlite_{name} has changed\n" in done.stdout
    run([newest.path, file, "verify", "--cache", "--repair"], tools)
    as_interpreter(newest, file, env)
    assert run([newest.path, file, "verify", "--cache"], tools).returncode == 0


def run_by(python: Interpreter, program: str) -> bytes:
    return subprocess.run([python.path, "-c", program], stdout=subprocess.PIPE, check=True).stdout


def test_many_starts_at_once_keep_it(newest: Interpreter, file: Path, env: dict[str, str]) -> None:
    run([newest.path, file], env)
    command: list[str | Path] = [newest.path, file, *ASKED]
    for _ in range(3):
        for path in kept(env).values():
            path.unlink()
        starts = [
            subprocess.Popen(command, env={**env, "PEX_INTERPRETER": "1"}, stdout=subprocess.PIPE)
            for _ in range(12)
        ]
        assert [start.communicate(timeout=60)[0] for start in starts] == [b"app ['x']\n"] * 12
        assert sorted(kept(env)) == sorted(OF_AN_INTERPRETER)
    assert run([newest.path, file, "verify", "--cache"], {**env, "PEX_TOOLS": "1"}).returncode == 0
    assert not [path for path in Path(env["PEX_ROOT"], "lite-2/apps").iterdir() if path.name.startswith(".")]


def test_an_app_that_goes_meanwhile_is_no_reason_to_fail(
    newest: Interpreter, file: Path, env: dict[str, str], tmp_path: Path
) -> None:
    run([newest.path, file], env)
    apps = Path(env["PEX_ROOT"], "lite-2/apps")
    (app,) = apps.glob("*-*")
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text(REMOVER.format(app=str(app), gone=str(apps / "gone")))
    needs.audit_events(newest)
    variables = {**env, "PEX_INTERPRETER": "1", "PYTHONPATH": str(tmp_path / "site")}
    assert run([newest.path, file, *ASKED], variables).stdout == "app ['x']\n"
    assert (apps / "gone").exists()
    shutil.rmtree(apps / "gone")
    as_interpreter(newest, file, env)
    assert run([newest.path, file, "verify", "--cache"], {**env, "PEX_TOOLS": "1"}).returncode == 0


REMOVER = """
import os, sys

def heard(event, arguments):
    if event == "open" and str(arguments[0]).endswith("_pexlite_switches") and os.path.exists({app!r}):
        os.rename({app!r}, {gone!r})

sys.addaudithook(heard)
"""


def test_a_file_without_an_entry_point_needs_nothing_beside(newest: Interpreter, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "app", files={"app.py": APP})
    file = bundle_file(tmp_path / "python.pex", [wheel], EntryPoint(StartKind.INTERPRETER))
    env = environment(tmp_path / "root")
    assert run([newest.path, file, *ASKED], env).stdout == "app ['x']\n"
    assert kept(env) == {}
    launcher = next(Path(env["PEX_ROOT"]).glob("lite-2/apps/*-*/_pexlite_launch"))
    assert b"become" in launcher.read_bytes()
