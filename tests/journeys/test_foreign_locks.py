"""Versions that poetry, pdm and pipenv have locked go in, whatever newer ones there are by now."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pexlite.errors import ResolutionError
from pexlite.model import BuildRequest, BuildResult, IndexSettings
from pexlite.pipeline.build import build
from tests.factories import make_project, make_wheel
from tests.index import serve
from tests.network.server import Server

pytestmark = [pytest.mark.journey, pytest.mark.network, pytest.mark.usefixtures("bare_machine")]

SOURCES = {
    "poetry": ("pyproject.toml", '[[tool.poetry.source]]\nname = "own"\nurl = "{url}"\npriority = "primary"\n'),
    "pdm": ("pyproject.toml", '[[tool.pdm.source]]\nname = "pypi"\nurl = "{url}"\nverify_ssl = false\n'),
    "pipenv": (
        "Pipfile",
        '[[source]]\nname = "own"\nurl = "{url}"\nverify_ssl = false\n'
        '[packages]\nrich = {{extras = ["web"], version = "*"}}\n',
    ),
}
# Without its own pins, pdm does not start with what the index has by now.
PROJECTS = {"poetry": "poetry", "pdm": "pdm[locked]", "pipenv": "pipenv"}
LOCKS = {"poetry": "poetry.lock", "pdm": "pdm.lock", "pipenv": "Pipfile.lock"}


@pytest.fixture(scope="module", params=LOCKS)
def tool(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, newly installed from the index."""
    place = tmp_path_factory.mktemp(request.param) / "tool"
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", str(place)], check=True)
    subprocess.run([*uv, "pip", "install", "-q", "--python", str(place), PROJECTS[request.param]], check=True)
    return place / "bin" / str(request.param)


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """click 8.0; rich needs click, colour on Windows, and web for its extra of that name."""
    directory = tmp_path / "links"
    directory.mkdir()
    needs = ["click", "colour ; sys_platform == 'win32'", "web ; extra == 'web'"]
    make_wheel(directory, "rich", requires=needs, extras=["web"], requires_python=">=3.8")
    make_wheel(directory, "click", "8.0", requires_python=">=3.8")
    for name in ("colour", "web"):
        make_wheel(directory, name, requires_python=">=3.8")
    return directory


def locked_project(tool: Path, url: str, directory: Path) -> Path:
    """A project that needs rich[web], as `tool` has locked it with the index at `url`."""
    project = make_project(directory, "my-app", files={"my_app.py": ""}, requires=["rich[web]"])
    file, text = SOURCES[tool.name]
    pyproject = (project / "pyproject.toml").read_text()
    bounded = pyproject.replace('version = "1.0"', 'version = "1.0"\nrequires-python = ">=3.9,<4"')
    (project / "pyproject.toml").write_text(bounded)
    with (project / file).open("a") as source:
        source.write(text.format(url=url))
    own = {"POETRY_VIRTUALENVS_CREATE": "false", "PIPENV_IGNORE_VIRTUALENVS": "1", "PIPENV_YES": "1"}
    own |= {"PDM_CHECK_UPDATE": "false", "PIPENV_VENV_IN_PROJECT": "1"}
    done = subprocess.run(
        [tool, "lock"],
        cwd=project,
        env={**os.environ, **own, "HOME": str(directory)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return project


def built(project: Path, links: Path, resolver: str, locked: bool) -> BuildResult:
    index = IndexSettings(no_index=True, find_links=(str(links),))
    output = project.parent / "x.pex"
    return build(
        BuildRequest(
            directory=project, requirements=(".",), index=index, resolver=resolver, output=output, locked=locked
        )
    )


def test_what_was_locked_goes_in(tool: Path, links: Path, server: Server, tmp_path: Path) -> None:
    project = locked_project(tool, serve(server, links), tmp_path)
    make_wheel(links, "click", "9.0")
    for resolver in ("uv", "pip"):
        result = built(project, links, resolver, locked=True)
        versions = [f"{wheel.name} {wheel.version}" for wheel in result.wheels]
        assert versions == ["click 8.0", "my-app 1.0", "rich 1.0", "web 1.0"]
        assert any(
            notice.startswith(f"{LOCKS[tool.name]} beside the project is used") for notice in result.notices
        )
    named = project / SOURCES[tool.name][0]
    named.write_text(
        named.read_text().replace("rich[web]", "rich[web]>0").replace('version = "*"', 'version = ">0"')
    )
    with pytest.raises(ResolutionError, match="is not of this state of the project"):
        built(project, links, "uv", locked=True)
