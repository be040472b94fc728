"""First and later starts on Windows, and what their processes see."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from ntpath import normcase
from pathlib import Path

import pytest

from tests.windows import apps
from tests.windows.conftest import Build, Start
from tests.windows.wine import MINORS, Wine, windows_path


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return apps.write(tmp_path_factory.mktemp("sources"), greeting=apps.GREETING, seen=apps.SURROUNDINGS)


@pytest.fixture
def greeting(build: Build, sources: Path) -> Path:
    """A file with click that no wheel binds to one Python."""
    return build("click", "-D", str(sources), "-e", "greeting:main")


@pytest.mark.parametrize("minor", MINORS)
def test_every_process_of_an_app_sees_its_wheels(minor: int, build: Build, sources: Path, start: Start) -> None:
    file = build("markupsafe<3", "-D", str(sources), "-e", "seen:main", minor=minor)
    for _ in ("first", "later"):
        done = start(file, "a b", "", minor=minor)
        assert (done.returncode, done.stderr) == (0, "")
        seen = json.loads(done.stdout)
        prefix, packages = seen["prefix"], seen["prefix"] + "\\Lib\\site-packages\\"
        assert seen["argv"] == [windows_path(file), "a b", ""]
        assert seen["base"] == f"C:\\Python3{minor}"
        assert seen["executable"] == prefix + "\\Scripts\\python.exe"
        assert seen["path"][-1] + "\\" == packages
        # `site` writes "lib" in older Pythons.
        assert [normcase(path) for path in seen["child"]] == [
            normcase(path) for path in (prefix, packages + "markupsafe\\__init__.py")
        ]
        native = f"{packages}markupsafe\\_speedups.cp3{minor}-win_amd64.pyd"
        assert [[number, normcase(path)] for number, path in seen["workers"]] == [
            [number, normcase(native)] for number in (1, 4, 9)
        ]
        assert (seen["tls"], seen["ours"]) == (2, [])


def test_the_embeddable_python_runs_a_file_as_well(build: Build, sources: Path, start: Start) -> None:
    file = build("markupsafe<3", "-D", str(sources), "-e", "seen:main")
    for _ in ("first", "later"):
        done = start(file, python="C:\\embedded\\python.exe")
        assert (done.returncode, done.stderr) == (0, "")
        seen = json.loads(done.stdout)
        assert seen["base"] == "C:\\embedded"
        assert seen["child"][0] == seen["prefix"]


def test_a_later_start_reads_no_more_than_the_launcher(greeting: Path, start: Start, root: Path) -> None:
    start(greeting)
    said = start(greeting, PEX_VERBOSE="1")
    assert "unpacking" not in said.stderr
    assert "calling greeting:main" in said.stderr
    assert [path.name for path in (root / "lite-2" / "locks").glob("*.use")]


@pytest.mark.parametrize("code", [0, 3, 255])
def test_the_exit_code_is_the_apps(code: int, greeting: Path, start: Start) -> None:
    for _ in ("first", "later"):
        assert start(greeting, "you", "--code", str(code)).returncode == code


@pytest.mark.parametrize(
    ("arguments", "variables", "said"),
    [
        (("-c", "import click, sys; print(click.__name__, sys.argv)", "x y"), {}, "click ['-c', 'x y']"),
        (("-m", "greeting", "x"), {}, ""),
        (("-I", "-c", "import sys; print(sys.flags.isolated)"), {}, "1"),
        (("-c", "raise SystemExit(7)"), {}, ""),
        (("-O", "-c", "import sys; sys.exit(9)"), {}, ""),
    ],
)
def test_a_file_is_an_interpreter(
    arguments: tuple[str, ...], variables: dict[str, str], said: str, greeting: Path, start: Start
) -> None:
    done = start(greeting, *arguments, PEX_INTERPRETER="1", **variables)
    assert (done.stdout.strip(), done.stderr) == (said, "")
    wanted = {"raise SystemExit(7)": 7, "import sys; sys.exit(9)": 9}
    assert done.returncode == next((wanted[word] for word in arguments if word in wanted), 0)


def test_a_module_is_an_entry_point(build: Build, tmp_path: Path, start: Start) -> None:
    sources = apps.write(tmp_path / "sources", runs="import sys\nprint(__name__, sys.argv[1:])\n")
    done = start(build("-D", str(sources), "-m", "runs"), "a")
    assert done.stdout == "__main__ ['a']\n"


def test_sealed_options_of_python_and_arguments_come_first(build: Build, tmp_path: Path, start: Start) -> None:
    told = "import sys\ndef main():\n    print(sys.flags.optimize, sys.argv[1:])\n    return 4\n"
    sources = apps.write(tmp_path / "sources", told=told)
    sealed = ("--inject-python-args=-O", "--inject-args=--first")
    file = build("-D", str(sources), "-e", "told:main", *sealed)
    for _ in ("first", "later"):
        done = start(file, "last")
        assert (done.stdout, done.returncode) == ("1 ['--first', 'last']\n", 4)


def test_wheels_find_those_they_need_and_their_own_data(build: Build, start: Start, tmp_path: Path) -> None:
    """requests brings certificates as data, and a wheel with compiled code beside click's pure one."""
    fetching = """
import os, sys, threading, http.server
import click, requests
@click.command()
@click.argument("name")
def main(name):
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    answer = requests.get("http://127.0.0.1:%d/%s" % (server.server_port, name), timeout=60)
    click.echo("%s %s" % (answer.status_code, os.path.getsize(requests.certs.where()) > 99999))
"""
    sources = apps.write(tmp_path / "sources", fetching=fetching)
    file = build("click", "requests", "-D", str(sources), "-e", "fetching:main")
    for _ in ("first", "later"):
        done = start(file, "nosuch")
        assert (done.stdout, done.returncode) == ("404 True\n", 0), done.stderr


def test_paths_may_hold_blanks_and_any_letter(greeting: Path, wine: Wine, tmp_path: Path) -> None:
    place = tmp_path / "mit Leerzeichen und Größe 日本"
    place.mkdir()
    file = place / "ein Gruß.pex"
    file.write_bytes(greeting.read_bytes())
    variables = {"PEX_ROOT": windows_path(place / "der Cache ü")}
    for _ in ("first", "later"):
        done = wine.run(wine.python(), windows_path(file), "Ärger", variables=variables | {"PYTHONUTF8": "1"})
        assert (done.stdout, done.returncode) == ("hello Ärger\n", 0), done.stderr


def test_a_path_may_be_longer_than_260_characters(build: Build, wine: Wine, tmp_path: Path) -> None:
    told = "import markupsafe._speedups as found\ndef main():\n    print(len(found.__file__) > 360)\n"
    file = build("markupsafe<3", "-D", str(apps.write(tmp_path / "sources", told=told)), "-e", "told:main")
    variables = {"PEX_ROOT": windows_path(tmp_path / "/".join(["a" * 60] * 5))}
    for _ in ("first", "later"):
        done = wine.run(wine.python(), windows_path(file), variables=variables)
        assert (done.stdout, done.returncode) == ("True\n", 0), done.stderr


def test_thirty_first_starts_at_once_are_all_right(greeting: Path, wine: Wine, root: Path) -> None:
    command = wine.command(wine.python(), windows_path(greeting), "all")
    environment = wine.environment({"PEX_ROOT": windows_path(root)})

    def one(number: int) -> tuple[int, str, str]:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return done.returncode, done.stdout.strip(), done.stderr.strip()

    with ThreadPoolExecutor(30) as pool:
        found = set(pool.map(one, range(30)))
    assert {(code, said) for code, said, _ in found} == {(0, "hello all")}
    # A start that waits for another one may say so.
    assert {words for _, _, words in found} <= {"", "pexlite: waiting while another start unpacks app.pex"}
    apps_made = [path.name for path in (root / "lite-2" / "apps").iterdir()]
    assert len(apps_made) == 1
