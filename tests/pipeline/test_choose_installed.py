"""Builds from virtual environments: what is installed there goes in, as far as it is needed, and nothing else."""

from __future__ import annotations

import json
import sys
import venv
from pathlib import Path
from typing import Any

import pytest

import pexlite
from pexlite.errors import InvalidWheel, PexliteError, ResolutionError, UsageError
from pexlite.model import BuildRequest, BuildResult, IndexSettings
from pexlite.pipeline.build import build as build_file
from tests import needs
from tests.bundles import environment, run
from tests.factories import make_project, make_wheel, write_files
from tests.installing import INSTALLERS, install, make_environment, site_packages

pytestmark = pytest.mark.usefixtures("bare_machine")

NOWHERE = "http://127.0.0.1:9/simple"
APP = "import core\n\n\ndef main():\n    print('app and', core.name)\n"


@pytest.fixture
def links(tmp_path: Path) -> Path:
    directory = tmp_path / "links"
    directory.mkdir()
    start = {"console_scripts": {"app": "app:main"}}
    make_wheel(directory, "app", files={"app.py": APP}, requires=["core>=2"], entry_points=start)
    make_wheel(directory, "core", "2.0", files={"core.py": "name = 'core'\n"}, requires=["more ; extra == 'more'"])
    make_wheel(directory, "idle", files={"idle.py": ""})
    return directory


def build(directory: Path, *inputs: str, **more: Any) -> BuildResult:
    """A build of `inputs`, from `.venv` and an index that cannot be reached."""
    index = IndexSettings(index_url=NOWHERE, retries=0, timeout=0.2)
    given = {"venvs": (Path(".venv"),), "index": index, "output": Path("x.pex"), **more}
    return build_file(BuildRequest(directory=directory, requirements=inputs, **given))


def names(result: BuildResult) -> list[str]:
    return [wheel.name for wheel in result.wheels]


@pytest.mark.parametrize("installer", INSTALLERS)
def test_requirements_select_what_they_need_and_it_runs(installer: str, links: Path, tmp_path: Path) -> None:
    make_environment(tmp_path / ".venv", sorted(links.iterdir()), installer=installer)
    result = build(tmp_path, "app", script="app")
    assert names(result) == ["app", "core"]
    assert run([result.path], environment(tmp_path / "root")).stdout == "app and core\n"


def test_without_requirements_everything_goes_in_pip_too_as_a_note_says(links: Path, tmp_path: Path) -> None:
    make_environment(tmp_path / ".venv", sorted(links.iterdir()))
    make_wheel(links, "pip", "99", files={"pip.py": ""})
    install(tmp_path / ".venv", [links / "pip-99-py3-none-any.whl"], installer="uv")
    result = build(tmp_path, script="app")
    assert names(result) == ["app", "core", "idle", "pip"]
    assert "from .venv goes in too: pip; --exclude pip leaves it out" in result.notices
    assert names(build(tmp_path, script="app", excluded=("pip",))) == ["app", "core", "idle"]


def test_sources_beside_it_select_nothing_and_a_scripts_header_does(links: Path, tmp_path: Path) -> None:
    make_environment(tmp_path / ".venv", sorted(links.iterdir()))
    write_files(tmp_path, {"src/own.py": "import core\nprint(core.name)\n"})
    header = "# /// script\n# dependencies = ['core']\n# ///\n"
    write_files(tmp_path, {"job.py": f"{header}import core\nprint('job', core.name)\n"})
    whole = build(tmp_path, source_directories=(Path("src"),), entry_point="own")
    assert names(whole) == ["app", "core", "idle", "local-tree"]
    assert run([whole.path], environment(tmp_path / "root")).stdout == "core\n"
    some = build(tmp_path, executable=Path("job.py"))
    assert names(some) == ["core", "local-job"]
    assert run([some.path], environment(tmp_path / "root")).stdout == "job core\n"


def test_a_project_takes_what_it_needs_from_it_and_the_place_of_its_own_installation(
    links: Path, tmp_path: Path
) -> None:
    make_environment(tmp_path / ".venv", sorted(links.iterdir()))
    (tmp_path / "app").mkdir()
    text = {"app.py": "def main(): print('of the project')\n"}
    make_project(tmp_path, "app", files=text, requires=["core"], scripts={"app": "app:main"})
    result = build(tmp_path, "./app")
    assert names(result) == ["app", "core"]
    assert run([result.path], environment(tmp_path / "root")).stdout == "of the project\n"


def make_editable(tmp_path: Path, links: Path) -> Path:
    """A project that `.venv` has as an editable installation, with what it needs."""
    place = make_environment(tmp_path / ".venv", sorted(links.iterdir()))
    files = {"mine.py": "import core\n\n\ndef main(): print('mine', core.name)\n"}
    project = make_project(tmp_path, "mine", files=files, requires=["core"], scripts={"mine": "mine:main"})
    stub = make_wheel(tmp_path, "mine", files={"__editable__.mine.pth": str(project)}, requires=["core"])
    install(place, [stub])
    said = {"url": project.as_uri(), "dir_info": {"editable": True}}
    (site_packages(place) / "mine-1.0.dist-info/direct_url.json").write_text(json.dumps(said))
    return project


def test_the_project_of_an_editable_installation_is_built(links: Path, tmp_path: Path) -> None:
    project = make_editable(tmp_path, links)
    result = build(tmp_path, "mine", script="mine")
    assert names(result) == ["core", "mine"]
    assert f"mine 1.0 in .venv is an editable installation, so its project is built: {project}" in result.notices
    assert run([result.path], environment(tmp_path / "root")).stdout == "mine core\n"
    assert str(tmp_path).encode() not in result.path.read_bytes()
    project.rename(tmp_path / "moved")
    with pytest.raises(PexliteError, match="mine is not there any more"):
        build(tmp_path, "mine", script="mine")
    assert names(build(tmp_path, "app", script="app")) == ["app", "core"]


@pytest.mark.parametrize(
    ("inputs", "more", "words"),
    [
        (["nope"], {}, ".venv: nope, asked for by the command line, is not here"),
        (["core<2"], {}, ".venv: core<2, asked for by the command line, but core-2.0-py3-none-any.whl is here"),
        (["core[more]"], {}, ".venv: more, asked for by core-2.0-py3-none-any.whl, is not here"),
        (["old"], {}, ".venv: old was installed in an old way (old.egg-info)"),
        ([], {}, ".venv: old was installed in an old way (old.egg-info)"),
        (["app"], {"overrides": ("core==1",)}, ".venv: core==1, asked for by --override, but core-2.0"),
    ],
)
def test_what_is_lacking_is_an_error_with_what_to_type(
    inputs: list[str], more: dict[str, Any], words: str, links: Path, tmp_path: Path
) -> None:
    place = make_environment(tmp_path / ".venv", sorted(links.iterdir()))
    write_files(site_packages(place), {"old.egg-info": "Name: old\nVersion: 1\n"})
    with pytest.raises(ResolutionError, match=r"\.venv cannot give all that is needed") as found:
        build(tmp_path, *inputs, **more)
    assert any(cause.startswith(words) for cause in found.value.causes), found.value.causes
    assert "--exclude NAME" in (found.value.hint or "")


def test_an_environment_of_which_nothing_goes_in_is_told(tmp_path: Path) -> None:
    venv.create(tmp_path / ".venv", symlinks=True)
    write_files(tmp_path, {"job.py": ""})
    assert "nothing of .venv goes in" in build(tmp_path, executable=Path("job.py")).notices


def test_an_exclusion_lets_the_rest_in(links: Path, tmp_path: Path) -> None:
    place = make_environment(tmp_path / ".venv", sorted(links.iterdir()))
    write_files(site_packages(place), {"old.egg-info": "Name: old\nVersion: 1\n"})
    result = build(tmp_path, excluded=("old",))
    assert names(result) == ["app", "core", "idle"]
    assert not [notice for notice in result.notices if "changes nothing" in notice]


def test_changed_code_ends_the_build_and_missing_files_only_with_strict(links: Path, tmp_path: Path) -> None:
    place = make_environment(tmp_path / ".venv", sorted(links.iterdir()))
    (site_packages(place) / "idle.py").unlink()
    result = build(tmp_path, script="app")
    assert "idle-1.0-py3-none-any.whl goes in, though RECORD names files that it lacks: idle.py" in result.notices
    with pytest.raises(InvalidWheel, match="differ from their RECORD"):
        build(tmp_path, script="app", strict=True)
    (site_packages(place) / "core.py").write_text("name = 'changed'\n")
    with pytest.raises(InvalidWheel, match=r"core 2\.0 in \.venv was changed after it was installed"):
        build(tmp_path, script="app")
    assert names(build(tmp_path, "idle")) == ["idle"]


def test_files_of_nobody_are_told(links: Path, tmp_path: Path) -> None:
    place = make_environment(tmp_path / ".venv", sorted(links.iterdir()))
    write_files(site_packages(place), {"sitecustomize.py": ""})
    told = "left out, since no distribution in .venv lists it: sitecustomize.py"
    assert told in build(tmp_path, script="app").notices
    assert told not in build(tmp_path, "core").notices


def test_packages_of_the_system_stay_out(links: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / ".venv", system_site_packages=True)
    install(tmp_path / ".venv", sorted(links.iterdir()))
    result = build(tmp_path, script="app")
    assert ".venv also sees the packages of the system's Python, which stay out" in result.notices
    with pytest.raises(ResolutionError, match="cannot give") as found:
        build(tmp_path, "pip")
    assert "nothing of the system's Python" in (found.value.hint or "")


@pytest.mark.parametrize(
    ("inputs", "more", "words"),
    [
        ([], {"pythons": ("3.12",)}, "--python 3.12 names another target"),
        ([], {"platforms": ("win_amd64-cp-312-cp312",)}, "names another target"),
        ([], {"target_files": (Path("t.json"),)}, "--target t.json names another target"),
        ([], {"lock": Path("pylock.toml")}, "so does a lock"),
        (["-r"], {"requirement_files": ("pylock.toml",)}, "so does a lock"),
        ([], {"locked": True}, "so does a lock"),
        (["app @ https://127.0.0.1/app-1.0-py3-none-any.whl"], {}, "app is asked for by an address"),
        ([], {"requirement_files": ("hashed.txt",)}, "core is asked for by a hash"),
        ([], {"index": IndexSettings(require_hashes=True)}, "hashes are required"),
        ([], {"index": IndexSettings(uploaded_prior_to="2026-01-31")}, "--uploaded-prior-to cannot be kept"),
    ],
)
def test_what_cannot_mean_anything_beside_it_is_refused(
    inputs: list[str], more: dict[str, Any], words: str, tmp_path: Path
) -> None:
    venv.create(tmp_path / ".venv", symlinks=True)
    texts = {
        "pylock.toml": 'lock-version = "1.0"\ncreated-by = "x"\npackages = []\n',
        "hashed.txt": f"core==2.0 --hash=sha256:{'0' * 64}\n",
    }
    write_files(tmp_path, texts)
    with pytest.raises(UsageError) as found:
        build(tmp_path, *[one for one in inputs if one != "-r"], **more)
    assert words in "\n".join([found.value.message, *found.value.causes])


def test_what_does_nothing_beside_it_is_told(links: Path, tmp_path: Path) -> None:
    make_environment(tmp_path / ".venv", sorted(links.iterdir()))
    write_files(tmp_path, {"low.txt": "core<2\n"})
    result = build(tmp_path, "app", constraint_files=("low.txt",))
    assert "--constraint does nothing here: the virtual environment says every version" in result.notices
    told = "--index-url counts for the building of projects only: the rest is in the virtual environment"
    assert told in result.notices


def test_pips_settings_are_kept_or_told(links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_environment(tmp_path / ".venv", sorted(links.iterdir()))
    monkeypatch.setenv("PIP_UPLOADED_PRIOR_TO", "2026-01-31")
    told = "pip's setting uploaded-prior-to counts for the building of projects only: the rest is installed"
    assert told in build(tmp_path, "app").notices
    monkeypatch.setenv("PIP_REQUIRE_HASHES", "1")
    with pytest.raises(UsageError, match="hashes are required"):
        build(tmp_path, "app")


def test_several_environments_give_one_file_for_their_pythons(links: Path, tmp_path: Path) -> None:
    pythons = needs.several_pythons(2, lambda one: needs.is_cpython(one) and one.version >= (3, 9))[:2]
    make_wheel(links, "only-new", files={"only_new.py": ""})
    for number, python in enumerate(pythons):
        run([python.path, "-m", "venv", "--without-pip", tmp_path / f"v{number}"], environment(tmp_path / "root"))
        wheels = [one for one in sorted(links.iterdir()) if number or not one.name.startswith("only_new")]
        if number:
            core = make_wheel(tmp_path, "core", "3.0", files={"core.py": "name = 'core three'\n"})
            wheels = [core if one.name.startswith("core") else one for one in wheels]
        install(tmp_path / f"v{number}", wheels, installer="uv")
    result = build(tmp_path, script="app", venvs=(Path("v0"), Path("v1")))
    assert names(result) == ["app", "core", "core", "idle", "only-new"]
    # A Python without an environment needs what any of them has.
    served = [(one.pythons, len(one.wheels)) for one in result.variants]
    assert [count for _, count in served] == [3, 4], served
    assert set(served[0][0]) <= {pythons[0].tag, f"{pythons[0].tag}t"}, served
    for python, words in zip(pythons, ("app and core\n", "app and core three\n"), strict=True):
        assert run([python.path, result.path], environment(tmp_path / "root")).stdout == words


def test_the_api_takes_texts_and_the_same_state_gives_the_same_bytes(
    links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_environment(tmp_path / "a venv", sorted(links.iterdir()), installer="uv")
    make_environment(tmp_path / "other", sorted(links.iterdir()), installer="pip")
    digests = set()
    for number, name in enumerate(("a venv", "other")):
        monkeypatch.setenv("PEXLITE_CACHE_DIR", str(tmp_path / f"store {number}"))
        result = pexlite.build(
            requirements=["app"], venvs=[name], script="app", output=f"{number}.pex", directory=tmp_path
        )
        digests.add(result.sha256)
    assert len(digests) == 1


def test_a_file_from_it_is_one_from_the_wheels_apart_from_the_packing(links: Path, tmp_path: Path) -> None:
    make_environment(tmp_path / ".venv", sorted(links.iterdir()))
    ours = build(tmp_path, "app", script="app")
    plain = build_file(
        BuildRequest(
            directory=tmp_path,
            requirements=("app",),
            script="app",
            index=IndexSettings(no_index=True, find_links=(str(links),)),
            output=Path("plain.pex"),
            pythons=(sys.executable,),
        )
    )
    for one in (ours, plain):
        assert [wheel.filename for wheel in pexlite.inspect(one.path).wheels] == [
            "app-1.0-py3-none-any.whl",
            "core-2.0-py3-none-any.whl",
        ]
    assert _said(ours) == _said(plain)


def _said(result: BuildResult) -> dict[str, object]:
    """All that the file says of itself but digests and places."""
    manifest = pexlite.inspect(result.path)
    facts: dict[str, object] = {**manifest.facts, "variants": manifest.variants, "pth": manifest.pth}
    return {name: fact for name, fact in facts.items() if name not in ("pexlite", "code_hash", "distributions")}
