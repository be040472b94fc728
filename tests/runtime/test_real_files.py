"""The files of an app are its own: what is done to them in one app changes neither another app nor the store."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pexlite.model import EntryPoint, StartKind
from tests import needs
from tests.bundles import bundle_file, environment, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter

INTERPRETER = EntryPoint(StartKind.INTERPRETER)
SETTINGS = {"tool/settings.ini": "[one]\n", "tool/own.pem": "a certificate\n"}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path / "root", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INDEX="1")


def tool(place: Path, version: str, words: str) -> Path:
    place.mkdir(exist_ok=True)
    files: dict[str, str | bytes] = {"tool/__init__.py": f"words = {words!r}\n", **SETTINGS}
    scripts = {"console_scripts": {"tool": "tool:main"}}
    return make_wheel(
        place, "tool", version, files=files, entry_points=scripts, data={"data/etc/tool.json": "{}\n"}
    )


@pytest.fixture
def apps(newest: Interpreter, tmp_path: Path, env: dict[str, str]) -> list[Path]:
    """Two apps that share pip and the project `tool`, started once."""
    wheels = [needs.wheel_of_pip(newest), tool(tmp_path, "1.0", "old")]
    other = make_wheel(tmp_path, "other", files={"other.py": "x = 1\n"})
    first = bundle_file(tmp_path / "a.pex", wheels, INTERPRETER)
    second = bundle_file(tmp_path / "b.pex", [*wheels, other], INTERPRETER)
    for file in (first, second):
        run([newest.path, file, "-c", "import tool"], env)
    return [first, second]


def place_of(newest: Interpreter, file: Path, env: dict[str, str]) -> Path:
    return Path(run([newest.path, file, "-c", "import sys; print(sys.prefix)"], env).stdout.rstrip())


def content_of(*places: Path) -> dict[str, str]:
    paths = [path for place in places for path in place.rglob("*") if path.suffix != ".pyc" and path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


HERE = "import sys, tool; from pathlib import Path; there = Path(tool.__file__).parent; "
DEEDS: list[list[str]] = [
    ["-m", "pip", "uninstall", "-y", "tool"],
    ["-m", "pip", "install", "--find-links", "more", "--upgrade", "tool"],
    ["-m", "pip", "install", "--find-links", ".", "--force-reinstall", "tool==1.0"],
    ["-m", "compileall", "-q", "-f", "PREFIX/lib"],
    ["-c", f"{HERE}(there / 'settings.ini').open('a').write('[two]')"],
    ["-c", f"{HERE}(there / 'own.pem').write_text('a longer certificate of mine')"],
    ["-c", f"{HERE}Path(sys.prefix, 'etc/tool.json').write_text('[]')"],
]


@pytest.mark.parametrize("deed", DEEDS, ids=[" ".join(deed[:3])[-40:] for deed in DEEDS])
def test_what_is_done_in_one_app_is_not_done_to_another(
    deed: list[str], newest: Interpreter, apps: list[Path], env: dict[str, str], tmp_path: Path
) -> None:
    tool(tmp_path / "more", "2.0", "new")
    mine, others = (place_of(newest, file, env) for file in apps)
    store = tmp_path / "root/lite-2/wheels"
    before, mine_before = content_of(store, others), content_of(mine)
    words = [word.replace("PREFIX", str(mine)) for word in deed]
    run([newest.path, apps[0], *words], env, cwd=tmp_path)
    assert content_of(store, others) == before
    assert content_of(mine) != mine_before or "compileall" in deed or "--force-reinstall" in deed
    assert run([newest.path, apps[1], "-c", "import tool; print(tool.words)"], env).stdout == "old\n"
    checked = run([newest.path, apps[1], "verify", "--cache"], {**env, "PEX_TOOLS": "1"})
    assert "is whole" in checked.stdout


def test_a_version_that_pip_has_put_in_stays_whole(
    newest: Interpreter, apps: list[Path], env: dict[str, str], tmp_path: Path
) -> None:
    tool(tmp_path / "more", "2.0", "new")
    run([newest.path, apps[0], "-m", "pip", "install", "--find-links", "more", "-U", "tool"], env, cwd=tmp_path)
    for _ in range(2):  # a start that fails looks for missing files
        done = run([newest.path, apps[0], "-c", "import sys, tool; sys.exit(tool.words)"], env, check=False)
        assert done.stderr == "new\n"
    place = place_of(newest, apps[0], env)
    assert [path.name for path in place.glob("lib/*/site-packages/tool-*")] == ["tool-2.0.dist-info"]
    assert "is whole" in run([newest.path, apps[0], "verify", "--cache"], {**env, "PEX_TOOLS": "1"}).stdout


@pytest.mark.parametrize(
    ("change", "stays"),
    [
        (lambda content: content + "[two]\n", True),
        (lambda content: "[x]\n", True),
        (lambda content: content[:3], False),
        (lambda content: "", False),
    ],
    ids=["longer", "another", "cut off", "empty"],
)
def test_settings_that_somebody_has_written_are_no_damage(
    change: Callable[[str], str], stays: bool, newest: Interpreter, apps: list[Path], env: dict[str, str]
) -> None:
    (path,) = place_of(newest, apps[0], env).glob("lib/*/site-packages/tool/settings.ini")
    path.write_text(change(path.read_text()))
    written = path.read_text()
    run([newest.path, apps[0], "-c", "import missing_module"], env, check=False)
    assert path.read_text() == (written if stays else "[one]\n")


def test_pip_removes_what_the_wheel_brought_and_its_scripts(
    newest: Interpreter, apps: list[Path], env: dict[str, str]
) -> None:
    place = place_of(newest, apps[0], env)
    code = (
        "import importlib.metadata as m\n"
        "print(sorted(file.name for file in m.files('tool') if file.locate().exists()))\n"
    )
    names = ["METADATA", "RECORD", "WHEEL", "__init__.py", "entry_points.txt", "own.pem", "settings.ini", "tool"]
    said = run([newest.path, apps[0], "-c", code], env).stdout
    assert [name for name in names if f"'{name}'" not in said] == []
    assert (place / "bin/tool").exists()
    run([newest.path, apps[0], "-m", "pip", "uninstall", "-y", "tool"], env)
    assert not (place / "bin/tool").exists() and not (place / "etc/tool.json").exists()


def test_headers_are_in_record_where_they_are(newest: Interpreter, tmp_path: Path, env: dict[str, str]) -> None:
    headers: dict[str, str | bytes] = {"headers/deep/x.h": "int x;\n"}
    wheel = make_wheel(tmp_path, "with.headers", files={"with_headers.py": ""}, data=headers)
    file = bundle_file(tmp_path / "a.pex", [wheel], INTERPRETER)
    code = (
        "import importlib.metadata as m, os\n"
        "[header] = [f for f in m.files('with.headers') if f.name == 'x.h']\n"
        "print(header.locate().read_text(), os.path.realpath(str(header.locate())))\n"
    )
    words, real = run([newest.path, file, "-c", code], env).stdout.split("\n ")
    (header,) = place_of(newest, file, env).glob("include/site/*/*/deep/x.h")
    assert (words, real.rstrip()) == ("int x;", str(header))
    # A RECORD that is lost is written as it was.
    (record,) = place_of(newest, file, env).glob("lib/*/site-packages/*.dist-info/RECORD")
    before = record.read_text()
    record.unlink()
    run([newest.path, file, "-c", "import missing_module"], env, check=False)
    assert record.read_text() == before


# A library in a package of its own, and one in <prefix>/lib, as the wheels of CUDA and of MKL have them.
LIBRARIES = [
    ("files", "near/lib/libnear.so", "$ORIGIN/../near/lib"),
    ("data", "lib/libnear.so", "$ORIGIN/../../.."),
]


@pytest.mark.parametrize(("kind", "place", "runpath"), LIBRARIES, ids=["beside", "prefix"])
def test_a_library_of_another_wheel_is_found_by_its_origin(
    kind: str, place: str, runpath: str, newest: Interpreter, tmp_path: Path, env: dict[str, str]
) -> None:
    compiler = needs.program("cc")
    (tmp_path / "near.c").write_text("int near(void) { return 42; }\n")
    (tmp_path / "far.c").write_text("int near(void);\nint far(void) { return near(); }\n")
    shared = [compiler, "-shared", "-fPIC"]
    subprocess.run([*shared, "near.c", "-o", "libnear.so"], cwd=tmp_path, check=True)
    # From <site-packages>/far/, "../../.." leads to lib/.
    linked = ["far.c", "-o", "libfar.so", "-L.", "-lnear", f"-Wl,-rpath,{runpath}"]
    subprocess.run([*shared, *linked], cwd=tmp_path, check=True)
    library: dict[str, str | bytes] = {place: (tmp_path / "libnear.so").read_bytes()}
    if kind == "files":
        near = make_wheel(tmp_path, "near", files=library)
    else:
        near = make_wheel(tmp_path, "near", files={"near.py": ""}, data={f"data/{place}": library[place]})
    loads = "import ctypes, os\nhere = os.path.realpath(os.path.dirname(__file__))\n"
    loads += "answer = ctypes.CDLL(here + '/libfar.so').far()\n"
    far: dict[str, str | bytes] = {
        "far/__init__.py": loads,
        "far/libfar.so": (tmp_path / "libfar.so").read_bytes(),
    }
    file = bundle_file(tmp_path / "a.pex", [make_wheel(tmp_path, "far", files=far), near], INTERPRETER)
    code = "import far; print(far.answer)"
    child = f"import subprocess, sys; subprocess.check_call([sys.executable, '-c', {code!r}])"
    for words in (code, code, child):
        assert run([newest.path, file, "-c", words], env).stdout == "42\n"


def test_whoever_walks_or_resolves_finds_the_app_and_not_the_store(
    newest: Interpreter, apps: list[Path], env: dict[str, str]
) -> None:
    code = (
        "import os, sys, tool\n"
        "real = os.path.realpath(tool.__file__)\n"
        "walked = [os.path.join(top, name) for top, _, names in os.walk(sys.prefix) for name in names]\n"
        "print(real == tool.__file__, real in walked, os.path.realpath(sys.prefix) == sys.prefix)\n"
    )
    for _ in range(2):
        assert run([newest.path, apps[0], "-c", code], env).stdout == "True True True\n"
