"""`--no-compress`: the same wheels with their files uncompressed, for a faster first start."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pexlite.cli.main import run as pexlite_command
from pexlite.files.places import store_root
from pexlite.model import BuildRequest, BuildResult, LaunchOptions
from pexlite.pipeline.build import build as build_file
from pexlite.pipeline.patch import patch
from pexlite.tools.caches import clear
from pexlite.tools.extract import extract_wheels
from pexlite.tools.info import file_info
from pexlite.tools.verify import verify_file
from pexlite.wheels.read import read_wheel
from tests.bundles import environment, run
from tests.factories import make_wheel
from tests.interpreters import supported
from tests.tools.test_verify import digest, lock_of, with_wheel

pytestmark = pytest.mark.usefixtures("bare_machine")
PYTHON = supported()[0].path

APP = """\
import helper, subprocess


def main():
    print(helper.TEXT, subprocess.check_output(["greet"]).decode().strip())
"""
HELPER = {
    "helper/__init__.py": "import os\nTEXT = open(os.path.dirname(__file__) + '/größe.txt').read()\n",
    "helper/größe.txt": "much " * 2000 + "more",
    "helper/empty.py": "",
    "helper-1.0.data/scripts/greet": "#!/bin/sh\necho hello\n",
}


@pytest.fixture
def wheels(tmp_path: Path) -> list[Path]:
    return [make_wheel(tmp_path, "app", files={"app.py": APP}), make_wheel(tmp_path, "helper", files=HELPER)]


def build(directory: Path, wheels: list[Path], name: str, **more: Any) -> BuildResult:
    request = BuildRequest(
        directory=directory,
        requirements=tuple(map(str, wheels)),
        entry_point="app:main",
        output=Path(name),
        launch=LaunchOptions(bin_path="prepend"),
        compress=False,
        **more,
    )
    return build_file(request)


def inside(file: Path) -> dict[str, zipfile.ZipFile]:
    """The wheels in the file, by name."""
    with zipfile.ZipFile(file) as whole:
        names = [name for name in whole.namelist() if name.startswith(".deps/")]
        return {name[6:]: zipfile.ZipFile(io.BytesIO(whole.read(name))) for name in names}


def test_nothing_is_compressed_and_all_else_is_as_it_was(wheels: list[Path], tmp_path: Path) -> None:
    found = inside(build(tmp_path, wheels, "x.pex").path)
    for path in wheels:
        before, after = zipfile.ZipFile(path), found[path.name]
        assert {entry.compress_type for entry in after.infolist()} == {zipfile.ZIP_STORED}
        for one, other in zip(before.infolist(), after.infolist(), strict=True):
            assert (one.filename, one.external_attr, one.date_time) == (
                other.filename,
                other.external_attr,
                other.date_time,
            )
            assert before.read(one) == after.read(other)


@pytest.mark.parametrize("bytecode", [False, True])
def test_it_starts_as_any_other(bytecode: bool, wheels: list[Path], tmp_path: Path) -> None:
    file = build(tmp_path, wheels, "x.pex", pythons=(str(PYTHON),), bytecode=bytecode).path
    for _ in range(2):
        said = run([PYTHON, file], environment(tmp_path / "root")).stdout
        assert said == HELPER["helper/größe.txt"] + " hello\n"


def test_what_has_changed_in_it_is_told(wheels: list[Path], tmp_path: Path) -> None:
    file = build(tmp_path, wheels, "x.pex").path
    content = file.read_bytes()
    file.write_bytes(content.replace(b"much much", b"much such", 1))
    done = run([PYTHON, file], environment(tmp_path / "root"), check=False)
    assert (done.returncode, done.stderr.partition(":")[0]) == (1, "error")
    assert "x.pex is damaged: helper/größe.txt has changed" in done.stderr


def test_another_store_gives_the_same_bytes(
    wheels: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for name in ("first", "second"):
        monkeypatch.setenv("PEXLITE_CACHE_DIR", str(tmp_path / name))
        found += [build(tmp_path, wheels, f"{name}.pex").path.read_bytes() for _ in range(2)]
    assert len(set(found)) == 1


def test_the_wheels_taken_out_are_those_that_went_in(wheels: list[Path], tmp_path: Path) -> None:
    file = build(tmp_path, wheels, "x.pex").path
    for path in extract_wheels(file, tmp_path / "out"):
        assert read_wheel(path).filename == path.name
        assert path.read_bytes() == (tmp_path / path.name).read_bytes()
    run([PYTHON, file, "extract", tmp_path / "there"], environment(tmp_path / "root", PEX_TOOLS="1"))
    for path in wheels:
        assert (tmp_path / "there" / path.name).read_bytes() == path.read_bytes()


def test_it_is_whole_and_made_of_the_wheels_of_a_lock(
    wheels: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = build(tmp_path, wheels, "x.pex").path
    lock = lock_of(
        tmp_path, with_wheel("app", "1.0", digest(wheels[0])), with_wheel("helper", "1.0", digest(wheels[1]))
    )
    verify_file(file, lock, strict=True)
    assert pexlite_command(["verify", str(file), "--lock", str(lock), "--strict"]) == 0
    assert capsys.readouterr().out.count("\n") == 1
    lock = lock_of(tmp_path, with_wheel("app", "1.0", digest(wheels[1])), with_wheel("helper", "1.0", "0" * 64))
    assert pexlite_command(["verify", str(file), "--lock", str(lock)]) == 6
    assert "helper-1.0-py3-none-any.whl has a digest that the lock does not have" in capsys.readouterr().err


def test_a_patched_one_makes_them_again(wheels: list[Path], tmp_path: Path) -> None:
    file = build(tmp_path, wheels, "x.pex").path
    (tmp_path / "new").mkdir()
    new = make_wheel(tmp_path / "new", "helper", "1.1", files=HELPER)
    patch(file, BuildRequest(directory=tmp_path, requirements=(str(new),)))
    verify_file(file, strict=True)
    found = {path.name: path.read_bytes() for path in extract_wheels(file, tmp_path / "out")}
    assert found == {path.name: path.read_bytes() for path in (wheels[0], new)}


def test_the_command_line_has_it(
    wheels: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [*map(str, wheels), "-e", "app:main"]
    assert pexlite_command([*words, "-o", "small.pex", "--no-compile"]) == 0
    assert pexlite_command([*words, "-o", "large.pex", "--no-compress", "--compile"]) == 0
    assert Path("large.pex").stat().st_size > Path("small.pex").stat().st_size
    small, large = file_info(Path("small.pex")), file_info(Path("large.pex"))
    assert (small.bytecode_size, large.bytecode_size > 0) == (0, True)
    # Bytecode of the boot is the runtime's.
    assert small.runtime_size < large.runtime_size < large.size - large.bytecode_size
    capsys.readouterr()
    assert pexlite_command(["info", "large.pex"]) == 0
    assert " bytecode" in capsys.readouterr().out.splitlines()[4]


def test_it_stays_in_the_store_until_that_is_cleared(wheels: list[Path], tmp_path: Path) -> None:
    build(tmp_path, wheels, "x.pex", bytecode=True)
    held = {path.relative_to(store_root()).parts[0] for path in store_root().rglob("*") if path.is_file()}
    assert {"wheels", "built", "bytecode"} <= held
    clear()
    left = [path for path in store_root().rglob("*") if path.is_file()]
    assert [path.name for path in left] == ["CACHEDIR.TAG"]
