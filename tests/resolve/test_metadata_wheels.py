"""A large local wheel is resolved without being read: what it needs comes from its METADATA."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from packaging.pylock import PackageArchive
from packaging.requirements import Requirement

from pexlite.model import IndexSettings, Root, no_report
from pexlite.resolve.lock import Resolution, resolve
from pexlite.resolve.resolvers import find_resolver
from pexlite.targets.interpreters import running_target
from tests.factories import make_wheel

# Not the wheel's: where it is in the lock, nobody has looked.
DIGEST = "0123456789abcdef" * 4


@pytest.mark.parametrize("resolver", ["uv", "pip"])
@pytest.mark.parametrize(("size", "read"), [(9_000_000, False), (1_000, True)])
def test_its_digest_is_the_one_that_is_known(resolver: str, size: int, read: bool, tmp_path: Path) -> None:
    needs = ["core", 'web; extra == "web"', 'other; sys_platform == "nowhere"']
    large = make_wheel(tmp_path, "large", files={"noise": os.urandom(size)}, requires=needs, extras=["web"])
    (tmp_path / "links").mkdir()
    for name in ("core", "web"):
        make_wheel(tmp_path / "links", name)
    root = Root(Requirement(f"large[web] @ {large.as_uri()}"), "the test", sha256=DIGEST)
    settings = IndexSettings(no_index=True, find_links=(str(tmp_path / "links"),))
    found = resolve(Resolution([root], (), [running_target()], settings), find_resolver(resolver), no_report)
    assert {package.name for package in found.packages} == {"large", "core", "web"}
    archive = next(package.archive for package in found.packages if package.name == "large")
    assert isinstance(archive, PackageArchive)
    assert archive.url == large.as_uri()
    assert (archive.hashes["sha256"] != DIGEST) is read
