"""The error for a project without a wheel for a target says which version lacks one, and what else would do."""

from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import parse_sdist_filename, parse_wheel_filename

from pexlite.errors import WheelMissing
from pexlite.model import Target
from pexlite.resolve.explain.index_files import IndexFile
from pexlite.resolve.explain.no_wheel import Wanted, no_wheel
from pexlite.targets.interpreters import running_target
from pexlite.targets.platforms import platform_target

OLD_LINUX = platform_target("manylinux2014_x86_64-cp-312-cp312")
LINUX = platform_target("linux_x86_64-cp-312-cp312")
OLD_MAC = platform_target("macosx_11_0_arm64-cp-312-cp312")
FREE_THREADED = platform_target("linux_x86_64-cp-313-cp313t")


def file(name: str, requires_python: str = "") -> IndexFile:
    bound = SpecifierSet(requires_python) if requires_python else None
    if name.endswith(".whl"):
        _, version, _, tags = parse_wheel_filename(name)
        return IndexFile(name, version, tags, bound)
    return IndexFile(name, parse_sdist_filename(name)[1], frozenset(), bound)


def missing(wanted: str, target: Target, *files: IndexFile, can_build: bool = False) -> WheelMissing:
    found = no_wheel(Wanted("core", SpecifierSet(wanted)), target, files, can_build=can_build)
    assert found is not None
    return found


FOR_311 = file("core-2.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl")
FOR_312_NEW = file("core-2.0-cp312-cp312-manylinux_2_28_x86_64.whl")
FOR_312_NEWER = file("core-2.0-cp312-cp312-manylinux_2_34_x86_64.whl")
OLD_FOR_312 = file("core-1.4-cp312-cp312-manylinux_2_17_x86_64.whl")
MAC_14 = file("core-2.0-cp312-cp312-macosx_14_0_arm64.whl")
MAC_13_BOTH = file("core-2.0-cp312-cp312-macosx_13_0_universal2.whl")
WINDOWS = file("core-2.0-cp312-cp312-win_amd64.whl")
STABLE = file("core-2.0-cp313-abi3-manylinux_2_17_x86_64.whl")
SOURCE = file("core-2.0.tar.gz")

CASES = {
    "an older version has one": ((WINDOWS, OLD_FOR_312), LINUX, "take core==1.4"),
    "another Python has one": (
        (FOR_311,),
        LINUX,
        "build for another Python: --platform linux_x86_64-cp-311-cp311",
    ),
    "a newer Python, by the stable ABI": (
        (STABLE,),
        LINUX,
        "build for another Python: --platform linux_x86_64-cp-313-cp313",
    ),
    "a Python with the GIL": (
        (file("core-2.0-cp313-cp313-manylinux_2_17_x86_64.whl"),),
        FREE_THREADED,
        "build for another Python: --platform linux_x86_64-cp-313-cp313",
    ),
    "a Python with the GIL, by the stable ABI": (
        (file("core-2.0-cp39-abi3-manylinux_2_17_x86_64.whl"),),
        FREE_THREADED,
        "build for another Python: --platform linux_x86_64-cp-313-cp313",
    ),
    "a newer glibc, the least that will do": (
        (FOR_312_NEWER, FOR_312_NEW),
        OLD_LINUX,
        "where the machine has glibc 2.28: --platform manylinux_2_28_x86_64-cp-312-cp312",
    ),
    "a newer macOS, by universal2": (
        (MAC_14, MAC_13_BOTH),
        OLD_MAC,
        "where the machine has macOS 13.0: --platform macosx_13_0_arm64-cp-312-cp312",
    ),
    "nothing at all": (
        (WINDOWS, SOURCE),
        LINUX,
        "build a wheel of core on that platform and name its directory: --wheels DIR",
    ),
    "two ways": (
        (FOR_311, FOR_312_NEW, OLD_FOR_312),
        OLD_LINUX,
        "take core==1.4; or where the machine has glibc 2.28: --platform manylinux_2_28_x86_64-cp-312-cp312"
        "; or build for another Python: --platform manylinux_2_17_x86_64-cp-311-cp311",
    ),
}


@pytest.mark.parametrize(("files", "target", "hint"), CASES.values(), ids=CASES.keys())
def test_the_hint_is_what_would_do(files: tuple[IndexFile, ...], target: Target, hint: str) -> None:
    assert missing(">=2", target, *files).hint == hint


def test_what_the_hint_names_would_really_do() -> None:
    other = platform_target("manylinux_2_28_x86_64-cp-312-cp312")
    assert no_wheel(Wanted("core"), other, [FOR_312_NEW], can_build=False) is None


def test_project_version_target_and_the_newest_that_fits_are_named() -> None:
    error = missing("==2.0", OLD_LINUX, FOR_311, FOR_312_NEW, WINDOWS, OLD_FOR_312)
    assert error.message == "core 2.0 has no wheel for cp312 on linux_x86_64 with glibc 2.17"
    assert error.causes == (
        "its wheels for linux_x86_64 are for cp311",
        "the newest version for cp312 on linux_x86_64 is core 1.4",
    )
    assert error.exit_code == 3


def test_a_dependency_is_overridden_and_who_asks_for_it_is_named() -> None:
    wanted = Wanted("core", SpecifierSet(">=2"), "app==1.0")
    error = no_wheel(wanted, LINUX, [FOR_311, OLD_FOR_312], can_build=False)
    assert error is not None
    assert error.causes[0] == "app==1.0 depends on core>=2"
    assert error.hint
    assert error.hint.startswith("take another version: --override 'core==1.4'")


def test_a_version_that_needs_another_python_says_so() -> None:
    files = [file("core-2.0-py3-none-any.whl", ">=3.13"), file("core-1.4-py3-none-any.whl", ">=3.8")]
    error = missing("==2.0", LINUX, *files)
    assert error.message == "core 2.0 needs Python >=3.13, and cp312 on linux_x86_64 is 3.12.0"
    assert error.hint == "take core==1.4"


def test_pre_releases_are_not_recommended() -> None:
    newest = file("core-3.0rc1-cp312-cp312-manylinux_2_17_x86_64.whl")
    assert "core==1.4" in str(missing("==2.0", LINUX, FOR_311, OLD_FOR_312, newest).hint)


@pytest.mark.parametrize(
    ("files", "can_build", "source_of"),
    [
        ((SOURCE,), False, "core"),
        ((SOURCE, WINDOWS), False, None),
        ((SOURCE, file("core-1.4.tar.gz"), OLD_FOR_312), False, "core"),
        ((file("core-2.0.tar.gz", ">=3.13"),), False, None),
    ],
)
def test_what_has_no_wheels_at_all_may_be_pure(
    files: tuple[IndexFile, ...], can_build: bool, source_of: str | None
) -> None:
    assert missing(">=2", LINUX, *files, can_build=can_build).source_of == source_of


@pytest.mark.parametrize(
    ("wanted", "target", "files", "can_build"),
    [
        ("", LINUX, [FOR_312_NEW], False),
        ("==9", LINUX, [FOR_311], False),
        ("", running_target(), [SOURCE], True),
        ("", LINUX, [file("core-1.0-py3-none-any.whl")], False),
    ],
)
def test_nothing_is_said_where_wheels_are_not_the_matter(
    wanted: str, target: Target, files: list[IndexFile], can_build: bool
) -> None:
    assert no_wheel(Wanted("core", SpecifierSet(wanted)), target, files, can_build=can_build) is None
