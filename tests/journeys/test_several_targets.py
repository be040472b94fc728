"""One file for several Pythons and platforms."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pexlite.model import BuildRequest
from pexlite.pipeline.build import build
from tests.bundles import environment, run
from tests.interpreters import Interpreter, supported

pytestmark = [pytest.mark.journey, pytest.mark.network]

NATIVE = "import cowsay, markupsafe._speedups as native; print(native.__file__)"


def modern() -> list[Interpreter]:
    return [found for found in supported() if found.tag.startswith("cp") and found.version >= (3, 9)]


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_one_file_holds_a_native_wheel_for_each_python(resolver: str, tmp_path: Path) -> None:
    pythons = modern()
    request = BuildRequest(
        directory=tmp_path,
        requirements=("markupsafe", "cowsay==6.1"),
        pythons=tuple(str(python.path) for python in pythons),
        resolver=resolver,
        output=tmp_path / "app.pex",
    )
    result = build(request)
    names = [str(wheel.name) for wheel in result.wheels]
    assert names.count("cowsay") == 1 and names.count("markupsafe") == len(pythons)
    env = environment(tmp_path / "root")
    for python in pythons:
        where = run([python.path, result.path, "-c", NATIVE], env).stdout
        assert f"cpython-3{python.version[1]}-" in where


PLATFORMS = [
    ("manylinux_2_28_aarch64-cp-312-cp312", r"cp312-cp312-manylinux.*aarch64"),
    ("musllinux_1_2_x86_64-cp-313-cp313", r"cp313-cp313-musllinux_1_2_x86_64"),
    ("macosx_14_0_arm64-cp-313-cp313", r"cp313-cp313-macosx_1[0-4]_0_(arm64|universal2)"),
    ("win_amd64-cp-311-cp311", r"cp311-cp311-win_amd64"),
]


@pytest.mark.parametrize("resolver", ["uv", "pip"])
@pytest.mark.parametrize(("platform", "tag"), PLATFORMS)
def test_a_foreign_platform_gets_its_wheels_and_markers(
    platform: str, tag: str, resolver: str, tmp_path: Path
) -> None:
    request = BuildRequest(
        directory=tmp_path,
        requirements=("markupsafe", "cowsay==6.1; sys_platform != 'win32'", "iniconfig; sys_platform == 'win32'"),
        platforms=(platform,),
        resolver=resolver,
        output=tmp_path / "app.pex",
    )
    wheels = {str(wheel.name): wheel.filename for wheel in build(request).wheels}
    assert re.search(tag, wheels.pop("markupsafe"))
    assert set(wheels) == ({"iniconfig"} if platform.startswith("win") else {"cowsay"})
