"""The file: its layout, its sameness, what writing it may do to the disk."""

from __future__ import annotations

import hashlib
import json
import math
import os
import subprocess
import sys
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pexlite.archive import layout, writer
from pexlite.archive.layout import draft
from pexlite.archive.reader import read_manifest
from pexlite.archive.writer import write
from pexlite.bundle.tree import trees_of
from pexlite.errors import UsageError, WriteError
from pexlite.model import Bundle, EntryPoint, InheritPath, InstalledTree, LaunchOptions, StartKind, Variant
from pexlite.wheels.read import read_wheel
from tests.bundles import EVERY_PYTHON, bundle_file, environment, function, room, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter, supported

RUNTIME = room(supported()[0])
APP = "def main():\n    print('it runs')\n"


@pytest.fixture
def wheels(tmp_path: Path) -> list[Path]:
    return [
        make_wheel(tmp_path, "app", files={"app.py": APP}, entry_points={"console_scripts": {"app": "app:main"}}),
        make_wheel(tmp_path, "other", files={"other.py": "x = 1\n"}),
    ]


STORED = {"__main__.py", "__main__.pyc"}  # what Python reads before any other module


def start_of(file: Path) -> dict[str, Any]:
    """The global variables of the file's `__main__.py`, imported."""
    names: dict[str, Any] = {"__name__": "imported"}
    with zipfile.ZipFile(file) as found:
        exec(found.read("__main__.py"), names)
    return names


def bundle_of(wheels: list[Path]) -> Bundle:
    found = tuple(map(read_wheel, wheels))
    variants = (Variant(EVERY_PYTHON, "any", None, None, tuple(range(len(found)))),)
    return Bundle(found, variants, trees_of(found, variants), function("app", "main"), LaunchOptions(), ("x",), ())


def test_the_layout_is_the_designs(wheels: list[Path], tmp_path: Path) -> None:
    file = bundle_file(tmp_path / "app.pex", wheels, function("app", "main"))
    assert file.read_bytes().startswith(b"#!/usr/bin/env python3\n")
    assert file.stat().st_mode & 0o777 == 0o755
    with zipfile.ZipFile(file) as found:
        assert found.testzip() is None
        names = found.namelist()
        assert names[:4] == [
            ".deps/app-1.0-py3-none-any.whl",
            ".deps/other-1.0-py3-none-any.whl",
            ".trees/0",
            "PEX-INFO",
        ]
        assert names[4:] == ["__pexlite__.txt", "__pex__/__init__.py", "__main__.py", "__main__.pyc"]
        for entry in found.infolist():
            stored = entry.filename.startswith(".deps/") or entry.filename in STORED
            assert entry.compress_type == (zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
        for wheel in wheels:
            assert found.read(f".deps/{wheel.name}") == wheel.read_bytes()
        travelling = start_of(file)["texts_in"](found.read("__pexlite__.txt"))
        assert travelling == {name: text for name, text in RUNTIME.files if name != "checked_main.py"}


@pytest.mark.parametrize("limit", [None, 100])
@pytest.mark.parametrize("most", [0, 20_000, math.inf])
def test_the_start_knows_where_the_runtime_lies_and_its_crc(
    most: float, limit: int | None, wheels: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if limit is not None:
        monkeypatch.setattr(layout, "_PLAIN_ZIP_LIMIT", limit)
    runtime = room(supported()[0], most)
    file = tmp_path / "app.pex"
    write(draft(bundle_of(wheels), "0", runtime), file)
    facts, content = start_of(file)["FACTS"], file.read_bytes()
    is_there = most > 0
    members = {"room": "__pexlite__.txt", **({"compiled": "__pexlite__.bytecode"} if is_there else {})}
    for fact, name in members.items():
        offset, size, crc = facts[fact]
        held = content[offset : offset + size]
        with zipfile.ZipFile(file) as found:
            assert zlib.decompress(held, -15) == found.read(name)
        assert zlib.crc32(held) == crc
    assert bool(facts["compiled"]) == is_there


def test_each_variant_has_its_tree(wheels: list[Path], tmp_path: Path) -> None:
    variants = (Variant(("cp311",), "any", None, None, (0, 1)), Variant(("cp312",), "any", None, None, (1,)))
    file = bundle_file(tmp_path / "app.pex", wheels, function("app", "main"), variants=variants)
    with zipfile.ZipFile(file) as found:
        trees = {name: found.read(name).decode() for name in found.namelist() if name.startswith(".trees/")}
    read = tuple(map(read_wheel, wheels))
    assert trees == {f".trees/{number}": tree.text() for number, tree in enumerate(trees_of(read, variants))}
    assert "!0\napp:main app\n" in trees[".trees/0"] and "!" not in trees[".trees/1"]
    assert read_manifest(file).facts["pexlite"]["format"] == 3


def test_another_tree_makes_another_build(wheels: list[Path]) -> None:
    bundle = bundle_of(wheels)
    other = replace(bundle, trees=(InstalledTree(bundle.trees[0].entries[1:]),))
    assert draft(bundle, "0", RUNTIME).build_id != draft(other, "0", RUNTIME).build_id


@pytest.mark.unmeasured
@pytest.mark.parametrize("python", supported(), ids=lambda python: python.tag)
def test_the_runtime_is_small(python: Interpreter, wheels: list[Path], tmp_path: Path) -> None:
    file = tmp_path / "app.pex"
    write(draft(bundle_of(wheels), "1.0", room(python)), file)
    own = ("__pexlite__", "__pex__", "__main__", "PEX-INFO")
    with zipfile.ZipFile(file) as found:
        carried = [entry for entry in found.infolist() if entry.filename.startswith(own)]
    assert len(carried) == 5
    # With a local header and a line of the directory (APPNOTE.TXT 4.3.7, 4.3.12), which hold the name. The page
    # about performance has the limits before, and the reason of each.
    # The start is the only bytecode in it, and CPython 3.11's has the most room for what it notes as it runs.
    most = 117 if python.tag == "cp311" else 115
    assert sum(entry.compress_size + 76 + 2 * len(entry.filename) for entry in carried) <= most * 1024


def test_the_manifest_says_where_every_wheel_is(wheels: list[Path], tmp_path: Path) -> None:
    file = bundle_file(tmp_path / "app.pex", wheels, function("app", "main"))
    manifest = read_manifest(file)
    content = file.read_bytes()
    for wheel, stored in zip(wheels, manifest.wheels, strict=True):
        part = content[stored.offset : stored.offset + stored.size]
        assert part == wheel.read_bytes()
        assert hashlib.sha256(part).hexdigest() == stored.sha256
    assert manifest.entry_point == function("app", "main")
    assert manifest.facts["distributions"][wheels[0].name] == manifest.wheels[0].sha256


SAME = """
import sys
from pathlib import Path
from tests.bundles import bundle_file, function
bundle_file(Path(sys.argv[1]), [Path(path) for path in sys.argv[2:]], function("app", "main"))
"""

SURROUNDINGS = [
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "2", "TZ": "America/Lima", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent"},
]


def test_the_same_inputs_give_the_same_bytes(wheels: list[Path], tmp_path: Path) -> None:
    digests = set()
    for index, variables in enumerate(SURROUNDINGS):
        directory = tmp_path / f"dir{index}"
        directory.mkdir()
        output = directory / "app.pex"
        previous = os.umask(0o077 if index else 0o002)
        try:
            command = [sys.executable, "-c", SAME, str(output), *map(str, wheels)]
            subprocess.run(command, env={**os.environ, **variables}, check=True)
        finally:
            os.umask(previous)
        digests.add((hashlib.sha256(output.read_bytes()).hexdigest(), output.stat().st_mode))
    assert len(digests) == 1


def test_what_is_sealed_in_makes_another_build(wheels: list[Path], tmp_path: Path) -> None:
    launches = [
        LaunchOptions(),
        LaunchOptions(inherit_path=InheritPath.FALLBACK),
        LaunchOptions(inject_args=("x",)),
        LaunchOptions(sh_boot=True),
        LaunchOptions(pex_root="~/elsewhere"),
    ]
    starts = [function("app", "main"), EntryPoint(StartKind.MODULE, "app"), EntryPoint(StartKind.INTERPRETER)]
    ids = set()
    for launch in launches:
        for start in starts:
            file = bundle_file(tmp_path / "app.pex", wheels, start, launch=launch)
            ids.add(read_manifest(file).build_id)
    assert len(ids) == len(launches) * len(starts)


@pytest.mark.parametrize("python", supported(), ids=str)
def test_wheels_past_the_limit_of_plain_zip_lie_before_it(
    python: Interpreter, wheels: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "_PLAIN_ZIP_LIMIT", 100)
    file = bundle_file(tmp_path / "app.pex", wheels, function("app", "main"))
    with zipfile.ZipFile(file) as found:
        assert found.testzip() is None
        assert not [name for name in found.namelist() if name.startswith(".deps/")]
    manifest = read_manifest(file)
    content = file.read_bytes()
    for wheel, stored in zip(wheels, manifest.wheels, strict=True):
        assert content[stored.offset : stored.offset + stored.size] == wheel.read_bytes()
    env = environment(tmp_path / "root")
    assert run([python.path, file], env).stdout == "it runs\n"


def test_a_copy_without_the_kernels_help_is_the_same(
    wheels: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = bundle_file(tmp_path / "one.pex", wheels, function("app", "main")).read_bytes()
    monkeypatch.delattr(os, "copy_file_range")
    assert bundle_file(tmp_path / "two.pex", wheels, function("app", "main")).read_bytes() == first


def test_an_output_that_cannot_be_written_is_one_error_and_no_litter(wheels: list[Path], tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "file").write_text("")
    for output in (tmp_path / "directory", tmp_path / "file" / "app.pex", tmp_path / ("x" * 300)):
        with pytest.raises(WriteError) as caught:
            bundle_file(output, wheels, function("app", "main"))
        assert caught.value.exit_code == 5 and caught.value.hint
    assert list((tmp_path / "directory").iterdir()) == []


def test_what_is_no_file_is_not_replaced_by_one(wheels: list[Path], tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "link"
    link.symlink_to(pipe)
    for output in (pipe, link):
        with pytest.raises(WriteError, match="is no file that could be replaced") as caught:
            bundle_file(output, wheels, function("app", "main"))
        assert caught.value.hint
    assert pipe.is_fifo()
    assert link.is_symlink()


def test_a_failed_build_leaves_the_old_file(
    wheels: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = bundle_file(tmp_path / "app.pex", wheels, function("app", "main"))
    before = file.read_bytes()
    for failure in (OSError(28, "No space left on device"), KeyboardInterrupt()):

        def fail(*arguments: object, failure: BaseException = failure) -> None:
            raise failure

        monkeypatch.setattr(writer, "_copy", fail)
        with pytest.raises((WriteError, KeyboardInterrupt)):
            bundle_file(file, wheels, function("app", "main"))
    assert file.read_bytes() == before
    assert sorted(tmp_path.glob(".*")) == []


NO_SHEBANGS = ["", "a\nb", "x" * 200, "#!/bin/sh", "python3", "/opt/my python/bin/python3", "/usr/bin/env node"]


@pytest.mark.parametrize("shebang", NO_SHEBANGS)
def test_a_shebang_that_starts_no_python_is_refused(shebang: str, wheels: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        bundle_file(tmp_path / "app.pex", wheels, function("app", "main"), launch=LaunchOptions(shebang=shebang))


# Windows keeps some names for its devices: none of them begins so.
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    contents=st.dictionaries(st.from_regex(r"m[a-z]{0,7}", fullmatch=True), st.binary(max_size=2000), max_size=6)
)
def test_any_wheels_that_go_in_come_out(contents: dict[str, bytes], tmp_path: Path) -> None:
    wheels = [make_wheel(tmp_path, name, files={f"{name}.bin": content}) for name, content in contents.items()]
    file = bundle_file(tmp_path / "app.pex", wheels, EntryPoint(StartKind.INTERPRETER))
    with zipfile.ZipFile(file) as found:
        for wheel in wheels:
            assert found.read(f".deps/{wheel.name}") == wheel.read_bytes()
        info = json.loads(found.read("PEX-INFO"))
    assert sorted(info["distributions"]) == sorted(wheel.name for wheel in wheels)


@pytest.mark.parametrize("limit", [None, 100])
def test_what_would_be_written_is_measured_to_the_byte(
    limit: int | None, wheels: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if limit is not None:
        monkeypatch.setattr("pexlite.archive.layout._PLAIN_ZIP_LIMIT", limit)
    planned = draft(bundle_of(wheels), "0", RUNTIME)
    write(planned, tmp_path / "x.pex")
    assert (tmp_path / "x.pex").stat().st_size == planned.size


def test_a_wheel_that_has_changed_since_it_was_read_goes_into_no_file(wheels: list[Path], tmp_path: Path) -> None:
    planned = draft(bundle_of(wheels), "0.1.0", RUNTIME)
    content = wheels[0].read_bytes()
    wheels[0].write_bytes(content.replace(b"app.py", b"apq.py"))
    (tmp_path / "app.pex").write_text("the old file")
    with pytest.raises(WriteError, match="was changed while it was copied"):
        write(planned, tmp_path / "app.pex", force=True)
    assert (tmp_path / "app.pex").read_text() == "the old file"
