"""A directory is a virtual environment of which wheels can be made, or a line says what it is instead."""

from __future__ import annotations

import json
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from pexlite.errors import PexliteError
from pexlite.sources.environment import read_environments
from pexlite.sources.installed import contents_of
from tests.factories import make_wheel, write_files
from tests.installing import make_environment, site_packages

THIS = f"python3.{sys.version_info[1]}"


def nothing(place: Path) -> None:
    """Leave `place` empty."""


def conda(place: Path) -> None:
    write_files(place, {"conda-meta/history": "", "bin/python": ""})


def installation(place: Path) -> None:
    write_files(place, {"bin/python3": ""})


def plain_directory(place: Path) -> None:
    place.mkdir()


def project_with_one(place: Path) -> None:
    venv.create(place / ".venv")


def without_python(place: Path) -> None:
    venv.create(place, symlinks=True)
    for name in ("python", "python3", THIS):
        (place / "bin" / name).unlink()
    (place / "bin" / "python").symlink_to("/nowhere/python3.11")


def with_a_false_python(place: Path) -> None:
    write_files(place, {"pyvenv.cfg": "", "bin/python": "#!/bin/sh\necho no\n"})
    (place / "bin" / "python").chmod(0o755)


def of_another_python(place: Path) -> None:
    venv.create(place, symlinks=True)
    (place / "lib" / THIS).rename(place / "lib" / "python3.4")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (nothing, "there is no virtual environment v"),
        (conda, "v is a conda environment"),
        (installation, "v is a Python installation, and no virtual environment"),
        (plain_directory, "v is no virtual environment: it has no pyvenv.cfg"),
        (project_with_one, "hint: did you mean --venv v/.venv?"),
        (without_python, "the Python of v is gone: bin/python leads to /nowhere/python3.11"),
        (with_a_false_python, "the Python of v does not run"),
        (of_another_python, "lib has python3.4: its Python was replaced by another"),
    ],
)
def test_what_is_no_usable_environment_is_told_in_a_line(
    make: Callable[[Path], None], words: str, tmp_path: Path
) -> None:
    make(tmp_path / "v")
    with pytest.raises(PexliteError) as found:
        read_environments([Path("v")], tmp_path)
    assert words in "\n".join([str(found.value), *found.value.__notes__])


def test_pexs_own_values_of_the_option_get_the_advice_of_from_pex(tmp_path: Path) -> None:
    with pytest.raises(PexliteError) as found:
        read_environments([Path("prepend")], tmp_path)
    assert "pex's --venv is left out" in (found.value.hint or "")


def test_the_interpreter_stands_for_its_environment_and_one_named_twice_is_one(tmp_path: Path) -> None:
    venv.create(tmp_path / "a venv", symlinks=True)
    given = [Path("a venv"), Path("a venv/bin/python"), tmp_path / "a venv" / "."]
    (found,) = read_environments(given, tmp_path)
    assert found.path == tmp_path / "a venv"
    assert found.target.interpreter == tmp_path / "a venv/bin/python"


def test_two_environments_of_one_python_are_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        venv.create(tmp_path / name, symlinks=True)
    with pytest.raises(PexliteError, match="one and two are both for cp"):
        read_environments([Path("one"), Path("two")], tmp_path)


def legacy(site: Path) -> None:
    write_files(site, {"old_thing-1.0-py3.11.egg-info/PKG-INFO": "Name: old-thing\nVersion: 1.0\n"})


def developed(site: Path) -> None:
    write_files(site, {"old-thing.egg-link": "/checkout\n.", "easy-install.pth": "/checkout\n"})


def without_record(site: Path) -> None:
    info = "old_thing-1.0.dist-info"
    tag = "Wheel-Version: 1.0\nTag: py3-none-any\n"
    write_files(site, {f"{info}/METADATA": "Name: old-thing\nVersion: 1.0\n", f"{info}/WHEEL": tag})


def with_latin_record(site: Path) -> None:
    without_record(site)
    (site / "old_thing-1.0.dist-info/RECORD").write_bytes("é.py,,\n".encode("latin-1"))


def twice(site: Path) -> None:
    for version in ("1.0", "2.0"):
        info = f"old_thing-{version}.dist-info"
        metadata = f"Name: old-thing\nVersion: {version}\n"
        tag = "Wheel-Version: 1.0\nTag: py3-none-any\n"
        write_files(site, {f"{info}/METADATA": metadata, f"{info}/WHEEL": tag, f"{info}/RECORD": ""})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            legacy,
            "(old_thing-1.0-py3.11.egg-info), without a list of its files: pip install --force-reinstall",
        ),
        (developed, "(old-thing.egg-link), without a list of its files: pip install -e /checkout"),
        (without_record, "has no RECORD"),
        (with_latin_record, "not UTF-8"),
        (twice, "old_thing-1.0.dist-info and old_thing-2.0.dist-info are of one project"),
    ],
)
def test_a_distribution_of_which_no_wheel_can_be_made_is_told_by_its_name(
    make: Callable[[Path], None], words: str, tmp_path: Path
) -> None:
    make(site_packages(make_environment(tmp_path / "v", [make_wheel(tmp_path, "fine", files={"fine.py": ""})])))
    contents = contents_of(read_environments([Path("v")], tmp_path)[0])
    assert list(contents.installed) == ["fine"]
    assert words in contents.unfit[canonicalize_name("old-thing")]


def test_files_that_no_distribution_lists_are_found_and_those_of_tools_are_not(tmp_path: Path) -> None:
    place = make_environment(tmp_path / "v", [make_wheel(tmp_path, "fine", files={"fine/__init__.py": ""})])
    litter = ["_virtualenv.py", "_virtualenv.pth", "easy-install.pth", "fine/__pycache__/x.pyc", "~ine/x.py"]
    write_files(site_packages(place), dict.fromkeys(["mine.py", "fine/more.txt", "own/sub/x.py", *litter], ""))
    contents = contents_of(read_environments([Path("v")], tmp_path)[0])
    assert contents.unlisted() == ["fine/more.txt", "mine.py", "own/"]


@pytest.mark.parametrize(
    ("url", "editable", "project"),
    [("file:///a%20checkout", True, Path("/a checkout")), ("file:///checkout", False, None)],
)
def test_an_editable_installation_is_known_by_direct_url(
    url: str, editable: bool, project: Path | None, tmp_path: Path
) -> None:
    place = make_environment(tmp_path / "v", [make_wheel(tmp_path, "fine", files={"fine.py": ""})])
    said = {"url": url, "dir_info": {"editable": editable}}
    (site_packages(place) / "fine-1.0.dist-info/direct_url.json").write_text(json.dumps(said))
    (found,) = contents_of(read_environments([Path("v")], tmp_path)[0]).installed.values()
    assert found.project == project
