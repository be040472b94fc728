"""Projects and sdists become wheels, the same bytes wherever they lie; a backend's failure is explained."""

from __future__ import annotations

import shlex
import tarfile
import zipfile
from pathlib import Path

import pytest

from pexlite.errors import ProjectBuildError
from pexlite.model import IndexSettings
from pexlite.resolve.resolver import Resolver
from pexlite.resolve.resolvers import find_resolver
from pexlite.sources.build_wheel import build_wheel
from tests import needs

pytestmark = pytest.mark.usefixtures("no_configuration")  # only what a test says is asked for

# A backend inside the project, so that building needs no index.
BACKEND = """
import os, zipfile
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    {trouble}
    name = "little-1.0-py3-none-any.whl"
    told = {{name: os.environ[name] for name in ("SOURCE_DATE_EPOCH", "TZ", "PYTHONHASHSEED")}}
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w") as archive:
        for member, text in {{
            "little.py": repr(told) + os.environ["CFLAGS"].replace(os.getcwd(), "HERE"),
            "little-1.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: little\\nVersion: 1.0\\n",
            "little-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
            "little-1.0.dist-info/RECORD": "",
        }}.items():
            archive.writestr(zipfile.ZipInfo(member), text)
    return name
"""


@pytest.fixture(params=["uv", "pip"])
def resolver(request: pytest.FixtureRequest) -> Resolver:
    return find_resolver(request.param)


def make_project(directory: Path, trouble: str = "pass") -> Path:
    directory.mkdir(parents=True)
    (directory / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "little"\nversion = "1.0"\n'
    )
    (directory / "backend.py").write_text(BACKEND.format(trouble=trouble))
    return directory


def built(resolver: Resolver, source: Path, output: Path, *, original: Path | None = None) -> Path:
    settings = IndexSettings(no_index=True)
    epoch = 1234567890
    return build_wheel(
        resolver, source, output, settings=settings, interpreter=None, source_date_epoch=epoch, original=original
    )


def test_a_project_becomes_a_wheel_under_steady_variables(resolver: Resolver, tmp_path: Path) -> None:
    wheel = built(resolver, make_project(tmp_path / "project"), tmp_path / "out")
    assert wheel == tmp_path / "out" / "little-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        told = archive.read("little.py").decode()
    assert "'SOURCE_DATE_EPOCH': '1234567890', 'TZ': 'UTC', 'PYTHONHASHSEED': '0'" in told
    assert "-ffile-prefix-map=HERE=." in told


def test_the_same_source_in_two_places_and_as_an_sdist_is_the_same_wheel(
    resolver: Resolver, tmp_path: Path
) -> None:
    first = make_project(tmp_path / "a" / "project")
    second = make_project(tmp_path / "b" / "elsewhere")
    sdist = tmp_path / "little-1.0.tar.gz"
    with tarfile.open(sdist, "w:gz") as archive:
        archive.add(first, arcname="little-1.0")
    wheels = [built(resolver, source, tmp_path / f"out{n}") for n, source in enumerate((first, second, sdist))]
    assert len({wheel.read_bytes() for wheel in wheels}) == 1


def test_the_persons_python_path_is_not_in_a_build(
    resolver: Resolver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "host").mkdir()
    (tmp_path / "host/ghost.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "host"))
    project = make_project(tmp_path / "project", trouble="import importlib; importlib.import_module('ghost')")
    with pytest.raises(ProjectBuildError) as caught:
        built(resolver, project, tmp_path / "out")
    assert "ModuleNotFoundError: No module named 'ghost'" in caught.value.causes


def test_what_a_backend_leaves_in_the_temporary_directory_goes(
    resolver: Resolver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.setattr("tempfile.tempdir", None)
    trouble = "import tempfile; tempfile.mkdtemp()"
    built(resolver, make_project(tmp_path / "project", trouble=trouble), tmp_path / "out")
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_python_too_old_for_pip_gets_a_wheel_as_well(resolver: Resolver, tmp_path: Path) -> None:
    old, *_ = needs.several_pythons(1, lambda found: needs.is_cpython(found) and found.version < (3, 10))
    wheel = build_wheel(
        resolver,
        make_project(tmp_path / "project"),
        tmp_path / "out",
        settings=IndexSettings(no_index=True),
        interpreter=old.path,
        source_date_epoch=1234567890,
    )
    assert wheel.name == "little-1.0-py3-none-any.whl"


def test_a_backend_that_fails_is_quoted(resolver: Resolver, tmp_path: Path) -> None:
    project = make_project(tmp_path / "project", trouble="raise RuntimeError('no such luck')")
    with pytest.raises(ProjectBuildError) as caught:
        built(resolver, project, tmp_path / "out")
    assert caught.value.message == "project could not be built into a wheel"
    assert "RuntimeError: no such luck" in caught.value.causes
    assert caught.value.hint


@pytest.mark.parametrize(("here", "typed"), [(".", "./a project"), ("a project", "."), ("other", "{}/a project")])
def test_the_hint_names_a_project_by_a_path_that_is_no_name_of_an_index(
    here: str, typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trouble = "raise RuntimeError('no such luck')"
    original = make_project(tmp_path / "a project")
    copy = make_project(tmp_path / "elsewhere" / "a project", trouble)
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / here)
    with pytest.raises(ProjectBuildError) as caught:
        built(find_resolver("uv"), copy, tmp_path / "out", original=original)
    assert caught.value.hint
    assert shlex.split(caught.value.hint)[-1] == typed.format(tmp_path)


@pytest.mark.parametrize(("fetched", "typed"), [(True, "little==1.0"), (False, "./little-1.0.tar.gz")])
def test_the_hint_names_a_fetched_sdist_by_its_version_and_a_local_one_by_its_path(
    fetched: bool, typed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sdist = tmp_path / "little-1.0.tar.gz"
    with tarfile.open(sdist, "w:gz") as archive:
        archive.add(make_project(tmp_path / "project", "raise RuntimeError('no such luck')"), "little-1.0")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProjectBuildError) as caught:
        built(find_resolver("uv"), sdist, tmp_path / "out", original=None if fetched else sdist)
    assert caught.value.hint
    assert shlex.split(caught.value.hint)[-1] == typed


def test_an_sdist_that_is_no_archive_is_named(tmp_path: Path) -> None:
    sdist = tmp_path / "little-1.0.tar.gz"
    sdist.write_bytes(b"not gzip at all")
    with pytest.raises(ProjectBuildError, match=r"little-1\.0\.tar\.gz"):
        built(find_resolver("pip"), sdist, tmp_path / "out")
