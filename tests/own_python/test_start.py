"""A file that brings a true Python is one more way to start the same app, on no Python of the host.

More than 400 lines, since the file with its Python is built once for all of them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pexlite.errors import PexliteError
from pexlite.model import LaunchOptions, OwnPython, Variant
from pexlite.own_python.find import packed_python
from pexlite.own_python.selection import Wanted
from pexlite.own_python.source import source_of
from pexlite.store.store import Store
from pexlite.tools.runtime_tools import VenvOptions, make_venv
from tests import needs
from tests.bundles import bundle_file, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter, supported

TELLER = """
import json, multiprocessing, os, subprocess, sys

def square(number):
    return number * number, sys.base_prefix

def main():
    if sys.argv[1:] == ["short"]:
        import _sqlite3
        return print(sys.base_prefix)
    if sys.argv[1:] == ["fail"]:
        import colorsys
        colorsys.rgb_to_hls(1, 1, 1)
    code = "import sys, app; print(sys.prefix); print(sys.base_prefix)"
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        [worker] = pool.map(square, [3])
    print(json.dumps({
        "argv": sys.argv, "prefix": sys.prefix, "base_prefix": sys.base_prefix, "executable": sys.executable,
        "child": subprocess.check_output([sys.executable, "-c", code]).decode().splitlines(), "worker": worker,
        "switches": sorted(name for name in os.environ if name.startswith("PEX")),
    }))
"""


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> OwnPython:
    """The Python that runs the tests, as a file carries it."""
    store = Store(tmp_path_factory.mktemp("store"))
    return packed_python(
        source_of(sys.base_prefix, store), Wanted(sqlite3=True), store, lambda progress: None
    ).python


def built(directory: Path, own: OwnPython, **launch: object) -> Path:
    """A file for `own`, which brings it; its name is app.pex."""
    directory.mkdir(exist_ok=True)
    wheel = make_wheel(directory, "app", files={"app.py": TELLER})
    pythons = [own.tag] if not launch.get("prefer_host") else ["cp36+"]
    variants = (Variant(tuple(pythons), "any", None, None, (0,)),)
    options = LaunchOptions(**launch)  # type: ignore[arg-type]
    file = directory / "app.pex"
    return bundle_file(
        file, [wheel], function("app", "main"), launch=options, variants=variants, own_pythons=(own,)
    )


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory, own: OwnPython) -> Path:
    return built(tmp_path_factory.mktemp("file"), own)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that the tests of this module share, where a start is not the first one."""
    return tmp_path_factory.mktemp("cache root")


@pytest.fixture
def env(root: Path, tmp_path: Path) -> dict[str, str]:
    """No Python of the host is on PATH, and the cache's name has a blank."""
    return {"PEX_ROOT": str(root), "HOME": str(tmp_path), "PATH": "/nonexistent-places:/usr/bin:/bin"}


def others() -> list[Interpreter]:
    """Pythons of this machine that are another version than the one that runs the tests."""
    here = f"cp3{sys.version_info[1]}"
    return [python for python in supported() if python.tag != here and python.tag.startswith("cp")]


def test_every_start_runs_on_the_python_that_the_file_brings(
    file: Path, own: OwnPython, root: Path, env: dict[str, str]
) -> None:
    prefix = f"{root}/lite-2/interpreters/{own.sha256[:32]}"
    for _ in range(2):
        told = json.loads(run([file, "a b"], env).stdout)
        assert told["base_prefix"] == prefix
        assert told["prefix"].startswith(f"{root}/lite-2/apps/") and told["child"] == [told["prefix"], prefix]
        assert told["worker"] == [9, prefix] and told["argv"] == [str(file), "a b"]
        assert told["executable"] == told["prefix"] + "/bin/python"
        assert told["switches"] == ["PEX", "PEX_ROOT"]
    (pointer,) = root.glob("lite-2/apps/*.sh")
    *_, base, needed = pointer.read_text().splitlines()
    assert base == prefix and all(Path(base, name).stat().st_size for name in needed.split())
    assert own.program in needed and "encodings/__init__.py" in needed


@pytest.mark.parametrize(
    ("variables", "words", "output"),
    [
        ({"PEX_INTERPRETER": "1"}, ["-c", "import app, sys; print(sys.base_prefix)"], "{prefix}\n"),
        ({"PEX_MODULE": "app:main"}, [], "{prefix}"),
        ({"PYTHONHOME": "/nowhere", "PYTHONPATH": "/nowhere"}, [], "{prefix}"),
        ({"PEX_TOOLS": "1"}, ["info"], "brings     CPython {own.version} for {own.platform}"),
        ({"PEX_TOOLS": "1"}, ["info"], "{own.sha256}"),
        ({"PEX_TOOLS": "1"}, ["verify", "--cache"], "have the files that they should"),
        ({"PEX_TOOLS": "1"}, ["cache", "info"], ", 1 Python, "),
    ],
)
def test_what_else_a_file_can_be_it_is_on_its_own_python(
    variables: dict[str, str], words: list[str], output: str, file: Path, own: OwnPython, env: dict[str, str]
) -> None:
    run([file], env)  # so that there is something in the cache to look at, whichever test was here before
    done = run([file, *words], {**env, **variables})
    assert done.stderr == ""
    prefix = f"{env['PEX_ROOT']}/lite-2/interpreters/{own.sha256[:32]}"
    assert output.format(prefix=prefix, own=own) in done.stdout


def test_a_python_of_the_host_hands_over(file: Path, own: OwnPython, root: Path, env: dict[str, str]) -> None:
    for python in [*others()[-1:], *supported()[:1]]:
        told = json.loads(run([python.path, file, "x"], env).stdout)
        assert told["base_prefix"] == f"{root}/lite-2/interpreters/{own.sha256[:32]}"
        assert told["argv"] == [str(file), "x"] and told["switches"] == ["PEX", "PEX_ROOT"]


def test_a_venv_of_a_file_by_a_python_that_does_not_fit_runs_nothing_of_the_file(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEX_ROOT", str(tmp_path / "root"))
    for python in others()[-1:]:
        with pytest.raises(PexliteError):
            make_venv(file, tmp_path / "venv", VenvOptions(python=str(python.path)))
        assert not (tmp_path / "root").exists() and not (tmp_path / "venv").exists()


def test_a_python_that_was_asked_for_is_taken_or_told(file: Path, env: dict[str, str], tmp_path: Path) -> None:
    here = Path(sys.base_prefix, "bin", f"python3.{sys.version_info[1]}")
    variables = {**env, "PEX_ROOT": str(tmp_path / "root"), "PEX_PYTHON": str(here)}
    assert json.loads(run([file], variables).stdout)["base_prefix"] == sys.base_prefix
    # What that has left is no reason to run on it when nothing is asked for.
    told = json.loads(run([file], {**env, "PEX_ROOT": str(tmp_path / "root")}).stdout)
    assert told["base_prefix"].startswith(str(tmp_path / "root"))
    for other in others()[:1]:
        for command in ([file], [other.path, file]):
            done = run(command, {**env, "PEX_PYTHON": str(other.path)}, check=False)
            assert done.returncode == 1
            assert done.stderr.startswith(f"error: app.pex needs CPython 3.{sys.version_info[1]}; PEX_PYTHON is ")


def test_the_hosts_pythons_come_first_where_they_are_preferred(
    own: OwnPython, env: dict[str, str], tmp_path: Path
) -> None:
    file = built(tmp_path / "prefers", own, prefer_host=True)
    here = Path(sys.base_prefix, "bin")
    variables = {**env, "PEX_ROOT": str(tmp_path / "root")}
    told = json.loads(run([file], {**variables, "PATH": f"{here}:/usr/bin:/bin"}).stdout)
    assert told["base_prefix"] == sys.base_prefix
    (empty := tmp_path / "empty").mkdir()
    for name in ("sh", *["tail", "head", "gzip", "tar", "mkdir", "mv", "rm", "chmod", "ls", "id", "uname", "cat"]):
        (empty / name).symlink_to(Path("/bin", name).resolve())
    variables["PEX_ROOT"] = str(tmp_path / "other root")
    told = json.loads(run([file], {**variables, "PATH": str(empty)}).stdout)
    assert told["base_prefix"] == f"{tmp_path}/other root/lite-2/interpreters/{own.sha256[:32]}"


def test_what_its_python_lacks_is_found_and_back_at_the_next_start(
    file: Path, own: OwnPython, root: Path, env: dict[str, str]
) -> None:
    run([file], env)
    prefix = root / "lite-2/interpreters" / own.sha256[:32]
    library = prefix / f"lib/python3.{sys.version_info[1]}"
    (library / "colorsys.py").unlink()
    for path in library.glob("__pycache__/colorsys.*"):
        path.unlink()
    done = run([file, "fail"], env, check=False)
    assert done.returncode == 1
    assert "error: the unpacked files of app.pex were damaged: lib/python3." in done.stderr
    assert "colorsys.py has changed" in done.stderr and "Traceback" not in done.stderr
    done = run([file, "fail"], env)
    assert done.stderr == "pexlite: the unpacked Python of app.pex was damaged: it has been unpacked again\n"
    assert run([file, "fail"], env).stderr == ""


@pytest.mark.parametrize("name", ["encodings/__init__.py", "json/__init__.py", "bin/python", "libpython"])
def test_a_python_that_cannot_start_any_more_is_unpacked_again(
    name: str, file: Path, own: OwnPython, root: Path, env: dict[str, str]
) -> None:
    run([file], env)
    prefix = root / "lite-2/interpreters" / own.sha256[:32]
    library = prefix / f"lib/python3.{sys.version_info[1]}"
    found = {"bin/python": [prefix / own.program], "libpython": [*prefix.glob("lib/libpython3*")]}
    for path in found.get(name, [library / name]):
        # Of a module that is empty its bytecode may still serve.
        path.write_bytes(b"") if name in found else path.unlink()
    # With a switch the launcher looks; a warm start looks for what no Python starts without.
    variables = {"PEX_VERBOSE": "1"} if name == "json/__init__.py" else {}
    done = run([file, "short"], {**env, **variables})
    if found.get(name, True):
        assert done.stderr.startswith(AGAIN)
    assert run([file, "short"], env).stderr == ""


AGAIN = "pexlite: the unpacked Python of app.pex was damaged: it has been unpacked again\n"
CUT = {
    "lib-dynload/_sqlite3.*.so": "a library that only the app needs",
    "lib-dynload/zlib.*.so": "a library that our own code needs",
    "__pycache__/*": "bytecode without which it does not begin",
    "encodings/__init__.py": "a module without which it does not begin",
}


@pytest.mark.parametrize("launcher", ["sh", "elf"])
def test_what_was_cut_or_changed_in_its_python_is_back_before_the_app_runs(
    launcher: str, own: OwnPython, file: Path, tmp_path: Path, env: dict[str, str]
) -> None:
    made = file if launcher == "sh" else built(tmp_path / "elf", own, launcher="elf")
    run([made, "short"], env)
    prefix = Path(env["PEX_ROOT"], "lite-2/interpreters", own.sha256[:32])
    library = prefix / f"lib/python3.{sys.version_info[1]}"
    for name in CUT:
        place = library / "encodings" if name == "__pycache__/*" else library
        for path in list(place.glob(name)) or [prefix / own.program]:
            whole = path.read_bytes()
            path.write_bytes(whole[: len(whole) // 2] if path.suffix != ".py" else b"\0" + whole[1:])
        done = run([made, "short"], env)
        assert (done.stdout, done.stderr) == (f"{prefix}\n", AGAIN), CUT[name]
        if name == "__pycache__/*":
            assert all(path.stat().st_size > 100 for path in place.glob(name))
        assert run([made, "short"], env).stderr == ""


LIBRARY = "extension.so"
LOADER = """
import mmap, os, sys

def main():
    with open(os.path.join(os.path.dirname(__file__), "extension.so"), "rb") as file:
        mapped = mmap.mmap(file.fileno(), 40000, access=mmap.ACCESS_READ) if sys.argv[1:] else None
        print(len(file.read()), mapped[39999] if mapped else "")
"""


@pytest.mark.parametrize("how", ["elf", "sh", "python"])
def test_a_library_of_a_wheel_that_was_cut_is_back_before_the_app_loads_it(
    how: str, own: OwnPython, tmp_path: Path, env: dict[str, str]
) -> None:
    files = {"app.py": LOADER, LIBRARY: "x" * 40_000}
    wheel = make_wheel(tmp_path, "app", files=files, tag=f"{own.tag}-{own.tag}-{own.platform}")
    variants = (Variant((own.tag,), own.platform, None, None, (0,)),)
    options = LaunchOptions(launcher="elf") if how == "elf" else LaunchOptions(sh_boot=how == "sh")
    file = tmp_path / "app.pex"
    bundle_file(file, [wheel], function("app", "main"), launch=options, variants=variants, own_pythons=(own,))
    variables = {**env, "PEX_ROOT": str(tmp_path / "root")}
    command: list[str | Path] = [file]
    run(command, variables)
    if how == "python":
        command = [*tmp_path.glob("root/lite-2/interpreters/*/bin/python3.*[0-9]"), file]
    (library,) = tmp_path.glob(f"root/lite-2/apps/*/lib/*/site-packages/{LIBRARY}")
    for damage in (lambda: os.truncate(library, 3), library.unlink, lambda: library.write_bytes(b"")):
        damage()
        done = run([*command, "map"], variables)
        assert done.stdout == f"40000 {ord('x')}\n"
        words = f"pexlite: the unpacked files of app.pex were damaged: {LIBRARY}: they have been written back\n"
        assert done.stderr == words
        assert run(command, variables).stderr == ""


def test_a_library_of_a_wheel_that_cannot_be_written_back_is_told(
    own: OwnPython, tmp_path: Path, env: dict[str, str]
) -> None:
    if os.geteuid():
        pytest.skip("only root can become another account")
    for place in (tmp_path, *tmp_path.parents[:3]):
        if place.name.startswith(("pytest-", "test_", "popen-")):
            place.chmod(0o755)
    files = {"app.py": LOADER, LIBRARY: "x" * 40_000}
    wheel = make_wheel(tmp_path, "app", files=files, tag=f"{own.tag}-{own.tag}-{own.platform}")
    variants = (Variant((own.tag,), own.platform, None, None, (0,)),)
    file = tmp_path / "app.pex"
    bundle_file(file, [wheel], function("app", "main"), variants=variants, own_pythons=(own,))
    variables = {**env, "PEX_ROOT": str(tmp_path / "root")}
    run([file], variables)
    (library,) = tmp_path.glob(f"root/lite-2/apps/*/lib/*/site-packages/{LIBRARY}")
    os.truncate(library, 3)
    done = subprocess.run([file, "map"], env=variables, capture_output=True, text=True, user=65534, cwd="/")
    assert (done.returncode, done.stdout) == (1, "")
    error, hint = done.stderr.splitlines()
    assert error == f"error: the unpacked files of app.pex were damaged: {LIBRARY}"
    assert hint == "hint: set PEX_ROOT to a directory that can be written: this one cannot"


def test_a_switch_has_every_file_of_its_python_compared(file: Path, own: OwnPython, env: dict[str, str]) -> None:
    run([file, "short"], env)
    prefix = Path(env["PEX_ROOT"], "lite-2/interpreters", own.sha256[:32])
    module = prefix / f"lib/python3.{sys.version_info[1]}/colorsys.py"
    module.unlink()
    done = run([file, "verify", "--cache"], {**env, "PEX_TOOLS": "1"})
    assert done.stderr == AGAIN and module.exists()
    (prefix / "FILES").write_text("")
    assert AGAIN in run([file, "short"], {**env, "PEX_VERBOSE": "1"}).stderr


def test_a_python_of_another_account_that_has_changed_is_told(
    file: Path, own: OwnPython, env: dict[str, str], tmp_path: Path
) -> None:
    if os.geteuid():
        pytest.skip("only root can become another account")
    root = tmp_path / "of root"
    for place in (tmp_path, *tmp_path.parents[:3]):
        if place.name.startswith(("pytest-", "test_", "popen-")):
            place.chmod(0o755)
    run([file, "short"], {**env, "PEX_ROOT": str(root)})
    (changed,) = root.glob("lite-2/interpreters/*/lib/python3.*/lib-dynload/zlib.*.so")
    changed.write_bytes(changed.read_bytes()[:4000])
    copy = tmp_path / "app.pex"
    shutil.copy(file, copy)
    done = subprocess.run(
        [copy, "short"], env={**env, "PEX_ROOT": str(root)}, capture_output=True, text=True, user=65534, cwd="/"
    )
    assert done.returncode == 1
    error, hint = done.stderr.splitlines()
    assert error.startswith("error: the unpacked Python of app.pex is damaged: lib/python3.")
    assert hint.startswith("hint: set PEX_ROOT to a directory of your own: ")


@pytest.mark.parametrize("launcher", ["sh", "elf"])
def test_the_app_follows_a_python_that_may_not_run_where_the_cache_is(
    launcher: str, own: OwnPython, tmp_path: Path, env: dict[str, str]
) -> None:
    """A cache from which no programs may be run, and a wheel of which programs are loaded."""
    (cache := tmp_path / "cache").mkdir()
    (private := tmp_path / "private").mkdir(mode=0o700)
    mount = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
    mounted = f"mount -t tmpfs -o noexec,mode=755 none {cache} && "
    if not shutil.which("unshare") or subprocess.run([*mount, mounted + ":"], capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    wheel = make_wheel(tmp_path, "app", files={"app.py": TELLER}, tag=f"{own.tag}-{own.tag}-{own.platform}")
    variants = (Variant((own.tag,), own.platform, None, None, (0,)),)
    options = LaunchOptions(sh_boot=True, launcher="elf" if launcher == "elf" else "sh")
    file = bundle_file(
        tmp_path / "app.pex",
        [wheel],
        function("app", "main"),
        launch=options,
        variants=variants,
        own_pythons=(own,),
    )
    twice = f"{mounted}{file} short && {file} short"
    # One that is found before those which this user may have in /var/tmp.
    (place := private / "pexlite-0-x").mkdir(mode=0o700)
    variables = {**env, "PEX_ROOT": str(cache), "TMPDIR": str(private)}
    done = subprocess.run([*mount, twice], env=variables, capture_output=True, text=True, timeout=120)
    assert list(private.iterdir()) == [place]
    line = f"pexlite: {cache} is mounted noexec: using {place}\n"
    assert (done.stdout, done.stderr) == (f"{place}/lite-2/interpreters/{own.sha256[:32]}\n" * 2, line * 2)
    assert len(list(place.glob("lite-2/apps/*/READY"))) == 1


def test_a_root_whose_path_is_not_utf8_is_told(file: Path, env: dict[str, str], tmp_path: Path) -> None:
    for _ in range(2):  # Python reads pyvenv.cfg as UTF-8
        done = run([file], {**env, "PEX_ROOT": os.fsdecode(bytes(tmp_path) + b"/caf\xe9")}, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert "error: an app on its own Python cannot be in '" in done.stderr
        assert "caf\\udce9" in done.stderr and "whose path is not UTF-8\nhint: set PEX_ROOT" in done.stderr


def test_the_tools_write_out_the_python_that_a_file_brings(
    file: Path, own: OwnPython, env: dict[str, str], tmp_path: Path
) -> None:
    for _ in range(2):
        done = run([file, "extract", tmp_path / "out"], {**env, "PEX_TOOLS": "1"})
        assert done.stdout == f"{tmp_path}/out: 1 wheels, CPython {own.version} for {own.platform}\n"
    archive = tmp_path / f"out/cpython-{own.version}-{own.platform}.tar.gz"
    assert archive.read_bytes() == own.path.read_bytes()


def test_a_file_that_is_cut_off_behind_its_python_is_told(file: Path, env: dict[str, str], tmp_path: Path) -> None:
    cut = tmp_path / "cut.pex"
    cut.write_bytes(file.read_bytes()[:-3000])
    cut.chmod(0o755)
    done = run([cut], {**env, "PEX_ROOT": str(tmp_path / "root")}, check=False)
    assert done.stderr == "error: cut.pex is damaged: it is cut off\nhint: copy it here again\n"


def test_a_venv_made_by_a_lean_python_says_what_to_type_for_pip(
    own: OwnPython, file: Path, env: dict[str, str], tmp_path: Path
) -> None:
    run([file, "short"], env)
    python = Path(env["PEX_ROOT"], "lite-2/interpreters", own.sha256[:32], own.program)
    done = run([python, "-m", "venv", tmp_path / "venv"], env, check=False)
    assert done.returncode == 1 and "--without-pip" in done.stderr and "--python-full" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    run([python, "-m", "venv", "--without-pip", tmp_path / "other"], env)


def test_a_python_goes_with_the_last_app_that_stands_on_it(
    file: Path, own: OwnPython, env: dict[str, str], tmp_path: Path
) -> None:
    needs.sight_of_processes()
    root = tmp_path / "root"
    env["PEX_ROOT"] = str(root)
    run([file], env)
    prefix = root / "lite-2/interpreters" / own.sha256[:32]
    command: list[str | Path] = [file, "cache", "prune", "--days", "0", "--json"]
    old = time.time() - 100 * 86400
    os.utime(prefix / "READY", (old, old))
    # By a Python of the host, as this process would else use it itself.
    tools = {**env, "PEX_TOOLS": "1", "PEX_PYTHON": sys.executable}
    run([file], {**env, "PEX_VERBOSE": "1"})
    first = json.loads(run(command, tools).stdout)
    assert first["interpreters"] == [] and prefix.exists()  # a launcher has just looked for it
    os.utime(prefix / "READY", (old, old))
    sleeper = subprocess.Popen([prefix / own.program, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        time.sleep(0.2)
        assert json.loads(run(command, tools).stdout)["interpreters"] == [] and prefix.exists()
    finally:
        sleeper.communicate(b"\n")
    os.utime(prefix / "READY", (old, old))
    run([file, "venv", tmp_path / "venv"], {**env, "PEX_TOOLS": "1"})
    os.utime(prefix / "READY", (old, old))
    assert json.loads(run(command, tools).stdout)["interpreters"] == []
    run([tmp_path / "venv/bin/python", "-c", "import app"], env)
    shutil.rmtree(tmp_path / "venv")
    os.utime(prefix / "READY", (old, old))
    gone = json.loads(run(command, tools).stdout)
    assert gone["interpreters"] == [own.sha256[:32]] and not prefix.exists()
    assert json.loads(run([file], env).stdout)["base_prefix"] == str(prefix)
