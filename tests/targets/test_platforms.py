"""A platform's spelling means one target, or the error says which spelling was probably meant."""

from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet

from pexlite.errors import TargetError
from pexlite.model import Libc
from pexlite.targets.platforms import platform_target


@pytest.mark.parametrize(
    ("spelling", "python", "platform", "libc", "first_tag"),
    [
        ("linux_x86_64-cp-311-cp311", "cp311", "linux_x86_64", Libc("glibc", (2, 28)), "cp311-cp311-linux_x86_64"),
        ("linux-x86_64-cp-3.11-cp311", "cp311", "linux_x86_64", Libc("glibc", (2, 28)),
         "cp311-cp311-linux_x86_64"),
        ("manylinux_2_34_aarch64-cp-312-cp312", "cp312", "linux_aarch64", Libc("glibc", (2, 34)),
         "cp312-cp312-manylinux_2_34_aarch64"),
        ("manylinux2014_x86_64-cp-310-cp310", "cp310", "linux_x86_64", Libc("glibc", (2, 17)),
         "cp310-cp310-manylinux_2_17_x86_64"),
        ("musllinux_1_2_x86_64-cp-312-cp312", "cp312", "linux_x86_64", Libc("musl", (1, 2)),
         "cp312-cp312-musllinux_1_2_x86_64"),
        ("macosx_14_0_arm64-cp-313-cp313t", "cp313t", "macosx_arm64", None, "cp313-cp313t-macosx_14_0_arm64"),
        ("macosx-10.12-x86_64-cp-37-cp37m", "cp37", "macosx_x86_64", None, "cp37-cp37m-macosx_10_12_x86_64"),
        ("win_amd64-cp-311-cp311", "cp311", "win_amd64", None, "cp311-cp311-win_amd64"),
        ("win32-cp-311-cp311", "cp311", "win32", None, "cp311-cp311-win32"),
        ("linux_x86_64-pp-310-pypy310_pp73", "pp310", "linux_x86_64", Libc("glibc", (2, 28)),
         "pp310-pypy310_pp73-linux_x86_64"),
    ],
)  # fmt: skip
def test_a_spelling_is_a_target(
    spelling: str, python: str, platform: str, libc: Libc | None, first_tag: str
) -> None:
    target = platform_target(spelling)
    assert (target.python, target.platform, target.libc) == (python, platform, libc)
    assert str(target.tags[0]) == first_tag
    assert target.interpreter is None


def test_a_full_version_is_kept() -> None:
    assert platform_target("linux_x86_64-cp-3.9.7-cp39").environment["python_full_version"] == "3.9.7"


@pytest.mark.parametrize(
    ("spelling", "meant"),
    [
        ("linux_amd64-cp-311-cp311", "linux_x86_64-cp-311-cp311"),
        ("linux_arm64-cp-311-cp311", "linux_aarch64-cp-311-cp311"),
        ("manylinux_2_28_arm64-cp-312-cp311", "manylinux_2_28_aarch64-cp-312-cp312"),
        ("linux_x86_64-cp-311-abi3", "linux_x86_64-cp-311-cp311"),
        ("linux_x86_64-cp-37-cp37", "linux_x86_64-cp-37-cp37m"),
        ("linux_x86_64-pp-310-cp310", "linux_x86_64-pp-310-pypy310_pp73"),
        ("linux_x86_64-cp311", "linux_x86_64-cp-311-cp311"),
        ("linux-cp311", "linux_x86_64-cp-311-cp311"),
        ("musllinux-cp-312", "musllinux_1_2_x86_64-cp-312-cp312"),
        ("manylinux_2_28-cp-312-cp312", "manylinux_2_28_x86_64-cp-312-cp312"),
        ("manylinux2014_x86_64", "manylinux2014_x86_64-cp-312-cp312"),
        ("macosx_14_arm64-cp-313-cp313", "macosx_14_0_arm64-cp-313-cp313"),
        ("macos_14_0_aarch64-cp-313-cp313", "macosx_14_0_arm64-cp-313-cp313"),
        ("windows-cp-311-cp311", "win_amd64-cp-311-cp311"),
        ("linux_x86_64-cp-27-cp27m", "linux_x86_64-cp-312-cp312"),
    ],
)
def test_a_misspelt_platform_is_an_error_with_the_nearest_good_spelling(spelling: str, meant: str) -> None:
    with pytest.raises(TargetError) as caught:
        platform_target(spelling)
    assert spelling in caught.value.message
    assert caught.value.hint == f"write --platform {meant}"
    platform_target(meant)


@pytest.mark.parametrize(
    ("spelling", "bound", "taken"),
    [
        ("linux_x86_64-cp-39-cp39", ">=3.8,!=3.9.0,!=3.9.1", True),
        ("linux_x86_64-cp-39-cp39", ">=3.9.2", True),
        ("linux_x86_64-cp-3.9.0-cp39", ">=3.8,!=3.9.0,!=3.9.1", False),
        ("linux_x86_64-cp-3.9.0-cp39", ">=3.9.2", False),
        ("linux_x86_64-cp-39-cp39", ">=3.10", False),
        ("linux_x86_64-cp-39-cp39", "<3.9", False),
    ],
)
def test_a_version_without_a_patch_release_is_none_of_those_that_are_left_out(
    spelling: str, bound: str, taken: bool
) -> None:
    assert platform_target(spelling).takes(SpecifierSet(bound)) is taken
