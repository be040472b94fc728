"""A built file is found unchanged, or everything that is wrong with it is named."""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

import pexlite
from pexlite.cli.main import run
from pexlite.errors import NotABundle, UsageError, VerificationFailed
from pexlite.tools.verify import verify_file
from tests.bundles import bundle_file, function
from tests.hostile import with_info


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def lock_of(directory: Path, *packages: str) -> Path:
    path = directory / "pylock.toml"
    head = 'lock-version = "1.0"\ncreated-by = "tests"\n'
    path.write_text(head + "".join(f"\n[[packages]]\n{package}" for package in packages))
    return path


def with_wheel(name: str, version: str, sha256: str) -> str:
    filename = f"{name}-{version}-py3-none-any.whl"
    wheels = f'[{{name = "{filename}", url = "http://127.0.0.1/{filename}", hashes = {{sha256 = "{sha256}"}}}}]'
    return f'name = "{name}"\nversion = "{version}"\nwheels = {wheels}\n'


def with_sdist(name: str, version: str) -> str:
    filename = f"{name}-{version}.tar.gz"
    sdist = f'{{name = "{filename}", url = "http://127.0.0.1/{filename}", hashes = {{sha256 = "00"}}}}'
    return f'name = "{name}"\nversion = "{version}"\nsdist = {sdist}\n'


def test_what_is_right_is_counted(file: Path) -> None:
    found = verify_file(file)
    assert (found.wheels, found.files, found.build_id) == (2, 7, pexlite.inspect(file).build_id)


@pytest.mark.parametrize(
    ("what", "named"),
    [
        ("wheel", ["helper-2.5-py3-none-any.whl has not the sha256 "]),
        (
            "both",
            ["app-1.0-py3-none-any.whl has not the sha256 ", "helper-2.5-py3-none-any.whl has not the sha256 "],
        ),
        ("runtime", ["its __pexlite__.txt has changed"]),
        ("header", ["its first lines have changed"]),
    ],
)
def test_every_byte_counts(what: str, named: list[str], file: Path, wheels: list[Path]) -> None:
    content = bytearray(file.read_bytes())
    places = {
        "wheel": [content.index(wheels[1].read_bytes()) + 60],
        "both": [content.index(wheel.read_bytes()) + 60 for wheel in wheels],
        "runtime": [content.index(b"__pexlite__.txt") + 100],
        "header": [5],
    }
    for place in places[what]:
        content[place] ^= 1
    file.write_bytes(content)
    with pytest.raises(VerificationFailed) as failure:
        verify_file(file)
    assert [cause[: len(name)] for cause, name in zip(failure.value.causes, named, strict=True)] == named


def test_files_are_what_record_says(tmp_path: Path, wheels: list[Path]) -> None:
    with zipfile.ZipFile(wheels[1]) as source:
        content = {name: source.read(name) for name in source.namelist()}
    content["helper/__init__.py"] = b"words = 'evil'\n"  # as long as it was
    record = "helper-2.5.dist-info/RECORD"
    # Of these nothing is said that could be wrong, or nothing that runs.
    content[record] = re.sub(rb"helper.pth,.*\n", b"", content[record])
    content[record] = re.sub(rb"(helper-2.5.dist-info/METADATA),.*", rb"\1,sha256=x,", content[record])
    content[record] = re.sub(rb"(helper-2.5.dist-info/WHEEL),.*", rb"\1,,", content[record])
    with zipfile.ZipFile(wheels[1], "w") as changed:
        for name, text in content.items():
            changed.writestr(name, text)
    # Of the wheels that others made it is found out when they are fetched.
    file = bundle_file(tmp_path / "app.pex", wheels, function("app", "main"), local=wheels)
    with pytest.raises(VerificationFailed) as failure:
        verify_file(file)
    assert failure.value.causes == ("helper-2.5-py3-none-any.whl: helper/__init__.py is not what RECORD says",)


def test_a_directory_that_is_elsewhere_than_readers_look_for_it_is_told(file: Path, tmp_path: Path) -> None:
    def fewer(info: Any) -> None:
        info["pexlite"]["wheels"][0]["directory"][2] -= 1

    with pytest.raises(VerificationFailed) as failure:
        verify_file(with_info(file, tmp_path / "odd.pex", fewer))
    assert failure.value.causes[0] == "app-1.0-py3-none-any.whl: PEX-INFO says that its directory is elsewhere"


def test_a_lock_vouches_for_wheels(file: Path, wheels: list[Path], tmp_path: Path) -> None:
    helper = with_wheel("helper", "2.5", digest(wheels[1]))
    found = verify_file(file, lock_of(tmp_path, helper))
    assert (found.by_name, found.own) == ((), ("app-1.0-py3-none-any.whl",))
    found = verify_file(file, lock_of(tmp_path, helper, with_wheel("app", "1.0", digest(wheels[0]))))
    assert (found.by_name, found.own) == ((), ())
    found = verify_file(file, lock_of(tmp_path, with_sdist("helper", "2.5")))
    assert found.by_name == ("helper-2.5-py3-none-any.whl",)


@pytest.mark.parametrize(
    ("package", "words"),
    [
        (with_wheel("other", "1.0", "00"), "the lock does not name helper, of which helper-2.5"),
        (
            with_wheel("helper", "2.5", "00"),
            "helper-2.5-py3-none-any.whl has a digest that the lock does not have",
        ),
        (with_wheel("helper", "2.6", "00"), "helper-2.5-py3-none-any.whl is here, the lock has helper 2.6"),
        (with_sdist("helper", "2.6"), "helper-2.5-py3-none-any.whl is here, the lock has helper 2.6"),
    ],
)
def test_what_a_lock_does_not_say_is_told(package: str, words: str, file: Path, tmp_path: Path) -> None:
    lock = lock_of(tmp_path, package)
    with pytest.raises(VerificationFailed) as failure:
        verify_file(file, lock)
    (cause,) = failure.value.causes
    assert cause.startswith(words)
    assert failure.value.message == f"{file} is not what {lock} says"


def test_a_lock_that_is_none_is_refused(file: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no lock")
    (tmp_path / "empty").write_text("")
    for name in ("text", "empty", "missing"):
        with pytest.raises(UsageError):
            verify_file(file, tmp_path / name)


def test_python_and_the_command_line_say_the_same(
    file: Path, wheels: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pexlite.verify(file).files == 7
    assert run(["verify", str(file)]) == 0
    assert capsys.readouterr().out == f"{file} is whole: 2 wheels, 7 files\n"
    assert run(["verify", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["wheels"] == 2
    lock = lock_of(tmp_path, with_sdist("helper", "2.5"))
    assert run(["verify", str(file), "--lock", str(lock)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{file} is whole: 2 wheels, 7 files, as in {lock}",
        "  by name and version alone, since it was built from source: helper-2.5-py3-none-any.whl",
        f"  your own code, which the lock does not name: app-1.0-py3-none-any.whl, sha256 {digest(wheels[0])}",
    ]
    file.write_bytes(b"X" + file.read_bytes()[1:])
    assert run(["verify", str(file)]) == 6
    with pytest.raises(NotABundle):
        pexlite.verify(tmp_path / "text.pex")
