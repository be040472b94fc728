"""Installed distributions become the wheels that they were, or are refused with what to type."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pexlite.errors import InvalidWheel
from pexlite.model import Wheel
from pexlite.sources.environment import Environment, read_environments
from pexlite.sources.installed import Installed, contents_of
from pexlite.sources.repack import repack
from pexlite.store.store import Store
from tests.factories import make_wheel
from tests.installing import INSTALLERS, make_environment, site_packages

SCRIPT = "#!python\nimport odd\nprint(odd.name)\n"
FILES: dict[str, str | bytes] = {
    "odd/__init__.py": "name = 'odd'\n",
    "odd/data/ü.txt": "ü",
    "odd/x.bin": bytes(range(256)),
}
DATA: dict[str, str | bytes] = {
    "scripts/real": SCRIPT,
    "scripts/of-sh": "#!/bin/sh\necho hello\n",
    "scripts/of-the-system": "#!/usr/bin/python3\nprint(1)\n",
    "headers/sub/odd.h": "int x;\n",
    "data/share/odd/x.txt": "x\n",
    "data/etc/odd.conf": "c\n",
}
STARTS = {"console_scripts": {"odd": "odd:main", "Odd-2": "odd:main"}, "gui_scripts": {"oddw": "odd:main"}}


def odd_wheel(directory: Path) -> Path:
    directory.mkdir(exist_ok=True)
    return make_wheel(directory, "Odd-One", files=FILES, data=DATA, entry_points=STARTS, executable=["odd/x.bin"])


def read(place: Path) -> Environment:
    return read_environments([place], place.parent)[0]


def only(place: Path) -> Installed:
    contents = contents_of(read(place))
    assert not contents.unfit
    (found,) = contents.installed.values()
    return found


def content(wheel: Path) -> dict[str, tuple[bytes, bool]]:
    """Every file in `wheel` but RECORD, and whether it is a program."""
    with zipfile.ZipFile(wheel) as archive:
        return {
            one.filename: (archive.read(one), bool(one.external_attr >> 16 & 0o111))
            for one in archive.infolist()
            if not one.filename.endswith("/RECORD")
        }


@pytest.mark.parametrize("directory", ["venv", "a venv", "v" * 120], ids=["plain", "blank", "long"])
@pytest.mark.parametrize("installer", INSTALLERS)
def test_the_wheel_is_the_installed_one_file_by_file(
    installer: str, directory: str, store: Store, tmp_path: Path
) -> None:
    original = odd_wheel(tmp_path / "links")
    made = repack(only(make_environment(tmp_path / directory, [original], installer=installer)), store)
    assert made.filename == original.name
    assert content(made.path) == content(original)
    assert made.unlike_record == ()


def test_the_same_files_give_the_same_bytes_in_every_store_and_directory(tmp_path: Path) -> None:
    original = odd_wheel(tmp_path / "links")
    made = [
        repack(
            only(make_environment(tmp_path / installer, [original], installer=installer)), Store(tmp_path / store)
        )
        for installer in INSTALLERS
        for store in ("one store", "other store")
    ]
    assert len({wheel.sha256 for wheel in made}) == 1


def test_bytecode_and_what_installers_write_stay_out(store: Store, tmp_path: Path) -> None:
    place = make_environment(tmp_path / "venv", [odd_wheel(tmp_path / "links")])
    made = repack(only(place), store)
    assert list(site_packages(place).rglob("*.pyc"))
    left = {Path(name).name for name in made.files}
    assert left.isdisjoint({"INSTALLER", "REQUESTED", "direct_url.json"})
    assert not [name for name in made.files if name.endswith(".pyc")]


def changed(place: Path) -> None:
    with (site_packages(place) / "odd/__init__.py").open("a") as file:
        file.write("# debugging\n")


def changed_script(place: Path) -> None:
    (place / "bin" / "real").write_text("#!/bin/sh\n")


@pytest.mark.parametrize(("change", "named"), [(changed, "odd/__init__.py"), (changed_script, "bin/real")])
def test_a_file_that_was_changed_is_an_error_that_names_it_and_its_project(
    change: Callable[[Path], None], named: str, store: Store, tmp_path: Path
) -> None:
    place = make_environment(tmp_path / "venv", [odd_wheel(tmp_path / "links")])
    repack(only(place), store)
    change(place)
    with pytest.raises(InvalidWheel, match=r"odd-one 1\.0 in .*venv was changed after it was installed") as found:
        repack(only(place), store)
    assert named in found.value.causes[0]
    assert found.value.hint is not None and "--reinstall-package odd-one" in found.value.hint


def test_missing_files_and_changed_metadata_are_told_and_no_error(store: Store, tmp_path: Path) -> None:
    place = make_environment(tmp_path / "venv", [odd_wheel(tmp_path / "links")])
    (site_packages(place) / "odd/x.bin").unlink()
    with (site_packages(place) / "Odd_One-1.0.dist-info/METADATA").open("a") as file:
        file.write("\nmore words\n")
    made = repack(only(place), store)
    assert set(made.unlike_record) == {"odd/x.bin", "Odd_One-1.0.dist-info/METADATA"}
    assert "odd/x.bin" not in made.files


def test_a_file_outside_of_the_environment_is_refused(store: Store, tmp_path: Path) -> None:
    place = make_environment(tmp_path / "venv", [odd_wheel(tmp_path / "links")])
    (tmp_path / "secret").write_text("secret")
    with (site_packages(place) / "Odd_One-1.0.dist-info/RECORD").open("a") as file:
        file.write("../../../../secret,,\n")
    with pytest.raises(InvalidWheel, match="outside of the virtual environment"):
        repack(only(place), store)


def test_a_wheel_is_made_once_and_its_files_are_checked_each_time(store: Store, tmp_path: Path) -> None:
    place = make_environment(tmp_path / "venv", [odd_wheel(tmp_path / "links")])
    first = repack(only(place), store)
    shutil.rmtree(store.root / "wheels")
    assert repack(only(place), store).sha256 == first.sha256
    os.utime(site_packages(place) / "odd/__init__.py", (1, 1))
    assert repack(only(place), store).path == first.path
    assert hashlib.sha256(first.path.read_bytes()).hexdigest() == first.sha256


def compiled(directory: Path, tags: str) -> Wheel:
    """The wheel of a distribution whose WHEEL has these tags."""
    wheel = make_wheel(directory, "native", files={"native.py": ""})
    place = make_environment(directory / "venv", [wheel])
    text = site_packages(place) / "native-1.0.dist-info/WHEEL"
    lines = "".join(f"Tag: {one}\n" for one in tags.split())
    text.write_text(f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: false\n{lines}Build: 2x\n")
    return only(place).as_wheel()


@pytest.mark.parametrize(
    ("tags", "filename"),
    [
        (
            "cp311-cp311-manylinux_2_17_x86_64 cp311-cp311-manylinux2014_x86_64",
            "native-1.0-2x-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.whl",
        ),
        ("py2-abi3-win32 py3-none-any", "native-1.0-2x-py3-none-any.whl"),
    ],
)
def test_the_name_has_the_tags_of_wheel(tags: str, filename: str, tmp_path: Path) -> None:
    assert compiled(tmp_path, tags).filename == filename
