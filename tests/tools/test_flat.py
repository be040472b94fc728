"""pexlite venv --flat: packages in a plain directory, or in a zip of the same bytes each time."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pexlite.cli.main import run
from pexlite.model import EntryPoint, StartKind, Variant
from tests.bundles import bundle_file, function
from tests.factories import make_wheel

INTERPRETER = EntryPoint(StartKind.INTERPRETER)


def venv(*words: object) -> int:
    return run(["venv", *map(str, words)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with every kind of place, of code of one's own and of others'."""
    app = make_wheel(
        tmp_path,
        "app",
        files={"app.py": "import helper\n\ndef main():\n    print(helper.words)\n"},
        data={
            "purelib/pure.py": "x = 1\n",
            "scripts/tool": "#!python -E\nprint('tool')\n",
            "data/share/doc": "words\n",
            "headers/app.h": "int x;\n",
        },
        entry_points={"console_scripts": {"hi": "app:main"}},
    )
    helper = make_wheel(tmp_path, "helper", files={"helper/__init__.py": "words = 'well'\n", "x.pth": "more\n"})
    return bundle_file(tmp_path / "app.pex", [app, helper], function("app", "main"), local=[app])


def looked_at(path: Path) -> str:
    """The words and files that a Python without site-packages finds in the directory or zip."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import app, pure; app.main()\n"
        "import importlib.metadata as m\n"
        "[found] = [d for d in m.distributions(path=[sys.argv[1]]) if d.metadata['Name'] == 'app']\n"
        "print(sorted(str(f) for f in found.files if f.locate().exists() or sys.argv[1][-4:] == '.zip'))\n"
    )
    command = [sys.executable, "-I", "-S", "-c", code, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", ["packages", "packages.zip", "a b/packages.zip"])
def test_its_packages_are_found_on_a_plain_path(
    name: str, file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / name
    place.parent.mkdir(exist_ok=True)
    assert venv(file, place, "--flat") == 0
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith(f"wrote {place}  ") and said[0].endswith(" unpacked")
    assert said[1:] == [
        "note: x.pth acts in site-packages only, not in a plain directory",
        "note: AWS Lambda takes 250 MiB unpacked, and 50 MiB as a zip that is sent to it directly",
    ]
    words, files = looked_at(place).splitlines()
    names = ("INSTALLER", "METADATA", "RECORD", "WHEEL", "entry_points.txt")
    info = [f"app-1.0.dist-info/{name}" for name in names]
    others = ["app.py", "bin/hi", "bin/tool", "include/python/app/app.h", "pure.py", "share/doc"]
    assert words == "well"
    assert files == str(sorted([*info, *others]))


def test_its_scripts_start_the_python_on_path(file: Path, tmp_path: Path) -> None:
    venv(file, tmp_path / "packages", "--flat")
    for name, said in (("hi", "well\n"), ("tool", "tool\n")):
        script = tmp_path / "packages/bin" / name
        assert script.read_text().startswith("#!/usr/bin/env python3\n")
        env = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PYTHONPATH": str(tmp_path / "packages")}
        assert subprocess.run([script], env=env, capture_output=True, text=True, check=True).stdout == said


def test_a_file_always_makes_the_same_zip(file: Path, tmp_path: Path) -> None:
    digests = set()
    for name in ("one.zip", "two.zip", "two.zip"):
        assert venv(file, tmp_path / name, "--flat") == 0
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1
    with zipfile.ZipFile(tmp_path / "one.zip") as packages:
        modes = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in packages.infolist()}
    assert (modes["bin/hi"], modes["bin/tool"], modes["app.py"]) == (0o755, 0o755, 0o644)


@pytest.mark.parametrize(("scope", "there"), [("deps", ["helper"]), ("srcs", ["app.py", "bin", "pure.py"])])
def test_a_part_of_it(scope: str, there: list[str], file: Path, tmp_path: Path) -> None:
    venv(file, tmp_path / "packages", "--flat", "--scope", scope)
    names = {path.name for path in (tmp_path / "packages").iterdir()}
    assert names & {"helper", "app.py", "bin", "pure.py"} == set(there)


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A file for machines that this one is not: two Pythons, and a platform of its own for each of the newer."""
    tags = ["cp311-cp311-manylinux_2_28_aarch64", "cp312-cp312-win_amd64"]
    wheels = [make_wheel(tmp_path, "far", files={"far.py": f"tag = {tag!r}\n"}, tag=tag) for tag in tags]
    variants = (
        Variant(("cp311",), "linux_aarch64", None, None, (0,)),
        Variant(("cp312",), "win_amd64", None, None, (1,)),
    )
    return bundle_file(tmp_path / "far.pex", wheels, INTERPRETER, variants=variants)


@pytest.mark.parametrize("python", ["3.12", "python3.12", "cp312"])
def test_no_python_of_the_target_is_needed(python: str, foreign: Path, tmp_path: Path) -> None:
    assert venv(foreign, tmp_path / "packages", "--flat", "--python", python) == 0
    assert "win_amd64" in (tmp_path / "packages/far.py").read_text()


REFUSED = [
    ([], "far.pex has other wheels for each Python or platform", "name one: --python 3.11"),
    (["--python", "3.9"], "far.pex does not run on 3.9", "name one of these"),
    (["--python", "/usr/bin/python3"], "--python '/usr/bin/python3' is no version", "--python 3.12"),
    (["--pip", "--copies"], "--flat makes no venv, so --pip, --copies would do nothing", "leave out"),
]


@pytest.mark.parametrize(("words", "error", "hint"), REFUSED)
def test_who_has_to_say_more_is_told(
    words: list[str], error: str, hint: str, foreign: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert venv(foreign, tmp_path / "packages", "--flat", *words) == 2
    said = capsys.readouterr().err
    assert error in said and hint in said.splitlines()[-1]
    assert not (tmp_path / "packages").exists()


def test_what_is_there_stays(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes").write_text("mine")
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as archive:
        archive.writestr("notes", "mine")
    before = (tmp_path / "mine.zip").read_bytes()
    assert venv(file, tmp_path / "mine", "--flat", "--force") == 2
    assert venv(file, tmp_path / "mine.zip", "--flat") == 5
    assert " -o" not in capsys.readouterr().err
    assert (tmp_path / "mine/notes").read_text() == "mine" and (tmp_path / "mine.zip").read_bytes() == before
    assert venv(file, tmp_path / "mine.zip", "--flat", "--force") == 0
    assert looked_at(tmp_path / "mine.zip").startswith("well\n")


@pytest.mark.parametrize("name", ["packages", "packages.zip"])
def test_a_damaged_file_leaves_nothing(name: str, file: Path, tmp_path: Path) -> None:
    content = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as members:
        begin = members.getinfo(".deps/helper-1.0-py3-none-any.whl").header_offset
    content[begin + 200] ^= 0xFF
    file.write_bytes(content)
    before = sorted(tmp_path.iterdir())
    assert venv(file, tmp_path / name, "--flat") == 6
    assert sorted(tmp_path.iterdir()) == before


def test_a_name_that_would_be_misread_is_refused(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert venv(file, tmp_path / "x.zip") == 2
    assert "--flat" in capsys.readouterr().err
    assert venv(file, tmp_path / "x.tar.gz", "--flat") == 2
    assert not list(tmp_path.glob("x.*"))
