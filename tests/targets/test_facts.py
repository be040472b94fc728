"""A target's tags and markers are those of the Python it describes."""

from __future__ import annotations

import pytest
from packaging.markers import default_environment
from packaging.tags import Tag, sys_tags

from pexlite.model import Libc
from pexlite.targets.facts import Platform, Python, make_target, platform_tags
from pexlite.targets.interpreters import running_target

GLIBC = Platform("linux", "x86_64", Libc("glibc", (2, 28)))


def test_the_running_python_has_the_tags_and_markers_that_packaging_finds() -> None:
    here = running_target()
    assert list(here.tags) == list(sys_tags())
    assert here.environment == default_environment()


@pytest.mark.parametrize(
    ("platform", "first", "holds", "lacks"),
    [
        (GLIBC, "linux_x86_64", {"manylinux_2_28_x86_64", "manylinux2014_x86_64", "manylinux1_x86_64",
                                 "manylinux_2_5_x86_64"}, {"manylinux_2_29_x86_64", "manylinux_2_4_x86_64"}),
        (Platform("linux", "aarch64", Libc("glibc", (2, 17)), plain_linux=False), "manylinux_2_17_aarch64",
         {"manylinux2014_aarch64"}, {"linux_aarch64", "manylinux2010_aarch64"}),
        (Platform("linux", "x86_64", Libc("musl", (1, 2)), plain_linux=False), "musllinux_1_2_x86_64",
         {"musllinux_1_1_x86_64"}, {"manylinux2014_x86_64"}),
        (Platform("macosx", "arm64", macos=(14, 0)), "macosx_14_0_arm64",
         {"macosx_11_0_arm64", "macosx_11_0_universal2"}, {"macosx_15_0_arm64", "macosx_11_0_x86_64"}),
        (Platform("win", "amd64"), "win_amd64", set(), {"win32"}),
        (Platform("win", "32"), "win32", set(), {"win_amd64"}),
    ],
)  # fmt: skip
def test_a_platform_takes_what_it_promises_and_no_more(
    platform: Platform, first: str, holds: set[str], lacks: set[str]
) -> None:
    names = platform_tags(platform)
    assert names[0] == first
    assert holds <= set(names)
    assert not lacks & set(names)


@pytest.mark.parametrize(
    ("python", "name", "holds", "lacks"),
    [
        (Python("cp", (3, 11), "cp311"), "cp311", {("cp311", "cp311"), ("cp37", "abi3"), ("py3", "none")},
         {("cp312", "cp312"), ("cp312", "abi3")}),
        (Python("cp", (3, 13), "cp313t"), "cp313t", {("cp313", "cp313t")},
         {("cp313", "abi3"), ("cp313", "cp313")}),
        (Python("cp", (3, 6), "cp36m"), "cp36", {("cp36", "cp36m")}, {("cp36", "cp36"), ("py37", "none")}),
        (Python("pp", (3, 10), "pypy310_pp73"), "pp310", {("pp310", "pypy310_pp73"), ("py310", "none")},
         {("cp310", "cp310"), ("cp310", "abi3")}),
    ],
)  # fmt: skip
def test_a_python_takes_its_own_abis(
    python: Python, name: str, holds: set[tuple[str, str]], lacks: set[tuple[str, str]]
) -> None:
    target = make_target(python, GLIBC)
    taken = {(tag.interpreter, tag.abi) for tag in target.tags}
    assert target.python == name
    assert holds <= taken
    assert not lacks & taken
    assert Tag("py3", "none", "any") in target.tags


def test_a_python_nobody_can_ask_is_the_first_patch_release_of_an_unknown_kernel() -> None:
    environment = make_target(Python("cp", (3, 9), "cp39"), Platform("win", "amd64")).environment
    assert environment["python_full_version"] == "3.9.0"
    assert environment["platform_machine"] == "AMD64"
    assert environment["os_name"] == "nt"
    assert environment["platform_release"] == environment["platform_version"] == ""
    assert set(environment) == set(default_environment())
