"""Of a foreign lock the packages are looked for that a target needs, each where the lock has it from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.pylock import Package, Pylock
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from pexlite.errors import ResolutionError
from pexlite.model import IndexSettings, no_report
from pexlite.resolve.foreign.located import Search, located
from pexlite.resolve.foreign.pinned import ForeignLock, Pinned
from pexlite.resolve.job import Job
from pexlite.resolve.resolvers import find_resolver
from pexlite.targets.interpreters import running_target

FILE = Path("poetry.lock")
HASHES = ("sha256:" + "ab" * 32,)


def pinned(name: str, version: str = "1.0", *needs: str, **more: Any) -> Pinned:
    fields = {"hashes": HASHES, "needs": tuple(map(Requirement, needs)), **more}
    return Pinned(canonicalize_name(name), Version(version), **fields)


@dataclass
class Asked:
    """The jobs that reach the resolver, which finds nothing."""

    jobs: list[Job] = field(default_factory=list)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    seen = Asked()

    def resolve(self: object, job: Job) -> Pylock:
        seen.jobs.append(job)
        packages = [
            Package(
                name=canonicalize_name(root.requirement.name), version=Version(str(root.requirement.specifier)[2:])
            )
            for root in job.roots
        ]
        return Pylock(lock_version=Version("1.0"), created_by="x", packages=packages)

    monkeypatch.setattr(type(find_resolver("pip")), "resolve", resolve)
    monkeypatch.setattr("pexlite.resolve.lock.check_hashes", lambda lock, *_: lock)
    return seen


def names(
    lock: Sequence[Pinned], *needs: str, settings: IndexSettings | None = None, knows: bool = True
) -> list[str]:
    search = Search(find_resolver("pip"), settings or IndexSettings(), no_report, lambda: None)
    found = located(
        ForeignLock(tuple(lock), knows), FILE, [(running_target(), [*map(Requirement, needs)])], search
    )
    return [f"{package.name} {package.version}" for package in found.packages]


ROWS = [
    (["a"], ["a 1.0", "b 1.0", "c 1.0"]),
    (["b"], ["b 1.0", "c 1.0"]),
    (["a[x]"], ["a 1.0", "b 1.0", "c 1.0", "d 1.0"]),
    (["a", "a[x]"], ["a 1.0", "b 1.0", "c 1.0", "d 1.0"]),
    (["unknown", "d"], ["d 1.0"]),
    ([], []),
]


@pytest.mark.parametrize(("needs", "expected"), ROWS)
def test_what_is_needed_is_looked_for(needs: list[str], expected: list[str], asked: Asked) -> None:
    lock = [
        pinned("a", "1.0", "b", "d ; extra == 'x'", "w ; sys_platform == 'never'"),
        pinned("b", "1.0", "c"),
        pinned("c", "1.0", "b"),
        pinned("d"),
        pinned("w"),
    ]
    assert names(lock, *needs) == expected
    assert not any(job.with_what_they_need for job in asked.jobs)
    assert all(root.hashes == HASHES for job in asked.jobs for root in job.roots)


def test_all_is_wanted_of_a_lock_that_does_not_know_what_needs_what(asked: Asked) -> None:
    lock = [pinned("a"), pinned("b"), pinned("w", marker=Marker("sys_platform == 'never'"))]
    assert names(lock, "a", knows=False) == ["a 1.0", "b 1.0"]


def test_of_several_versions_the_one_for_the_target_is_taken(asked: Asked) -> None:
    by_marker = [pinned("a", "1.0", marker=Marker("python_version < '3'")), pinned("a", "2.0")]
    assert names(by_marker, "a") == ["a 2.0"]
    by_python = [pinned("a", "1.0", requires_python=SpecifierSet("<3")), pinned("a", "2.0")]
    assert names(by_python, "a") == ["a 2.0"]
    by_wish = [pinned("a", "1.0"), pinned("a", "2.0")]
    assert names(by_wish, "a<2") == ["a 1.0"]
    with pytest.raises(ResolutionError, match=r"has a 1\.0 and 2\.0 for .* does not say which"):
        names(by_wish, "a")


def test_a_marker_that_asks_for_an_extra_of_the_project_leaves_that_to_the_closure(asked: Asked) -> None:
    lock = [
        pinned("a", marker=Marker("extra == 'web'")),
        pinned("b", marker=Marker("extra == 'web' and python_version < '3'")),
    ]
    assert names(lock, "a", "b") == ["a 1.0"]


def test_a_package_comes_from_the_index_that_the_lock_has_it_from(asked: Asked) -> None:
    settings = IndexSettings(index_url="https://x.test/main/", named_indexes=(("own", "https://x.test/own"),))
    lock = [
        pinned("a", index="https://x.test/main"),
        pinned("b", index="https://x.test/own/"),
        pinned("c", index="https://x.test/other"),
        pinned("d"),
    ]
    names(lock, "a", "b", "c", "d", settings=settings)
    (job,) = asked.jobs
    assert job.settings.pins == (("own", "b"), ("locked-2", "c"))
    assert job.settings.named_indexes == (("own", "https://x.test/own"), ("locked-2", "https://x.test/other"))


def test_a_package_without_a_hash_is_an_error(asked: Asked) -> None:
    with pytest.raises(ResolutionError, match="without version or hash") as caught:
        names([pinned("a", hashes=())], "a")
    assert caught.value.causes == ("a 1.0",)
