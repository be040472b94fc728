"""A build with `--python-from`: one file with a Python for each platform, told of in words."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import pexlite
from pexlite.cli.info import in_words
from pexlite.cli.outcome import closing_lines
from pexlite.errors import TargetError, UsageError, VerificationFailed
from pexlite.model import BuildResult, IndexSettings, InheritPath, LaunchOptions
from pexlite.own_python.elf import Elf
from pexlite.own_python.find import PackedPython
from pexlite.own_python.prefix import Prefix
from pexlite.own_python.selection import Wanted
from pexlite.own_python.source import source_of
from pexlite.own_python.text import free_of_places
from pexlite.store.store import Store
from pexlite.tools.extract import extract_wheels
from pexlite.tools.info import file_info
from tests.factories import make_wheel

SHORT = f"3{sys.version_info[1]}"
CURRENT, AARCH64 = "current", f"manylinux_2_28_aarch64-cp-{SHORT}-cp{SHORT}"


@pytest.fixture(scope="module")
def built(
    archive: Path,
    foreign: Path,
    packed: PackedPython,
    shared_store: Store,
    tmp_path_factory: pytest.TempPathFactory,
) -> BuildResult:
    """A file for this machine and another one, each with its Python."""
    place = tmp_path_factory.mktemp("built")
    make_wheel(place, "app", files={"app.py": "def main():\n    print('hello')\n"})
    with pytest.MonkeyPatch.context() as change:
        change.setenv("PEXLITE_CACHE_DIR", str(shared_store.root))
        return pexlite.build(
            requirements=["app"],
            index=IndexSettings(no_index=True, find_links=(str(place),)),
            entry_point="app:main",
            platforms=[CURRENT, AARCH64],
            python_from=[str(archive), str(foreign)],
            output=place / "app.pex",
            directory=place,
        )


def test_each_platform_has_its_python_and_runs_on_no_other(built: BuildResult) -> None:
    manifest = pexlite.inspect(built.path)
    assert [own.tag for own in manifest.own_pythons] == [f"cp{SHORT}"] * 2
    assert [variant.pythons for variant in manifest.variants] == [(f"cp{SHORT}",)] * 2
    assert [variant.platform for variant in manifest.variants] == [own.platform for own in manifest.own_pythons]
    assert all(variant.libc is not None for variant in manifest.variants)


def test_the_archives_are_stored_members_before_the_wheels_at_the_places_that_pex_info_names(
    built: BuildResult,
) -> None:
    content = built.path.read_bytes()
    with zipfile.ZipFile(built.path) as opened:
        names = opened.namelist()
    manifest = pexlite.inspect(built.path)
    for own, member, packed in zip(manifest.own_pythons, names, built.own_pythons, strict=False):
        assert member == f".python/{own.sha256[:32]}.tar.gz"
        assert content[own.offset : own.offset + own.size] == packed.path.read_bytes()
    assert names[2].startswith(".deps/")


def test_it_is_told_of_in_words(built: BuildResult) -> None:
    version = sys.version.split()[0]
    told = "\n".join(closing_lines(built, built.path.parent))
    assert f"with its own CPython {version}" in told and "glibc" in told
    lines = in_words(file_info(built.path))
    assert len([line for line in lines if f"CPython {version} for linux_" in line]) == 2
    assert "CPython" in built.runs_on


def test_verify_sees_a_changed_python(built: BuildResult, tmp_path: Path) -> None:
    assert pexlite.verify(built.path).wheels == 1
    own = pexlite.inspect(built.path).own_pythons[0]
    changed = bytearray(built.path.read_bytes())
    changed[own.offset + own.size // 2] ^= 1
    (tmp_path / "changed.pex").write_bytes(changed)
    with pytest.raises(VerificationFailed) as found:
        pexlite.verify(tmp_path / "changed.pex")
    assert any("its own CPython" in cause for cause in found.value.causes)


def test_extract_gives_the_archives(built: BuildResult, tmp_path: Path) -> None:
    written = extract_wheels(built.path, tmp_path / "out")
    archives = [path for path in written if path.suffix == ".gz"]
    assert [path.read_bytes() for path in archives] == [own.path.read_bytes() for own in built.own_pythons]
    assert extract_wheels(built.path, tmp_path / "out") == written, "its own are replaced"


def test_with_prefer_host_it_also_serves_pythons_of_the_host(
    built: BuildResult, archive: Path, shared_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEXLITE_CACHE_DIR", str(shared_store.root))
    again = pexlite.build(
        requirements=["app"],
        index=IndexSettings(no_index=True, find_links=(str(built.path.parent),)),
        entry_point="app:main",
        python_from=[str(archive)],
        launch=LaunchOptions(prefer_host=True),
        dry_run=True,
        directory=tmp_path,
    )
    assert any("+" in python for variant in again.variants for python in variant.pythons)
    assert "; else linux" in again.runs_on and again.runs_on.endswith(sys.version.split()[0])


def test_a_python_of_another_version_than_asked_for_is_refused(
    archive: Path, built: BuildResult, shared_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEXLITE_CACHE_DIR", str(shared_store.root))
    with pytest.raises(TargetError, match="and no Python of --python-from is"):
        pexlite.build(
            requirements=["app"],
            platforms=["linux_x86_64-cp-39-cp39"],
            python_from=[str(archive)],
            directory=tmp_path,
        )


PARTS: list[tuple[str, dict[str, Any], Wanted]] = [
    ("import json\n", {}, Wanted()),
    ("import tkinter\n", {}, Wanted(tkinter=True)),
    ("def one():\n    import sqlite3\n", {}, Wanted(sqlite3=True)),
    ("import readline, shelve\n", {}, Wanted(sqlite3=True, terminal=True)),
    ("name = 'lib2to3.pgen2'\n", {}, Wanted(lib2to3=True)),
    ("import json\n", {"entry_point": "app:main", "launch": LaunchOptions(launcher="elf")}, Wanted(as_xz=True)),
]
ALL_BUT_TK = Wanted(sqlite3=True, terminal=True, lib2to3=True)


@pytest.mark.parametrize(("code", "request_of", "parts"), PARTS)
def test_parts_of_python_go_in_where_code_names_them(
    code: str, request_of: dict[str, Any], parts: Wanted, prefix: Prefix, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    assert wanted_by(code, {"entry_point": "app:main", **request_of}, prefix, tmp_path, monkeypatch) == parts


@pytest.mark.parametrize(
    "request_of",
    [{}, {"entry_point": "app:main", "launch": LaunchOptions(inherit_path=InheritPath.FALLBACK)}],
    ids=["an interpreter", "the host's packages"],
)
def test_where_any_code_may_run_all_parts_go_in(
    request_of: dict[str, Any], prefix: Prefix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert wanted_by("import json\n", request_of, prefix, tmp_path, monkeypatch) == ALL_BUT_TK


def wanted_by(
    code: str, request_of: dict[str, Any], prefix: Prefix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Wanted:
    """The parts of its Python that a file with this code asks for."""
    wanted: list[Wanted] = []

    def packed_python(_source: object, parts: Wanted, *_: object) -> PackedPython:
        wanted.append(parts)
        raise TargetError("enough is known")

    monkeypatch.setenv("PEXLITE_CACHE_DIR", str(tmp_path / "store"))
    monkeypatch.setattr("pexlite.own_python.find.packed_python", packed_python)
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text(f"{code}def main(): pass\n")
    with pytest.raises(TargetError, match="enough is known"):
        pexlite.build(
            source_directories=[str(tmp_path / "code")],
            index=IndexSettings(no_index=True),
            python_from=[str(prefix.root / prefix.program)],
            directory=tmp_path,
            **request_of,
        )
    (parts,) = wanted
    return parts


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"python_full": True}, "and it carries none"),
        ({"launch": LaunchOptions(prefer_host=True)}, "and it carries none"),
        ({"launch": LaunchOptions(shebang="/usr/bin/python3"), "python_from": ["uv"]}, "starts on its own"),
        (
            {"launch": LaunchOptions(sh_boot=True, launcher="elf"), "python_from": ["uv"]},
            "--sh-boot begins the file with a script",
        ),
    ],
)
def test_options_that_would_do_nothing_are_refused(
    options: dict[str, Any], words: str, tmp_path: Path, bare_machine: None
) -> None:
    with pytest.raises(UsageError, match=words) as refused:
        pexlite.build(requirements=["app"], directory=tmp_path, **options)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("word", "error", "hint"),
    [
        ("", "--python-from '' names nothing", "name the directory of a CPython"),
        ("python3", "there is no such file or directory", "of uv: --python-from uv; else "),
        ("3.12", "there is no such file or directory", "of uv: --python-from uv:3.12; else "),
        ("python3.13t", "there is no such file or directory", "of uv: --python-from uv:3.13t; else "),
    ],
)
def test_a_word_that_names_no_python_is_answered_by_one_that_could(
    word: str, error: str, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TargetError, match=error) as refused:
        source_of(word, Store(tmp_path / "store"))
    assert str(refused.value.hint).startswith(hint)


def test_a_word_that_is_empty_is_not_the_directory_of_the_build(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="--python-from '' names nothing"):
        pexlite.build(requirements=["app"], directory=tmp_path, python_from=[""])


@pytest.mark.parametrize(("version", "word"), [("3.6", "uv"), ("3.8", "uv:3.8"), ("3.13t", "uv:3.13t")])
def test_a_hint_names_only_a_version_that_uv_has(version: str, word: str, tmp_path: Path) -> None:
    assert Prefix(tmp_path, f"bin/python{version}", "lib", Elf("x86_64", "", (), (), None)).of_uv == word


DEBIANS = """build_time_vars = {'BINDIR': '/usr/bin',
 'DESTDIRS': '/usr /usr/lib/x86_64-linux-gnu '
             '/usr/lib/python3.11/lib-dynload',
 'INSTALL': '/usr/bin/install -c',
 'LIBDIR': '/usr/lib/x86_64-linux-gnu',
 'prefix': '/usr'}
"""


def test_the_places_of_a_system_s_python_are_where_it_has_been_moved_to(tmp_path: Path) -> None:
    library = tmp_path / "lib/python3.11"
    library.mkdir(parents=True)
    (library / "_sysconfigdata__x86_64-linux-gnu.py").write_text(DEBIANS)
    own = Prefix(Path("/usr"), "bin/python3.11", "lib/python3.11", Elf("x86_64", "", (), (), None))
    free_of_places(own, tmp_path, [])
    found: dict[str, Any] = {}
    exec((library / "_sysconfigdata__x86_64-linux-gnu.py").read_text(), found)
    here = sys.base_prefix
    assert found["build_time_vars"] == {
        "BINDIR": f"{here}/bin",
        "DESTDIRS": f"{here} {here}/lib/x86_64-linux-gnu {here}/lib/python3.11/lib-dynload",
        "INSTALL": "/usr/bin/install -c",
        "LIBDIR": f"{here}/lib/x86_64-linux-gnu",
        "prefix": here,
        "exec_prefix": here,
    }
