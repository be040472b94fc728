"""Whole builds of wheels made here, without an index."""

from __future__ import annotations

import json
import platform
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pexlite.cli.main import run as run_command
from pexlite.errors import CollisionError, InvalidWheel, Unplaceable
from pexlite.model import BuildRequest, BuildResult, IndexSettings
from pexlite.pipeline.build import build as build_file
from tests.bundles import environment, run
from tests.factories import make_wheel

pytestmark = pytest.mark.usefixtures("bare_machine")


@pytest.fixture
def links(tmp_path: Path) -> Path:
    directory = tmp_path / "links"
    directory.mkdir()
    return directory


def build(directory: Path, *inputs: str, **more: Any) -> BuildResult:
    index = IndexSettings(no_index=True, find_links=(str(directory / "links"),))
    asked = BuildRequest(directory=directory, requirements=inputs, index=index, output=Path("x.pex"), **more)
    return build_file(asked)


APP = "import other\n\n\ndef main():\n    print('app and', other.name)\n"


@pytest.mark.parametrize("resolver", ["uv", "pip"])
@pytest.mark.parametrize("version", ["2.4", "2.5"])
def test_metadata_of_newer_versions_and_unknown_fields_is_taken(
    version: str, resolver: str, links: Path, tmp_path: Path
) -> None:
    app = make_wheel(links, "app", files={"app.py": APP}, requires=["other"], metadata_version=version)
    make_wheel(links, "other", files={"other.py": "name = 'other'\n"}, metadata_version=version)
    _say_more(app, "Import-Name: app\nSome-Field-Of-Tomorrow: whatever, it; says = this\n")
    result = build(tmp_path, "app", entry_point="app:main", resolver=resolver)
    assert [wheel.name for wheel in result.wheels] == ["app", "other"]
    assert run([result.path], environment(tmp_path / "root")).stdout == "app and other\n"


def _say_more(wheel: Path, fields: str) -> None:
    """Add `fields` to the end of METADATA in `wheel`, and drop its size and digest from RECORD."""
    with zipfile.ZipFile(wheel) as archive:
        members = {name: archive.read(name).decode() for name in archive.namelist()}
    info = "app-1.0.dist-info"
    members[f"{info}/METADATA"] = members[f"{info}/METADATA"].rstrip("\n") + f"\n{fields}\n"
    rows = members[f"{info}/RECORD"].splitlines()
    members[f"{info}/RECORD"] = "\n".join(f"{info}/METADATA,," if "METADATA" in row else row for row in rows)
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


# -- collisions ----------------------------------------------------------------------------------


def colliding(links: Path, second: str) -> None:
    make_wheel(links, "a", files={"a.py": "", "tests/__init__.py": "", "tests/test_x.py": "a"})
    files = {"b.py": "", "tests/__init__.py": "", "tests/test_x.py": second}
    make_wheel(links, "b", files=files, data={"scripts/run": "#!/bin/sh\n"})


def test_files_that_differ_under_one_name_are_told_and_an_error_when_strict(links: Path, tmp_path: Path) -> None:
    colliding(links, "b")
    message = (
        "a-1.0-py3-none-any.whl and b-1.0-py3-none-any.whl have different files under one name: tests/test_x.py"
    )
    assert build(tmp_path, "a", "b").notices == (f"{message}; what the second has is used",)
    (tmp_path / "x.pex").unlink()
    with pytest.raises(CollisionError) as caught:
        build(tmp_path, "a", "b", strict=True)
    assert caught.value.exit_code == 4
    assert caught.value.causes[0].startswith(message)
    assert not (tmp_path / "x.pex").exists()


def test_the_wheel_that_is_said_to_win_wins(links: Path, tmp_path: Path) -> None:
    colliding(links, "print('of b')")
    result = build(tmp_path, "b", "a", entry_point="tests.test_x")
    assert run([result.path], environment(tmp_path / "root")).stdout == "of b\n"


def test_the_same_file_in_two_wheels_is_nothing_to_tell(links: Path, tmp_path: Path) -> None:
    colliding(links, "a")
    assert build(tmp_path, "a", "b", strict=True).notices == ()


# -- what can have no place ----------------------------------------------------------------------


def test_a_file_that_could_never_start_is_not_built(links: Path, tmp_path: Path) -> None:
    make_wheel(links, "a", data={"data/lib": "x"}, entry_points={"console_scripts": {"../x": "a:main"}})
    make_wheel(links, "b", requires=["a"], files={"b.py": "x = 1\n"})
    with pytest.raises(Unplaceable) as caught:
        build(tmp_path, "b")
    assert caught.value.exit_code == 4
    assert [cause.partition(": ")[0] for cause in caught.value.causes] == ["a-1.0-py3-none-any.whl"] * 2
    assert caught.value.hint == "leave out what brings it: --exclude a"
    assert not (tmp_path / "x.pex").exists()
    assert build(tmp_path, "b", excluded=("a",)).path.exists()


def test_a_script_that_every_environment_has_is_left_out_with_a_word(links: Path, tmp_path: Path) -> None:
    make_wheel(links, "a", entry_points={"console_scripts": {"python3": "a:main", "run": "a:main"}})
    [notice, starts] = build(tmp_path, "a").notices
    assert starts == "starts a Python interpreter; a has -c run"
    assert notice.startswith("the script python3 of a-1.0-py3-none-any.whl is left out")


# -- nothing written -----------------------------------------------------------------------------


def test_a_dry_run_decides_everything_and_writes_nothing(links: Path, tmp_path: Path) -> None:
    colliding(links, "a")
    planned = build(tmp_path, "a", "b", dry_run=True)
    assert not planned.written
    assert sorted(path.name for path in tmp_path.iterdir()) == ["links", "store"]
    done = build(tmp_path, "a", "b")
    assert (planned.size, planned.build_id) == (done.size, done.build_id)
    assert [wheel.sha256 for wheel in planned.wheels] == [wheel.sha256 for wheel in done.wheels]
    assert (planned.path, planned.runs_on) == (done.path, done.runs_on)


def test_a_dry_run_says_what_would_be_written(
    links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    colliding(links, "a")
    monkeypatch.chdir(tmp_path)
    assert (
        run_command(["a", "--no-index", "-f", "links", "-o", "x.pex", "--dry-run", "--json", "--no-progress"]) == 0
    )
    said = capsys.readouterr()
    facts = json.loads(said.out)
    assert (facts["written"], facts["sha256"]) == (False, None)
    assert [wheel["filename"] for wheel in facts["wheels"]] == ["a-1.0-py3-none-any.whl"]
    lines = said.err.splitlines()
    assert lines[-2].startswith("  a-1.0-py3-none-any.whl  ")
    assert lines[-1].startswith("would write x.pex  ")
    assert not (tmp_path / "x.pex").exists()


# -- what would fill the disk --------------------------------------------------------------------


def test_a_wheel_that_would_fill_the_disk_is_refused_unless_it_is_allowed(links: Path, tmp_path: Path) -> None:
    make_wheel(links, "bomb", files={"zeros": b"\0" * 210_000_000})
    with pytest.raises(InvalidWheel, match=r"bomb-1\.0-py3-none-any\.whl unpacks to 0\.2 GB") as caught:
        build(tmp_path, "bomb")
    assert caught.value.exit_code == 4
    assert "--allow-large" in str(caught.value.hint)
    assert not (tmp_path / "x.pex").exists()
    assert build(tmp_path, "bomb", allow_large=True).path.exists()


# -- what is left to the cluster -----------------------------------------------------------------


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_what_is_excluded_or_overridden_is_sealed_in(resolver: str, links: Path, tmp_path: Path) -> None:
    make_wheel(
        links, "job", requires=["spark", "core<2"], files={"job.py": "import core, spark; print(spark.name)"}
    )
    make_wheel(links, "spark", requires=["py4j"])
    make_wheel(links, "core", "1.0", files={"core.py": ""})
    make_wheel(links, "core", "2.0", files={"core.py": ""})
    asked = {"excluded": ("spark",), "overrides": ("core==2.0",), "resolver": resolver}
    result = build(tmp_path, "job", entry_point="job", **asked)
    assert [wheel.filename[:8] for wheel in result.wheels] == ["core-2.0", "job-1.0-"]
    with zipfile.ZipFile(result.path) as file:
        info = json.loads(file.read("PEX-INFO"))
    assert (info["excluded"], info["overridden"]) == (["spark"], ["core==2.0"])
    (tmp_path / "cluster").mkdir()
    (tmp_path / "cluster" / "spark.py").write_text("name = 'of the cluster'\n")
    env = environment(tmp_path / "root", PEX_EXTRA_SYS_PATH=str(tmp_path / "cluster"))
    assert run([result.path], env).stdout == "of the cluster\n"


# -- what is said of a file before it is carried elsewhere ---------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="the wheel is one for Linux")
def test_what_will_differ_on_a_server_is_told_with_the_build(links: Path, tmp_path: Path) -> None:
    only_this = f"cp3{sys.version_info.minor}-cp3{sys.version_info.minor}-linux_{platform.machine()}"
    make_wheel(links, "fast", files={"fast.py": ""}, tag=only_this)
    make_wheel(links, "tool", files={"tool.py": ""}, entry_points={"console_scripts": {"tool": "tool:main"}})
    interpreter, python, libc = build(tmp_path, "fast", "tool").notices
    assert interpreter == "starts a Python interpreter; tool has -c tool"
    assert python.startswith(f"only CPython 3.{sys.version_info.minor}, because of fast 1.0; for a server: ")
    assert libc.endswith("as here, where fast 1.0 was built")
    python, libc = build(tmp_path, "fast", "tool", entry_point="fast").notices
    assert (python[:4], libc[:4]) == ("only", "only")


def test_the_imports_of_own_code_are_looked_for_in_the_wheels(links: Path, tmp_path: Path) -> None:
    make_wheel(links, "there", files={"there.py": ""})
    weather = "import sys, there, yaml, rich\nimport helper\nraise SystemExit('never run at a build')\n"
    (tmp_path / "weather.py").write_text(weather)
    (tmp_path / "helper.py").write_text("import also_missing")
    wanted = (
        "weather is in no wheel, so ./weather.py here is bundled",
        "weather.py imports yaml, rich, which no wheel here has",
        "weather.py imports helper, which lies here and is not bundled",
    )
    assert build(tmp_path, "there", entry_point="weather").notices == wanted
    # As from a directory of sources, of which all goes in; what is excluded is named as such.
    (tmp_path / "src").mkdir()
    for name in ("weather.py", "helper.py"):
        (tmp_path / name).rename(tmp_path / "src" / name)
    sources = (tmp_path / "src",)
    told = build(tmp_path, "there", entry_point="weather", source_directories=sources, excluded=("rich",)).notices
    assert set(told) == {
        "weather.py imports rich, which --exclude leaves out",
        "weather.py imports yaml, which no wheel here has",
        "helper.py imports also_missing, which no wheel here has",
    }
    # What lies here as a wheel is somebody else's.
    make_wheel(tmp_path, "foreign", files={"foreign.py": "import yaml"})
    assert build(tmp_path, "./foreign-1.0-py3-none-any.whl", entry_point="foreign").notices == ()


def test_a_wheel_that_says_more_of_itself_than_its_record_goes_in_with_a_word(links: Path, tmp_path: Path) -> None:
    app = make_wheel(links, "app", files={"app.py": "def main():\n    print('here')\n"})
    members = {name: content for name, content in _members(app).items() if not name.endswith("/WHEEL")}
    wheel = "Wheel-Version: 1.0\nGenerator: later\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(app, "w") as archive:
        for name, content in (members | {"app-1.0.dist-info/WHEEL": wheel.encode()}).items():
            archive.writestr(name, content)
    result = build(tmp_path, "app", entry_point="app:main")
    assert result.notices == (f"{app.name} goes in, though RECORD says something else of its WHEEL",)
    assert run_command(["verify", str(result.path)]) == 0
    assert run([result.path], environment(tmp_path / "root")).stdout == "here\n"
    with pytest.raises(InvalidWheel, match="wheels differ from their RECORD"):
        build(tmp_path, "app", entry_point="app:main", strict=True)


def _members(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
