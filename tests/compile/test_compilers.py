"""Who compiles for targets whose Python is not the one that was named: a Python here of the same version."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pexlite.errors import UsageError
from pexlite.model import BuildRequest, BuildResult, IndexSettings
from pexlite.pipeline.build import build
from tests import needs
from tests.bundles import environment, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter, supported

pytestmark = pytest.mark.usefixtures("bare_machine")

COMPILING = [python for python in supported() if python.version >= (3, 7)]
CPYTHONS = [python for python in COMPILING if python.tag.startswith("cp")]
SHOW = {"app.py": "def main():\n    import part\n    print(part.__cached__)\n", "part.py": "NAME = 'part'\n"}


def platform(python: Interpreter, machine: str = "linux_x86_64") -> str:
    major, minor = python.version
    return f"{machine}-cp-{major}{minor}-{python.tag}{'m' if minor < 8 else ''}"


def file_for(directory: Path, **targets: Any) -> BuildResult:
    request = BuildRequest(
        directory=directory,
        requirements=(str(make_wheel(directory, "app", files=SHOW)),),
        entry_point="app:main",
        output=Path("app.pex"),
        bytecode=True,
        **targets,
    )
    return build(request)


def packs(file: Path) -> list[str]:
    """The tags that a file has bytecode for, one for each wheel."""
    with zipfile.ZipFile(file) as parts:
        return [name.split("/")[1] for name in parts.namelist() if name.startswith(".bytecode/")]


def on_path(*pythons: Interpreter, monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    """Leave these as the only Pythons to be found, beside the one that runs the tests."""
    programs = directory / "programs"
    programs.mkdir()
    for python in pythons:
        kind = {"cp": "python", "pp": "pypy"}[python.tag[:2]]
        free = "t" if python.tag.endswith("t") else ""
        program = programs / f"{kind}{python.version[0]}.{python.version[1]}{free}"
        program.write_text(f'#!/bin/sh\nexec "{python.path}" "$@"\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", os.fspath(programs))
    monkeypatch.setattr("pexlite.targets.interpreters.PLACES", ())


@pytest.mark.parametrize("python", CPYTHONS, ids=str)
def test_a_python_here_compiles_for_a_platform(
    python: Interpreter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_path(python, monkeypatch=monkeypatch, directory=tmp_path)
    built = file_for(tmp_path, platforms=(platform(python), platform(python, "macosx_14_0_arm64")))
    assert packs(built.path) == [python.tag]
    assert not [notice for notice in built.notices if "bytecode" in notice]
    env = environment(tmp_path / "root", PYTHONDONTWRITEBYTECODE="1")
    cached = Path(run([python.path, built.path], env).stdout.strip())
    assert cached.exists()  # it came with the file: Python was told to write none


@pytest.mark.parametrize("python", [one for one in COMPILING if one not in CPYTHONS], ids=str)
def test_a_pypy_compiles_for_itself(python: Interpreter, tmp_path: Path) -> None:
    built = file_for(tmp_path, pythons=(str(python.path),))
    assert packs(built.path) == [python.tag]
    env = environment(tmp_path / "root", PYTHONDONTWRITEBYTECODE="1")
    for _ in range(2):
        cached = Path(run([python.path, built.path], env).stdout.strip())
        assert cached.exists()


def test_targets_without_a_compiler_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = next(python for python in supported() if needs.is_cpython(python) and python.version >= (3, 8))
    on_path(here, monkeypatch=monkeypatch, directory=tmp_path)
    others = ("linux_x86_64-cp-36-cp36m", "linux_x86_64-pp-39-pypy39_pp73")
    built = file_for(tmp_path, platforms=(platform(here), *others))
    assert packs(built.path) == [here.tag]
    assert [notice for notice in built.notices if "bytecode" in notice] == [
        "no bytecode for cp36 on linux_x86_64: Python 3.6 believes none that was made elsewhere",
        "no bytecode for pp39 on linux_x86_64: there is no PyPy 3.9 on this machine that could make it",
    ]
    with pytest.raises(UsageError, match="finds no Python to compile with") as caught:
        file_for(tmp_path, platforms=others)
    assert len(caught.value.causes) == 2
    assert "pexlite probe --list" in (caught.value.hint or "")


def test_a_wheel_is_compiled_for_the_pythons_that_take_it(tmp_path: Path) -> None:
    first, second = needs.several_pythons(2, lambda one: needs.is_cpython(one) and one.version >= (3, 8))[:2]
    for python in (first, second):
        make_wheel(tmp_path, "native", files={"native.py": ""}, tag=f"{python.tag}-none-any")
    request = BuildRequest(
        directory=tmp_path,
        requirements=("native",),
        index=IndexSettings(find_links=(str(tmp_path),), no_index=True),
        output=Path("app.pex"),
        bytecode=True,
        pythons=(str(first.path), str(second.path)),
    )
    assert sorted(packs(build(request).path)) == sorted([first.tag, second.tag])


def test_bytecode_that_has_changed_is_told_before_it_is_met(tmp_path: Path) -> None:
    python = CPYTHONS[0]
    built = file_for(tmp_path, pythons=(str(python.path),))
    env = environment(tmp_path / "root")
    tools = {**env, "PEX_TOOLS": "1"}
    run([python.path, built.path, "verify"], tools)
    with zipfile.ZipFile(built.path) as parts:
        (pack,) = [entry for entry in parts.infolist() if entry.filename.startswith(".bytecode/")]
        with zipfile.ZipFile(parts.open(pack)) as inside:
            member = next(entry for entry in inside.infolist() if "part" in entry.filename)
    content = bytearray(built.path.read_bytes())
    # Behind both local headers, which have the names (APPNOTE.TXT 4.3.7), in the midst of the member.
    place = pack.header_offset + 30 + len(pack.filename) + member.header_offset + 30 + len(member.filename)
    content[place + member.compress_size // 2] ^= 1
    built.path.write_bytes(content)
    done = run([python.path, built.path, "verify"], tools, check=False)
    assert done.returncode == 6
    assert done.stdout.startswith(f"bytecode for {python.tag}: ") and "part" in done.stdout
    started = run([python.path, built.path], env, check=False)
    assert started.returncode == 1 and "error: app.pex is damaged" in started.stderr
