"""A wheel that was built is taken again only while all that built it is the same, backend and index too."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pexlite.model import BuildRequest, IndexSettings, Progress, Target, Wheel
from pexlite.pipeline.build import build
from pexlite.pylock.write import lock_text, write_lock
from pexlite.resolve.resolver import Resolver
from pexlite.resolve.resolvers import find_resolver
from pexlite.sources.build_tools import build_requirements
from pexlite.sources.build_wheel import Checkout
from pexlite.sources.projects import Builder
from pexlite.sources.workshop import Workshop
from pexlite.store.store import Store
from tests.factories import make_project, make_wheel, written
from tests.pylock.values import lock_of, sha256
from tests.repositories import committed

pytestmark = pytest.mark.usefixtures("no_configuration")  # only what a test says is asked for

pytestmark = pytest.mark.usefixtures("bare_machine")

BACKEND = """
import zipfile
def build_wheel(directory, config_settings=None, metadata_directory=None):
    name, info = "demo-1.0-py3-none-any.whl", "demo-1.0.dist-info/"
    texts = {{
        "demo.py": "def main(): print({words!r})\\n",
        info + "METADATA": "Metadata-Version: 2.1\\nName: demo\\nVersion: 1.0\\n",
        info + "WHEEL": "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        info + "RECORD": "",
    }}
    texts[info + "RECORD"] = "".join(f"{{path}},,\\n" for path in texts)
    with zipfile.ZipFile(f"{{directory}}/{{name}}", "w") as archive:
        for path, text in texts.items():
            archive.writestr(path, text)
    return name
"""
SYSTEM = 'requires = ["some-backend"]\nbuild-backend = "some_backend"'


def publish(directory: Path, version: str, words: str) -> Path:
    """Put a build backend into `directory` whose wheels print `words`."""
    directory.mkdir(exist_ok=True)
    return make_wheel(directory, "some-backend", version, files={"some_backend.py": BACKEND.format(words=words)})


def sdist_in(directory: Path) -> Path:
    project = make_project(directory, "demo", build_system=SYSTEM)
    sdist = directory / "demo-1.0.tar.gz"
    with tarfile.open(sdist, "w:gz") as archive:
        archive.add(project, "demo-1.0")
    return sdist


def text_of(wheel: Wheel) -> str:
    with zipfile.ZipFile(wheel.path) as archive:
        return archive.read("demo.py").decode()


class Builds:
    """Builds of one sdist, from an index, with a store that stays."""

    def __init__(self, directory: Path, target: Target, resolver: Resolver) -> None:
        self.sdist = sdist_in(directory)
        self.steps: list[Progress] = []
        store = Store(directory / "store")
        workshop = Workshop(store, IndexSettings(), resolver, (target,), self.steps.append)
        self.builder = Builder(workshop, target)

    def text(self, index: Path) -> str:
        """The output of the wheel that is built, or taken again, from the files in `index`."""
        return text_of(self.from_index(index).build_sdist(self.sdist))

    def from_index(self, index: Path) -> Builder:
        """The builder of another build, which asks again."""
        settings = IndexSettings(no_index=True, find_links=(str(index),))
        before = self.builder.workshop
        workshop = replace(before, settings=settings, store=Store(before.store.root))
        return replace(self.builder, workshop=workshop)

    @property
    def built(self) -> int:
        return sum(step.stage == "build" for step in self.steps)


@pytest.fixture(params=["uv", "pip"])
def builds(request: pytest.FixtureRequest, tmp_path: Path, target: Target) -> Builds:
    return Builds(tmp_path, target, find_resolver(request.param))


def test_a_mended_backend_builds_anew_and_the_same_one_does_not(builds: Builds, tmp_path: Path) -> None:
    index = tmp_path / "index"
    publish(index, "1.0", "the first")
    assert "the first" in builds.text(index)
    assert "the first" in builds.text(index)
    assert builds.built == 1
    publish(index, "1.1", "a mended one")
    assert "a mended one" in builds.text(index)
    assert builds.built == 2
    publish(index, "1.1", "another file of that version")
    assert "another file of that version" in builds.text(index)


def test_a_wheel_is_not_taken_again_for_another_index(builds: Builds, tmp_path: Path) -> None:
    publish(tmp_path / "one", "1.0", "built by index one")
    publish(tmp_path / "other", "1.0", "built by the other")
    assert "built by index one" in builds.text(tmp_path / "one")
    assert "built by the other" in builds.text(tmp_path / "other")
    assert "built by index one" in builds.text(tmp_path / "one")
    assert builds.built == 2


def test_a_checkout_is_built_anew_by_a_mended_backend(builds: Builds, tmp_path: Path) -> None:
    make_project(tmp_path / "repository", "demo", build_system=SYSTEM)
    committed(tmp_path / "repository")
    url = f"git+{(tmp_path / 'repository').as_uri()}#subdirectory=demo"
    checkout = Checkout(f"demo @ {url}", "demo")
    index = tmp_path / "index"
    for version, said, built in (("1.0", "first", 1), ("1.0", "first", 1), ("1.1", "mended", 2)):
        publish(index, version, said)
        builder = builds.from_index(index)
        wheel = builder.build_checkout(checkout, ("git", url))
        assert said in text_of(wheel)
        assert builds.built == built


def test_without_an_answer_of_the_index_the_earlier_wheel_is_taken_with_a_note(
    builds: Builds, tmp_path: Path
) -> None:
    backend = publish(tmp_path / "index", "1.0", "the first")
    builds.text(tmp_path / "index")
    backend.unlink()
    assert "the first" in builds.text(tmp_path / "index")
    assert builds.built == 1
    (note,) = [step.message for step in builds.steps if step.stage == "note"]
    assert note.startswith("some-backend cannot be asked for now")


def test_a_build_from_a_lock_decides_anew_about_what_it_builds(tmp_path: Path) -> None:
    sdist = sdist_in(tmp_path)
    entry = {"path": sdist.name, "hashes": {"sha256": sha256(sdist)}}
    lock = lock_of({"name": "demo", "version": "1.0", "sdist": entry})
    write_lock(lock_text(lock), tmp_path / "pylock.toml")
    settings = IndexSettings(no_index=True, find_links=(str(tmp_path / "index"),))
    request = BuildRequest(
        directory=tmp_path, lock=Path("pylock.toml"), index=settings, output=Path("x.pex"), force=True
    )
    digests = []
    for version in ("1.0", "1.1"):
        publish(tmp_path / "index", version, version)
        digests.append([wheel.sha256 for wheel in build(request).wheels])
    assert digests[0] != digests[1]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('[build-system]\nrequires = ["a", "b>1"]\n', ("a", "b>1")),
        ("[build-system]\nrequires = []\n", ()),
        ("[project]\nname = 'x'\n", ("setuptools>=40.8.0",)),
        ("no TOML", ("setuptools>=40.8.0",)),
        ("build-system = 3\n", ("setuptools>=40.8.0",)),
    ],
)
def test_build_requirements_are_read_from_directories_and_archives(
    text: str, found: Sequence[str], tmp_path: Path
) -> None:
    (tmp_path / "x" / "below").mkdir(parents=True)
    (tmp_path / "x" / "pyproject.toml").write_text(text)
    (tmp_path / "x" / "below" / "pyproject.toml").write_text("[build-system]\nrequires = ['other']\n")
    with tarfile.open(tmp_path / "x-1.0.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "x", "x-1.0")
    with zipfile.ZipFile(tmp_path / "x-1.0.zip", "w") as zipped:
        for path in ("pyproject.toml", "below/pyproject.toml"):
            zipped.write(tmp_path / "x" / path, f"x-1.0/{path}")
    for source in (tmp_path / "x", tmp_path / "x-1.0.tar.gz", tmp_path / "x-1.0.zip"):
        assert build_requirements(source) == found
        assert build_requirements(source, "below") == ("other",)


@pytest.mark.parametrize("kind", ["directory", "tar", "zip"])
def test_a_project_without_a_pyproject_is_built_with_setuptools(kind: str, tmp_path: Path) -> None:
    project = written(tmp_path / "x-1.0", "setup.py", "below/pyproject.toml/other.py")
    sources = {
        "directory": project,
        "tar": tmp_path / "x-1.0.tar.gz",
        "zip": tmp_path / "x-1.0.zip",
    }
    with tarfile.open(sources["tar"], "w:gz") as archive:
        archive.add(project, "x-1.0")
    with zipfile.ZipFile(sources["zip"], "w") as zipped:
        zipped.write(project / "setup.py", "x-1.0/setup.py")
    for below in ("", "below"):
        assert build_requirements(sources[kind], below) == ("setuptools>=40.8.0",)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9])
def test_an_sdist_that_is_cut_off_is_left_to_the_build_to_refuse(share: float, tmp_path: Path) -> None:
    sdist = sdist_in(tmp_path)
    whole = sdist.read_bytes()
    sdist.write_bytes(whole[: int(len(whole) * share)])
    assert build_requirements(sdist) in [("setuptools>=40.8.0",), ("some-backend",)]


def test_a_zip_with_a_wrong_byte_is_left_to_the_build_to_refuse(tmp_path: Path) -> None:
    sdist = tmp_path / "x-1.0.zip"
    with zipfile.ZipFile(sdist, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x-1.0/pyproject.toml", "[build-system]\nrequires = ['some-backend']\n")
    assert build_requirements(sdist) == ("some-backend",)
    whole = bytearray(sdist.read_bytes())
    whole[30 + len("x-1.0/pyproject.toml")] = 0xFF  # the first byte of what is compressed
    sdist.write_bytes(whole)
    assert build_requirements(sdist) == ("setuptools>=40.8.0",)
