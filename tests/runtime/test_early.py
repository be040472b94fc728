"""A first start with a start list begins before all files are there, and waits for what it needs of the rest.

Over 400 lines, since all of it is about one program, which is here, and the starts of it that are held midway.
"""

from __future__ import annotations

import marshal
import random
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from pexlite.api import inspect
from pexlite.cli.main import run as pexlite
from pexlite.runtime import early
from tests import needs
from tests.bundles import bundle_file, environment, function
from tests.factories import make_wheel
from tests.interpreters import Interpreter

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/cmdline").exists(), reason="other processes are found in /proc"
)

# Has the process that unpacks the rest stop itself where it closes what it has inherited.
STOP = """
import os, signal, sys


def hook(event, arguments):
    if event == "os.listdir" and arguments[0] == "/proc/self/fd":
        os.kill(os.getpid(), signal.SIGSTOP)


sys.addaudithook(hook)
"""
BETWEEN = STOP.replace(
    'event == "os.listdir" and arguments[0] == "/proc/self/fd"',
    'event == "os.rename" and os.fsencode(arguments[1]).endswith(b"/second.so")',
)
MODULES_STOP = BETWEEN.replace("/second.so", "/deep/__init__.py")
# It is a fork of the first start, so it has the same words.
APP = """
import errno, os, signal, subprocess, sys, threading, time

try:
    from importlib.metadata import version as version_of
except ImportError:  # before Python 3.8
    def version_of(name):
        return "1"

READY = sys.prefix + "/READY"


def helpers():
    mine = open("/proc/self/cmdline", "rb").read()
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            same = open("/proc/%s/cmdline" % name, "rb").read() == mine
            if same and int(name) != os.getpid():
                found.append(int(name))
        except OSError:
            pass
    return found


def is_stopped(process):
    return open("/proc/%d/stat" % process).read().rpartition(")")[2].split()[0] == "T"


def send(number):
    for helper in helpers():
        try:
            while number == signal.SIGCONT and not is_stopped(helper):
                time.sleep(0.01)
            os.kill(helper, number)
        except OSError:
            pass


def needed(how):
    if how == "import":
        import helper.rest
        return helper.rest.x
    if how == "package":
        import other
        return other.x
    place = os.path.dirname(__file__)
    if how == "open":
        return len(open(place + "/helper/data.txt").read())
    if how == "exists":
        return int(os.path.exists(place + "/helper/data.txt")) * 7
    if how == "access":
        return int(os.access(place + "/helper/data.txt", os.R_OK)) * 7
    if how == "listdir":
        return int("data.txt" in os.listdir(place + "/helper")) * 7
    if how == "scandir":
        return int("other" in [entry.name for entry in os.scandir(place)]) * 7
    if how == "child":
        words = [sys.executable, "-c", "import helper.rest; print(helper.rest.x)"]
        return int(subprocess.check_output(words))
    if how == "fails":
        raise ValueError("by itself")
    if how == "exits":
        return 0
    if how == "module":
        import helper.deep.last
        return helper.deep.last.x + len(helper.deep.__file__) * 0
    if how == "library":
        return 7 * (len(open(place + "/helper/second.so").read()) == 6)


def first_library():
    # The other process has stopped itself behind it.
    helper = os.path.dirname(__file__) + "/helper"
    assert open(helper + "/first.so").read() == "first"
    for absent in (helper + "/second.so", READY):
        try:
            os.readlink(absent)  # which waits for nothing
        except OSError as failure:
            assert failure.errno == errno.ENOENT, absent


def main():
    mode, how = sys.argv[1:]
    import helper

    if mode == "plain":
        print(helper.x, needed(how) if how != "-" else "", os.path.exists(READY))
        return 0
    if mode == "kill" or mode == "between" and how.startswith("killed"):
        if mode == "between":
            first_library()
        send(signal.SIGKILL)
        how = how.rpartition(" ")[2]
        print(os.path.exists(READY), needed(how), os.path.exists(READY))
        return 0
    if mode == "between":
        first_library()
        threading.Timer(0.4, send, [signal.SIGCONT]).start()
        print(needed(how))
        return 0
    before = os.path.exists(READY)
    try:
        import there_is_none
    except ImportError:
        pass
    version = version_of("helper")
    assert not os.path.exists(os.path.dirname(__file__) + "/nothing")
    if mode == "wait":
        print(before, version, flush=True)
        sys.stdin.readline()
        send(signal.SIGCONT)
    else:
        threading.Timer(0.4, send, [signal.SIGCONT]).start()
    began = time.monotonic()
    value = needed(how)
    print(before, version, value, os.path.exists(READY), time.monotonic() - began > 0.2)
    return 0
"""
NOISE = random.Random(5).randbytes(6 << 20)
MODULES = ("1 lib/helper/deep/__init__.py", "1 lib/helper/deep/last.py")
LIBRARIES = ("1 lib/helper/first.so", "1 lib/helper/second.so", *MODULES)
LISTED = ("0 lib/app.py", "1 lib/helper/__init__.py", "1 lib/helper-1.0.dist-info/METADATA")


@pytest.fixture
def newest(newest: Interpreter) -> Interpreter:
    """The newest Python, which begins early: it tells audit hooks what must wait."""
    needs.audit_events(newest)
    return newest


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("early"), LISTED, ())


@pytest.fixture(scope="session")
def with_libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of which listed files come one by one: two libraries and a package."""
    return made(tmp_path_factory.mktemp("libraries"), (*LISTED, *LIBRARIES), LIBRARIES)


def made(directory: Path, listed: tuple[str, ...], libraries: tuple[str, ...]) -> Path:
    helper: dict[str, str | bytes] = {"helper/__init__.py": "x = 1\n", "helper/rest.py": "x = 7\n"}
    helper |= {"helper/first.so": "first", "helper/second.so": "second"}
    helper |= {"helper/deep/__init__.py": "", "helper/deep/last.py": "x = 7\n"}
    helper |= {"helper/data.txt": "content", "helper/noise": NOISE, "other/__init__.py": "x = 7\n"}
    wheels = [make_wheel(directory, "app", files={"app.py": APP}), make_wheel(directory, "helper", files=helper)]
    file = directory / "early.pex"
    start = function("app", "main")
    return bundle_file(file, wheels, start, start_lists=(listed,), start_libraries=(libraries,))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


def of(root: Path, mode: str) -> dict[str, str]:
    """The environment of a start in this mode: the other process of its own stops in some."""
    if mode not in ("stop", "kill", "wait", "between", "modules"):
        return environment(root)
    (root.parent / "hooks").mkdir(exist_ok=True)
    hook = {"between": BETWEEN, "modules": MODULES_STOP}.get(mode, STOP)
    (root.parent / "hooks" / "sitecustomize.py").write_text(hook)
    return environment(root, PYTHONPATH=str(root.parent / "hooks"))


def start(python: Interpreter, file: Path, root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(python.path), str(file), *words]
    return subprocess.run(command, env=of(root, words[0]), capture_output=True, text=True, timeout=300)


def ready(root: Path) -> list[Path]:
    return [*root.glob("lite-2/apps/*-*/READY")]


def until_ready(root: Path) -> None:
    end = time.monotonic() + 120
    while not ready(root) and time.monotonic() < end:
        time.sleep(0.05)


def verified(python: Interpreter, file: Path, root: Path) -> str:
    words = [str(python.path), str(file), "verify", "--cache"]
    env = environment(root, PEX_TOOLS="1")
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def leftovers(root: Path) -> list[str]:
    return [path.name for kind in ("apps", "wheels") for path in root.glob(f"lite-2/{kind}/.*")]


WAYS = ("import", "package", "open", "exists", "access", "listdir", "scandir", "child")


@pytest.mark.parametrize("how", WAYS)
def test_what_is_not_there_yet_is_waited_for(how: str, newest: Interpreter, file: Path, root: Path) -> None:
    done = start(newest, file, root, "stop", how)
    assert (done.stdout, done.stderr, done.returncode) == ("False 1.0 7 True True\n", "", 0)
    assert "is whole" in verified(newest, file, root)
    assert leftovers(root) == []


def test_a_module_is_waited_for_that_comes_by_itself(
    newest: Interpreter, with_libraries: Path, root: Path
) -> None:
    done = start(newest, with_libraries, root, "modules", "module")
    words = done.stdout.split()
    assert (words[:3], words[4:], done.stderr) == (["False", "1.0", "7"], ["True"], "")
    until_ready(root)
    assert "is whole" in verified(newest, with_libraries, root)
    assert leftovers(root) == []


@pytest.mark.parametrize("how", ["library", "module"])
def test_a_library_is_used_before_the_next_one_is_there(
    how: str, newest: Interpreter, with_libraries: Path, root: Path
) -> None:
    done = start(newest, with_libraries, root, "between", how)
    assert (done.stdout, done.stderr, done.returncode) == ("7\n", "", 0)
    until_ready(root)
    assert "is whole" in verified(newest, with_libraries, root)
    assert leftovers(root) == []


@pytest.mark.parametrize("how", ["library", "module", "import", "exits"])
def test_where_the_other_process_is_killed_between_libraries_the_app_is_completed(
    how: str, newest: Interpreter, with_libraries: Path, root: Path
) -> None:
    done = start(newest, with_libraries, root, "between", f"killed {how}")
    # Modules come before libraries.
    expected = {"exits": "False 0 False\n", "module": "False 7 False\n"}.get(how, "False 7 True\n")
    assert (done.stdout, done.stderr, done.returncode) == (expected, "", 0)
    assert start(newest, with_libraries, root, "plain", "library").stdout == "1 7 True\n"
    verified(newest, with_libraries, root)


def test_many_starts_at_once_all_have_the_libraries(newest: Interpreter, with_libraries: Path, root: Path) -> None:
    with ThreadPoolExecutor(24) as threads:
        starts = threads.map(lambda number: start(newest, with_libraries, root, "plain", "library"), range(24))
        ended = [*starts]
    assert {(one.returncode, one.stdout[:4]) for one in ended} == {(0, "1 7 ")}
    until_ready(root)
    verified(newest, with_libraries, root)


@pytest.mark.parametrize("how", ["import", "open", "child"])
def test_where_the_other_process_is_killed_the_app_is_completed(
    how: str, newest: Interpreter, file: Path, root: Path
) -> None:
    done = start(newest, file, root, "kill", how)
    assert (done.stdout, done.stderr, done.returncode) == ("False 7 True\n", "", 0)
    verified(newest, file, root)


def test_a_start_after_both_were_killed_completes_the_app(newest: Interpreter, file: Path, root: Path) -> None:
    assert start(newest, file, root, "kill", "exits").stdout == "False 0 False\n"
    assert not ready(root)
    assert start(newest, file, root, "plain", "import").stdout == "1 7 True\n"
    verified(newest, file, root)


def test_every_python_begins_early_or_waits(python: Interpreter, file: Path, root: Path) -> None:
    done = start(python, file, root, "plain", "import")
    assert (done.stdout, done.stderr) == ("1 7 True\n", "")
    assert start(python, file, root, "plain", "import").stdout == "1 7 True\n"
    verified(python, file, root)


def test_a_python_that_tells_of_no_listing_does_not_begin_early(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {"start": ("app", "main"), "spark": False, "inject_python_args": (), "inherit_path": "false"}
    for name, is_able in (("cpython", True), ("pypy", False)):
        monkeypatch.setattr(sys, "implementation", SimpleNamespace(name=name))
        assert early.is_possible(facts) is is_able


def test_another_start_meanwhile_waits_for_nothing_that_it_does_not_need(
    newest: Interpreter, file: Path, root: Path
) -> None:
    words = [str(newest.path), str(file), "wait", "import"]
    with subprocess.Popen(
        words, env=of(root, "wait"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdin and first.stdout
        assert first.stdout.readline() == "False 1.0\n"
        assert start(newest, file, root, "plain", "-").stdout == "1  False\n"
        first.stdin.write("\n")
        first.stdin.flush()
        assert first.stdout.readline().split()[2:4] == ["7", "True"]
    until_ready(root)
    assert start(newest, file, root, "plain", "import").stdout == "1 7 True\n"


def test_a_failure_of_the_app_itself_is_no_damage(newest: Interpreter, file: Path, root: Path) -> None:
    done = start(newest, file, root, "plain", "fails")
    assert done.returncode == 1
    assert "ValueError: by itself" in done.stderr and "damaged" not in done.stderr


def test_who_reads_the_output_need_not_wait_for_the_rest(newest: Interpreter, file: Path, root: Path) -> None:
    words = [str(newest.path), str(file), "wait", "exits"]
    done = subprocess.run(words, env=of(root, "wait"), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.stdout.startswith("False 1.0\n")
    until_ready(root)
    verified(newest, file, root)


def test_many_starts_at_once_all_print(newest: Interpreter, file: Path, root: Path) -> None:
    with ThreadPoolExecutor(24) as threads:
        ended = [*threads.map(lambda number: start(newest, file, root, "plain", "import"), range(24))]
    assert Counter((one.returncode, one.stdout) for one in ended) == Counter({(0, "1 7 True\n"): 24})
    until_ready(root)
    verified(newest, file, root)
    assert leftovers(root) == []


REPLACES = """
import os, subprocess, sys

place = os.path.dirname(os.path.abspath(__file__))
pairs = [(place + "/wheel_a.py", "x = 'other'"), (place + "/wheel_a-1.0.dist-info/METADATA", "Name: other")]


def main():
    if sys.argv[1:] == ["replace"]:
        import signal

        for path, content in pairs:
            with open(path + "~", "w") as file:
                file.write(content)
            os.rename(path + "~", path)
        os.remove(place + "/gone.py")
        os.remove(place + "/a_link.py")
        with open(place + "/aim", "w") as file:
            file.write("stays")
        os.symlink(place + "/aim", place + "/a_link.py")
        assert not os.path.lexists(sys.prefix + "/READY")
        words = open("/proc/self/cmdline", "rb").read()
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                same = open("/proc/%s/cmdline" % name, "rb").read() == words and int(name) != os.getpid()
            except OSError:
                continue
            while same and open("/proc/%s/stat" % name).read().rpartition(")")[2].split()[0] != "T":
                pass
            if same:
                os.kill(int(name), signal.SIGCONT)
    print(open(place + "/rest.py").read().strip(), open(pairs[0][0]).read().strip())
"""


def test_what_the_app_replaces_meanwhile_is_not_in_the_store(newest: Interpreter, tmp_path: Path) -> None:
    """It has the wheel's files, whatever an app has made of its own."""
    content: dict[str, str | bytes] = {"wheel_a.py": "x = 'right'", "gone.py": "", "app.py": REPLACES}
    content |= {"a_link.py": "text", "rest.py": "rest", "noise": NOISE}
    wheel = make_wheel(tmp_path, "wheel-a", files=content)
    names = ("app.py", "wheel_a.py", "gone.py", "a_link.py", "wheel_a-1.0.dist-info/METADATA")
    listed = tuple(f"0 lib/{name}" for name in names)
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"), start_lists=(listed,))
    root = tmp_path / "root"
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks" / "sitecustomize.py").write_text(STOP)
    env = environment(root, PYTHONPATH=str(tmp_path / "hooks"))
    done = subprocess.run([newest.path, file, "replace"], env=env, capture_output=True, text=True, timeout=300)
    assert (done.stdout, done.stderr) == ("rest x = 'other'\n", "")
    until_ready(root)
    [store] = root.glob("lite-2/wheels/*/lib")
    assert {name: (store / name).read_bytes() for name in content} == {
        name: text.encode() if isinstance(text, str) else text for name, text in content.items()
    }
    assert (store / "wheel_a-1.0.dist-info/METADATA").read_text().startswith("Metadata-Version")
    [packages] = root.glob("lite-2/apps/*-*/lib/python*/site-packages")
    assert (packages / "app.py").samefile(store / "app.py") and (packages / "gone.py").exists()
    assert (packages / "aim").read_text() == "stays"
    assert leftovers(root) == []


def test_modules_that_come_by_themselves_bring_their_bytecode(tmp_path: Path) -> None:
    helper: dict[str, str | bytes] = {"helper/__init__.py": "x = 1\n", "helper/rest.py": "x = 7\n", "noise": NOISE}
    wheels = [make_wheel(tmp_path, "app", files={"app.py": APP}), make_wheel(tmp_path, "helper", files=helper)]
    file, root = tmp_path / "app.pex", tmp_path / "root"
    words = [*map(str, wheels), "--no-index", "-e", "app:main", "-o", str(file), "-q", "--compile"]
    assert pexlite([*words, "--trace-start", "plain import"]) == 0
    [lines] = inspect(file).facts["pexlite"]["start_libraries"]
    assert [line.partition(" ")[2] for line in lines] == ["lib/helper/__init__.py", "lib/helper/rest.py"]
    env = environment(root, PYTHONDONTWRITEBYTECODE="1")
    done = subprocess.run([sys.executable, file, "plain", "import"], env=env, capture_output=True, text=True)
    assert (done.stdout[:4], done.stderr) == ("1 7 ", "")
    until_ready(root)
    names = {path.name.partition(".")[0] for path in root.rglob("lite-2/apps/*/lib/**/*.pyc")}
    assert {"app", "__init__", "rest"} <= names
    assert "is whole" in verified(Interpreter(Path(sys.executable), "", sys.version_info[:2]), file, root)


EVERY_KIND = """
import os, subprocess, sys
from importlib.metadata import files

import helper

def main():
    place = sys.prefix
    words = [place + "/bin/run", place + "/etc/x.conf", os.path.dirname(helper.__file__) + "/x.pem"]
    print(subprocess.check_output(words[:1]).decode().strip(), *[open(path).read() for path in words[1:]])
    found = [os.path.relpath(str(one.locate()), place) for one in files("helper")]
    print(*sorted(path.rpartition("site-packages/")[2] for path in found))
"""


def test_files_of_every_kind_come_first(newest: Interpreter, tmp_path: Path) -> None:
    """Scripts, data, what people edit; of a wheel with .data, and of one that is in the store already."""
    content: dict[str, str | bytes] = {"helper/__init__.py": "", "helper/x.pem": "pem", "helper/noise": NOISE}
    data = {
        "scripts/run": "#!python\nprint('ran')\n",
        "data/etc/x.conf": "conf",
        "headers/x.h": "//",
        "purelib/y.py": "",
    }
    helper = make_wheel(
        tmp_path, "helper", files=content, data=data, entry_points={"console_scripts": {"h": "y:z"}}
    )
    listed = [
        *(
            "lib/helper/__init__.py",
            "lib/helper/x.pem",
            "lib/y.py",
            "scripts/run",
            "data/etc/x.conf",
            "headers/x.h",
        ),
        *(f"lib/helper-1.0.dist-info/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")),
    ]
    outputs = []
    for number, list_of_app in enumerate((("0 lib/app.py",), ())):
        app = make_wheel(
            tmp_path, "app", f"{number}", files={"app.py": EVERY_KIND, "more": NOISE + bytes([number])}
        )
        lists = ((*list_of_app, *(f"1 {path}" for path in listed)),)
        file = bundle_file(
            tmp_path / f"{number}.pex",
            [app, helper],
            function("app", "main"),
            start_lists=lists if number < 2 else (),
        )
        for root in (tmp_path / "one", tmp_path / f"root{number}"):
            done = subprocess.run([newest.path, file], env=environment(root), capture_output=True, text=True)
            outputs.append((done.stdout, done.stderr))
            end = time.monotonic() + 120
            while len(ready(root)) <= number * (root.name == "one") and time.monotonic() < end:
                time.sleep(0.05)
            assert "is whole" in verified(newest, file, root)
            assert leftovers(root) == []
    ordinary = bundle_file(tmp_path / "ordinary.pex", [app, helper], function("app", "main"))
    done = subprocess.run([newest.path, ordinary], env=environment(tmp_path / "o"), capture_output=True, text=True)
    assert {*outputs} == {(done.stdout, "")}
    assert done.stdout.startswith("ran conf pem\n")


def test_where_there_are_no_more_processes_the_app_brings_all(
    newest: Interpreter, file: Path, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "hooks").mkdir()
    refuse = "import errno, os\n\ndef fork():\n    raise OSError(errno.EAGAIN, 'no more')\n\nos.fork = fork\n"
    (tmp_path / "hooks" / "sitecustomize.py").write_text(refuse)
    words = [str(newest.path), str(file), "plain", "import"]
    env = environment(root, PYTHONPATH=str(tmp_path / "hooks"))
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=300)
    assert (done.stdout, done.stderr) == ("1 7 True\n", "")
    assert "is whole" in verified(newest, file, root)
    assert leftovers(root) == []


def test_a_switch_has_all_files_unpacked_first(newest: Interpreter, file: Path, root: Path) -> None:
    command = [str(newest.path), str(file), "plain", "-"]
    env = environment(root, PEX_VERBOSE="1")
    assert subprocess.run(command, env=env, capture_output=True, text=True).stdout == "1  True\n"


def test_without_working_locks_all_files_are_unpacked_first(newest: Interpreter, file: Path, root: Path) -> None:
    (root / "lite-2" / "locks").mkdir(parents=True, mode=0o700)
    (root / "lite-2" / "locks" / "prune").touch()
    (root / "lite-2" / "locks" / "prune").chmod(0o644)  # any account could hold it for ever, so it is none
    done = start(newest, file, root, "stop", "-")
    assert done.stdout == "True 1.0 None True False\n", done.stderr


def test_what_a_later_start_reads_says_nothing_of_files_to_come(
    newest: Interpreter, file: Path, root: Path
) -> None:
    start(newest, file, root, "stop", "import")
    [launcher] = root.glob("lite-2/apps/*-*/_pexlite_launch")
    assert {"coming", "one_by_one", "boot"}.isdisjoint(marshal.loads(launcher.read_bytes()[4:]))
