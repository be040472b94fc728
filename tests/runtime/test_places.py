"""The cache is where it may be, and elsewhere when it may not be there: no other account has a hand in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pexlite.model import EntryPoint, LaunchOptions, StartKind
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter, supported
from tests.runtime.trials import as_root, mounted

# An account that no machine has, another one in each process of the tests: what one leaves, others would find.
SOMEBODY = 61234 + os.getpid() % 4000

PLACES = ["with space", "unicode \u00fc\u20ac", "new\nline", "quote'\"$x`", "-dash", "colon:", "*", "%s{0}", "\\"]


@pytest.mark.parametrize("name", [*PLACES, "x" * 200 + "/" + "y" * 200])
@pytest.mark.parametrize("sh_boot", [False, True])
def test_any_name_will_do_for_the_cache(name: str, sh_boot: bool, newest: Interpreter, tmp_path: Path) -> None:
    code = "import subprocess, sys\ndef main():\n    print(ascii([sys.prefix, out()]))\ndef out():\n"
    code += "    code = 'import where, sys; print(sys.prefix)'\n"
    code += "    return subprocess.check_output([sys.executable, '-c', code]).decode()[:-1]\n"
    wheel = make_wheel(tmp_path, "where", files={"where.py": code})
    launch = LaunchOptions(sh_boot=sh_boot)
    file = bundle_file(tmp_path / "app.pex", [wheel], function("where", "main"), launch=launch)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(newest.path)
    env = environment(tmp_path / name, PATH=f"{tmp_path / 'bin'}:/usr/bin:/bin")
    command: list[str | Path] = ["/bin/sh", file] if sh_boot else [newest.path, file]
    for _ in range(2):
        prefix, child = eval(run(command, env).stdout)
        assert prefix.startswith(f"{tmp_path / name}/lite-2/apps/") and child == prefix


def test_a_relative_cache_needs_the_current_directory(newest: Interpreter, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "where", files={"where.py": "def main():\n    print('started')\n"})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("where", "main"))
    (tmp_path / "gone").mkdir()
    command = f'cd "{tmp_path}/gone" && rmdir "$PWD" && exec "{newest.path}" "{file}"'
    done = run(["/bin/sh", "-c", command], environment(Path("here")), check=False)
    assert done.stderr == "error: the current directory is gone\nhint: start app.pex from another one\n"
    assert (done.returncode, done.stdout) == (1, "")


def as_somebody(env: dict[str, str], *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command as an account that has no home and owns nothing."""
    words = [str(word) for word in command]

    def become() -> None:
        os.setgroups([])
        os.setgid(SOMEBODY)
        os.setuid(SOMEBODY)

    return subprocess.run(
        words, env=env, preexec_fn=become, cwd="/", capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture
def public() -> Path:
    """A Python that any account may run."""
    known = (Path("/usr/bin/python3"), Path("/usr/local/bin/python3"), *(found.path for found in supported()))
    for path in filter(Path.exists, known):
        if all(directory.stat().st_mode & 0o001 for directory in (*path.parents, *path.resolve().parents)):
            return path
    pytest.skip("no Python here that any account may run: apt-get install python3")


@pytest.fixture
def small(everybodys: Path) -> Path:
    """A file that says where it lies in the cache, readable by any account."""
    wheel = make_wheel(everybodys, "where", files={"where.py": "import sys\ndef main():\n    print(sys.prefix)\n"})
    return bundle_file(everybodys / "app.pex", [wheel], function("where", "main"))


HOMES: list[Callable[[Path], dict[str, str]]] = [
    lambda place: {},
    lambda place: {"HOME": "/nowhere/at/all"},
    lambda place: {"HOME": "/root"},
    lambda place: {"HOME": str(place / "app.pex")},
    lambda place: {"HOME": "/dev/null"},
    lambda place: {"HOME": str(place), "PEX_ROOT": "/proc/cache"},
    lambda place: {"PEX_ROOT": str(place / "app.pex")},
    lambda place: {"PEX_ROOT": "/usr/cache"},
]


@as_root
@pytest.mark.parametrize("home", HOMES)
def test_without_a_home_there_is_a_private_place_that_later_starts_find(
    home: Callable[[Path], dict[str, str]], public: Path, everybodys: Path, small: Path
) -> None:
    env = {"PATH": "/usr/bin:/bin", "TMPDIR": str(everybodys / "tmp"), **home(everybodys)}
    first, second = (as_somebody(env, public, small) for _ in range(2))
    assert (first.returncode, first.stderr) == (0, "") and first.stdout == second.stdout
    (private,) = (everybodys / "tmp").iterdir()
    assert first.stdout.startswith(f"{private}/")
    assert (private.stat().st_uid, private.stat().st_mode & 0o777) == (SOMEBODY, 0o700)


def prepare(place: Path, kind: str) -> None:
    """Put something into the way, as another account could."""
    trap = place / "tmp" / f"pexlite-{SOMEBODY}-aaaaaaaa"
    if kind == "link":
        (place / "elsewhere").mkdir()
        os.chown(place / "elsewhere", SOMEBODY, SOMEBODY)
        (place / "elsewhere").chmod(0o700)
        trap.symlink_to(place / "elsewhere")
    elif kind == "no sticky bit":
        (place / "tmp").chmod(0o777)
    elif kind == "another's place":
        os.chown(place / "tmp", SOMEBODY + 1, SOMEBODY + 1)
    else:
        trap.mkdir()
        os.chown(trap, SOMEBODY + (kind != "own but open"), SOMEBODY)
        trap.chmod({"open": 0o777, "closed": 0o700, "own but open": 0o750}[kind])


@as_root
@pytest.mark.parametrize("kind", ["link", "open", "closed", "own but open", "no sticky bit", "another's place"])
def test_a_place_that_another_account_prepared_is_not_taken(
    kind: str, public: Path, everybodys: Path, small: Path
) -> None:
    prepare(everybodys, kind)
    env = {"PATH": "/usr/bin:/bin", "TMPDIR": str(everybodys / "tmp"), "HOME": "/nowhere"}
    first, second = (as_somebody(env, public, small) for _ in range(2))
    assert (first.returncode, first.stderr) == (0, "") and first.stdout == second.stdout
    root = Path(first.stdout).parents[2]
    assert "aaaaaaaa" not in str(root) and not list(everybodys.glob("elsewhere/*"))
    inside = (everybodys / "tmp") in root.parents
    assert inside != (kind in ("no sticky bit", "another's place"))
    if not inside:
        shutil.rmtree(root)


@as_root
@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_cache_that_root_made_does_not_stop_its_user(
    umask: int, public: Path, everybodys: Path, small: Path
) -> None:
    home = everybodys / "home"
    home.mkdir()
    os.chown(home, SOMEBODY, SOMEBODY)
    env = {"PATH": "/usr/bin:/bin", "TMPDIR": str(everybodys / "tmp"), "HOME": str(home)}
    before = os.umask(umask)
    try:
        run([public, small], env)
    finally:
        os.umask(before)
    first, second = (as_somebody(env, public, small) for _ in range(2))
    assert (first.returncode, first.stderr) == (0, "") and first.stdout == second.stdout
    for wheel in (home / ".pex" / "lite-2" / "wheels").iterdir():
        wheel.chmod(0o700)  # root's, in a cache that is the user's again
    for path in (home / ".pex").rglob("*"):
        if "wheels/" not in str(path):
            os.chown(path, SOMEBODY, SOMEBODY, follow_symlinks=False)
    os.chown(home / ".pex", SOMEBODY, SOMEBODY)
    (home / ".pex").chmod(0o755)
    for app in (home / ".pex" / "lite-2" / "apps").iterdir():
        shutil.rmtree(app)
    done = as_somebody(env, public, small)
    assert done.stdout.startswith(f"{home}/.pex/"), done.stderr


@as_root
@pytest.mark.skipif(sys.platform != "linux", reason="tmpfs is Linux's")
def test_a_place_without_programs_runs_what_is_pure_and_names_it_for_the_rest(
    newest: Interpreter, tmp_path: Path
) -> None:
    code = "import sys\ndef main():\n    print(sys.prefix)\n"
    pure = make_wheel(tmp_path, "pure", files={"pure.py": code})
    compiled = make_wheel(tmp_path, "compiled", files={"fast.py": ""}, tag="py3-none-linux_x86_64")
    with mounted(tmp_path / "disk", "noexec") as disk:
        env = environment(disk / "root")
        file = bundle_file(tmp_path / "pure.pex", [pure], function("pure", "main"))
        assert run([newest.path, file], env).stdout.startswith(str(disk))
        interpreter = bundle_file(tmp_path / "env.pex", [pure], EntryPoint(StartKind.INTERPRETER))
        assert run([newest.path, interpreter, "-c", "import pure; pure.main()"], env).stdout.startswith(str(disk))
        file = bundle_file(tmp_path / "fast.pex", [pure, compiled], function("pure", "main"))
        error, hint = run([newest.path, file], env, check=False).stderr.splitlines()
        assert error == f"error: {disk / 'root' / 'lite-2'} is mounted noexec, and compiled has compiled code"
        assert hint.startswith("hint: set PEX_ROOT to ")
