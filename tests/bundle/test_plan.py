"""The plan: how far a file reaches, and what is sealed in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from packaging.requirements import Requirement
from packaging.tags import compatible_tags, cpython_tags

from pexlite.bundle.plan import Surroundings, plan_bundle
from pexlite.model import Amendments, EntryPoint, LaunchOptions, Libc, StartKind, Target, Wheel
from tests.bundle.values import roots, target, wheel

NEAR = tuple(target(minor) for minor in range(8, 15))
MAC = tuple(target(minor, "macosx_arm64") for minor in range(8, 15))
NOTHING = EntryPoint(StartKind.INTERPRETER)


def planned(requirements: list[str], wheels: list[Wheel], *, elsewhere: bool = True) -> object:
    around = Surroundings(target(11), NEAR, MAC if elsewhere else ())
    (variant,) = plan_bundle(roots(*requirements), wheels, [around], NOTHING, LaunchOptions()).variants
    return variant


def test_pure_wheels_serve_every_python_anywhere() -> None:
    variant = planned(["a"], [wheel("a-1", ["b"]), wheel("b-1")])
    assert variant.platform == "any"  # type: ignore[attr-defined]
    assert variant.pythons == ("cp38", "cp39", "cp310", "cp311", "cp312", "cp313", "cp314")  # type: ignore[attr-defined]


def test_requires_python_and_markers_bound_the_pythons() -> None:
    wheels = [wheel("a-1", ["b", "c; python_version < '3.10'"]), wheel("b-1", python="<3.14")]
    assert planned(["a"], wheels).pythons == ("cp310", "cp311", "cp312", "cp313")  # type: ignore[attr-defined]


def test_a_wheel_that_another_python_would_not_need_shuts_it_out() -> None:
    wheels = [wheel("a-1", ["b; python_version < '3.12'"]), wheel("b-1")]
    assert planned(["a"], wheels).pythons == ("cp38", "cp39", "cp310", "cp311")  # type: ignore[attr-defined]


def test_a_marker_on_the_system_keeps_the_file_on_its_platform() -> None:
    wheels = [wheel("a-1", ["b; sys_platform == 'linux'"]), wheel("b-1")]
    variant = planned(["a"], wheels)
    assert (variant.platform, variant.libc) == ("linux_x86_64", None)  # type: ignore[attr-defined]


def test_native_wheels_bound_the_c_library_and_the_pythons() -> None:
    wheels = [
        wheel("a-1-cp38-abi3-manylinux_2_28_x86_64.manylinux_2_17_x86_64.whl"),
        wheel("b-1-cp310-abi3-manylinux2014_x86_64.whl"),
    ]
    variant = planned(["a", "b"], wheels)
    assert variant.libc == Libc("glibc", (2, 17))  # type: ignore[attr-defined]
    assert variant.pythons == ("cp310", "cp311", "cp312", "cp313", "cp314")  # type: ignore[attr-defined]


def test_a_wheel_built_here_needs_the_c_library_of_here() -> None:
    variant = planned(["a"], [wheel("a-1-cp311-cp311-linux_x86_64.whl")])
    assert variant.libc == Libc("glibc", (2, 28))  # type: ignore[attr-defined]
    assert variant.pythons == ("cp311",)  # type: ignore[attr-defined]


def test_several_targets_share_what_they_can() -> None:
    wheels = [wheel("n-1-cp310-cp310-linux_x86_64.whl"), wheel("n-1-cp311-cp311-linux_x86_64.whl"), wheel("p-1")]
    arounds = [Surroundings(target(10), NEAR), Surroundings(target(11), NEAR)]
    bundle = plan_bundle(roots("n", "p"), wheels, arounds, NOTHING, LaunchOptions())
    assert [variant.pythons for variant in bundle.variants] == [("cp310",), ("cp311",)]
    assert len(bundle.wheels) == 3
    shared = set(bundle.variants[0].wheels) & set(bundle.variants[1].wheels)
    assert [bundle.wheels[index].name for index in shared] == ["p"]


def on_musl(minor: int) -> Target:
    platforms = ["musllinux_1_2_x86_64", "linux_x86_64"]
    tags = [*cpython_tags((3, minor), platforms=platforms), *compatible_tags((3, minor), f"cp3{minor}", platforms)]
    return replace(target(minor), libc=Libc("musl", (1, 2)), tags=tuple(tags))


@pytest.mark.parametrize("first", ["glibc", "musl"])
def test_each_c_library_of_a_platform_has_its_own_wheels(first: str) -> None:
    names = ["n-1-cp313-cp313-manylinux_2_17_x86_64.whl", "n-1-cp313-cp313-musllinux_1_2_x86_64.whl"]
    arounds = [Surroundings(target(13), NEAR), Surroundings(on_musl(13), ())]
    arounds = arounds if first == "glibc" else arounds[::-1]
    bundle = plan_bundle(roots("n"), [wheel(name) for name in names], arounds, NOTHING, LaunchOptions())
    found = {one.libc: (one.pythons, bundle.wheels[one.wheels[0]].filename) for one in bundle.variants}
    assert found == {
        Libc("glibc", (2, 17)): (("cp313",), names[0]),
        Libc("musl", (1, 2)): (("cp313",), names[1]),
    }


def test_a_python_that_has_wheels_on_one_c_library_is_served_on_another() -> None:
    names = ["n-1-cp312-abi3-manylinux_2_17_x86_64.whl", "n-1-cp312-abi3-musllinux_1_2_x86_64.whl"]
    arounds = [Surroundings(on_musl(13), ()), Surroundings(target(12), NEAR)]
    bundle = plan_bundle(roots("n"), [wheel(name) for name in names], arounds, NOTHING, LaunchOptions())
    assert [one.pythons for one in bundle.variants] == [("cp313",), ("cp312", "cp313", "cp314")]


@pytest.mark.parametrize("first", ["glibc", "musl"])
def test_wheels_for_every_c_library_keep_none_from_its_own(first: str) -> None:
    wheels = [wheel("n-1-cp313-cp313-manylinux_2_17_x86_64.whl"), wheel("n-1-py3-none-any.whl")]
    arounds = [Surroundings(target(13), NEAR), Surroundings(on_musl(13), (), (target(13, "macosx_arm64"),))]
    roots_ = roots("n", "m; sys_platform == 'linux'")
    arounds = arounds if first == "glibc" else arounds[::-1]
    bundle = plan_bundle(roots_, [*wheels, wheel("m-1")], arounds, NOTHING, LaunchOptions())
    assert [(one.platform, one.libc) for one in bundle.variants] == [
        ("linux_x86_64", Libc("glibc", (2, 17))),
        ("linux_x86_64", None),
    ]
    assert [one.pythons for one in bundle.variants] == [("cp313",), ("cp313",)]


def test_requirements_are_told_without_places_of_this_machine() -> None:
    bundle = plan_bundle(
        roots("a[x] @ file:///home/someone/a-1-py3-none-any.whl", "b>=1; python_version > '3'"),
        [wheel("a-1"), wheel("b-1")],
        [Surroundings(target(), NEAR)],
        NOTHING,
        LaunchOptions(),
    )
    assert bundle.requirements == ("a[x]", 'b>=1; python_version > "3"')


def test_files_of_site_packages_that_python_runs_are_known() -> None:
    files = [
        "a.pth",
        "pkg/b.pth",
        "x-1.data/purelib/c.pth",
        "x-1.data/data/d.pth",
        "a.start",
        "pkg/b.start",
        ".hidden.pth",
    ]
    bundle = plan_bundle(
        roots("x"), [wheel("x-1", files=files)], [Surroundings(target(), NEAR)], NOTHING, LaunchOptions()
    )
    assert bundle.startup_files == ("a.pth", "a.start", "c.pth")


def test_each_target_gets_the_versions_that_its_lock_gives_it() -> None:
    old, new = wheel("a-1"), wheel("a-2")
    around = [Surroundings(target(9), (), (), (old,)), Surroundings(target(11), (), (), (new,))]
    bundle = plan_bundle(roots("a"), [old, new], around, NOTHING, LaunchOptions())
    taken = {
        variant.pythons: [bundle.wheels[place].version for place in variant.wheels] for variant in bundle.variants
    }
    assert taken == {("cp39",): [old.version], ("cp311",): [new.version]}


def test_other_pythons_are_asked_with_the_same_exclusions() -> None:
    wheels = [wheel("a-1", ["spark", "tomli; python_version < '3.11'"])]
    amendments = Amendments((Requirement("spark"),))
    around = Surroundings(target(11), NEAR)
    bundle = plan_bundle(roots("a"), wheels, [around], NOTHING, LaunchOptions(), amendments)
    assert bundle.amendments == amendments
    assert bundle.variants[0].pythons == ("cp311", "cp312", "cp313", "cp314")
