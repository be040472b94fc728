"""Locks of poetry, pdm and pipenv of all their versions become the same values."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.pylock import PackageArchive, PackageDirectory, PackageVcs

from pexlite.errors import ResolutionError
from pexlite.resolve.foreign.kinds import KINDS
from pexlite.resolve.foreign.pinned import ForeignLock, Pinned

DIGEST = "sha256:" + "ab" * 32

POETRY_1 = f"""\
[[package]]
name = "Click"
version = "8.0"
category = "main"
optional = false
python-versions = ">=3.6"

[package.dependencies]
colorama = {{version = "*", markers = "platform_system == \\"Windows\\""}}
caret = "^1.0"

[metadata]
lock-version = "1.1"

[metadata.files]
Click = [{{file = "click-8.0-py3-none-any.whl", hash = "{DIGEST}"}}]
"""
POETRY_2 = f"""\
[[package]]
name = "click"
version = "8.0"
optional = false
python-versions = ">=3.6"
groups = ["main", "dev"]
markers = {{main = "sys_platform == \\"win32\\"", dev = "python_version < \\"3.10\\""}}
files = [{{file = "click-8.0-py3-none-any.whl", hash = "{DIGEST}"}}]

[package.source]
type = "legacy"
url = "https://x.test/simple"
reference = "own"

[metadata]
lock-version = "2.1"
"""
SOURCES = f"""\
[[package]]
name = "g"
version = "1"
[package.source]
type = "git"
url = "https://x.test/g.git"
reference = "main"
resolved_reference = "0123abc"
subdirectory = "lib"
[[package]]
name = "d"
version = "1"
[package.source]
type = "directory"
url = "../d"
[[package]]
name = "u"
version = "1"
files = [{{file = "u-1.tar.gz", hash = "{DIGEST}"}}]
[package.source]
type = "url"
url = "https://x.test/u-1.tar.gz"
[[package]]
name = "f"
version = "1"
files = [{{file = "f-1.tar.gz", hash = "{DIGEST}"}}]
[package.source]
type = "file"
url = "../f-1.tar.gz"
[metadata]
lock-version = "2.0"
"""
PDM = f"""\
[metadata]
lock_version = "4.3"
[[package]]
name = "uvicorn"
version = "0.30"
requires_python = ">=3.8"
dependencies = ["click>=7"]
files = [{{file = "uvicorn-0.30-py3-none-any.whl", hash = "{DIGEST}"}}]
[[package]]
name = "uvicorn"
version = "0.30"
extras = ["Standard"]
dependencies = ["uvicorn==0.30", "colorama; sys_platform == 'win32'"]
files = [{{file = "uvicorn-0.30-py3-none-any.whl", hash = "{DIGEST}"}}]
[[package]]
name = "g"
version = "1"
git = "https://x.test/g.git"
ref = "main"
revision = "0123abc"
[[package]]
name = "d"
version = "1"
path = "./d"
[[package]]
name = "u"
version = "1"
url = "https://x.test/u-1.tar.gz"
files = [{{url = "https://x.test/u-1.tar.gz", hash = "{DIGEST}"}}]
"""
PIPENV = f"""\
{{"_meta": {{"sources": [{{"name": "main", "url": "https://x.test/a"}}, {{"name": "own", "url": "https://x.test/b"}}]}},
 "default": {{
  "Click": {{"hashes": ["{DIGEST}"], "index": "own", "version": "==8.0", "markers": "python_version >= '3.6'"}},
  "rich": {{"hashes": ["{DIGEST}"], "index": "main", "version": "==1.0"}},
  "g": {{"git": "https://x.test/g.git", "ref": "0123abc"}},
  "mine": {{"editable": true, "path": "./mine"}}}},
 "develop": {{"pytest": {{"hashes": ["{DIGEST}"], "version": "==9.0"}}}},
 "docs": {{"sphinx": {{"hashes": ["{DIGEST}"], "version": "==9.0"}}}}}}
"""


def read(directory: Path, name: str, text: str, *groups: str) -> ForeignLock:
    (directory / name).write_text(text)
    return KINDS[name].read(directory / name, groups)


def by_name(lock: ForeignLock) -> dict[str, Pinned]:
    return {one.name: one for one in lock.packages}


def test_poetry_of_version_1_has_its_hashes_apart(tmp_path: Path) -> None:
    (click,) = read(tmp_path, "poetry.lock", POETRY_1).packages
    assert (click.name, str(click.version), click.hashes) == ("click", "8.0", (DIGEST,))
    assert sorted(map(str, click.needs)) == ["caret", 'colorama; platform_system == "Windows"']


def test_one_of_the_groups_of_poetry_is_enough(tmp_path: Path) -> None:
    (click,) = read(tmp_path, "poetry.lock", POETRY_2).packages
    assert click.index == "https://x.test/simple"
    assert click.marker is not None
    held = [
        click.marker.evaluate({"sys_platform": platform, "python_version": version})
        for platform, version in [("win32", "3.12"), ("linux", "3.9"), ("linux", "3.12")]
    ]
    assert held == [True, True, False]


def test_sources_of_poetry(tmp_path: Path) -> None:
    found = {name: one.source for name, one in by_name(read(tmp_path, "poetry.lock", SOURCES)).items()}
    digest = DIGEST.partition(":")[2]
    assert found == {
        "g": PackageVcs(type="git", url="https://x.test/g.git", commit_id="0123abc", subdirectory="lib"),
        "d": PackageDirectory(path="../d"),
        "u": PackageArchive(url="https://x.test/u-1.tar.gz", hashes={"sha256": digest}),
        "f": PackageArchive(path="../f-1.tar.gz", hashes={"sha256": digest}),
    }


def test_extras_of_pdm_are_entries_of_their_own(tmp_path: Path) -> None:
    first, second, *others = read(tmp_path, "pdm.lock", PDM).packages
    assert (first.extras, list(map(str, first.needs))) == (frozenset(), ["click>=7"])
    assert second.extras == {"standard"}
    assert [str(need.name) for need in second.needs] == ["uvicorn", "colorama"]
    assert [one.source for one in others] == [
        PackageVcs(type="git", url="https://x.test/g.git", commit_id="0123abc"),
        PackageDirectory(path="d"),
        PackageArchive(url="https://x.test/u-1.tar.gz", hashes={"sha256": DIGEST.partition(":")[2]}),
    ]


def test_pipenv_has_categories_and_an_index_for_some(tmp_path: Path) -> None:
    found = by_name(read(tmp_path, "Pipfile.lock", PIPENV))
    assert list(found) == ["click", "rich", "g", "mine"]
    assert {name: one.index for name, one in found.items() if one.index} == {"click": "https://x.test/b"}
    assert found["mine"].source == PackageDirectory(path="mine")
    assert "pytest" in by_name(read(tmp_path, "Pipfile.lock", PIPENV, "dev"))
    assert "sphinx" in by_name(read(tmp_path, "Pipfile.lock", PIPENV, "docs"))


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("poetry.lock", SOURCES.replace("resolved_reference", "other"), "has no commit"),
        ("poetry.lock", SOURCES.replace('"url"', '"moon"'), "a 'moon', which is unknown"),
        ("poetry.lock", POETRY_2.replace("sys_platform ==", "sys_platform"), "marker"),
        ("pdm.lock", PDM.replace('"4.3"', '"5.0"'), "it is of version 5.0"),
        ("pdm.lock", PDM.replace("click>=7", "click>=>=7"), "click>=>=7"),
        ("Pipfile.lock", PIPENV.replace('"ref"', '"other"'), "has no commit"),
        ("Pipfile.lock", PIPENV.replace('"==8.0"', "8"), "version of 'Click' is no text"),
    ],
)
def test_what_cannot_be_read_is_told(name: str, text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ResolutionError) as caught:
        read(tmp_path, name, text)
    assert reason in caught.value.causes[0]
