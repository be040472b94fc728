from __future__ import annotations

import os
import tarfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.tags import Tag

from pexlite.errors import ProjectBuildError
from pexlite.model import IndexSettings, Progress, Target, no_report
from pexlite.resolve.resolvers import find_resolver
from pexlite.sources.projects import Builder
from pexlite.sources.workshop import Workshop
from pexlite.store.store import Store
from pexlite.wheels.normalise import normalise
from pexlite.wheels.read import read_wheel
from tests import needs
from tests.factories import make_project, make_wheel, written

CODE = {
    "demo/__init__.py": "def main(): print('hi')\n",
    "demo/data/table.csv": "1,2\n",
    "demo/run.sh": "#!/bin/sh\n",
}


def project_in(directory: Path) -> Path:
    project = make_project(directory, "demo", files=CODE, requires=["click>=8"], scripts={"demo": "demo:main"})
    (project / "demo/run.sh").chmod(0o755)
    return project


def everything_in(directory: Path) -> list[tuple[str, bytes]]:
    return sorted((str(path), path.read_bytes()) for path in directory.rglob("*") if path.is_file())


def test_a_project_becomes_a_wheel_and_its_directory_stays_as_it_was(builder: Builder, tmp_path: Path) -> None:
    project = project_in(tmp_path)
    before = everything_in(project)
    wheel = builder.build_project(project)
    assert (wheel.name, str(wheel.version), wheel.local) == ("demo", "1.0", True)
    assert wheel.entry_points == {"console_scripts": {"demo": "demo:main"}}
    assert [str(requirement) for requirement in wheel.requires_dist] == ["click>=8"]
    assert set(CODE) <= set(wheel.files)
    assert "demo-1.0.dist-info/direct_url.json" not in wheel.files
    assert everything_in(project) == before


@pytest.mark.parametrize("choice", ["uv", "pip"])
def test_the_same_project_gives_the_same_bytes_wherever_it_lies(
    choice: str, store: Store, target: Target, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver = find_resolver(choice)
    digests = set()
    for number, (mask, zone, seed) in enumerate([(0o022, "UTC", "1"), (0o077, "Asia/Tokyo", "77")]):
        monkeypatch.setenv("TZ", zone)
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        time.tzset()
        previous = os.umask(mask)
        try:
            project = project_in(tmp_path / f"place {number}")
            for path in project.rglob("*"):
                os.utime(path, (1e9 + number * 1e6, 1e9 + number * 1e6))
            builder = Builder(
                Workshop(Store(store.root / str(number)), IndexSettings(), resolver, (target,), no_report), target
            )
            wheel = builder.build_project(project)
        finally:
            os.umask(previous)
        digests.add(wheel.sha256)
        assert str(tmp_path).encode() not in wheel.path.read_bytes()
    assert len(digests) == 1


def test_litter_of_earlier_builds_stays_out_of_the_copy(builder: Builder, tmp_path: Path) -> None:
    # The backend takes every directory whose name begins with the project's.
    project = project_in(tmp_path)
    litter = ["demo/__pycache__/x.pyc", "demo/x.pyc", "demo/.tox/x.py", "demo/node_modules/x.js"]
    litter += ["demo.egg-info/PKG-INFO", "demo/venv/pyvenv.cfg", "demo/venv/lib/x.py"]
    written(project, *litter)
    wheel = builder.build_project(project)
    assert sorted(file for file in wheel.files if "dist-info" not in file) == sorted(CODE)


def sdist_of(project: Path, *, below: str = "") -> Path:
    path = project.parent / "demo-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(project, f"demo-1.0/{below}")
    return path


@pytest.mark.parametrize("below", ["", "part/of/it"])
def test_an_sdist_is_built_once_for_each_python(below: str, builder: Builder, tmp_path: Path) -> None:
    sdist = sdist_of(project_in(tmp_path), below=below)
    steps: list[Progress] = []
    counting = replace(builder, workshop=replace(builder.workshop, report=steps.append))
    wheel = counting.build_sdist(sdist, below)
    assert set(CODE) <= set(wheel.files)
    assert counting.build_sdist(sdist, below).sha256 == wheel.sha256
    assert len(steps) == 1
    other = replace(counting, target=replace(builder.target, platform="linux_other"))
    assert other.build_sdist(sdist, below).sha256 == wheel.sha256
    assert len(steps) == 2


def test_a_broken_project_is_an_error_with_what_its_backend_said(builder: Builder, tmp_path: Path) -> None:
    project = project_in(tmp_path)
    (project / "backend.py").write_text("raise RuntimeError('no luck today')\n")
    with pytest.raises(ProjectBuildError) as caught:
        builder.build_project(project)
    assert "no luck today" in "\n".join(caught.value.causes)
    assert caught.value.exit_code == 3


def test_a_directory_outside_the_sdist_is_not_built(builder: Builder, tmp_path: Path) -> None:
    project_in(tmp_path / "elsewhere")
    sdist = sdist_of(project_in(tmp_path))
    with pytest.raises(ProjectBuildError, match=r"demo-1\.0\.tar\.gz has no directory '\.\./elsewhere/demo'"):
        builder.build_sdist(sdist, "../elsewhere/demo")


def test_a_wheel_that_does_not_fit_the_target_is_an_error(builder: Builder, tmp_path: Path) -> None:
    elsewhere = replace(builder, target=replace(builder.target, tags=(Tag("cp311", "cp311", "win_amd64"),)))
    with pytest.raises(ProjectBuildError, match="does not fit"):
        elsewhere.build_project(project_in(tmp_path))


def test_a_normalised_wheel_has_one_order_one_time_and_two_modes(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    wheel = make_wheel(tmp_path, "demo", files={"z.py": "", "a/b.py": "x", "Y.py": "", 'a,b".txt': ""})
    with zipfile.ZipFile(wheel, "a") as archive:
        entry = zipfile.ZipInfo("zz.sh", (2024, 5, 6, 7, 8, 9))
        entry.external_attr = 0o100711 << 16
        archive.writestr(entry, "#!/bin/sh\n")
        archive.mkdir("empty")
    found = normalise(wheel, tmp_path / "out")
    with zipfile.ZipFile(found) as archive:
        entries = archive.infolist()
    names = [entry.filename for entry in entries]
    assert names[:5] == ["Y.py", 'a,b".txt', "a/b.py", "z.py", "zz.sh"]
    assert names[-1] == "demo-1.0.dist-info/RECORD"
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    modes = {entry.filename: entry.external_attr >> 16 for entry in entries}
    assert modes.pop("zz.sh") == 0o100755
    assert set(modes.values()) == {0o100644}
    assert "zz.sh" in read_wheel(found).files  # RECORD lists it now


@pytest.mark.parametrize(
    ("said", "moment"),
    [("1700000000", (2023, 11, 14, 22, 13, 20)), ("0", (1980, 1, 1, 0, 0, 0)), ("soon", (1980, 1, 1, 0, 0, 0))],
)
def test_source_date_epoch_is_the_time_of_all_members(
    said: str, moment: Sequence[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", said)
    (tmp_path / "out").mkdir()
    found = normalise(make_wheel(tmp_path, "demo", files={"x.py": ""}), tmp_path / "out")
    with zipfile.ZipFile(found) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {tuple(moment)}


BACKENDS = {
    "setuptools": 'requires = ["setuptools>=61"]\nbuild-backend = "setuptools.build_meta"',
    "hatchling": 'requires = ["hatchling"]\nbuild-backend = "hatchling.build"',
    "flit": 'requires = ["flit_core>=3.9"]\nbuild-backend = "flit_core.buildapi"',
    "poetry": 'requires = ["poetry-core>=2"]\nbuild-backend = "poetry.core.masonry.api"',
}
EXTENSION = """
#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_fast", __FILE__, -1, NULL};
PyMODINIT_FUNC PyInit__fast(void) { return PyModule_Create(&module); }
"""


@pytest.mark.network
@pytest.mark.parametrize("choice", ["uv", "pip"])
@pytest.mark.parametrize("backend", [*BACKENDS, "setup.py only", "C extension"])
def test_real_backends_give_the_same_bytes_in_two_directories(
    backend: str, choice: str, store: Store, target: Target, tmp_path: Path
) -> None:
    if backend == "C extension":
        needs.compiler_for_python()
    resolver = find_resolver(choice)
    digests = []
    build_system = BACKENDS.get(backend, "requires = []")
    for place in ("one", "another place"):
        code = {"demo/__init__.py": '"""It."""\n__version__ = "1.0"\n', "demo/_fast.c": EXTENSION}
        project = make_project(tmp_path / place, "demo", files=code, build_system=build_system)
        if backend not in BACKENDS:
            extension = 'ext_modules=[Extension("demo._fast", ["demo/_fast.c"])],'
            extension = extension if backend == "C extension" else ""
            (project / "pyproject.toml").unlink()
            (project / "setup.py").write_text(
                "from setuptools import Extension, setup\n"
                f'setup(name="demo", version="1.0", packages=["demo"], {extension})\n'
            )
        elif backend == "flit":
            text = (project / "pyproject.toml").read_text().replace("version =", 'description = "It."\nversion =')
            (project / "pyproject.toml").write_text(text)
        builder = Builder(
            Workshop(Store(store.root / place), IndexSettings(), resolver, (target,), no_report), target
        )
        wheel = builder.build_project(project)
        digests.append(wheel.sha256)
        assert "demo/__init__.py" in wheel.files
        assert any(file.endswith(".so") for file in wheel.files) == (backend == "C extension")
    assert digests[0] == digests[1]
