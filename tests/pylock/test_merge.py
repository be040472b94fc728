"""A merged lock gives each target what its own lock had."""

from __future__ import annotations

from packaging.pylock import Package, PackageWheel, Pylock
from packaging.utils import NormalizedName
from packaging.version import Version

from pexlite.model import Target
from pexlite.pylock.merge import marker_key, merge
from pexlite.targets.platforms import platform_target

LINUX = platform_target("linux_x86_64-cp-311-cp311")
OLD_LINUX = platform_target("linux_x86_64-cp-39-cp39")
MUSL = platform_target("musllinux_1_2_x86_64-cp-311-cp311")
MAC = platform_target("macosx_14_0_arm64-cp-313-cp313")


def lock(**versions: str) -> Pylock:
    """A lock of these projects; `"2.0 cp311-cp311-linux_x86_64"` is a version with the tag of its wheel."""
    packages = []
    for name, text in versions.items():
        version, _, tag = text.partition(" ")
        filename = f"{name}-{version}-{tag or 'py3-none-any'}.whl"
        wheel = PackageWheel(name=filename, url=f"https://a.example/{filename}", hashes={"sha256": "00"})
        packages.append(Package(name=NormalizedName(name), version=Version(version), wheels=[wheel]))
    return Pylock(lock_version=Version("1.0"), created_by="tests", packages=packages)


def selected(merged: Pylock, target: Target) -> dict[str, str]:
    chosen = merged.select(environment=target.environment, tags=target.tags)
    return {package.name: str(package.version) for package, _ in chosen}


def test_one_lock_stays_as_it_is() -> None:
    only = lock(a="1")
    assert merge([(LINUX, only)]) is only


def test_what_all_targets_share_has_no_marker() -> None:
    merged = merge([(LINUX, lock(a="1")), (MAC, lock(a="1"))])
    assert [(package.name, package.marker) for package in merged.packages] == [("a", None)]


def test_each_target_gets_its_own_versions() -> None:
    own = {LINUX: lock(a="2", b="1"), OLD_LINUX: lock(a="1", b="1", c="1"), MAC: lock(a="2", d="1")}
    merged = merge(list(own.items()))
    assert selected(merged, LINUX) == {"a": "2", "b": "1"}
    assert selected(merged, OLD_LINUX) == {"a": "1", "b": "1", "c": "1"}
    assert selected(merged, MAC) == {"a": "2", "d": "1"}


def test_the_wheels_of_one_version_are_united() -> None:
    merged = merge(
        [(LINUX, lock(a="1 cp311-cp311-linux_x86_64")), (MUSL, lock(a="1 cp311-cp311-musllinux_1_1_x86_64"))]
    )
    (package,) = merged.packages
    assert len(package.wheels or ()) == 2
    assert selected(merged, LINUX) == selected(merged, MUSL) == {"a": "1"}


def test_a_marker_names_only_what_tells_the_targets_apart() -> None:
    merged = merge([(LINUX, lock(a="2")), (OLD_LINUX, lock(a="1"))])
    assert [str(package.marker) for package in merged.packages] == [
        'python_version == "3.11"',
        'python_version == "3.9"',
    ]


def test_glibc_and_musl_cannot_be_told_apart_by_markers() -> None:
    assert marker_key(LINUX) == marker_key(MUSL)
    assert marker_key(LINUX) != marker_key(OLD_LINUX)
