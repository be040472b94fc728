"""Other processes compile what a new app is about to import."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from importlib.util import cache_from_source
from pathlib import Path
from types import SimpleNamespace

import pytest

from pexlite.cli.main import run as pexlite
from pexlite.runtime import ahead
from pexlite.runtime.cache import files
from pexlite.runtime.file import zip as archive
from pexlite.runtime.start import python_tag
from pexlite.runtime.unpack import aside, bytecode, pool
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter

PACKAGE: Mapping[str, str] = {
    "app/__init__.py": "from . import first\n",
    "app/first.py": "import os, sys\nfrom app.deep import one\nimport apart\n",
    "app/third.py": "",
    "app/never.py": "1 / 0\n",
    "app/deep/__init__.py": "from .. import third\n",
    "app/deep/one.py": "",
    "apart.py": "",
}
IMPORTS = [path for path in PACKAGE if path != "app/never.py"]
several = pytest.mark.skipif(pool.processors() < 2, reason="one processor compiles nothing ahead")


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    for name, text in PACKAGE.items():
        path = tmp_path / "packages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "packages"


def compiled_in(packages: Path) -> set[str]:
    return {path.name.partition(".")[0] for path in packages.rglob("*.pyc")}


def compile_all(packages: Path, starter: int, helpers: int = 1) -> None:
    """In a process of its own, since it ends with the starter."""
    process = os.fork()
    if not process:
        try:
            ahead._compile(str(packages), [*IMPORTS, "gone.py"], helpers, ahead._Starter(starter))
        finally:
            os._exit(0)
    os.waitpid(process, 0)


@pytest.fixture
def writing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)


@pytest.mark.usefixtures("writing")
def test_python_takes_what_was_compiled(packages: Path) -> None:
    (packages / "app" / "third.py").write_text("print(1\n")  # what cannot be compiled keeps nothing from the rest
    compile_all(packages, os.getpid())
    assert compiled_in(packages) == {"__init__", "first", "one", "apart"}
    assert not [path for path in packages.rglob("*") if path.suffix not in (".py", ".pyc") and path.is_file()]
    (packages / "app" / "third.py").write_text("")
    code = f"import sys; sys.path.insert(0, {str(packages)!r}); import app"
    said = subprocess.run([sys.executable, "-Bvc", code], capture_output=True, text=True, check=True).stderr
    for name in ("first.py", "deep/one.py", "deep/__init__.py"):
        assert f"code object from '{packages}/app/{name}'" not in said
        assert f"matches {packages}/app/{name}" in said


@pytest.mark.usefixtures("writing")
def test_several_processes_share_the_modules(packages: Path) -> None:
    compile_all(packages, os.getpid(), 3)
    deadline = time.monotonic() + 20
    while len(list(packages.rglob("*.pyc"))) < len(IMPORTS) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(list(packages.rglob("*.pyc"))) == len(IMPORTS)


@pytest.mark.usefixtures("writing")
@pytest.mark.parametrize("how", ["gone", "not waited for", "another program"])
def test_nothing_is_written_once_the_app_has_ended(how: str, packages: Path) -> None:
    other = subprocess.Popen(["sleep", "60"] if how == "another program" else ["true"])
    if how == "gone":
        other.wait()
    elif how == "not waited for":
        os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    compile_all(packages, other.pid)
    other.kill()
    other.wait()
    assert compiled_in(packages) == set()


@pytest.mark.usefixtures("writing")
def test_what_is_coming_is_waited_for_while_there_is_an_app(packages: Path) -> None:
    for starter in (os.getpid(), 0):
        process = os.fork()
        if not process:
            try:
                imports = ["app/first.py", f"coming{starter}.py", "app/third.py"]
                ahead._compile(str(packages), imports, 1, ahead._Starter(starter or os.getppid()), are_coming=True)
            finally:
                os._exit(0)
        time.sleep(0.2)
        assert compiled_in(packages) == ({"first"} if starter else {"first", f"coming{os.getpid()}", "third"})
        if not starter:
            os.kill(process, signal.SIGKILL)  # waits for ever, while the app runs
        (packages / f"coming{starter}.py").write_text("")
        os.waitpid(process, 0)
    assert compiled_in(packages) == {"first", f"coming{os.getpid()}", "third"}


@pytest.mark.usefixtures("writing")
@pytest.mark.parametrize("are_coming", [False, True])
def test_where_the_app_is_faster_some_modules_are_left_to_it(
    are_coming: bool, packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imports = [f"m{number}.py" for number in range(40)]
    for name in imports:
        (packages / name).write_text("")
    reading = ahead._Compiler.get_data

    def get_data(self: ahead._Compiler, path: str) -> bytes:
        if path.endswith("m2.py"):
            (packages / "__pycache__").mkdir(exist_ok=True)
            Path(cache_from_source(path)).write_bytes(b"by the app")
        return reading(self, path)

    monkeypatch.setattr(ahead._Compiler, "get_data", get_data)
    process = os.fork()
    if not process:
        try:
            ahead._compile(str(packages), imports, 1, ahead._Starter(os.getpid()), are_coming)
        finally:
            os._exit(0)
    os.waitpid(process, 0)
    left = {f"m{number}" for number in range(3, 3 + (ahead._LEAP_OF_COMING if are_coming else ahead._LEAP))}
    assert compiled_in(packages) == {name[:-3] for name in imports} - left


def compiler(packages: Path) -> ahead._Compiler:
    return ahead._Compiler("app.first", str(packages / "app" / "first.py"), ahead._Starter(os.getpid()))


def test_a_directory_that_was_removed_does_not_come_back(packages: Path) -> None:
    with pytest.raises(FileNotFoundError):
        compiler(packages).set_data(str(packages / "removed" / "__pycache__" / "first.pyc"), b"")
    assert not (packages / "removed").exists()


def test_a_full_disk_keeps_no_part_of_a_file(packages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(before: str, after: str) -> None:
        assert Path(before).read_bytes() == b"content"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        compiler(packages).set_data(str(packages / "app" / "__pycache__" / "first.pyc"), b"content")
    assert list((packages / "app" / "__pycache__").iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [
        "one processor",
        "no bytecode",
        "bytecode elsewhere",
        "first of a container",
        "threads",
        "sealed options",
        "no entry point",
        "no imports",
        "few imports",
        "compiled",
    ],
)
def test_where_it_would_not_help_no_process_is_made(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {"start": ("app", "main"), "inject_python_args": ()}
    described = {"imports": IMPORTS, "compiled": "first"}
    plan = SimpleNamespace(
        app=SimpleNamespace(place="/nowhere"),
        opened=SimpleNamespace(manifest={"pexlite": described}),
        wheels=[{"bytecode": {python_tag(): {"directory": [0, 0, 2, 0]}}}],
        descriptor=0,
    )
    made: list[object] = []

    def begin_aside(held: list[int], work: object, first: object) -> int:
        made.append(work)
        return 0

    monkeypatch.setattr(aside, "begin", begin_aside)
    monkeypatch.setattr(pool, "processors", lambda: 4)
    monkeypatch.setattr(ahead, "threads", lambda: 0)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    helping = ahead.begin(plan, facts, os.getpid())  # type: ignore[arg-type]
    assert helping and not helping.has_told()
    helping.end(True)
    assert len(made) == 1
    if change == "one processor":
        monkeypatch.setattr(pool, "processors", lambda: 1)
    elif change == "no bytecode":
        monkeypatch.setattr(sys, "dont_write_bytecode", True)
    elif change == "bytecode elsewhere":
        monkeypatch.setattr(sys, "pycache_prefix", "/tmp/pyc")
    elif change == "first of a container":
        monkeypatch.setattr(os, "getpid", lambda: 1)
    elif change == "threads":
        monkeypatch.setattr(ahead, "threads", lambda: 1)
    elif change == "sealed options":
        facts["inject_python_args"] = ("-O",)
    elif change == "no entry point":
        facts["start"] = ()
    elif change == "no imports":
        del described["imports"]
    elif change == "few imports":
        described["imports"] = IMPORTS[:5]
    else:
        described["compiled"] = "all"
    assert ahead.begin(plan, facts, os.getpid()) is None  # type: ignore[arg-type]
    assert len(made) == 1


def begun(tmp_path: Path, put: Callable[[], object]) -> aside.Helper:
    def work(helper: aside.Helper) -> None:
        put()
        helper.tell()
        if helper.is_let():
            (tmp_path / "more").touch()

    return aside.Helper([], work)


def appears(path: Path) -> bool:
    deadline = time.monotonic() + 20
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    return path.exists()


def test_what_is_at_hand_is_put_first_and_more_when_the_app_is_there(tmp_path: Path) -> None:
    helping = begun(tmp_path, (tmp_path / "put").touch)
    assert helping.has_told() and helping.has_told() and (tmp_path / "put").exists()
    time.sleep(0.1)
    assert not (tmp_path / "more").exists()
    helping.end(True)
    assert appears(tmp_path / "more")
    with pytest.raises(ChildProcessError):
        os.wait()


def test_the_app_does_not_wait_for_what_is_put(tmp_path: Path) -> None:
    def put() -> None:
        assert appears(tmp_path / "app runs")
        (tmp_path / "put").touch()

    helping = begun(tmp_path, put)
    assert helping.has_told()
    helping.end(True)
    (tmp_path / "app runs").touch()
    assert appears(tmp_path / "more") and (tmp_path / "put").exists()


def test_where_there_is_no_app_nothing_is_put_any_longer(tmp_path: Path) -> None:
    def put() -> None:
        time.sleep(0.5)
        (tmp_path / "put").touch()

    begun(tmp_path, put).end(False)
    assert (tmp_path / "put").exists() and not (tmp_path / "more").exists()


@pytest.mark.parametrize("why", ["no app", "it failed", "it was killed"])
def test_nothing_more_is_done(why: str, tmp_path: Path) -> None:
    def put() -> None:
        if why == "it was killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if why == "it failed":
            raise archive.Damaged("bytecode has changed")

    before = len([*Path("/proc/self/fd").iterdir()])
    helping = begun(tmp_path, put)
    assert helping.has_told()
    assert helping.has_told() is (why == "no app")
    helping.end(why != "no app")
    assert len([*Path("/proc/self/fd").iterdir()]) == before
    time.sleep(0.2)
    assert not (tmp_path / "more").exists()


def test_more_is_not_begun_where_the_start_ends(tmp_path: Path) -> None:
    process = os.fork()
    if not process:
        begun(tmp_path, int)
        os._exit(0)
    os.waitpid(process, 0)
    time.sleep(0.2)
    assert not (tmp_path / "more").exists()


APP = """
import os
import sys
import time
from importlib.util import cache_from_source

coming = cache_from_source(os.path.dirname(os.path.abspath(__file__)) + "/coming/last.py")
before = os.path.exists(coming)
end = time.time() + 50  # the others give way to whatever runs beside
while not os.path.exists(coming) and time.time() < end:
    time.sleep(0.01)
found = os.path.exists(coming) and os.stat(coming)

import coming.last


def main():
    try:
        os.wait()
        child = True
    except ChildProcessError:
        child = False
    same = found and found.st_ino == os.stat(coming.last.__cached__).st_ino
    print(before, bool(same), child, coming.last.x)
"""


@several
def test_an_app_finds_the_bytecode_of_what_it_will_import(python: Interpreter, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"app.py": APP, "coming/__init__.py": ""}
    # Where the app has compiled itself first, four of these are left to it.
    files.update({f"coming/m{number}.py": "" for number in range(4)}, **{"coming/last.py": "x = 7\n"})
    wheel = make_wheel(tmp_path, "app", files=files)
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"), imports=tuple(files))
    first = run([python.path, file], environment(tmp_path / "root"))
    assert (first.stdout, first.stderr) in [(f"{before} True False 7\n", "") for before in (False, True)]
    assert run([python.path, file], environment(tmp_path / "root")).stdout == "True True False 7\n"


@several
def test_the_app_is_not_kept_from_ending(newest: Interpreter, tmp_path: Path) -> None:
    """The others end soon after it, and keep nobody from reading its output to the end."""
    content = "x = [" + "(1, 2), " * 4000 + "]\n"
    imports = [f"    import many.m{number}\n" for number in range(300)]
    code = "import sys\nif sys.argv[1:]:\n" + "".join(imports) + "def main():\n    print('done')\n"
    many: dict[str, str | bytes] = {f"many/m{number}.py": content for number in range(300)}
    many.update({"many/__init__.py": "", "app.py": code})
    wheel = make_wheel(tmp_path, "app", files=many)
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"), imports=tuple(many))
    assert run([newest.path, file], environment(tmp_path / "root")).stdout == "done\n"
    time.sleep(1)
    some = len(list((tmp_path / "root").rglob("many/__pycache__/*.pyc")))
    time.sleep(1)
    assert len(list((tmp_path / "root").rglob("many/__pycache__/*.pyc"))) == some < 300


def test_the_app_goes_first(tmp_path: Path) -> None:
    before = os.nice(0)
    assert aside.run([], lambda: (tmp_path / "nice").write_text(str(os.nice(0))))
    assert appears(tmp_path / "nice") and os.nice(0) == before
    time.sleep(0.1)
    assert (tmp_path / "nice").read_text() == str(min(before + 5, 19))


def test_where_there_are_no_more_processes_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> int:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(pool, "fork", refuse)
    before = os.nice(0)
    assert not aside.run([], lambda: 1 / 0)
    helping = aside.Helper([], lambda _: 1 / 0)
    assert not helping.has_told()
    helping.end(True)
    assert os.nice(0) == before


def test_bytecode_that_has_no_room_leaves_no_part_of_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "a.py", tmp_path / "pkg/__pycache__"
    source.write_text("")
    members = [archive.Member(f"pkg/__pycache__/{name}.cpython-311.pyc", 0, 20, 20, 0, True, 0) for name in "ab"]
    found = [(one, os.fsencode(target / one.name.rpartition("/")[2]), os.fsencode(source)) for one in members]
    monkeypatch.setattr(bytecode, "_missing", lambda *_: found)
    monkeypatch.setattr(archive, "read_member", lambda *_: bytes(20))

    def write_some(path: bytes, content: bytes) -> None:
        Path(os.fsdecode(path)).write_bytes(content[:10] if b"b." in path else content)
        if b"b." in path:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files, "write", write_some)
    opened = SimpleNamespace(manifest={"pexlite": {"imports": ["pkg/a.py", "pkg/b.py"]}})
    wheels = [{"bytecode": {python_tag(): {"offset": 0}}}]
    plan = SimpleNamespace(wheels=wheels, blocks=[], descriptor=-1, opened=opened)
    with pytest.raises(OSError, match="No space"):
        bytecode._write_packed(plan, os.fsencode(tmp_path) + b"/", int)  # type: ignore[arg-type]
    assert [path.name for path in target.iterdir()] == ["a.cpython-311.pyc"]


@several
def test_a_file_with_all_bytecode_leaves_all_of_it_in_its_first_start(newest: Interpreter, tmp_path: Path) -> None:
    many: dict[str, str | bytes] = {f"many/m{number}.py": f"x = {number}\n" for number in range(1000)}
    many.update({"many/__init__.py": "", "app.py": "def main(): print('done')\n"})
    wheel = make_wheel(tmp_path, "app", files=many)
    file = tmp_path / "app.pex"
    words = [
        str(wheel),
        "--no-index",
        "-e",
        "app:main",
        "--python",
        str(newest.path),
        "-o",
        str(file),
        "-q",
        "--compile",
    ]
    assert pexlite(words) == 0
    assert run([newest.path, file], environment(tmp_path / "root")).stdout == "done\n"
    found = [
        path for path in (tmp_path / "root").rglob("*.pyc") if path.parent.parent.name in ("many", "site-packages")
    ]
    assert len(found) == len(many)
