"""The tools that a file carries, run for the builder, and a file activated in a running Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pexlite.cli.main import run
from pexlite.errors import NotABundle, TargetError, UsageError, WriteError
from pexlite.tools.runtime_tools import VenvOptions, make_venv
from tests import needs
from tests.bundles import bundle_file, function
from tests.checkout import REPOSITORY


def said(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


@pytest.mark.usefixtures("caches")
def test_a_venv_of_this_python(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["venv", str(file), str(tmp_path / "venv"), "--compile"]) == 0
    assert capsys.readouterr().err == f"wrote {tmp_path / 'venv'}\n"
    code = "import sys, helper; print(sys.version_info[:2], helper.words)"
    assert said(tmp_path / "venv" / "bin" / "python", "-c", code) == f"{sys.version_info[:2]} well\n"


@pytest.mark.usefixtures("caches")
def test_a_venv_of_another_python(file: Path, tmp_path: Path) -> None:
    other = next(found for found in needs.several_pythons() if found.version != sys.version_info[:2])
    make_venv(file, tmp_path / "env.tar.gz", VenvOptions(python=str(other.path)))
    said("tar", "-C", tmp_path, "-xzf", tmp_path / "env.tar.gz")
    assert (
        said(tmp_path / "bin" / "python", "-c", "import sys; print(sys.version_info[:2])") == f"{other.version}\n"
    )


@pytest.mark.usefixtures("caches")
@pytest.mark.parametrize("entry", ["", ".", "here"])
def test_a_word_names_a_python_on_path_and_none_in_the_current_directory(
    entry: str, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    for stranger in (tmp_path / "python3", tmp_path / "here" / "python3"):
        stranger.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
        stranger.chmod(0o755)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", f"{entry}:{tmp_path / 'bin'}")
    make_venv(file, tmp_path / "venv", VenvOptions(python="python3"))
    assert not (tmp_path / "ran").exists()
    assert said(tmp_path / "venv" / "bin" / "python", "-c", "import helper; print(helper.words)") == "well\n"


@pytest.mark.usefixtures("caches")
def test_a_venv_of_a_python_by_its_version(file: Path, tmp_path: Path) -> None:
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    make_venv(file, tmp_path / "venv", VenvOptions(python=version))
    assert f"version = {version}" in (tmp_path / "venv" / "pyvenv.cfg").read_text()


@pytest.mark.usefixtures("caches")
def test_failures_are_ours(file: Path, wheels: list[Path], tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(UsageError, match="is there already and is no venv"):
        make_venv(file, tmp_path / "full")
    with pytest.raises(WriteError):
        make_venv(file, file / "venv")
    with pytest.raises(TargetError, match="'no-such-python' is no Python"):
        make_venv(file, tmp_path / "venv", VenvOptions(python="no-such-python"))
    foreign = bundle_file(tmp_path / "foreign.pex", wheels, function("app", "main"), pythons=["cp399"])
    with pytest.raises(TargetError, match=r"foreign\.pex needs CPython 3\.99") as failure:
        make_venv(foreign, tmp_path / "venv", VenvOptions(python=sys.executable))
    assert failure.value.hint
    script = tmp_path / "evil.py"
    script.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(NotABundle):
        make_venv(script, tmp_path / "venv")
    assert not (tmp_path / "ran").exists()


def test_an_activated_file_is_importable_and_in_use(file: Path, caches: Path, tmp_path: Path) -> None:
    code = f"""
import sys
sys.path.append({str(REPOSITORY)!r})
import pexlite
before = list(sys.path)
place = pexlite.activate({str(file)!r})
assert pexlite.activate({str(file)!r}) == place
import helper
from pexlite.runtime.cache.app import App
from pexlite.runtime.upkeep import users
assert helper.words == "well" and helper.__file__.startswith(str(place))
assert [entry for entry in sys.path if entry != str(place)] == before, sys.path
app = users.Candidate(App(str(place.parents[2])), 0)
with open("/proc/self/maps") as maps:
    mapped = maps.read()
process = users.Process([sys.executable, "-c", "x"], 0, 0, mapped=mapped)
print(users._used_by(process, [app]) == [app.name])
"""
    assert said(sys.executable, "-c", code) == "True\n"


def test_a_file_for_another_python_is_not_activated(wheels: list[Path], caches: Path, tmp_path: Path) -> None:
    import pexlite

    foreign = bundle_file(tmp_path / "foreign.pex", wheels, function("app", "main"), pythons=["cp399"])
    with pytest.raises(TargetError, match=r"needs CPython 3\.99"):
        pexlite.activate(foreign)
    assert str(caches / "root") not in "".join(sys.path)
