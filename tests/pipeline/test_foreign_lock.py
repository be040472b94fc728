"""A poetry.lock, pdm.lock or Pipfile.lock beside a project is followed while it fits, by uv and by pip."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import sys
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from pexlite.errors import PexliteError, ResolutionError
from pexlite.model import BuildRequest, BuildResult, IndexSettings
from pexlite.pipeline.build import build
from pexlite.pylock.write import lock_text
from tests.factories import make_project, make_wheel
from tests.pylock.values import lock_of, sha256, wheel_entry

pytestmark = pytest.mark.usefixtures("bare_machine")
RESOLVERS = pytest.mark.parametrize("resolver", ["uv", "pip"])


@dataclass(frozen=True)
class Entry:
    """A package of a lock, in no tool's words."""

    name: str
    version: str
    files: Sequence[Path]
    needs: Sequence[str] = ()
    marker: str = ""
    group: str = "main"
    source: Mapping[str, str] | None = None
    """A directory, by its `path`."""


def poetry(directory: Path, entries: Sequence[Entry]) -> None:
    packages = []
    for one in entries:
        groups: dict[str, Any] = {"groups": [one.group]}
        groups |= {"markers": one.marker} if one.marker else {}
        needs = {}
        for need in one.needs:
            name, _, marker = need.partition(" ; ")
            needs[name.partition(">")[0]] = {"version": ">=" + name.partition(">=")[2], "markers": marker}
        needs = {
            name: {key: text for key, text in said.items() if text not in ("", ">=")}
            for name, said in needs.items()
        }
        source = {"source": {"type": "directory", "url": one.source["path"]}} if one.source else {}
        packages.append(
            {"name": one.name, "version": one.version, "python-versions": ">=3.8", "optional": False, **groups}
            | {"files": hashes(one.files), "dependencies": needs, **source}
        )
    write(directory / "poetry.lock", {"package": packages, "metadata": {"lock-version": "2.1"}})


def pdm(directory: Path, entries: Sequence[Entry]) -> None:
    packages = []
    for one in entries:
        more: dict[str, Any] = {"marker": one.marker} if one.marker else {}
        more |= dict(one.source or {})
        packages.append(
            {"name": one.name, "version": one.version, "requires_python": ">=3.8", "groups": [one.group], **more}
            | {"files": hashes(one.files), "dependencies": list(one.needs)}
        )
    about = {"groups": ["default"], "strategy": ["inherit_metadata"], "lock_version": "4.5.1"}
    write(directory / "pdm.lock", {"metadata": about, "package": packages})


def pipenv(directory: Path, entries: Sequence[Entry]) -> None:
    table: dict[str, Any] = {"_meta": {"sources": []}, "default": {}, "develop": {}}
    for one in entries:
        said: dict[str, Any] = {
            "version": f"=={one.version}",
            "hashes": [f"sha256:{sha256(file)}" for file in one.files],
        }
        said |= {"markers": one.marker} if one.marker else {}
        table["default" if one.group == "main" else "develop"][one.name] = dict(one.source or said)
    (directory / "Pipfile.lock").write_text(json.dumps(table))


def hashes(files: Sequence[Path]) -> list[dict[str, str]]:
    return [{"file": file.name, "hash": f"sha256:{sha256(file)}"} for file in files]


def write(file: Path, table: Mapping[str, Any]) -> None:
    file.write_text(tomli_w.dumps(table))


Writer = Callable[[Path, Sequence[Entry]], None]
WRITERS = {"poetry.lock": poetry, "pdm.lock": pdm, "Pipfile.lock": pipenv}
each_kind = pytest.mark.parametrize("name", WRITERS)


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """click 8.0 and 9.0; rich needs click, and colour on Windows; dev needs nothing."""
    directory = tmp_path / "links"
    directory.mkdir()
    make_wheel(directory, "click", "8.0")
    make_wheel(directory, "click", "9.0")
    make_wheel(directory, "rich", requires=["click", "colour ; sys_platform == 'win32'"])
    for name in ("colour", "dev"):
        make_wheel(directory, name)
    return directory


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path, "my-app", files={"my_app.py": ""}, requires=["rich"])


def entries(links: Path) -> list[Entry]:
    click, rich, colour, dev = (wheel(links, name) for name in ("click-8.0", "rich", "colour", "dev"))
    return [
        Entry("click", "8.0", [click]),
        Entry("colour", "1.0", [colour], marker="sys_platform == 'win32'"),
        Entry("dev", "1.0", [dev], group="dev"),
        Entry("rich", "1.0", [rich], ["click>=8", "colour ; sys_platform == 'win32'"]),
    ]


def wheel(links: Path, stem: str) -> Path:
    return next(iter(sorted(links.glob(f"{stem}-*"))))


def built(project: Path, resolver: str = "auto", **more: Any) -> BuildResult:
    index = IndexSettings(no_index=True, find_links=(str(project.parent / "links"),))
    request = BuildRequest(
        directory=project.parent,
        requirements=(f"./{project.name}",),
        index=index,
        resolver=resolver,
        output=Path("x.pex"),
        **more,
    )
    return build(request)


def names(result: BuildResult) -> list[str]:
    return [f"{one.name} {one.version}" for one in result.wheels]


@each_kind
@RESOLVERS
def test_the_versions_of_the_lock_go_in_and_it_is_said(
    name: str, resolver: str, links: Path, project: Path
) -> None:
    WRITERS[name](project, entries(links))
    result = built(project, resolver, locked=True)
    assert names(result) == ["click 8.0", "my-app 1.0", "rich 1.0"]
    assert f"{name} beside the project is used; --no-lock builds without it" in result.notices
    assert result.lock == name
    assert built(project, resolver, ignore_locks=True).lock is None
    assert names(built(project, resolver, ignore_locks=True)) == ["click 9.0", "my-app 1.0", "rich 1.0"]


@each_kind
def test_each_target_gets_its_own(name: str, links: Path, project: Path) -> None:
    WRITERS[name](project, entries(links))
    platforms = ("linux_x86_64-cp-311-cp311", "win_amd64-cp-312-cp312")
    result = built(project, platforms=platforms)
    assert names(result) == ["click 8.0", "colour 1.0", "my-app 1.0", "rich 1.0"]


@each_kind
@RESOLVERS
def test_another_file_of_that_version_is_refused(name: str, resolver: str, links: Path, project: Path) -> None:
    WRITERS[name](project, entries(links))
    make_wheel(links, "click", "8.0", files={"other.py": ""})
    with pytest.raises(PexliteError) as caught:
        built(project, resolver)
    assert "click" in "\n".join([caught.value.message, *caught.value.causes])


@each_kind
def test_a_source_distribution_is_built_where_the_lock_has_it(name: str, links: Path, project: Path) -> None:
    wheel(links, "click-9.0").unlink()
    wheel(links, "click-8.0").unlink()
    source = make_project(links.parent, "click", "8.0", files={"click.py": ""})
    (source / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: click\nVersion: 8.0\n")
    sdist = links / "click-8.0.tar.gz"
    with tarfile.open(sdist, "w:gz") as archive:
        archive.add(source, "click-8.0")
    WRITERS[name](project, [*entries_without(links, "click"), Entry("click", "8.0", [sdist])])
    assert names(built(project, "pip")) == ["click 8.0", "my-app 1.0", "rich 1.0"]


def entries_without(links: Path, out: str) -> list[Entry]:
    rich, colour = wheel(links, "rich"), wheel(links, "colour")
    found = [
        Entry("colour", "1.0", [colour], marker="sys_platform == 'win32'"),
        Entry("rich", "1.0", [rich], ["click>=8", "colour ; sys_platform == 'win32'"]),
    ]
    return [one for one in found if one.name != out]


@each_kind
def test_a_directory_is_taken_from_beside_the_lock(name: str, links: Path, project: Path) -> None:
    make_project(project / "a b", "click", "8.5", files={"click.py": ""})
    local = Entry("click", "8.5", [], source={"path": "./a b/click"})
    WRITERS[name](project, [*entries_without(links, "click"), local])
    assert names(built(project)) == ["click 8.5", "my-app 1.0", "rich 1.0"]


@each_kind
def test_a_lock_without_what_is_required_does_not_fit(name: str, links: Path, project: Path) -> None:
    WRITERS[name](project, entries_without(links, "click"))
    with pytest.raises(ResolutionError, match=f"{name} no longer satisfies the requirements") as caught:
        built(project, locked=True)
    assert any("click" in cause for cause in caught.value.causes)
    result = built(project)
    assert names(result) == ["click 9.0", "my-app 1.0", "rich 1.0"]
    assert any(notice.startswith(f"{name} was passed over") for notice in result.notices)


DAMAGED = {
    "poetry.lock": [
        "[[package]",
        "package = 5",
        "[[package]]\nname = 5",
        '[[package]]\nname = "a"\nversion = "x y"',
    ],
    "pdm.lock": ["[[package]", '[metadata]\nlock_version = "9.0"', 'metadata = "x"'],
    "Pipfile.lock": ["{", "[]", '{"default": 5}', '{"default": {"a": {"version": "==x y"}}}', "[" * 5000],
}


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in DAMAGED.items() for text in texts])
def test_a_damaged_lock_ends_the_build_and_names_itself(name: str, text: str, links: Path, project: Path) -> None:
    (project / name).write_text(text)
    with pytest.raises(ResolutionError) as caught:
        built(project)
    assert name in caught.value.message
    assert "--no-lock" in (caught.value.hint or "")


# -- whether a lock is of the project's present state --------------------------------------------


def digest(value: object, **how: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, **how).encode()).hexdigest()


def sealed_poetry(project: Path) -> None:
    content = {"project": {"dependencies": ["rich"]}, "tool": {"poetry": {}}}
    with (project / "poetry.lock").open("a") as file:
        file.write(f'content-hash = "{digest(content)}"\n')


def sealed_pdm(project: Path) -> None:
    content = {"sources": [], "dependencies": ["rich"], "dev-dependencies": {}, "optional-dependencies": {}}
    content |= {"requires-python": "", "resolution": {}}
    text = (project / "pdm.lock").read_text()
    sealed = text.replace("[metadata]\n", f'[metadata]\ncontent_hash = "sha256:{digest(content)}"\n')
    (project / "pdm.lock").write_text(sealed)


def sealed_pipenv(project: Path) -> None:
    (project / "Pipfile").write_text('[packages]\nrich = "*"\n')
    content = {"_meta": {"sources": [], "requires": {}}, "default": {"rich": "*"}, "develop": {}}
    table = json.loads((project / "Pipfile.lock").read_text())
    table["_meta"]["hash"] = {"sha256": digest(content, separators=(",", ":"))}
    (project / "Pipfile.lock").write_text(json.dumps(table))


SEALS = {"poetry.lock": sealed_poetry, "pdm.lock": sealed_pdm, "Pipfile.lock": sealed_pipenv}


@each_kind
def test_a_lock_of_an_earlier_state_of_the_project_is_not_followed(name: str, links: Path, project: Path) -> None:
    WRITERS[name](project, entries(links))
    SEALS[name](project)
    assert names(built(project, locked=True)) == ["click 8.0", "my-app 1.0", "rich 1.0"]
    source = project / ("Pipfile" if name == "Pipfile.lock" else "pyproject.toml")
    changed = source.read_text().replace('rich = "*"', 'rich = ">0"').replace("'rich'", "'rich>0'")
    assert changed != source.read_text()
    source.write_text(changed)
    with pytest.raises(ResolutionError, match=f"{name} is not of this state of the project") as caught:
        built(project, locked=True)
    assert name.partition(".")[0].lower().removesuffix("file") in (caught.value.hint or "")
    with pytest.raises(ResolutionError) as caught:
        built(project)
    assert any("click 8.0 -> 9.0" in cause for cause in caught.value.causes)


# -- exported by its own tool, where no resolver finds the files ---------------------------------

TOOLS = {"poetry.lock": "poetry", "pdm.lock": "pdm"}


def install_tool(directory: Path, name: str, exported: str, *, slow: bool = False) -> Path:
    """A program `name` that writes `exported` where it is told to, and notes how it was run."""
    directory.mkdir()
    (directory / "exported.toml").write_text(exported)
    waits = "import time; time.sleep(60)\n" if slow else ""
    program = directory / name
    program.write_text(
        f"#!{sys.executable}\nimport os, shutil, sys\n{waits}"
        f"with open({str(directory / 'ran')!r}, 'a') as ran:\n"
        f"    print((sys.argv[1:], os.getcwd(), sorted(os.listdir())), file=ran)\n"
        f"shutil.copy({str(directory / 'exported.toml')!r}, sys.argv[sys.argv.index('--output') + 1])\n"
    )
    program.chmod(0o755)
    return directory / "ran"


def hidden_lock(name: str, links: Path, project: Path) -> str:
    """The lock `name` beside the project, of files that no index has; the result is its export, with addresses."""
    WRITERS[name](project, entries(links))
    hidden = project.parent / "hidden"
    links.rename(hidden)
    links.mkdir()
    files = [wheel(hidden, stem) for stem in ("click-8.0", "colour", "rich")]
    return lock_text(lock_of(*(wheel_entry(file, file.as_uri()) for file in files)))


@pytest.mark.parametrize("name", TOOLS)
def test_files_that_no_resolver_finds_are_found_by_the_tool(
    name: str, links: Path, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = hidden_lock(name, links, project)
    with pytest.raises(ResolutionError):
        built(project, locked=True)
    ran = install_tool(tmp_path / "bin", TOOLS[name], export)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    assert names(built(project, locked=True)) == ["click 8.0", "my-app 1.0", "rich 1.0"]
    (line,) = ran.read_text().splitlines()
    words, directory, files = ast.literal_eval(line)
    assert words[0] == "export"
    assert directory != str(project), "there it would leave an environment of its own"
    assert files == sorted([name, "pyproject.toml"])


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_in_the_current_directory_is_not_run(
    name: str, links: Path, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = install_tool(tmp_path / "here", TOOLS[name], hidden_lock(name, links, project))
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("PATH", ".", prepend=os.pathsep)
    with pytest.raises(ResolutionError):
        built(project, locked=True)
    assert not ran.exists()


@pytest.mark.parametrize("name", TOOLS)
@pytest.mark.parametrize("fault", ["no lock", "other hashes", "slow"])
def test_an_export_that_is_no_help_leaves_the_error_of_the_resolver(
    fault: str, name: str, links: Path, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = hidden_lock(name, links, project)
    if fault == "other hashes":
        make_wheel(tmp_path / "hidden", "click", "8.0", files={"other.py": ""})
        export = lock_text(
            lock_of(*(wheel_entry(file, file.as_uri()) for file in (tmp_path / "hidden").iterdir()))
        )
    monkeypatch.setattr("pexlite.resolve.foreign.exported._PATIENCE", 1)
    install_tool(tmp_path / "bin", TOOLS[name], "" if fault == "no lock" else export, slow=fault == "slow")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    with pytest.raises(ResolutionError):
        built(project, locked=True)
