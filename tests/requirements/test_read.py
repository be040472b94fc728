"""A request comes down to roots, local sources and settings, or to one error with everything that is wrong."""

from __future__ import annotations

import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from pexlite.errors import UsageError
from pexlite.model import BuildRequest, LocalKind, Specification
from pexlite.requirements.read import read_request
from tests.factories import make_wheel

PYPROJECT = """
[project]
name = "demo"
version = "1"
dependencies = ["click>=8"]
[project.optional-dependencies]
web = ["requests"]
all = ["demo[web]", "idna"]
[dependency-groups]
test = ["pytest", {include-group = "lint"}]
lint = ["ruff"]
"""
SCRIPT = """#!/usr/bin/env python3
# /// script
# requires-python = ">=3.9"
# dependencies = [
#   "click>=8",
# ]
# ///
print(1)
"""
LOCK = """
lock-version = "1.0"
created-by = "somebody"
[[packages]]
name = "little"
version = "1.0"
[[packages.wheels]]
name = "little-1.0-py3-none-any.whl"
path = "little-1.0-py3-none-any.whl"
hashes = {sha256 = "00"}
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A directory with one of everything that can go in."""
    for name in ("demo", "package", "empty"):
        (tmp_path / name).mkdir()
    (tmp_path / "demo" / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "package" / "__init__.py").touch()
    (tmp_path / "app.py").write_text(SCRIPT)
    (tmp_path / "other.py").write_text("print(2)")
    (tmp_path / "broken.py").symlink_to("nowhere")
    (tmp_path / "pylock.toml").write_text(LOCK)
    (tmp_path / "requirements.txt").write_text("idna\n--pre\n")
    (tmp_path / "sub dir").mkdir()
    (tmp_path / "sub dir" / "poetry.lock").write_text("[metadata]\n")
    make_wheel(tmp_path, "little")
    with tarfile.open(tmp_path / "little-1.0.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "package", "little-1.0")
    return tmp_path


def asked(here: Path, *inputs: str, **more: object) -> Specification:
    return read_request(replace(BuildRequest(directory=here, requirements=inputs), **more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "requirement"),
    [
        ("requests", "requests"),
        ("requests[socks]>=2,<3", "requests[socks]<3,>=2"),
        ('idna; python_version<"3"', 'idna; python_version < "3"'),
        ("x @ https://a.example/x.zip", "x @ https://a.example/x.zip"),
        ("https://a.example/foo-1.0-py3-none-any.whl", "foo @ https://a.example/foo-1.0-py3-none-any.whl"),
        ("https://a.example/foo_bar-1.0.tar.gz", "foo-bar @ https://a.example/foo_bar-1.0.tar.gz"),
        ("https://a.example/main.zip#egg=thing", "thing @ https://a.example/main.zip"),
        ("https://a.example/main.zip#egg=thing&subdirectory=x",
         "thing @ https://a.example/main.zip#subdirectory=x"),
        ("https://a.example/foo-1.0.tar.gz#egg=foo", "foo @ https://a.example/foo-1.0.tar.gz"),
        ("git+https://a.example/o/thing.git@v1", "thing @ git+https://a.example/o/thing.git@v1"),
        ("git+https://a.example/o/thing#egg=other&subdirectory=x",
         "other @ git+https://a.example/o/thing#subdirectory=x"),
        ("git+ssh://git@a.example/o/thing.git", "thing @ git+ssh://git@a.example/o/thing.git"),
        ("package>=0", "package>=0"),
    ],
)  # fmt: skip
def test_a_requirement_is_a_root(here: Path, text: str, requirement: str) -> None:
    found = asked(here, text)
    assert [str(root.requirement) for root in found.roots] == [requirement]
    assert found.roots[0].origin == "the command line"
    assert found.local == ()


@pytest.mark.parametrize(
    ("text", "kind", "name", "extras"),
    [
        ("./demo", LocalKind.PROJECT, "demo", set()),
        ("./demo[web,all]", LocalKind.PROJECT, "demo", {"web", "all"}),
        ("./demo#egg=demo", LocalKind.PROJECT, "demo", set()),
        ("./demo#egg=demo[web]", LocalKind.PROJECT, "demo", {"web"}),
        ("demo/pyproject.toml", LocalKind.PROJECT, "demo", set()),
        ("demo @ ./demo", LocalKind.PROJECT, "demo", set()),
        ("package/", LocalKind.PACKAGE, "package", set()),
        ("./little-1.0-py3-none-any.whl", LocalKind.WHEEL, "little-1.0-py3-none-any.whl", set()),
        ("little-1.0.tar.gz", LocalKind.SDIST, "little-1.0.tar.gz", set()),
        ("other.py", LocalKind.MODULE, "other.py", set()),
    ],
)
def test_a_path_is_a_local_source(here: Path, text: str, kind: LocalKind, name: str, extras: set[str]) -> None:
    found = asked(here, text)
    (source,) = found.local
    assert (source.kind, source.path, source.extras) == (kind, here / name, frozenset(extras))
    assert found.roots == ()


def test_a_file_url_is_the_path(here: Path) -> None:
    (source,) = asked(here, f"demo[web] @ {(here / 'demo').as_uri()}").local
    assert (source.kind, source.path, source.extras) == (LocalKind.PROJECT, here / "demo", frozenset({"web"}))


def test_a_script_brings_its_header_and_is_the_application(here: Path) -> None:
    for found in (asked(here, "app.py"), asked(here, executable=Path("app.py"))):
        assert [(str(root.requirement), root.origin) for root in found.roots] == [("click>=8", "app.py line 5")]
        assert str(found.requires_python) == ">=3.9"
        assert found.script is found.local[0]
        assert found.script.path == here / "app.py"


def test_two_scripts_are_modules_and_neither_is_the_application(here: Path) -> None:
    found = asked(here, "app.py", "other.py")
    assert found.script is None
    assert len(found.local) == 2
    assert "choose the one that runs" in found.notices[0]


@pytest.mark.parametrize(
    ("more", "names"),
    [
        ({"requirement_files": ("requirements.txt",)}, ["idna"]),
        ({"requirement_files": ("demo/pyproject.toml",)}, ["click"]),
        ({"requirement_files": ("demo/pyproject.toml",), "extras": ("all",)}, ["click", "requests", "idna"]),
        ({"requirements": ("./demo",), "groups": ("test",)}, ["pytest", "ruff"]),
        ({"groups": ("demo/pyproject.toml:lint",)}, ["ruff"]),
    ],
)
def test_files_extras_and_groups_bring_roots(here: Path, more: dict[str, object], names: list[str]) -> None:
    found = read_request(replace(BuildRequest(directory=here), **more))  # type: ignore[arg-type]
    assert [root.requirement.name for root in found.roots] == names


def test_an_extra_belongs_to_the_local_project(here: Path) -> None:
    (source,) = asked(here, "./demo", extras=("web",)).local
    assert source.extras == {"web"}


@pytest.mark.parametrize(
    "more",
    [{"lock": Path("pylock.toml")}, {"requirement_files": ("pylock.toml",)}, {"requirements": ("pylock.toml",)}],
)
def test_a_lock_is_read(here: Path, more: dict[str, object]) -> None:
    lock = read_request(replace(BuildRequest(directory=here), **more)).lock  # type: ignore[arg-type]
    assert lock is not None
    assert [package.name for package in lock.packages] == ["little"]


@pytest.mark.parametrize("text", ["ruamel.yaml", "flufl.lock", "app.pex>=0", "app.json==1", "app.toml[all]"])
def test_a_project_whose_name_has_a_dot_is_no_file(text: str, here: Path) -> None:
    assert [str(root.requirement) for root in asked(here, requirements=(text,)).roots] == [text]


def test_a_source_directory_is_a_tree(here: Path) -> None:
    (source,) = asked(here, source_directories=(Path("empty"),)).local
    assert (source.kind, source.path) == (LocalKind.TREE, here / "empty")


def test_the_settings_of_a_requirements_file_are_added(here: Path) -> None:
    assert asked(here, requirement_files=("requirements.txt",)).index.prereleases


@pytest.mark.parametrize(
    ("more", "message", "hint"),
    [
        ({"requirements": ("./demoo",)}, "there is no demoo", "did you mean demo?"),
        ({"requirements": ("broken.py",)}, "there is no broken.py", "paths are relative to"),
        ({"requirements": ("requirement.txt",)}, "there is no file requirement.txt", "mean requirements.txt?"),
        ({"requirements": ("absent.toml",)}, "there is no file absent.toml", "paths are relative to"),
        ({"requirements": ("app.pex",)}, "there is no file app.pex", "of that name: 'app.pex>=0'"),
        ({"requirements": ("uv.lock",)}, "there is no file uv.lock", "paths are relative to"),
        ({"requirements": ("./empty",)}, "empty is nothing that could go in", "-D empty"),
        ({"requirements": ("requirements.txt",)}, "requirements.txt is a file here", "-r requirements.txt"),
        ({"requirements": ("https://a.example/x",)}, "does not tell which project it is", "write NAME @"),
        ({"requirements": ("flask=2",)}, "'flask=2' is no requirement", "write flask==2"),
        ({"requirements": ("./demo[wep]",)}, "demo has no extra 'wep'", "did you mean web?"),
        ({"requirements": ("./demo",), "groups": ("tests",)}, "no dependency group 'tests'", "did you mean test?"),
        ({"groups": ("test",)}, "--group test belongs to a pyproject.toml", "pyproject.toml:test"),
        (
            {"requirements": ("requests",), "extras": ("socks",)},
            "--extra socks belongs to a local",
            "requests[socks]",
        ),
        ({"requirement_files": ("requirement.txt",)}, "requirement.txt cannot be read", "mean requirements.txt?"),
        ({"constraint_files": ("c.txt",)}, "there is no constraints file c.txt", "relative to"),
        ({"source_directories": (Path("srcc"),)}, "the source directory srcc is not there", "-D src"),
        ({"executable": Path("absent.py")}, "there is no script", "--exe app.py"),
        ({"lock": Path("requirements.txt")}, "requirements.txt is no pylock.toml", "-r requirements.txt"),
        ({"lock": Path("sub dir/poetry.lock")}, "poetry.lock is no pylock.toml", "/sub dir"),
        (
            {"requirements": ("sub dir",)},
            "'sub dir' is no requirement",
            "if the directory here is meant, write './sub dir'",
        ),
        ({"lock": Path("pylock.toml"), "requirement_files": ("pylock.toml",)}, "more than one lock", "keep one"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_write(
    here: Path, more: dict[str, object], message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        read_request(replace(BuildRequest(directory=here), **more))  # type: ignore[arg-type]
    assert message in caught.value.message
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("project = 5", "project is no table"),
        ("tool = 5", "tool is no table"),
        ("dependency-groups = 5", "dependency-groups is no table"),
        ("project.dependencies = 'click'", "project.dependencies is no list of strings"),
        ("project.dependencies = [5]", "project.dependencies is no list of strings"),
        ("project.dynamic = 5", "project.dynamic is no list of strings"),
        ("project.optional-dependencies = []", "project.optional-dependencies is no table"),
        ("project.optional-dependencies.web = 5", "project.optional-dependencies.web is no list of strings"),
    ],
)
def test_a_pyproject_that_says_something_else_is_refused(table: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(table + "\n")
    for more in ({"requirement_files": ("pyproject.toml",)}, {"groups": ("pyproject.toml:test",)}):
        with pytest.raises(UsageError, match=message):
            read_request(replace(BuildRequest(directory=tmp_path), **more))  # type: ignore[arg-type]


def test_everything_that_is_wrong_is_said_at_once(here: Path) -> None:
    with pytest.raises(UsageError) as caught:
        asked(here, "./demoo", "flask=2", requirement_files=("absent.txt",))
    assert caught.value.message == "3 things in the request are wrong"
    assert len(caught.value.causes) == 3


@pytest.mark.parametrize(
    ("header", "line", "words"),
    [
        ("# /// script\n# dependencies = [\n", 1, "has no end"),
        ('# /// script\n# dependencies = [\n#   "a"\n#   "b",\n# ]\n# ///\n', 4, "no TOML"),
        ('# /// script\n# dependencies = ["a b"]\n# ///\n', 2, "no requirement"),
        ('# /// script\n# dependencies = "a"\n# ///\n', 2, "not a list"),
        ('# /// script\n# requires-python = "new"\n# ///\n', 2, "no version bound"),
        ("# /// script\n# ///\nx = 1\n# /// script\n# ///\n", 4, "second"),
    ],
)
def test_a_malformed_header_names_its_line(here: Path, header: str, line: int, words: str) -> None:
    (here / "bad.py").write_text(header)
    with pytest.raises(UsageError, match=f"bad.py line {line}: .*{words}"):
        asked(here, "bad.py")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig"])
def test_a_script_is_read_by_its_coding_line(encoding: str, here: Path) -> None:
    coding = "# coding: latin-1\n" if encoding == "latin-1" else ""
    (here / "old.py").write_bytes(
        f'{coding}# /// script\n# dependencies = ["idna"]\n# ///\n"é"\n'.encode(encoding)
    )
    assert [str(root.requirement) for root in asked(here, "old.py").roots] == ["idna"]


@pytest.mark.parametrize("content", [b"# coding: latin-1000\n", b'"\xe9"\n'], ids=["no encoding", "no UTF-8"])
def test_a_script_that_no_python_reads_is_an_error(content: bytes, here: Path) -> None:
    (here / "old.py").write_bytes(content)
    with pytest.raises(UsageError, match=r"the script .*old\.py cannot be read"):
        asked(here, "old.py")
