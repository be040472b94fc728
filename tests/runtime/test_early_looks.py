"""A process whose app's files are still coming waits for each way to reach one of them, and for nothing else."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.interpreters import Interpreter

SOURCE = Path(__file__).parents[2] / "pexlite/runtime/written/_pexlite_early.py"
# Ways to reach `data/there`, which is there, and others in its directory, which are not; or something else.
WAITED = {
    "open": "open(data + '/coming')",
    "stat": "os.stat(data + '/coming')",
    "lstat": "os.lstat(data + '/coming')",
    "access": "os.access(data + '/coming', os.R_OK)",
    "exists, by pathlib": "pathlib.Path(data, 'coming').exists()",
    "stat, by pathlib": "pathlib.Path(data, 'coming').stat()",
    "listdir": "os.listdir(data)",
    "listdir of bytes": "os.listdir(os.fsencode(data))",
    "a directory's descriptor": "os.open(data, os.O_RDONLY)",
    "the descriptor of a directory above": "os.open(place + '/lib', os.O_RDONLY)",
    "chdir": "os.chdir(data)",
    "rename": "os.rename(data + '/coming', data + '/other')",
    "remove": "os.remove(data + '/coming')",
    "chmod": "os.chmod(data + '/coming', 0o644)",
    "a link to it": "os.link(data + '/coming', data + '/other')",
    "the path without links": "open(os.path.realpath(data) + '/coming')",
    "SQLite": "sqlite3.connect(data + '/coming')",
    "a URI of SQLite": "sqlite3.connect('file:' + data + '/coming?mode=ro', uri=True)",
    "a URI with a host": "sqlite3.connect('file://localhost' + data + '/coming?mode=ro', uri=True)",
    "dlopen": "ctypes.CDLL(data + '/coming')",
    "a module's library": "_imp.create_dynamic(ModuleSpec('x', None, origin=data + '/coming'))",
    "import": "import_module('module')",
    "a program's word": "subprocess.call(['true', data + '/coming'])",
    "a shell's command": "subprocess.call('true ' + data + '/coming', shell=True)",
    "os.system": "os.system('true ' + data + '/coming')",
    "a program's directory": "subprocess.call(['true'], cwd=data)",
    "a program's environment": "subprocess.call(['true'], env={'DATA': data})",
    "a program": "subprocess.call([data + '/coming'])",
    "a program on PATH": "subprocess.call(['a-script'])",
    "posix_spawn": "os.posix_spawn('/bin/true', ['true', data], {})",
    "an own child that has no environment": "subprocess.call([place + '/bin/python', '-c', ''], env={})",
    "an own child without site": "subprocess.call([place + '/bin/python', '-ES', '-c', data])",
    "a script by another Python": "subprocess.call([sys.executable, '-c', '', data])",
}
NOT = {
    "what is there": "open(data + '/there').close(), os.stat(data + '/there')",
    "what never comes": "os.path.exists(data + '/never')",
    "elsewhere": "os.path.exists('/never'), os.listdir('/'), open(os.devnull).close(), os.chdir('/')",
    "a standard module": "import_module('this_module_is_nowhere')",
    "a full directory": "os.listdir(place + '/full'), os.open(place + '/full', os.O_RDONLY)",
    "an own child": "subprocess.call([place + '/bin/python', '-c', 'S', data])",
    "a program of the system": "subprocess.call(['true', '/never'], cwd='/')",
    "another database": "sqlite3.connect(':memory:')",
}
PROGRAM = """
import _imp, ctypes, json, os, subprocess, sys
from importlib import import_module
from importlib.machinery import ModuleSpec

source, place, ways = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
early = {"__name__": "early"}
exec(compile(open(source).read(), source, "exec"), early)
waited = []
early["Coming"].wait = lambda self, paths=(): waited.append(paths)
os.environ["__PEXLITE_EARLY"] = "1"
packages = "lib/site-packages"
lines = [
    (packages.encode() + b"/data", b"7 coming\\n- there\\n"),
    (packages.encode(), b"7 module.py"),
    (b"bin", b"- a-script"),
]
here = {b"lib", packages.encode(), packages.encode() + b"/data", packages.encode() + b"/data/there", b"bin"}
try:
    import sqlite3
except ImportError:
    ways = {name: way for name, way in ways.items() if "sqlite3" not in way}
early["begin"](place, packages, lines, here, [])
import pathlib  # before Python 3.11 it takes os.stat and the like into a class

sys.path.append(place + "/" + packages)
data = place + "/" + packages + "/data"
found = {}
for name, way in ways.items():
    del waited[:]
    try:
        eval(way)
    except (OSError, ImportError):
        pass
    except Exception as failure:
        if type(failure).__name__ != "OperationalError":  # SQLite's
            raise
    found[name] = bool(waited)
    os.chdir("/")
import pickle
assert pickle.loads(pickle.dumps(os.stat)) is os.stat and os.stat in os.supports_fd
assert os.stat.__name__ == "stat"
print(json.dumps(found))
"""


def place_for(python: Interpreter, directory: Path) -> Path:
    """The directory of an app, with one for data in it. Skips the test for a Python that begins with all files."""
    if python.version < (3, 8) or python.tag.startswith("pp"):
        pytest.skip("before Python 3.8 all files are unpacked first, and PyPy tells of fewer events")
    (directory / "place/lib/site-packages/data").mkdir(parents=True)
    return directory / "place"


@pytest.mark.parametrize("behind_link", [False, True])
def test_each_way_to_what_is_coming_is_waited_for(behind_link: bool, python: Interpreter, tmp_path: Path) -> None:
    place = place_for(python, tmp_path)
    (place / "lib/site-packages/data/there").touch()
    (place / "full").mkdir()
    (place / "bin").mkdir()
    (place / "bin/python").symlink_to(python.path)
    if behind_link:
        (tmp_path / "link").symlink_to("place")
        place = tmp_path / "link"
    words = [str(python.path), "-B", "-c", PROGRAM, str(SOURCE), str(place), json.dumps(WAITED | NOT)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, env={"PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {name for name, waited in found.items() if waited != (name in WAITED)} == set()
    assert len(found) >= len(WAITED | NOT) - 4  # without SQLite


# Ways to reach `library.so`, which comes by itself, while other files do not come.
BY_ITSELF = {
    "open": "open(data + '/library.so').close()",
    "stat": "os.stat(data + '/library.so')",
    "exists, by pathlib": "pathlib.Path(data, 'library.so').exists() or 1 / 0",
    "dlopen": "ctypes.CDLL(data + '/library.so')",
    "a module's library": "_imp.create_dynamic(ModuleSpec('x', None, origin=data + '/library.so'))",
    "import": "find_spec('library').origin",
    "listdir": "os.listdir(data).index('library.so')",
    "chdir": "os.chdir(data)",
}
BY_ITSELF_PROGRAM = """
import _imp, ctypes, os, posix, subprocess, sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec

source, place, way = sys.argv[1:]
early = {"__name__": "early"}
exec(compile(open(source).read(), source, "exec"), early)
early["_is_busy"] = lambda place: True
packages = "lib/site-packages"
data = place + "/" + packages + "/data"
library = b"1 library\\n7 library.so" if "find_spec" in way else b"7 library.so"  # and a directory
lines = [(packages.encode() + b"/data", library), (packages.encode(), b"1 other")]
here = [b"lib", packages.encode(), packages.encode() + b"/data"]
sys.path.append(data)
find_spec("nothing")  # an import notes what is in the directory, which is not the library yet
words = ["sh", "-c", "sleep 0.3; ln $0/there $1/library.so", place, data]
subprocess.Popen(words)  # before anything waits, as this would
early["begin"](place, packages, lines, here, [packages + "/data/library.so"])
import pathlib  # as above

try:
    eval(way)
except (OSError, ImportError):
    pass  # it is no library
posix.stat(data + "/library.so")
eval(way) if "CDLL" not in way and "_imp" not in way else None  # at once, by now
print("came")
"""


MODULES_PROGRAM = """
import subprocess, sys
from importlib import import_module

source, place, name, end = sys.argv[1:]
early = {"__name__": "early"}
exec(compile(open(source).read(), source, "exec"), early)
early["_is_busy"] = lambda place: True
packages = "lib/site-packages"
data = place + "/" + packages + "/data"
lines = [(packages.encode() + b"/data", b"7 module.py"), (packages.encode() + b"/data/package", b"7 __init__.py")]
here = [b"lib", packages.encode(), packages.encode() + b"/data"]
sys.path.append(data)
subprocess.Popen(["sh", "-c", "sleep 0.3; ln $0/there $0/$1/$2", place, packages + "/data", end])
early["begin"](place, packages, lines, here, [packages + "/data/" + end])
found = import_module(name)
assert found.x == 7 and found.__file__ == data + "/" + end, found
print("came")
"""


@pytest.mark.parametrize(("name", "end"), [("package", "package/__init__.py"), ("module", "module.py")])
def test_a_directory_is_not_taken_for_a_module_that_comes(
    name: str, end: str, python: Interpreter, tmp_path: Path
) -> None:
    place = place_for(python, tmp_path)
    (place / "there").write_text("x = 7\n")
    (place / f"lib/site-packages/data/{name}").mkdir()
    words = [str(python.path), "-B", "-c", MODULES_PROGRAM, str(SOURCE), str(place), name, end]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, env={"PATH": "/usr/bin:/bin"})
    assert (done.stdout, done.stderr) == ("came\n", "")


@pytest.mark.parametrize("way", BY_ITSELF.values(), ids=BY_ITSELF)
def test_what_comes_by_itself_is_waited_for_alone(way: str, python: Interpreter, tmp_path: Path) -> None:
    place = place_for(python, tmp_path)
    (place / "there").touch()
    words = [str(python.path), "-B", "-c", BY_ITSELF_PROGRAM, str(SOURCE), str(place), way]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, env={"PATH": "/usr/bin:/bin"})
    assert (done.stdout, done.stderr) == ("came\n", "")
