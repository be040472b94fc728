"""The cost of a warm start, and what it leaves behind."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from pexlite.model import EntryPoint, LaunchOptions, StartKind
from tests import needs
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter, supported

LISTER = "import sys\n\ndef main():\n    print(' '.join(sorted(sys.modules)))\n"


def test_a_warm_start_imports_nothing_beyond_what_running_a_zip_does(python: Interpreter, tmp_path: Path) -> None:
    plain = tmp_path / "plain.zip"
    with zipfile.ZipFile(plain, "w") as archive:
        archive.writestr("lister.py", LISTER)
        archive.writestr("__main__.py", "import lister\nlister.main()\n")
    file = bundle_file(
        tmp_path / "app.pex",
        [make_wheel(tmp_path, "lister", files={"lister.py": LISTER})],
        function("lister", "main"),
    )
    env = environment(tmp_path / "root")
    command: list[str | Path] = [python.path, "-I", "-S"]
    run([*command, file], env)
    own = set(run([*command, file], env).stdout.split())
    # `time` and `gc` are built in; from 3.8 on every Python has the first by then.
    known = {"os", "posixpath", "stat", "genericpath", "time", "gc"}
    # What makes more interpreters is loaded when it is used: until then its name stands for it.
    known |= {"encodings.ascii"} if python.tag.startswith("pp") else set()
    known |= {"_interpreters" if python.version >= (3, 13) else "_xxsubinterpreters"}
    assert own - set(run([*command, plain], env).stdout.split()) <= known


def test_starts_leave_the_cache_as_it_is(newest: Interpreter, teller: Path, env: dict[str, str]) -> None:
    def content() -> list[tuple[str, int]]:
        root = Path(env["PEX_ROOT"])
        return sorted((str(path), path.lstat().st_mtime_ns) for path in root.rglob("*"))

    for _ in range(2):
        run([newest.path, teller], env, check=False)
    before = content()
    for _ in range(5):
        run([newest.path, teller], env, check=False)
    assert content() == before


def test_nothing_of_the_boot_stays_in_the_process(newest: Interpreter, teller: Path, env: dict[str, str]) -> None:
    told = json.loads(run([newest.path, teller], env, check=False).stdout)
    assert not [name for name in told["modules"] if "pexlite" in name]


def test_every_code_on_the_stack_can_be_hashed(python: Interpreter, tmp_path: Path) -> None:
    """As warnings, debuggers and profilers do."""
    walker = """
import sys


def main():
    frame = sys._getframe()
    while frame is not None:
        hash(frame.f_code)
        frame = frame.f_back
    print("hashed")
"""
    wheel = make_wheel(tmp_path, "walker", files={"walker.py": walker})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("walker", "main"))
    env = environment(tmp_path / "root")
    assert [run([python.path, file], env).stdout for _ in range(2)] == ["hashed\n"] * 2


def test_tracebacks_hold_no_frame_of_ours(newest: Interpreter, tmp_path: Path) -> None:
    failing = "def main():\n    inner()\n\ndef inner():\n    raise ValueError('words')\n"
    wheel = make_wheel(
        tmp_path, "failing", files={"failing.py": failing, "failing_too.py": failing + "\nmain()\n"}
    )
    env = environment(tmp_path / "root")
    starts = (function("failing", "main"), EntryPoint(StartKind.MODULE, "failing_too"))
    for index, start in enumerate(starts):
        file = bundle_file(tmp_path / f"app{index}.pex", [wheel], start)
        done = run([newest.path, file], env, check=False)
        assert done.returncode == 1
        lines = [line for line in done.stderr.splitlines() if line.startswith("  File ")]
        assert lines and all("site-packages/failing" in line for line in lines)
        assert done.stderr.endswith("ValueError: words\n")


@pytest.mark.parametrize(
    "given",
    ["", "gc.set_threshold(300, 7, 5)", "gc.set_threshold(0)", "gc.disable()", "getattr(gc, 'freeze', list)()"],
)
def test_the_collector_is_as_the_app_has_left_it(given: str, python: Interpreter, tmp_path: Path) -> None:
    """It is let wait while the entry point is imported, and this must not be seen afterwards."""
    if python.tag.startswith("pp"):
        pytest.skip("PyPy's collector has no thresholds")
    source = f"""
import gc
import weakref


class Cycle:
    def __init__(self):
        self.own = self


{given}
found = weakref.ref(Cycle())


def main():
    frozen = getattr(gc, "get_freeze_count", int)() > 0
    print(gc.get_threshold(), gc.isenabled(), frozen)
    gc.collect()
    print(found() is None)
"""
    wheel = make_wheel(tmp_path, "keeper", files={"keeper.py": source})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("keeper", "main"))
    plainly: list[str | Path] = [python.path, "-c", source + "\nmain()"]
    expected = run(plainly, environment(tmp_path / "root")).stdout
    for _ in range(2):
        assert run([python.path, file], environment(tmp_path / "root")).stdout == expected


def test_an_import_of_the_entry_point_collects_less(newest: Interpreter, tmp_path: Path) -> None:
    source = """
import gc

before = gc.get_stats()[0]["collections"]
kept = [[] for _ in range(15000)]
during = gc.get_stats()[0]["collections"] - before


def main():
    kept.extend([] for _ in range(15000))
    print(during, gc.get_stats()[0]["collections"] - before > 1)
"""
    wheel = make_wheel(tmp_path, "counter", files={"counter.py": source})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("counter", "main"))
    if newest.version >= (3, 14):
        pytest.skip("its collector counts by steps")
    assert run([newest.path, file], environment(tmp_path / "root")).stdout == "0 True\n"


def test_exit_codes_are_the_apps(newest: Interpreter, tmp_path: Path) -> None:
    code = "import sys\n\ndef main():\n    return eval(sys.argv[1])\n"
    wheel = make_wheel(tmp_path, "ender", files={"ender.py": code})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("ender", "main"))
    env = environment(tmp_path / "root")
    for expression, expected in (("None", 0), ("0", 0), ("7", 7), ("255", 255), ("'text'", 1), ("sys.exit(9)", 9)):
        assert run([newest.path, file, expression], env, check=False).returncode == expected
    killed = run([newest.path, file, "__import__('os').kill(__import__('os').getpid(), 15)"], env, check=False)
    assert killed.returncode == -15
    interrupted = run([newest.path, file, "__import__('os').kill(__import__('os').getpid(), 2)"], env, check=False)
    assert interrupted.returncode == -2
    assert "KeyboardInterrupt" in interrupted.stderr


def test_a_file_starts_by_any_way_to_it(
    newest: Interpreter, teller: Path, tmp_path: Path, env: dict[str, str]
) -> None:
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    (elsewhere / "link").symlink_to(teller)
    renamed = elsewhere / "renamed"
    renamed.write_bytes(teller.read_bytes())
    renamed.chmod(0o755)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(newest.path)
    env = {**env, "PATH": f"{tmp_path / 'bin'}{os.pathsep}{env['PATH']}"}
    for command in (["./link"], ["./renamed"], [str(newest.path), "renamed"], [str(teller)]):
        told = json.loads(run(command, env, cwd=elsewhere, check=False).stdout)
        assert told["argv"] == command[-1:]
        assert Path(told["environment"]["PEX"]).is_absolute()


def test_the_sh_header_goes_straight_to_the_apps_python(
    newest: Interpreter, teller_wheels: list[Path], tmp_path: Path
) -> None:
    file = bundle_file(
        tmp_path / "app.pex", teller_wheels, function("teller", "main"), launch=LaunchOptions(sh_boot=True)
    )
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(newest.path)
    env = environment(tmp_path / "root", PATH=f"{tmp_path / 'bin'}:/usr/bin:/bin", PYTHONPATH=str(tmp_path))
    cold = json.loads(run([file, "a b", "*"], env, check=False).stdout)
    (tmp_path / "bin" / "python3").unlink()  # what a later start does not need
    env["PATH"] = "/usr/bin:/bin"
    warm = json.loads(run([file, "a b", "*"], env, check=False).stdout)
    assert warm["argv"] == cold["argv"] == [str(file), "a b", "*"]
    assert {**warm, "modules": 0, "hash": 0} == {**cold, "modules": 0, "hash": 0}
    assert json.loads(run([newest.path, file], env, check=False).stdout)["prefix"] == cold["prefix"]
    del env["PEX_ROOT"]
    env["HOME"] = str(tmp_path / "nothing")
    env["PATH"] = str(tmp_path)
    alone = run(["/bin/sh", file], env, check=False)
    assert alone.returncode == 1 and alone.stderr.startswith("error: app.pex needs CPython")


POOL = """
import json, multiprocessing, os, sys


def double(number):
    return 2 * number


def main():
    import __main__

    pools = [multiprocessing.get_context(kind).Pool(1) for kind in sys.argv[1:]]
    said = {"pools": [pool.map(double, [1, 2]) for pool in pools], "name": __name__, "argv": sys.argv[0]}
    for name in ("__file__", "__package__", "__spec__", "__name__"):
        said[name] = str(getattr(__main__, name))
    said["names"] = sorted(name for name in vars(__main__) if name[:2] != "__" or name == "__pexlite__")
    print(json.dumps(said))


if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("sh_boot", [False, True])
def test_main_is_that_of_a_console_script_also_for_children(
    newest: Interpreter, tmp_path: Path, sh_boot: bool
) -> None:
    wheel = make_wheel(tmp_path, "pool", files={"pool.py": POOL})
    env = environment(tmp_path / "root", PATH=f"{newest.programs}:/usr/bin:/bin")
    launch = LaunchOptions(sh_boot=sh_boot)
    file = bundle_file(tmp_path / "function.pex", [wheel], function("pool", "main"), launch=launch)
    for _ in range(2):
        said = json.loads(run([file, "spawn", "forkserver", "fork"], env).stdout)
        assert said == {
            "pools": [[2, 4]] * 3,
            "name": "pool",
            "argv": str(file),
            "__file__": str(file),
            "__package__": "None",
            "__spec__": "None",
            "__name__": "__main__",
            "names": [],
        }
    file = bundle_file(tmp_path / "module.pex", [wheel], EntryPoint(StartKind.MODULE, "pool"), launch=launch)
    for _ in range(2):
        said = json.loads(run([file, "spawn", "forkserver", "fork"], env).stdout)
        assert said["pools"] == [[2, 4]] * 3
        assert said["__file__"].endswith("site-packages/pool.py")
        assert said["names"] == ["POOL", "double", "json", "main", "multiprocessing", "os", "sys"][1:]


def test_the_sh_header_works_whatever_pythonpath_and_safe_path_say(newest: Interpreter, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "plain", files={"plain.py": "def main():\n    import json\n    print('well')\n"})
    file = bundle_file(
        tmp_path / "app.pex", [wheel], function("plain", "main"), launch=LaunchOptions(sh_boot=True)
    )
    env = environment(tmp_path / "root", PATH=f"{newest.programs}:/usr/bin:/bin")
    library = run([newest.path, "-c", "import os; print(os.path.dirname(os.__file__))"], env).stdout.strip()
    for _ in range(2):
        assert run([file], {**env, "PYTHONSAFEPATH": "1"}).stdout == "well\n"
        assert run([file], {**env, "PYTHONPATH": library}).stdout == "well\n"


def test_the_sh_header_finds_its_way_again_in_a_cache_that_moved(
    newest: Interpreter, teller_wheels: list[Path], tmp_path: Path
) -> None:
    file = bundle_file(
        tmp_path / "app.pex", teller_wheels, function("teller", "main"), launch=LaunchOptions(sh_boot=True)
    )
    env = environment(tmp_path / "root", PATH=f"{newest.programs}:/usr/bin:/bin")
    run([file], env, check=False)
    (tmp_path / "root").rename(tmp_path / "moved")
    env["PEX_ROOT"] = str(tmp_path / "moved")
    run([file], env, check=False)
    env["PATH"] = "/usr/bin:/bin"
    assert json.loads(run([file], env, check=False).stdout)["prefix"].startswith(env["PEX_ROOT"])
    (pointer,) = (tmp_path / "moved").glob("lite-2/apps/*.sh")
    assert pointer.read_text().startswith(env["PEX_ROOT"])


# -- compiled ------------------------------------------------------------------------------------------------

STACK = "import traceback\n\n\ndef main():\n    traceback.print_stack()\n"


@pytest.fixture
def launcher(newest: Interpreter, teller: Path, env: dict[str, str]) -> Path:
    """The file in the app's directory that a warm start of `teller` opens."""
    run([newest.path, teller], env, check=False)
    (found,) = Path(env["PEX_ROOT"]).glob("lite-2/apps/*/_pexlite_launch")
    return found


def is_as_before(launcher: Path, content: bytes, python: Interpreter) -> bool:
    """Whether the launcher is what it was; PyPy's marshal may write a text out or refer to it."""
    found = launcher.read_bytes()
    if needs.is_cpython(python):
        return found == content
    return found[:4] == content[:4] and abs(len(found) - len(content)) < len(content) // 50


@pytest.mark.unmeasured
def test_bytecode_of_another_python_is_not_run(
    launcher: Path, newest: Interpreter, teller: Path, env: dict[str, str]
) -> None:
    expected = run([newest.path, "-X", "dev", teller], env, check=False)
    content = launcher.read_bytes()
    launcher.write_bytes(b"\x99\x01\r\n" + content[4:16] + b"\xff" * 2000)
    done = run([newest.path, "-X", "dev", teller], env, check=False)
    assert (done.returncode, done.stderr) == (expected.returncode, "")
    assert json.loads(done.stdout)["path"] == json.loads(expected.stdout)["path"]
    assert is_as_before(launcher, content, newest)


@pytest.mark.parametrize("damage", [b"", b"cut", b"garbage " * 99])
def test_a_damaged_launcher_is_mended_without_a_word(
    damage: bytes, launcher: Path, newest: Interpreter, teller: Path, env: dict[str, str]
) -> None:
    content = launcher.read_bytes()
    launcher.write_bytes(content[:4] + damage)
    done = run([newest.path, "-X", "dev", "-W", "error", teller], env, check=False)
    assert "Warning" not in done.stderr and "Traceback" not in done.stderr
    assert is_as_before(launcher, content, newest)


@pytest.mark.unmeasured
def test_a_stack_shows_nobody_elses_lines(newest: Interpreter, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "stack", files={"stack.py": STACK})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("stack", "main"))
    (tmp_path / "__main__.py").write_text("# a stranger's line\n" * 99)
    env = environment(tmp_path / "root")
    run([newest.path, file], env)
    shown = run([newest.path, file], env, cwd=tmp_path).stderr
    assert "stranger" not in shown
    assert '  File "<pexlite>/app/launch.py", line ' in shown
    assert shown.splitlines()[-1] == "    traceback.print_stack()"


# Prints the most page faults of a hundred calls, at any depth of calls.
CALLER = """
import resource


def leaf(a=0, b=0, c=0, d=0, e=0, f=0, g=0, h=0, i=0, j=0, k=0, l=0, m=0, n=0, o=0, p=0):
    return a


def at(depth, found):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(100):
        leaf()
    found.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    if depth:
        at(depth - 1, found)


def main():
    found = []
    at(600, found)
    print(max(found))
"""


@pytest.mark.parametrize("sh_boot", [False, True])
@pytest.mark.parametrize(
    "python", [found for found in supported() if found.version >= (3, 11) and found.tag[:2] == "cp"], ids=str
)
def test_no_depth_of_calls_costs_more_than_another(sh_boot: bool, python: Interpreter, tmp_path: Path) -> None:
    """At the end of one chunk of frames each call would map the next one, and each return unmap it."""
    wheel = make_wheel(tmp_path, "caller", files={"caller.py": CALLER})
    launch = LaunchOptions(sh_boot=sh_boot)
    file = bundle_file(tmp_path / "app.pex", [wheel], function("caller", "main"), launch=launch)
    env = environment(tmp_path / "root", PATH=f"{python.programs}:/usr/bin:/bin")
    command: list[str | Path] = [file] if sh_boot else [python.path, file]
    for _ in range(2):
        run(command, env)
    assert int(run(command, env).stdout) < 50
    (library,) = tmp_path.glob("root/lite-2/apps/*/lib/*/site-packages")
    plain: list[str | Path] = [python.path, "-c", "import caller; caller.main()"]
    without_us = int(run(plain, {**env, "PYTHONPATH": str(library)}).stdout)
    if without_us < 100 and python.version >= (3, 13):
        pytest.skip(f"this {python.words} keeps the chunk that a return leaves, as 3.13.15 does")
    assert without_us >= 100


# Has the process interrupted when the file that AT names is compiled.
INTERRUPTING = """\
import os, signal, sys
def hook(event, arguments):
    if event == "compile" and str(arguments[1]).endswith(os.environ["AT"]):
        os.kill(os.getpid(), signal.SIGINT)
sys.addaudithook(hook)
"""


@pytest.mark.unmeasured
@pytest.mark.parametrize("place", ["<pexlite>/importing.py", "<pexlite>/install.py", "<pexlite>/unpack/pool.py"])
def test_an_interrupt_of_the_boot_is_no_damage(place: str, newest: Interpreter, tmp_path: Path) -> None:
    needs.audit_events(newest)
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook" / "sitecustomize.py").write_text(INTERRUPTING)
    files = {"app.py": "def main():\n    print('ran')\n", **{f"more{number}.txt": "" for number in range(99)}}
    file = bundle_file(tmp_path / "app.pex", [make_wheel(tmp_path, "app", files=files)], function("app", "main"))
    env = environment(tmp_path / "root", PYTHONPATH=str(tmp_path / "hook"), AT=place)
    done = run([newest.path, file], env, check=False)
    assert done.returncode in (130, -2)
    assert (done.stdout, done.stderr) == ("", "")
