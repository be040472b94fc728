"""The start list has what the runs of `--trace-start` read, and nothing that no start reads."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import pexlite
from pexlite.errors import UsageError
from pexlite.model import BuildRequest, BuildResult, IndexSettings
from pexlite.pipeline import start_list
from pexlite.pipeline.build import build as build_file
from pexlite.pipeline.patch import patch
from tests.bundles import environment, run
from tests.factories import make_wheel

pytestmark = pytest.mark.usefixtures("bare_machine")

APP = """\
import os, subprocess, sys

def main():
    import lib.used
    here = os.path.dirname(__file__)
    if sys.argv[1:] == ["child"]:
        print(subprocess.check_output([sys.executable, "-c", "import lib.child"]))
    if sys.argv[1:] == ["cat"]:
        print(subprocess.check_output(["cat", here + "/lib/data/by_cat.txt"]))
    if sys.argv[1:] == ["ask"]:
        found = [os.path.exists(here + "/lib/data/by_cat.txt"), os.access(here + "/other", os.R_OK)]
        sys.exit(found != [True, True] or os.path.exists(here + "/none"))
    if sys.argv[1:] == ["a child asks"]:
        asked = "import os, lib; print(os.path.isdir(os.path.dirname(lib.__file__) + '/data'))"
        print(subprocess.check_output([sys.executable, "-c", asked]))
    if sys.argv[1:] == ["tell"]:
        sys.exit(f"{os.environ.get('PYTHONPATH')} {[path for path in sys.path if 'asked' in path]}")
    if sys.argv[1:] == ["list"]:
        print(os.listdir(here + "/lib/data"), os.listdir(sys.prefix + "/share/app"))
"""
LIB = {
    "lib/__init__.py": "",
    "lib/used.py": "",
    "lib/unused.py": "",
    "lib/child.py": "",
    "lib/data/by_cat.txt": "x",
    "lib/data/other.txt": "x",
    "other/__init__.py": "",
    "other/module.py": "",
}


def build(directory: Path, *trace_start: str, **more: Any) -> BuildResult:
    links = directory / "links"
    links.mkdir(exist_ok=True)
    make_wheel(links, "app", files={"app.py": APP}, requires=["lib"])
    make_wheel(links, "lib", files=LIB, data={"data/share/app/settings": "x"})
    asked = BuildRequest(
        directory=directory,
        requirements=("app",),
        index=IndexSettings(no_index=True, find_links=(str(links),)),
        output=Path("x.pex"),
        entry_point="app:main",
        trace_start=trace_start,
        force=True,
        **more,
    )
    return build_file(asked)


def listed(result: BuildResult) -> set[str]:
    """The paths in the start list, without metadata."""
    [lines] = pexlite.inspect(result.path).facts["pexlite"]["start_lists"]
    return {path for line in lines if ".dist-info" not in (path := line.partition(" ")[2])}


BASE = {"lib/app.py", "lib/lib/__init__.py", "lib/lib/used.py"}


@pytest.mark.parametrize(
    ("words", "more"),
    [
        ("", set()),
        ("child", {"lib/lib/child.py"}),
        # Neither Python nor a hook sees this one.
        ("cat", {"lib/lib/data/by_cat.txt"}),
        # A directory is there by its smallest file.
        ("ask", {"lib/lib/data/by_cat.txt", "lib/other/__init__.py"}),
        ("'a child asks'", {"lib/lib/data/by_cat.txt"}),
        ("list", {"lib/lib/data/by_cat.txt", "lib/lib/data/other.txt", "data/share/app/settings"}),
    ],
)
def test_what_is_read_is_listed(words: str, more: set[str], tmp_path: Path) -> None:
    assert listed(build(tmp_path, words)) == BASE | more


def test_the_app_sees_nothing_of_what_notes_its_questions(tmp_path: Path) -> None:
    assert 'the run of --trace-start "tell" ended with 1: None []' in build(tmp_path, "tell").notices


def test_modules_come_one_by_one_but_the_first(tmp_path: Path) -> None:
    [lines] = pexlite.inspect(build(tmp_path, "child").path).facts["pexlite"]["start_libraries"]
    found = [line.partition(" ")[2] for line in lines]
    assert found[:2] == ["lib/lib/__init__.py", "lib/lib/used.py"]
    assert {*found} == BASE - {"lib/app.py"} | {"lib/lib/child.py"}


@pytest.mark.parametrize(
    ("path", "module", "startup_files", "comes"),
    [
        ("a/b.py", "app", (), True),
        ("a/b.py", "a.b", (), False),
        ("a/__init__.py", "a.b", (), False),
        ("a/b.py", "a.bc", (), True),
        ("a/b.py", "", (), True),
        ("a/b.py", "app", ("x.pth",), True),
        ("a/b.py", "app", ("__editable__.pth", "x.pth"), False),
        ("a/b.so", "app", ("__editable__.pth",), True),
    ],
)
def test_what_a_start_begins_with_is_there_from_the_first(
    path: str, module: str, startup_files: tuple[str, ...], comes: bool
) -> None:
    bundle: Any = SimpleNamespace(entry_point=SimpleNamespace(module=module), startup_files=startup_files)
    entry: Any = SimpleNamespace(place=f"lib/pythonX.Y/site-packages/{path}", name=path.rpartition("/")[2])
    assert start_list._comes_by_itself(bundle, entry) is comes


def test_several_runs_make_one_list(tmp_path: Path) -> None:
    assert listed(build(tmp_path, "child", "cat")) == BASE | {"lib/lib/child.py", "lib/lib/data/by_cat.txt"}


def test_what_is_known_as_bytecode_is_listed_as_its_module(tmp_path: Path) -> None:
    assert listed(build(tmp_path, "", bytecode=True)) == BASE


def test_the_metadata_of_all_distributions_is_listed(tmp_path: Path) -> None:
    [lines] = pexlite.inspect(build(tmp_path, "").path).facts["pexlite"]["start_lists"]
    assert {"0 lib/lib-1.0.dist-info/METADATA", "1 lib/app-1.0.dist-info/METADATA"} <= set(lines) or {
        "1 lib/lib-1.0.dist-info/METADATA",
        "0 lib/app-1.0.dist-info/METADATA",
    } <= set(lines)


def test_all_of_an_eager_project_is_listed(tmp_path: Path) -> None:
    everything = {f"lib/{path}" for path in LIB} | {"lib/app.py", "data/share/app/settings"}
    assert listed(build(tmp_path, "", eager=("Lib",))) == everything


def test_an_eager_project_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--eager nothing names no project"):
        build(tmp_path, "", eager=("nothing",))


def test_without_a_run_there_is_no_list_to_add_to(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is none"):
        build(tmp_path, eager=("lib",))


def test_a_disk_without_times_of_access_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_list.Trace, "read", lambda self: {})
    result = build(tmp_path, "")
    assert start_list.NO_TIMES in result.notices
    assert "start_lists" not in pexlite.inspect(result.path).facts["pexlite"]


def test_the_same_request_gives_the_same_bytes_and_verify_makes_them_again(tmp_path: Path) -> None:
    first = build(tmp_path, "child").path.read_bytes()
    result = build(tmp_path, "child")
    assert result.path.read_bytes() == first
    pexlite.verify(result.path, strict=True)
    assert run([result.path], environment(tmp_path / "root")).stderr == ""


def with_newer_lib(directory: Path, file: BuildResult) -> BuildResult:
    """`file` patched to a version of lib that has one more module."""
    data = {"data/share/app/settings": "y"}
    make_wheel(directory / "links", "lib", "2.0", files={**LIB, "lib/new.py": ""}, data=data)
    index = IndexSettings(no_index=True, find_links=(str(directory / "links"),))
    return patch(file.path, BuildRequest(directory=directory, requirements=("lib==2.0",), index=index, force=True))


def test_a_patched_file_keeps_its_start_list(tmp_path: Path) -> None:
    file = build(tmp_path, "cat")
    before = listed(file)
    patched = with_newer_lib(tmp_path, file)
    assert "lib 1.0 -> 2.0" in patched.notices
    assert listed(patched) == before == BASE | {"lib/lib/data/by_cat.txt"}
    assert run([patched.path, "cat"], environment(tmp_path / "root")).returncode == 0


def test_of_an_eager_project_a_patched_file_lists_the_new_version_as_a_whole(tmp_path: Path) -> None:
    patched = with_newer_lib(tmp_path, build(tmp_path, "", eager=("lib",)))
    assert {"lib/lib/new.py", "lib/lib/unused.py"} <= listed(patched)
