"""The Pythons and platforms around a target are the ones a wheel might also serve."""

from __future__ import annotations

from pexlite.model.pythons import NEWEST
from pexlite.targets.platforms import platform_target
from pexlite.targets.surroundings import neighbours, next_pythons, other_platforms


def test_the_neighbours_are_every_other_python_on_the_same_platform() -> None:
    target = platform_target("manylinux_2_34_x86_64-cp-311-cp311")
    near = neighbours(target)
    pythons = [one.python for one in near]
    assert pythons[:6] == ["cp36", "cp37", "cp38", "cp39", "cp310", "cp312"]
    assert {"cp313t", "cp314t", "pp38", "pp311", f"cp3{NEWEST['cp']}"} <= set(pythons)
    assert {"cp330", "cp330t", "pp330"} <= set(pythons)
    assert len(set(pythons)) == len(pythons) and "cp311" not in pythons
    coming = [one.python for one in next_pythons(target)]
    assert {f"cp3{NEWEST['cp'] + 1}", f"cp3{NEWEST['cp'] + 1}t", f"pp3{NEWEST['pp'] + 1}"} <= set(coming)
    assert set(coming).isdisjoint(pythons)
    assert {(one.platform, one.libc) for one in near} == {(target.platform, target.libc)}
    assert {tag.platform for one in near for tag in one.tags} == {tag.platform for tag in target.tags}


def test_the_neighbours_on_macos_keep_its_version() -> None:
    near = neighbours(platform_target("macosx_12_0_arm64-cp-311-cp311"))
    assert {one.tags[0].platform for one in near} == {"macosx_12_0_arm64"}


def test_the_other_platforms_are_the_common_ones_but_its_own() -> None:
    others = other_platforms(platform_target("linux_x86_64-cp-311-cp311"))
    assert {(one.platform, one.libc.name if one.libc else None) for one in others} == {
        ("linux_aarch64", "glibc"),
        ("linux_x86_64", "musl"),
        ("linux_aarch64", "musl"),
        ("macosx_x86_64", None),
        ("macosx_arm64", None),
    }
    assert {one.python for one in others} == {"cp311"}


def test_a_free_threaded_python_stays_one_elsewhere() -> None:
    others = other_platforms(platform_target("linux_x86_64-cp-313-cp313t"))
    assert {one.tags[0].abi for one in others} == {"cp313t"}
