"""A patched file is the file that a build with the new versions gives; anything that does not fit is told."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pexlite.api import inspect
from pexlite.archive.reader import read_manifest
from pexlite.errors import (
    ClosureIncomplete,
    EntryPointMissing,
    NotABundle,
    PexliteError,
    ResolutionError,
    UsageError,
)
from pexlite.model import BuildRequest, BuildResult, IndexSettings, InheritPath, LaunchOptions
from pexlite.pipeline import decide
from pexlite.pipeline.build import build
from pexlite.pipeline.patch import patch
from tests.bundles import environment, run
from tests.factories import make_project, make_wheel

pytestmark = pytest.mark.usefixtures("bare_machine")

APP = {"app.py": "import certs\n\n\ndef main():\n    print('app with', certs.V)\n"}
START = {"console_scripts": {"app": "app:main"}}


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """A directory of wheels: an application, and two things that it needs."""
    directory = tmp_path / "links"
    directory.mkdir()
    make_wheel(directory, "app", files=APP, requires=["certs>=1", "idle"], entry_points=START)
    make_wheel(directory, "idle", files={"idle.py": ""})
    certs(directory, "1.0")
    return directory


def certs(directory: Path, version: str, **more: Any) -> Path:
    return make_wheel(directory, "certs", version, **{"files": {"certs.py": f"V = {version!r}\n"}, **more})


def asked(directory: Path, *requirements: str, **more: Any) -> BuildRequest:
    index = IndexSettings(no_index=True, find_links=(str(directory / "links"),))
    return BuildRequest(directory=directory, requirements=requirements, **{"index": index, **more})


def built(directory: Path, name: str, *requirements: str, **more: Any) -> Path:
    request = asked(directory, *(requirements or ("app",)), output=Path(name), **more)
    return build(request).path


def patched(directory: Path, file: Path, *requirements: str, narrow: bool = False, **more: Any) -> BuildResult:
    return patch(file, asked(directory, *requirements, **more), narrow=narrow)


# -- the same bytes as a build ------------------------------------------------------------------------

SEALED = LaunchOptions(
    inject_args=("a b",),
    inject_env=(("A", "1"),),
    bin_path="append",
    pex_root="/var/x",
    inherit_path=InheritPath.FALLBACK,
)
WAYS: Mapping[str, Mapping[str, Any]] = {
    "an interpreter": {},
    "a console script": {"script": "app"},
    "sealed options": {"entry_point": "app:main", "launch": SEALED},
    "the sh header": {"script": "app", "launch": LaunchOptions(sh_boot=True)},
    "the sh header, and a Python": {
        "script": "app",
        "launch": LaunchOptions(sh_boot=True, shebang="/usr/bin/python3"),
    },
    "another first line": {"launch": LaunchOptions(shebang="/usr/bin/env -S python3 -I")},
    "facts": {"build_properties": (("ticket", "12"),)},
    "lazy imports": {
        "entry_point": "app:main",
        "launch": LaunchOptions(lazy_imports="all", not_lazy=("app.more",)),
    },
    "bytecode": {"script": "app", "bytecode": True},
    "uncompressed": {"compress": False},
    "amended": {"excluded": ("idle",), "overrides": ("certs>=1",)},
    "two platforms": {
        "platforms": ("manylinux_2_28_aarch64-cp-312-cp312", "macosx_14_0_arm64-cp-311-cp311"),
    },
}


@pytest.mark.parametrize("way", WAYS)
def test_a_patched_file_is_the_one_that_a_build_gives(way: str, links: Path, tmp_path: Path) -> None:
    before = built(tmp_path, "before.pex", **WAYS[way])
    certs(links, "2.0")
    expected = built(tmp_path, "expected.pex", **WAYS[way])
    assert before.read_bytes() != expected.read_bytes()
    result = patched(tmp_path, before, "certs>=2")
    assert before.read_bytes() == expected.read_bytes()
    assert "certs 1.0 -> 2.0" in result.notices


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_each_resolver_finds_the_same(resolver: str, links: Path, tmp_path: Path) -> None:
    before = built(tmp_path, "before.pex", script="app")
    certs(links, "2.0")
    certs(links, "3.0", requires_python=">=3.30")
    result = patched(tmp_path, before, "certs", resolver=resolver)
    assert [wheel.version for wheel in result.wheels if wheel.name == "certs"] == ["2.0"]
    assert run([before], environment(tmp_path / "root")).stdout == "app with 2.0\n"


def test_every_platform_and_python_gets_its_own_wheel(links: Path, tmp_path: Path) -> None:
    platforms = {
        "manylinux_2_28_x86_64-cp-311-cp311": "cp311-cp311-manylinux_2_17_x86_64",
        "manylinux_2_28_x86_64-cp-312-cp312": "cp312-cp312-manylinux_2_17_x86_64",
        "macosx_14_0_arm64-cp-312-cp312": "cp312-cp312-macosx_11_0_arm64",
    }
    (links / "certs-1.0-py3-none-any.whl").unlink()
    for tag in platforms.values():
        certs(links, "1.0", tag=tag)
    before = built(tmp_path, "before.pex", platforms=tuple(platforms))
    for tag in platforms.values():
        certs(links, "1.1", tag=tag)
    expected = built(tmp_path, "expected.pex", platforms=tuple(platforms))
    patched(tmp_path, before, "certs>1")
    assert before.read_bytes() == expected.read_bytes()
    assert sum(wheel.filename.startswith("certs-1.1") for wheel in inspect(before).wheels) == 3


def test_own_code_keeps_its_bytes_and_its_floor(links: Path, tmp_path: Path) -> None:
    code = "import certs\n\n\ndef main():\n    match certs.V:\n        case _:\n            print(certs.V)\n"
    project = make_project(
        tmp_path, "mine", files={"mine.py": code}, requires=["certs"], scripts={"mine": "mine:main"}
    )
    before = built(tmp_path, "before.pex", str(project))
    certs(links, "2.0")
    expected = built(tmp_path, "expected.pex", str(project))
    shutil.rmtree(project)
    patched(tmp_path, before, "certs==2.0")
    assert before.read_bytes() == expected.read_bytes()
    assert "3.9" not in inspect(before).runs_on


def test_another_output_leaves_the_file_as_it_is(links: Path, tmp_path: Path) -> None:
    before = built(tmp_path, "a b.pex", script="app")
    was = before.read_bytes()
    certs(links, "2.0")
    result = patched(tmp_path, before, "certs", output=Path("there/new.pex"))
    assert result.path == tmp_path / "there" / "new.pex"
    assert before.read_bytes() == was
    assert patched(tmp_path, before, "certs", dry_run=True).written is False
    assert before.read_bytes() == was


def test_a_wheel_of_own_code_takes_the_place_of_the_old_one(links: Path, tmp_path: Path) -> None:
    other = tmp_path / "dist"
    other.mkdir()
    project = make_project(
        tmp_path, "app", files=dict(APP), requires=["certs", "idle"], scripts={"app": "app:main"}
    )
    before = built(tmp_path, "before.pex", str(project), script="app")
    newer = {"app.py": "def main():\n    print('newer')\n"}
    wheel = make_wheel(other, "app", "2.0", files=newer, requires=["certs", "idle"], entry_points=START)
    patched(tmp_path, before, str(wheel))
    assert run([before], environment(tmp_path / "root")).stdout == "newer\n"
    with pytest.raises(UsageError, match="own code"):
        patched(tmp_path, before, "app>=2")


def test_what_the_file_itself_asked_for_gives_way_only_to_a_version(links: Path, tmp_path: Path) -> None:
    before = built(tmp_path, "before.pex", "app", "certs<2")
    certs(links, "1.5")
    certs(links, "2.0")
    patched(tmp_path, before, "certs")
    assert [one for one in inspect(before).requirements if "certs" in one] == ["certs<2"]
    assert "certs-1.5-py3-none-any.whl" in [wheel.filename for wheel in inspect(before).wheels]
    result = patched(tmp_path, before, "certs>=2")
    assert "it asked for certs<2, and asks for certs>=2 now" in result.notices
    assert list(inspect(before).requirements) == ["app", "certs>=2"]


def test_a_file_of_another_pexlite_is_taken_and_told(
    links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as change:
        change.setattr(decide, "__version__", "0.0.9")
        before = built(tmp_path, "before.pex")
    certs(links, "2.0")
    result = patched(tmp_path, before, "certs")
    assert any("made by pexlite 0.0.9" in notice for notice in result.notices)
    assert before.read_bytes() == built(tmp_path, "expected.pex").read_bytes()


# -- what does not fit ---------------------------------------------------------------------------------


def python_of_tomorrow(links: Path) -> None:
    certs(links, "2.0", requires_python=">=3.12")


def needing(requirement: str) -> Callable[[Path], None]:
    def make(links: Path) -> None:
        certs(links, "2.0", requires=[requirement])

    return make


def newer_idle(links: Path) -> None:
    certs(links, "2.0", requires=["idle>=2"])
    make_wheel(links, "idle", "2.0", files={"idle.py": ""})


REFUSED: Mapping[str, tuple[Callable[[Path], Any], str, type[PexliteError], str, str]] = {
    "no such project": (str, "certz", UsageError, "certz is not in app.pex", "did you mean certs?"),
    "nothing near": (str, "numpy", UsageError, "numpy is not in app.pex", "by building the file again"),
    "no such version": (str, "certs>=9", ResolutionError, "certs>=9", "a version that is there"),
    "a new dependency": (needing("more"), "certs", ClosureIncomplete, "more, asked for", "build the file again"),
    "a newer dependency": (newer_idle, "certs", ClosureIncomplete, "idle", "patch app.pex 'certs' 'idle>=2'"),
    "a newer Python": (python_of_tomorrow, "certs>=2", ResolutionError, "certs", "--narrow"),
    "a directory": (str, "./links", UsageError, "", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_told_and_the_file_stays(case: str, links: Path, tmp_path: Path) -> None:
    make, requirement, kind, told, hint = REFUSED[case]
    platform = "manylinux_2_28_x86_64-cp-311-cp311"
    file = built(tmp_path, "app.pex", script="app", platforms=(platform,))
    was = file.read_bytes()
    make(links)
    with pytest.raises(kind) as failure:
        patched(tmp_path, file, requirement)
    assert told in "\n".join([failure.value.message, *failure.value.causes])
    assert hint in (failure.value.hint or "")
    assert file.read_bytes() == was


def test_a_version_that_others_do_not_let_in_names_them(links: Path, tmp_path: Path) -> None:
    make_wheel(links, "app", files=APP, requires=["certs<2"], entry_points=START)
    file = built(tmp_path, "app.pex", script="app")
    certs(links, "2.0")
    with pytest.raises(ResolutionError, match=r"together with the rest of app\.pex") as failure:
        patched(tmp_path, file, "certs>=2")
    assert failure.value.causes[0] == "app needs certs<2"
    assert failure.value.hint == "patch these as well: pexlite patch app.pex 'certs>=2' app"


def test_several_that_go_together_only_as_one_are_patched_at_once(links: Path, tmp_path: Path) -> None:
    file = built(tmp_path, "app.pex", script="app")
    newer_idle(links)
    patched(tmp_path, file, "certs", "idle")
    assert file.read_bytes() == built(tmp_path, "expected.pex", script="app").read_bytes()


def test_pythons_are_lost_only_where_that_is_wanted(links: Path, tmp_path: Path) -> None:
    file = built(tmp_path, "app.pex", script="app")
    certs(links, "2.0", requires_python=">=3.11")
    assert "3.6" in inspect(file).runs_on
    patched(tmp_path, file, "certs")  # stays at 1.0, which all of its Pythons have
    assert "3.6" in inspect(file).runs_on
    result = patched(tmp_path, file, "certs", narrow=True)
    assert any("does not run any more on CPython 3.6 to 3.10" in notice for notice in result.notices)
    assert file.read_bytes() == built(tmp_path, "expected.pex", script="app").read_bytes()


def test_an_entry_point_that_is_gone_is_told(links: Path, tmp_path: Path) -> None:
    file = built(tmp_path, "app.pex", entry_point="certs:V.upper")
    certs(links, "2.0", files={"certs.py": "W = 2\n"})
    with pytest.raises(EntryPointMissing, match="certs defines no V"):
        patched(tmp_path, file, "certs")


def test_a_damaged_wheel_is_told(links: Path, tmp_path: Path) -> None:
    file = built(tmp_path, "app.pex", script="app")
    content = bytearray(file.read_bytes())
    held = next(wheel for wheel in inspect(file).wheels if wheel.filename.startswith("idle"))
    content[held.offset + 40] ^= 1
    file.write_bytes(content)
    shutil.rmtree(os.environ["PEXLITE_CACHE_DIR"])
    certs(links, "2.0")
    with pytest.raises(NotABundle, match="has changed since it was built"):
        patched(tmp_path, file, "certs")


def test_offline_the_version_comes_from_the_store(links: Path, tmp_path: Path) -> None:
    file = built(tmp_path, "app.pex")
    certs(links, "2.0")
    built(tmp_path, "other.pex", "certs>=2")
    nothing = BuildRequest(directory=tmp_path, requirements=("certs>=2",))
    patch(file, nothing, offline=True)
    assert "certs-2.0-py3-none-any.whl" in [wheel.filename for wheel in read_manifest(file).wheels]
    with pytest.raises(ResolutionError, match="--offline asks no index") as error:
        patch(file, BuildRequest(directory=tmp_path, requirements=("certs>=3",)), offline=True)
    assert error.value.hint == f"once with a network: pexlite patch {file} 'certs>=3'"
