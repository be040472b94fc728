"""pip is changed only where it is built as is known, and every pip that is allowed and was tried obeys."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from pexlite.errors import UsageError
from pexlite.model import IndexSettings
from pexlite.resolve import patched_pip
from pexlite.resolve.pip_program import PipProgram
from pexlite.resolve.run import attempt
from pexlite.resolve.run_patched_pip import check_like_pip, default_index, patched
from tests.checkout import REPOSITORY
from tests.factories import make_wheel
from tests.index import page
from tests.network.server import Server, content

SOURCE = Path(patched_pip.__file__)
NO_ORDERS: dict[str, object] = {
    **dict.fromkeys(("environment", "ranked", "listing")),
    "excluded": [],
    "overrides": [],
    "prefer_pure": False,
    "preferred": {},
}
PARTS = {f"{module}.{name}" for module, name, _ in patched_pip.PARTS}


def used_parts() -> set[str]:
    """The parts of pip that the program imports, or asks for by name."""
    found = set()
    for node in ast.walk(ast.parse(SOURCE.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pip"):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "_part":
            words = [word.value for word in node.args if isinstance(word, ast.Constant)]
            found |= {".".join(map(str, words))} if words else set()
    return found


def test_every_part_that_is_used_is_looked_for_first() -> None:
    used = used_parts()
    assert "pip._internal.models.search_scope.SearchScope" in used
    assert [
        part for part in used if not any((known + ".").startswith((part + ".", part + "(")) for known in PARTS)
    ] == []


def test_this_pip_has_all_parts() -> None:
    assert patched_pip.absent_parts() == []
    assert default_index().startswith("https://")


@pytest.mark.parametrize(
    ("module", "name", "parameters"),
    [
        ("pip._internal.nowhere", "anything", ""),
        ("pip._internal.cli.main", "start", ""),
        ("pip._internal.cli.main", "main", "argv"),
        ("pip._internal.models.search_scope", "SearchScope.get_index_urls_locations", "self name"),
    ],
)
def test_a_part_that_is_gone_or_another_is_told(
    module: str, name: str, parameters: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patched_pip, "PARTS", (*patched_pip.PARTS, (module, name, parameters)))
    assert patched_pip.absent_parts() == [f"{module}.{name}"]


def test_a_pip_of_other_parts_is_named_with_those_that_were_tried(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "other.py"
    other.write_text(SOURCE.read_text(encoding="utf-8").replace('"check_dist_restriction"', '"check_nothing"'))
    monkeypatch.setattr(patched_pip, "__file__", str(other))
    outcome = attempt(patched(tmp_path, Path(sys.executable)), ["--version"], IndexSettings())
    with pytest.raises(UsageError) as caught:
        check_like_pip(outcome)
    oldest, *_, newest = patched_pip.TRIED
    assert caught.value.message.startswith("pip 2")
    assert caught.value.causes == (
        "it has no pip._internal.cli.cmdoptions.check_nothing, or another",
        f"tried with pip {oldest} to {newest}",
    )
    assert f"'pip>={oldest},<={newest}'" in (caught.value.hint or "")
    assert "--resolver uv" in (caught.value.hint or "")


def test_the_oldest_that_was_tried_is_the_oldest_that_may_be_installed() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    [needed] = [need for text in project["dependencies"] if (need := Requirement(text)).name == "pip"]
    assert str(needed.specifier) == f">={patched_pip.TRIED[0]}"
    assert sorted(patched_pip.TRIED, key=Version) == list(patched_pip.TRIED)


# -- other versions of pip -----------------------------------------------------------------------


@pytest.fixture(scope="module", params=[patched_pip.TRIED[0], "newest"])
def pip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a pip, installed by itself."""
    place = tmp_path_factory.mktemp("pip")
    wanted = "pip" if request.param == "newest" else f"pip=={request.param}"
    command = [*PipProgram().command, "install", "--quiet", "--target", str(place / "site"), wanted]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    venv.create(place / "python", with_pip=False)
    return place / "site"


def report(pip: Path, directory: Path, orders: dict[str, object], *arguments: str) -> list[str]:
    """The `name version` lines that this pip would install by `orders`."""
    file, found = directory / "orders.json", directory / "report.json"
    file.write_text(json.dumps({"pip": str(pip), **NO_ORDERS, **orders}))
    python = pip.with_name("python") / "bin" / "python"
    command = [str(python), "-P", str(SOURCE), str(file), "--isolated", "install", "--dry-run"]
    command += ["--ignore-installed", "--report", str(found), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    told = [entry["metadata"] for entry in json.loads(found.read_text())["install"]]
    return sorted(f"{one['name']} {one['version']}" for one in told)


@pytest.mark.network
def test_oldest_and_newest_pip_keep_to_amendments_and_markers(pip: Path, tmp_path: Path) -> None:
    needs = ["core", "huge", 'winny; sys_platform == "win32"']
    make_wheel(tmp_path, "app", requires=needs)
    for name in ("core", "winny"):
        make_wheel(tmp_path, name, "1.0")
    make_wheel(tmp_path, "core", "2.0")
    offline = ["--no-index", "--find-links", str(tmp_path), "app"]
    amended: dict[str, object] = {"excluded": ["huge"], "overrides": ["core<2"]}
    assert report(pip, tmp_path, amended, *offline) == ["app 1.0", "core 1.0"]
    from packaging.markers import default_environment

    environment = {**default_environment(), "sys_platform": "win32"}
    foreign = ["--target", str(tmp_path / "nowhere"), "--only-binary", ":all:", "--platform", "win_amd64"]
    found = report(pip, tmp_path, {**amended, "environment": environment}, *offline, *foreign)
    assert found == ["app 1.0", "core 1.0", "winny 1.0"]


@pytest.mark.network
def test_oldest_and_newest_pip_prefer_pure_wheels(pip: Path, tmp_path: Path) -> None:
    from packaging.tags import sys_tags

    make_wheel(tmp_path, "fast", "1.0", tag=str(next(iter(sys_tags()))), requires=["native"])
    make_wheel(tmp_path, "fast", "1.0")
    make_wheel(tmp_path, "native", "1.0")
    offline = ["--no-index", "--find-links", str(tmp_path), "fast"]
    assert report(pip, tmp_path, {}, *offline) == ["fast 1.0", "native 1.0"]
    assert report(pip, tmp_path, {"prefer_pure": True}, *offline) == ["fast 1.0"]


@pytest.mark.network
def test_oldest_and_newest_pip_keep_preferred_versions_where_they_fit(pip: Path, tmp_path: Path) -> None:
    make_wheel(tmp_path, "app", requires=["core"])
    for version in ("1.0", "2.0", "3.0"):
        make_wheel(tmp_path, "core", version)
    offline = ["--no-index", "--find-links", str(tmp_path), "app"]
    preferred: dict[str, object] = {"preferred": {"core": "2.0"}}
    assert report(pip, tmp_path, preferred, *offline) == ["app 1.0", "core 2.0"]
    assert report(pip, tmp_path, preferred, *offline, "core>2") == ["app 1.0", "core 3.0"]


@pytest.mark.network
def test_oldest_and_newest_pip_ask_the_indexes_by_rank_and_pin(pip: Path, server: Server, tmp_path: Path) -> None:
    for index, name, version in [
        ("first", "both", "1.0"),
        ("second", "both", "2.0"),
        ("first", "corp", "9.0"),
        ("pinned", "corp", "1.0"),
        ("second", "other", "1.0"),
    ]:
        wheel = make_wheel(tmp_path, name, version)
        server.on(f"/{index}/{name}/", page(f'<a href="/{wheel.name}">{wheel.name}</a>'))
        server.on(f"/{wheel.name}", content(wheel.read_bytes()))
    general = [server.url("/first/"), server.url("/second")]
    ranked = {"general": general, "first": True, "pinned": {"corp": server.url("/pinned/")}}
    found = report(pip, tmp_path, {"ranked": ranked}, "both", "corp", "other")
    assert found == ["both 1.0", "corp 1.0", "other 1.0"]
    found = report(pip, tmp_path, {"ranked": {**ranked, "first": False}}, "both", "corp", "other")
    assert found == ["both 2.0", "corp 1.0", "other 1.0"]


@pytest.mark.network
def test_oldest_and_newest_pip_note_every_file_of_an_index(pip: Path, server: Server, tmp_path: Path) -> None:
    links = '<a href="/a-1.0-py3-none-any.whl">a</a><a href="/a-2.0.tar.gz" data-requires-python="&gt;=4">a</a>'
    server.on("/simple/a/", page(links))
    listing, file = tmp_path / "files.json", tmp_path / "orders.json"
    file.write_text(json.dumps({"pip": str(pip), **NO_ORDERS, "listing": str(listing)}))
    python = pip.with_name("python") / "bin" / "python"
    command = [str(python), "-P", str(SOURCE), str(file), "--isolated", "index", "versions", "a"]
    subprocess.run([*command, "--index-url", server.url("/simple/")], capture_output=True, timeout=120)
    noted = {(one["filename"], one["requires_python"]) for one in json.loads(listing.read_text())}
    assert noted >= {("a-1.0-py3-none-any.whl", None), ("a-2.0.tar.gz", ">=4")}
