"""A built file is described as it is."""

from __future__ import annotations

import hashlib
import json
import zipfile
from pathlib import Path

import pytest

from pexlite.archive.layout import draft
from pexlite.archive.writer import write
from pexlite.bundle.runs_on import runs_on
from pexlite.bundle.tree import trees_of
from pexlite.cli.main import run
from pexlite.errors import NotABundle
from pexlite.model import Bundle, EntryPoint, LaunchOptions, StartKind, Variant
from pexlite.tools.info import file_info
from pexlite.wheels.read import read_wheel
from tests.bundles import bundle_file, environment, function, room
from tests.bundles import run as run_program
from tests.factories import make_wheel
from tests.interpreters import supported


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A file with two wheels, one of which only CPython 3.12 gets."""
    wheels = (
        read_wheel(make_wheel(tmp_path, "apple", files={"apple.py": "x = 1\n"})),
        read_wheel(make_wheel(tmp_path, "pear", "2.5", files={"pear.py": "x = 1\n"}, tag="cp312-none-any")),
    )
    variants = (Variant(("cp311",), "any", None, None, (0,)), Variant(("cp312",), "any", None, None, (0, 1)))
    bundle = Bundle(
        wheels=wheels,
        variants=variants,
        trees=trees_of(wheels, variants),
        entry_point=EntryPoint(StartKind.FUNCTION, "apple", "main"),
        launch=LaunchOptions(),
        requirements=("apple", "pear"),
        startup_files=(),
        runs_on=runs_on(variants),
    )
    write(draft(bundle, "0", room(supported()[0])), tmp_path / "app.pex")
    return tmp_path / "app.pex"


def test_everything_about_a_file_is_told(built: Path) -> None:
    info = file_info(built)
    content = built.read_bytes()
    assert info.size == len(content)
    assert info.sha256 == hashlib.sha256(content).hexdigest()
    assert info.entry_point == "apple:main"
    assert info.requirements == ("apple", "pear")
    assert [(wheel.name, wheel.version, wheel.only_on) for wheel in info.wheels] == [
        ("apple", "1.0", None),
        ("pear", "2.5", "CPython 3.12"),
    ]
    assert 0 < info.runtime_size == info.size - sum(wheel.size for wheel in info.wheels)


@pytest.mark.parametrize(("eager", "words"), [((), ""), (("app.plugins", "app"), ", but in app.plugins, app")])
def test_lazy_imports_are_told(
    eager: tuple[str, ...], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    launch = LaunchOptions(lazy_imports="all", not_lazy=eager)
    wheel = make_wheel(tmp_path, "apple", files={"apple.py": "x = 1\n"})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("apple", "main"), launch=launch)
    assert file_info(file).lazy_imports == eager
    assert run(["info", str(file)]) == 0
    assert f"\n  imports    lazily from CPython 3.15 on{words}\n" in capsys.readouterr().out
    assert run(["info", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["lazy_imports"] == list(eager)
    env = environment(tmp_path / "root", PEX_TOOLS="1")
    told = run_program([supported()[0].path, file, "info"], env).stdout
    assert f"\n  imports    lazily from CPython 3.15 on{words}\n" in told


def test_people_read_it_line_by_line(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["info", str(built)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == [
        str(built),
        "  starts     apple:main",
        "  runs on    CPython 3.11 to 3.12",
        "  asked for  apple, pear",
    ]
    assert lines[-3] == "  2 wheels"
    assert lines[-2].split()[:2] == ["apple", "1.0"]
    assert lines[-1].split()[:2] == ["pear", "2.5"]
    assert lines[-1].endswith("  only on CPython 3.12")


def test_programs_read_json(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["info", str(built), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["sha256"] == hashlib.sha256(built.read_bytes()).hexdigest()
    assert [wheel["filename"] for wheel in told["wheels"]] == [
        "apple-1.0-py3-none-any.whl",
        "pear-2.5-cp312-none-any.whl",
    ]
    assert [variant["pythons"] for variant in told["variants"]] == [["cp311"], ["cp312"]]


@pytest.mark.parametrize("kind", ["missing", "text", "zip", "directory"])
def test_what_is_no_built_file_is_refused(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / kind
    if kind == "text":
        path.write_text("hello")
    elif kind == "directory":
        path.mkdir()
    elif kind == "zip":
        with zipfile.ZipFile(path, "w") as archive_file:
            archive_file.writestr("__main__.py", "")
    with pytest.raises(NotABundle):
        file_info(path)
    assert run(["info", str(path)]) == 6
    assert capsys.readouterr().err.startswith("error: ")
