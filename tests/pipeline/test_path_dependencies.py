"""Local code that a project requires by its path goes in, by either resolver, and no namesake of an index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pexlite.errors import UsageError
from pexlite.model import BuildRequest, BuildResult, IndexSettings
from pexlite.pipeline import lock as locking
from pexlite.pipeline.build import build as build_file
from tests.bundles import environment, run
from tests.factories import make_project, make_wheel

pytestmark = pytest.mark.usefixtures("bare_machine")

both = pytest.mark.parametrize("resolver", ["uv", "pip"])


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """A stranger's core, 9.0."""
    directory = tmp_path / "links"
    directory.mkdir()
    make_wheel(directory, "core", "9.0", files={"core.py": "whose = 'a stranger'\n"})
    return directory


def project(directory: Path, name: str, *requires: str) -> Path:
    """A project whose backend writes `{root}` in `requires` as the directory that it is built in."""
    files = {f"{name}.py": "from core import whose\nprint(whose)\n" if requires else "whose = 'ours'\n"}
    made = make_project(directory, name, files=files, requires=requires)
    backend = made / "backend.py"
    text = backend.read_text().replace("{line}", "{line.replace('ROOT', os.getcwd())}")
    backend.write_text(text)
    return made


def request(directory: Path, links: Path, resolver: str, *inputs: str, **more: Any) -> BuildRequest:
    index = IndexSettings(no_index=True, find_links=(str(links),))
    return BuildRequest(directory=directory, requirements=inputs, resolver=resolver, index=index, **more)


def build(directory: Path, links: Path, resolver: str, *inputs: str, **more: Any) -> BuildResult:
    return build_file(request(directory, links, resolver, *inputs, output=Path("x.pex"), **more))


@both
@pytest.mark.parametrize(
    "requirement",
    [
        "core @ file://ROOT/../core",
        "core@file://ROOT/../core",
        "core @ file://ROOT/../../my%20code/core",
        "core @ file:../core",
        "core @ file://HERE/my%20code/core",
    ],
)
def test_the_project_at_the_path_goes_in(requirement: str, resolver: str, links: Path, tmp_path: Path) -> None:
    place = tmp_path / "my code"
    project(place, "core")
    app = project(place, "app", requirement.replace("HERE", str(tmp_path)))
    (tmp_path / "elsewhere").mkdir()
    result = build(tmp_path / "elsewhere", links, resolver, str(app), entry_point="app")
    assert run([result.path], environment(tmp_path / "root")).stdout == "ours\n"


@both
def test_a_path_that_leads_nowhere_ends_the_build(resolver: str, links: Path, tmp_path: Path) -> None:
    project(tmp_path, "app", "core @ file://ROOT/../core")
    with pytest.raises(UsageError, match=r"app: core is to come from .*/core, which is not there"):
        build(tmp_path, links, resolver, "./app")


@both
def test_a_wheel_at_the_path_and_paths_of_what_is_required_are_followed(
    resolver: str, links: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    deep = make_wheel(tmp_path / "mine", "deep", "2.0")
    project(tmp_path, "core", f"deep @ {deep.as_uri()}")
    project(tmp_path, "app", "core @ file://ROOT/../core")
    found = build(tmp_path, links, resolver, "./app").wheels
    assert {wheel.name: wheel.version for wheel in found} == {"app": "1.0", "core": "1.0", "deep": "2.0"}


@both
@pytest.mark.parametrize("holds", [True, False])
def test_a_marker_is_heeded(holds: bool, resolver: str, links: Path, tmp_path: Path) -> None:
    if holds:
        project(tmp_path, "core")
    system = "!=" if holds else "=="
    project(tmp_path, "app", f'core @ file://ROOT/../core ; sys_platform {system} "nowhere"')
    found = {wheel.name for wheel in build(tmp_path, links, resolver, "./app").wheels}
    assert found == ({"app", "core"} if holds else {"app"})


@pytest.mark.parametrize("asked", ["script", "group", "file", "lines"])
def test_whatever_is_read_may_name_a_path(asked: str, links: Path, tmp_path: Path) -> None:
    line = f"core @ {project(tmp_path / 'code', 'core').as_uri()}"
    (tmp_path / "job.py").write_text(f'# /// script\n# dependencies = ["{line}"]\n# ///\nimport core\n')
    table = f'[project]\nname = "here"\nversion = "1"\ndependencies = ["{line}"]\n'
    (tmp_path / "pyproject.toml").write_text(f'{table}[dependency-groups]\ndev = ["{line}"]\n')
    (tmp_path / "lines.txt").write_text(f"{line}\n")
    ways: dict[str, dict[str, Any]] = {
        "script": {"executable": Path("job.py")},
        "group": {"groups": ("dev",)},
        "file": {"requirement_files": ("pyproject.toml",)},
        "lines": {"requirement_files": ("lines.txt",)},
    }
    found = build(tmp_path, links, "uv", **ways[asked]).wheels
    assert [wheel.version for wheel in found if wheel.name == "core"] == ["1.0"]


def test_a_lock_names_the_directory(links: Path, tmp_path: Path) -> None:
    project(tmp_path, "core")
    project(tmp_path, "app", "core @ file://ROOT/../core")
    locked = locking.lock(request(tmp_path, links, "uv", "./app", output=Path("pylock.toml")))
    assert 'directory = { path = "core" }' in locked.text
