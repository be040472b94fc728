"""PEX_TOOLS=1: a built file tells about itself, is checked, unpacked and warmed, and the cache is looked after."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import time
from pathlib import Path

import pytest

from pexlite.model import EntryPoint, LaunchOptions, StartKind
from pexlite.runtime import failed
from pexlite.runtime.tools import built_file
from tests import needs
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter
from tests.runtime.trials import users

DATA = {"scripts/tool": "#!python\n", "data/share/x": "y", "headers/x.h": "", "purelib/pure.py": "x = 1\n"}


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path / "root")


@pytest.fixture
def tools(env: dict[str, str]) -> dict[str, str]:
    return {**env, "PEX_TOOLS": "1"}


@pytest.fixture
def wheels(tmp_path: Path) -> list[Path]:
    return [
        make_wheel(tmp_path, "app", files={"app.py": "def main():\n    print('ran')\n"}, data=DATA),
        make_wheel(tmp_path, "helper", files={"helper/__init__.py": "", "helper/data.txt": "words"}),
    ]


@pytest.fixture
def file(tmp_path: Path, wheels: list[Path]) -> Path:
    return bundle_file(tmp_path / "app.pex", wheels, function("app", "main"))


def unpacked(root: Path, pattern: str) -> Path:
    (found,) = (root / "lite-2").glob(pattern)
    return found


def test_a_cache_is_whole_whatever_the_file_was_called_that_was_unpacked(
    newest: Interpreter, file: Path, tools: dict[str, str]
) -> None:
    prefix = run([newest.path, file, "warm"], tools).stdout.strip()
    for name in ("other.pex", "\u00e9 of mine"):
        file = file.rename(file.with_name(name))
        assert f"{prefix} is whole" in run([newest.path, file, "verify", "--cache"], tools).stdout
    Path(prefix, "pyvenv.cfg").write_text("")
    assert run([newest.path, file, "verify", "--cache"], tools, check=False).returncode == 6
    prefix = run([newest.path, file, "verify", "--cache", "--repair"], tools).stdout.split()[-1]
    file = file.rename(file.with_name("app.pex"))
    assert f"{prefix} is whole" in run([newest.path, file, "verify", "--cache"], tools).stdout


def test_every_python_has_the_tools(
    python: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    told = run([python.path, file, "info"], tools).stdout
    assert told.splitlines()[:2] == [str(file), "  starts     app:main"]
    assert json.loads(run([python.path, file, "info", "--json"], tools).stdout)["pexlite"]["runs_on"] in told
    assert run([python.path, file, "verify", "--cache"], tools).stdout.startswith("app.pex is whole: 2 wheels ")
    run([python.path, file, "extract", tmp_path / "out"], tools)
    assert not (tmp_path / "root").exists()
    prefix = run([python.path, file, "warm", "--compile"], tools).stdout.strip()
    assert Path(prefix, "READY").exists()
    made = {path.name.partition(".")[0] for path in tmp_path.glob("root/lite-2/apps/*/lib/**/*.pyc")}
    assert {name for name in made if "pexlite" not in name} == {"app", "pure", "__init__"}
    assert len(list(Path(prefix).glob("lib/*/site-packages/__pycache__/app.*.pyc"))) == 1
    assert f"{prefix} is whole" in run([python.path, file, "verify", "--cache"], tools).stdout
    assert run([python.path, file, "cache", "info"], tools).stdout.startswith(
        f"{tmp_path / 'root' / 'lite-2'}: 1 apps, 2 wh"
    )
    # How many depends on what else this Python runs on this machine now: see test_prune.py.
    assert run([python.path, file, "cache", "prune", "--days", "0"], tools).stdout.startswith("removed ")


def test_the_wheels_come_out_as_they_went_in(
    newest: Interpreter, file: Path, tools: dict[str, str], wheels: list[Path], tmp_path: Path
) -> None:
    for _ in range(2):
        run([newest.path, file, "extract", tmp_path / "a" / "b"], tools)
    found = {path.name: path.read_bytes() for path in (tmp_path / "a" / "b").iterdir()}
    assert found == {wheel.name: wheel.read_bytes() for wheel in wheels}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "say what to do"),
        (["run"], "invalid choice: 'run'"),
        (["venv"], "required: DIR"),
        (["venv", "x", "--scope", "some"], "invalid choice: 'some'"),
        (["info", "--xml"], "--xml"),
        (["verify", "--repair"], "verify --cache --repair"),
        (["cache"], "required: info|prune"),
        (["cache", "prune", "--days", "x"], "invalid float value: 'x'"),
        (["cache", "prune", "--days", "-1"], "--days"),
        (["cache", "prune", "--days", "nan"], "--days nan is no number"),
    ],
)
def test_what_is_wrong_with_the_arguments_is_one_line(
    arguments: list[str], words: str, newest: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    done = run([newest.path, file, *arguments], tools, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1 and done.stderr.startswith("error: ") and words in done.stderr
    assert not (tmp_path / "root").exists()


def test_a_place_that_cannot_be_written_is_one_line(
    newest: Interpreter, file: Path, tools: dict[str, str]
) -> None:
    for command in (["extract", f"{file}/out"], ["venv", f"{file}/out"]):
        done = run([newest.path, file, *command], tools, check=False)
        assert (done.returncode, len(done.stderr.splitlines())) == (5, 1), done.stderr
        assert str(file) in done.stderr


def test_a_reader_that_leaves_is_no_error(newest: Interpreter, file: Path, tools: dict[str, str]) -> None:
    line = f"'{newest.path}' '{file}' info | true; test ${{PIPESTATUS[0]}} -eq 141 -o ${{PIPESTATUS[0]}} -eq 0"
    done = subprocess.run(
        [needs.program("bash"), "-c", line], env=tools, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stderr == ""


def test_a_wheel_with_another_sha256_is_named(
    newest: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    facts = json.loads(run([newest.path, file, "info", "--json"], tools).stdout)
    wheel = facts["pexlite"]["wheels"][1]
    content = bytearray(file.read_bytes())
    content[wheel["offset"] + 30] ^= 1
    file.write_bytes(content)
    assert hashlib.sha256(content[wheel["offset"] :][: wheel["size"]]).hexdigest() != wheel["sha256"]
    done = run([newest.path, file, "verify"], tools, check=False)
    assert done.returncode == 6
    assert done.stdout == f"helper-1.0-py3-none-any.whl has not the sha256 {wheel['sha256']}\n"
    assert done.stderr == "error: app.pex is damaged: copy it here again\n"
    assert run([newest.path, file, "extract", tmp_path / "out"], tools, check=False).returncode == 6
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["app-1.0-py3-none-any.whl"]


DAMAGES = {
    "wheels/*/lib/app.py": "app.py of app-1.0-py3-none-any.whl",
    "wheels/*/lib/pure.py": "app-1.0.data/purelib/pure.py of app-1.0-py3-none-any.whl",
    "wheels/*/scripts/tool": "app-1.0.data/scripts/tool of app-1.0-py3-none-any.whl",
    "wheels/*/lib/app-1.0.dist-info/RECORD": "app-1.0.dist-info/RECORD of app-1.0-py3-none-any.whl",
    "wheels/*/lib/helper/data.txt": "helper/data.txt of helper-1.0-py3-none-any.whl",
    "wheels/*/lib/helper": "helper/__init__.py of helper-1.0-py3-none-any.whl",
    "apps/*/READY": "READY is missing",
    "apps/*/_pexlite_launch": "_pexlite_launch has changed",
    "apps/*/bin/python": "bin/python is missing",
    "apps/*/bin/tool": "bin/tool has changed",
    "apps/*/lib/*/site-packages/helper": "/site-packages/helper/__init__.py is missing",
}


@pytest.mark.parametrize("pattern", DAMAGES)
@pytest.mark.parametrize("how", ["altered", "gone"])
def test_what_changed_in_the_cache_is_found_and_mended(
    pattern: str, how: str, newest: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    run([newest.path, file, "warm"], tools)
    path = unpacked(tmp_path / "root", pattern)
    if how == "gone" or not path.is_file() or path.is_symlink() or path.name == "READY":
        path.rename(tmp_path / "elsewhere")
    else:
        content = path.read_bytes()
        path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    done = run([newest.path, file, "verify", "--cache"], tools, check=False)
    assert done.returncode == 6
    assert DAMAGES[pattern].replace("has changed", "") in done.stdout
    assert len(done.stderr.splitlines()) == 1 and "verify --cache --repair" in done.stderr
    assert "repaired: " in run([newest.path, file, "verify", "--cache", "--repair"], tools).stdout
    assert " is whole" in run([newest.path, file, "verify", "--cache"], tools).stdout.splitlines()[1]
    assert not list(tmp_path.glob("root/lite-2/*/.*"))


def test_what_was_put_among_the_files_is_found(
    newest: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    run([newest.path, file, "warm", "--compile"], tools)
    package = unpacked(tmp_path / "root", "wheels/*/lib/helper")
    (package / "evil.py").write_text("")
    (package / "link").symlink_to(tmp_path)
    done = run([newest.path, file, "verify", "--cache"], tools, check=False)
    assert done.returncode == 6
    told = done.stdout.splitlines()[1:]
    assert sorted(told) == [f"{package / name} is a file of no wheel" for name in ("evil.py", "link")]
    run([newest.path, file, "verify", "--cache", "--repair"], tools)
    assert sorted(path.name for path in package.iterdir()) == ["__init__.py", "data.txt"]


def test_the_cache_is_told_and_pruned(
    newest: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    run([newest.path, file, "warm"], tools)
    ready = unpacked(tmp_path / "root", "apps/*-*/READY")
    os.utime(ready, (time.time() - 12.5 * 86400,) * 2)
    (line,) = run([newest.path, file, "cache", "info"], tools).stdout.splitlines()[1:]
    assert line.split()[0] == "app.pex" and line.endswith("used 12 days ago")
    told = json.loads(run([newest.path, file, "cache", "info", "--json"], tools).stdout)
    assert [app["build_id"] for app in told["apps"]] == [ready.parent.name.partition("-")[0]]
    assert sum(told["wheels"].values()) < told["size"]
    kept = run([newest.path, file, "cache", "prune", "--days", "13"], tools).stdout
    assert kept.splitlines()[0] == "removed 0 apps and 0 wheels, 0 B"
    assert kept.splitlines()[1].startswith("kept app.pex (") and kept.endswith("): used 12 days ago\n")
    forever = run([newest.path, file, "cache", "prune"], {**tools, "PEX_KEEP_DAYS": "0"}).stdout
    assert forever == kept.replace("used 12 days ago", "PEX_KEEP_DAYS=0 keeps everything")
    words: list[str | Path] = [newest.path, file, "cache", "prune", "--json"]
    deadline = time.monotonic() + 60
    seen: list[str] = []  # what another test runs just now may pass for the app's
    while not (gone := json.loads(run(words, {**tools, "PEX_KEEP_DAYS": "12"}).stdout))["apps"]:
        seen += users(tmp_path / "root")
        assert time.monotonic() < deadline, seen
        time.sleep(0.2)
    assert (len(gone["apps"]), len(gone["wheels"]), gone["size"]) == (1, 2, told["size"])


def test_another_python_on_path_makes_what_this_one_cannot(wheels: list[Path], tmp_path: Path) -> None:
    wanted, here, *_ = needs.several_pythons()
    file = bundle_file(tmp_path / "app.pex", wheels, function("app", "main"), pythons=[wanted.tag])
    env = environment(tmp_path / "root", PEX_TOOLS="1", PATH=f"{wanted.programs}:/usr/bin:/bin")
    assert f"-{wanted.tag}-" in run([here.path, file, "warm"], env).stdout
    run([here.path, file, "venv", tmp_path / "venv"], env)
    assert run([tmp_path / "venv" / "pex"], env).stdout == "ran\n"
    assert " is whole" in run([here.path, file, "verify"], {**env, "PATH": ""}).stdout


@pytest.mark.parametrize("kind", ["sh header", "interpreter", "script", "sealed"])
def test_whatever_the_file_starts_the_tools_come_first(
    kind: str, newest: Interpreter, wheels: list[Path], tmp_path: Path, tools: dict[str, str]
) -> None:
    start = {
        "interpreter": EntryPoint(StartKind.INTERPRETER),
        "script": EntryPoint(StartKind.SCRIPT, script="tool"),
    }.get(kind, function("app", "main"))
    sealed = LaunchOptions(inject_args=("x",), inject_env=(("A", "b"),)) if kind == "sealed" else None
    launch = LaunchOptions(sh_boot=True) if kind == "sh header" else sealed
    file = bundle_file(tmp_path / "app.pex", wheels, start, launch=launch)
    tools["PATH"] = f"{newest.programs}:/usr/bin:/bin"
    for _ in range(2):
        run([file], {name: value for name, value in tools.items() if name != "PEX_TOOLS"}, stdin="")
        assert run([file, "verify"], tools).stdout.startswith("app.pex is whole")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("größer\x1b]0;title\x07", r"größer\x1b]0;title\x07"),
        ("a\nsigned by the security team", r"a\nsigned by the security team"),
        ("\x9b31m \u202e \ud800 it's", r"\x9b31m \u202e \ud800 it's"),
    ],
)
def test_what_a_file_says_of_itself_is_shown_as_text(
    text: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    built_file.say(text)
    assert capsys.readouterr().out == words + "\n"
    with pytest.raises(SystemExit):
        failed.fail(text, text)
    assert capsys.readouterr().err == f"error: {words}\nhint: {words}\n"


def test_a_graph_shows_who_requires_whom_and_what_is_not_there(newest: Interpreter, tmp_path: Path) -> None:
    requires = ["other-one[x]>=1,<3; python_version >= '3'", "Gone; extra == 'more'"]
    wheels = [
        make_wheel(tmp_path, "my_app", files={"my_app.py": ""}, requires=requires, extras=["more"]),
        make_wheel(tmp_path, "other_one", "2.0", files={"other_one.py": ""}),
    ]
    file = bundle_file(tmp_path / "app.pex", wheels, EntryPoint(StartKind.INTERPRETER))
    told = run([newest.path, file, "graph"], environment(tmp_path / "root", PEX_TOOLS="1")).stdout.splitlines()
    assert told[0] == 'digraph "app.pex" {'
    assert told[-1] == "}"
    assert [line.strip() for line in told[2:-1]] == [
        '"my-app" [label="my-app 1.0"];',
        """"my-app" -> "other-one" [fontsize="10", label=">=1,<3; python_version >= '3'"];""",
        """"my-app" -> "gone" [fontsize="10", label="; extra == 'more'"];""",
        '"other-one" [label="other-one 2.0"];',
        '"gone" [color="lightgrey", style="filled", tooltip="not in this file"];',
    ]


@pytest.mark.parametrize("algorithm", ["sha256", "blake2b", "md5"])
def test_a_digest_is_that_of_the_bytes(
    algorithm: str, newest: Interpreter, file: Path, tools: dict[str, str]
) -> None:
    told = run([newest.path, file, "digest", "-a", algorithm], tools).stdout.strip()
    assert told == hashlib.new(algorithm, file.read_bytes()).hexdigest()
    assert run([newest.path, file, "digest", "-a", "crc"], tools, check=False).returncode == 2
