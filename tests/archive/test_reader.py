"""Reading a manifest back, and files that have none."""

from __future__ import annotations

import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pexlite.archive.reader import read_manifest
from pexlite.errors import NotABundle
from pexlite.model import EntryPoint, StartKind
from tests.bundles import bundle_file
from tests.factories import make_wheel
from tests.hostile import Parts, with_info, with_parts


def test_a_manifest_comes_back(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "app", entry_points={"console_scripts": {"go": "app:main"}})
    file = bundle_file(
        tmp_path / "app.pex", [wheel], EntryPoint(StartKind.INTERPRETER), pythons=("cp311", "cp312")
    )
    manifest = read_manifest(file)
    assert manifest.entry_point.kind is StartKind.INTERPRETER
    assert manifest.variants[0].pythons == ("cp311", "cp312")
    assert manifest.runs_on == "CPython 3.11 to 3.12"
    assert manifest.wheels[0].entry_points == {"go": "app:main"}


def not_there(path: Path) -> None:
    """Leave `path` as it is: absent."""


def empty(path: Path) -> None:
    path.write_bytes(b"")


def words(path: Path) -> None:
    path.write_text("no zip at all")


def test_a_file_that_was_never_ours_is_not_to_be_copied_again(tmp_path: Path) -> None:
    words(tmp_path / "pyproject.toml")
    with pytest.raises(NotABundle) as caught:
        read_manifest(tmp_path / "pyproject.toml")
    assert str(caught.value.hint).startswith("name a file that pexlite made")


def plain_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archived:
        archived.writestr("__main__.py", "")


def of_the_pex_tool(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archived:
        archived.writestr("PEX-INFO", '{"code_hash": "x"}')


def of_a_future(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archived:
        archived.writestr("PEX-INFO", '{"pexlite": {"format": 99}}')


def a_directory(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("make", [not_there, empty, words, plain_zip, of_the_pex_tool, of_a_future, a_directory])
def test_a_file_that_is_none_of_ours_is_one_error(make: object, tmp_path: Path) -> None:
    path = tmp_path / "app.pex"
    make(path)  # type: ignore[operator]
    with pytest.raises(NotABundle) as caught:
        read_manifest(path)
    assert str(path) in caught.value.message and caught.value.exit_code == 6


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("built")
    wheel = make_wheel(place, "app", entry_points={"console_scripts": {"go": "app:main"}})
    return bundle_file(place / "app.pex", [wheel], EntryPoint(StartKind.INTERPRETER))


def first_wheel(**values: Any) -> Callable[[Any], object]:
    return lambda info: info["pexlite"]["wheels"][0].update(values)


def own(**values: Any) -> Callable[[Any], object]:
    return lambda info: info["pexlite"].update(values)


def first_variant(**values: Any) -> Callable[[Any], object]:
    return lambda info: info["pexlite"]["variants"][0].update(values)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (first_wheel(name=5), "name is 5"),
        (first_wheel(name="app"), "'app' is no name of a wheel"),
        (first_wheel(name="../app-1.0-py3-none-any.whl"), "is no name of a wheel"),
        (first_wheel(name="/etc/app-1.0-py3-none-any.whl"), "is no name of a wheel"),
        (first_wheel(name=".app-1.0-py3-none-any.whl"), "is no name of a wheel"),
        (first_wheel(name="app\n-1.0-py3-none-any.whl"), "is no name of a wheel"),
        (first_wheel(name=f"app-1-{'.'.join('a' * 35)}-{'.'.join('b' * 35)}-any.whl"), "is no name of a wheel"),
        (first_wheel(name="\ud800"), "is no name of a wheel"),
        (first_wheel(size="x"), "numbers from 0 to"),
        (first_wheel(size=True), "numbers from 0 to"),
        (first_wheel(size=1 << 40), "numbers from 0 to"),
        (first_wheel(offset=-1), "numbers from 0 to"),
        (first_wheel(offset=1 << 70), "numbers from 0 to"),
        (first_wheel(offset=1.5), "numbers from 0 to"),
        (first_wheel(sha256="0" * 63), "cannot be its sha256"),
        (first_wheel(sha256=None), "sha256 is None"),
        (first_wheel(scripts={"go": 1}), "go is 1"),
        (first_wheel(scripts={"../go": "a:b"}), "'../go'"),
        (first_wheel(scripts=[]), "scripts is a list of 0"),
        (first_wheel(bytecode={"cp311": [0, 1 << 40, 0]}), "list indices"),
        (first_wheel(bytecode={"cp311": {"offset": 0, "size": 1 << 40}}), "numbers from 0 to"),
        (
            first_wheel(bytecode={"cp311": {"offset": 0, "size": 9, "directory": [0, 10, 1, 0]}}),
            "is not within it",
        ),
        (first_wheel(directory=None), "numbers from 0 to"),
        (first_wheel(directory=[0, 1, 1]), "numbers from 0 to"),
        (first_wheel(directory=[1 << 31, 1 << 31, 1, 0]), "is not within it"),
        (own(wheels={}), "wheels is a dict of 0"),
        (own(wheels=[None]), "NoneType"),
        (own(header=None), "numbers from 0 to"),
        (own(header=[1, 2, 3]), "numbers from 0 to"),
        (own(header=[1 << 30, 2]), "the first lines are not within the file"),
        (own(build_id="../0123456789ab"), "cannot be its build_id"),
        (own(pth=["../x.pth"]), "'../x.pth' is no file name"),
        (own(start={"kind": "function"}), "there is no 'module'"),
        (own(start={"kind": "x", "module": "", "attribute": "", "script": ""}), "is not a valid StartKind"),
        (own(runs_on=None), "runs_on is None"),
        (first_variant(libc="x"), "is no C library"),
        (first_variant(libc=["glibc", [2]]), "numbers from 0 to"),
        (first_variant(pythons=["x" * 10_000]), "is unknown"),
        (first_variant(platform="a b"), "cannot be its platform"),
        (first_variant(wheels=[1]), "numbers from 0 to 0"),
        (first_variant(wheels=[0, 0]), "has a wheel twice"),
        (lambda info: info["pexlite"]["wheels"].append(info["pexlite"]["wheels"][0]), "two wheels have one name"),
        (lambda info: info.update(requirements=[1]), "requirements is 1"),
        (own(compiled=5), "compiled is 5"),
        (own(compiled=["all"]), "compiled is a list of 1"),
        (own(compiled="most"), "is not a valid Extent"),
        (own(imports=5), "imports is 5"),
        (own(imports=[["app.py"]]), "imports is a list of 1"),
        (own(lazy_imports={}), "lazy_imports is a dict of 0"),
        (own(start_lists=[]), "start_lists are for 0 variants"),
        (own(start_lists=[5]), "0 is 5"),
        (own(start_lists=[["x lib/app.py"]]), "cannot be one of its start_lists"),
        (own(start_libraries=[["0 ../app.so"]]), "cannot be one of its start_libraries"),
    ],
)
def test_a_value_that_is_not_of_its_kind_is_told(
    change: Callable[[Any], object], words: str, built: Path, tmp_path: Path
) -> None:
    with pytest.raises(NotABundle) as caught:
        read_manifest(with_info(built, tmp_path / "odd.pex", change))
    (cause,) = caught.value.causes
    assert words in cause
    assert len(cause) < 300


def test_two_wheels_have_no_place_in_common(tmp_path: Path) -> None:
    wheels = [make_wheel(tmp_path, name) for name in ("one", "two")]
    file = bundle_file(tmp_path / "app.pex", wheels, EntryPoint(StartKind.INTERPRETER))

    def overlap(info: Any) -> None:
        first, second = info["pexlite"]["wheels"]
        second["offset"] = first["offset"] + 1

    with pytest.raises(NotABundle) as caught:
        read_manifest(with_info(file, tmp_path / "odd.pex", overlap))
    assert "have one place in the file" in caught.value.causes[0]


def deep(parts: Parts) -> None:
    parts["PEX-INFO"] = b"[" * 200_000 + b"]" * 200_000


def huge(parts: Parts) -> None:
    parts["PEX-INFO"] = b" " * (300 << 20) + b"{}"


def no_text(parts: Parts) -> None:
    parts["PEX-INFO"] = b"\xff\xfe"


def endless_number(parts: Parts) -> None:
    parts["PEX-INFO"] = b"9" * 100_000


def no_number(parts: Parts) -> None:
    parts["PEX-INFO"] = parts["PEX-INFO"].replace(b'"requirements"', b'"x": NaN, "requirements"')


@pytest.mark.parametrize("change", [deep, huge, no_text, endless_number, no_number])
def test_a_pex_info_that_is_not_to_be_read_is_one_error(
    change: Callable[[Parts], object], built: Path, tmp_path: Path
) -> None:
    with pytest.raises(NotABundle):
        read_manifest(with_parts(built, tmp_path / "odd.pex", change))


@pytest.mark.parametrize(
    "tail",
    [
        b"more",
        struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 9, 9, 1 << 30, 0, 0),
        struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, 10, 0, 0),
        struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 0, 0, 0, 0, 3) + b"yes",
        b"PK\x06\x07" + bytes(16) + struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, 10, 0, 0),
    ],
    ids=["bytes behind", "a huge directory", "half an entry", "a comment", "a ZIP64 that is none"],
)
def test_an_end_that_readers_could_take_for_something_else_is_refused(
    tail: bytes, built: Path, tmp_path: Path
) -> None:
    (tmp_path / "odd.pex").write_bytes(built.read_bytes() + tail)
    with pytest.raises(NotABundle):
        read_manifest(tmp_path / "odd.pex")


def test_a_pipe_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotABundle) as caught:
        read_manifest(tmp_path / "pipe")
    assert str(tmp_path / "pipe") in caught.value.message


@pytest.mark.parametrize("more", ["itself", "a line"])
def test_what_stands_before_a_file_is_told(more: str, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "app", files={"app.py": ""})
    path = bundle_file(tmp_path / "app.pex", [wheel], EntryPoint(StartKind.INTERPRETER))
    content = path.read_bytes()
    assert read_manifest(path).build_id
    path.write_bytes((content if more == "itself" else b"# one more line\n") + content)
    with pytest.raises(NotABundle):
        read_manifest(path)
