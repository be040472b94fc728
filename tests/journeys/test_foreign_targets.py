"""Real projects for machines that are not here: wheel by wheel what pip and uv choose when told of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from pexlite.indexes.settings import effective_settings
from pexlite.model import IndexSettings, Root, Target, no_report
from pexlite.pylock.select import select
from pexlite.resolve.lock import Resolution, resolve
from pexlite.resolve.resolvers import find_resolver
from pexlite.resolve.run import child_environment
from pexlite.resolve.uv_program import index_arguments
from pexlite.targets.platforms import platform_target

pytestmark = [pytest.mark.journey, pytest.mark.network]

# Of each kind: one wheel for each Python, the stable ABI, any Python with a program in it, pure Python.
PROJECTS = (
    *("numpy", "pandas", "cryptography", "markupsafe", "pyyaml", "lxml", "orjson", "pydantic-core", "cffi"),
    *("psutil", "grpcio", "tornado", "pillow", "ruff", "click"),
)


@dataclass(frozen=True)
class Row:
    """A target in the words of pexlite, pip and uv, and the projects that have no wheel for it at all."""

    target: str
    platforms: tuple[str, ...]
    uv: str | None
    python: str
    without: frozenset[str] = frozenset()
    macos: str = ""

    def __str__(self) -> str:
        return self.target


def manylinux(newest: int, machine: str) -> tuple[str, ...]:
    return (*(f"manylinux_2_{minor}_{machine}" for minor in range(newest, 16, -1)), f"manylinux2014_{machine}")


INTEL = manylinux(28, "x86_64")
MUSL = ("musllinux_1_2_x86_64", "musllinux_1_1_x86_64", "musllinux_1_0_x86_64")
NOT_ON_PYPY = frozenset(
    {"pandas", "numpy", "orjson", "grpcio", "pyyaml", "pillow", "markupsafe", "cffi", "psutil", "tornado"}
)
NOT_WITHOUT_A_GIL = frozenset({"cryptography", "pyyaml", "lxml", "orjson", "cffi", "grpcio", "tornado"})
ROWS = [
    Row("manylinux_2_28_x86_64-cp-312-cp312", INTEL, "x86_64-manylinux_2_28", "3.12"),
    # Whoever is told 3.9.0 must leave out what cannot run on just that one.
    Row("manylinux2014_x86_64-cp-3.9.13-cp39", manylinux(17, "x86_64"), "x86_64-manylinux2014", "3.9.13"),
    Row("manylinux_2_28_aarch64-cp-311-cp311", manylinux(28, "aarch64"), "aarch64-manylinux_2_28", "3.11"),
    Row("musllinux_1_2_x86_64-cp-313-cp313", MUSL, "x86_64-unknown-linux-musl", "3.13"),
    Row("macosx_14_0_arm64-cp-313-cp313", ("macosx_14_0_arm64",), "aarch64-apple-darwin", "3.13", macos="14.0"),
    Row("macosx_11_0_x86_64-cp-310-cp310", ("macosx_11_0_x86_64",), "x86_64-apple-darwin", "3.10", macos="11.0"),
    Row("win_amd64-cp-312-cp312", ("win_amd64",), "x86_64-pc-windows-msvc", "3.12"),
    Row("manylinux_2_28_x86_64-cp-313-cp313t", INTEL, None, "3.13", NOT_WITHOUT_A_GIL),
    Row("manylinux_2_28_x86_64-pp-310-pypy310_pp73", INTEL, None, "3.10", NOT_ON_PYPY),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_wheels_are_those_that_pip_and_uv_choose(row: Row, tmp_path: Path) -> None:
    projects = [project for project in PROJECTS if project not in row.without]
    target = platform_target(row.target)
    by_pip = {name: _merit(file, target) for name, file in _chosen_by_pip(row, projects, tmp_path).items()}
    by_uv = _versions_by_uv(row, projects) if row.uv else None
    for resolver in ("uv", "pip"):
        ours = _chosen_by_us(resolver, target, projects)
        assert {name: _merit(ours[name], target) for name in projects} == by_pip
        versions = {name: parse_wheel_filename(ours[name])[1] for name in projects}
        assert by_uv is None or versions == by_uv


def _merit(filename: str, target: Target) -> tuple[Version, int]:
    """Version and rank of the best tag: of two wheels that are equal in both, either will do."""
    _, version, _, tags = parse_wheel_filename(filename)
    return version, min(target.tags.index(tag) for tag in tags if tag in target.tags)


def _chosen_by_us(resolver: str, target: Target, projects: Sequence[str]) -> dict[str, str]:
    lock = resolve(
        Resolution(
            [Root(Requirement(project), "the test") for project in projects],
            (),
            [target],
            effective_settings(IndexSettings()),
        ),
        find_resolver(resolver),
        no_report,
    )
    return {str(choice.package.name): _filename(choice.source) for choice in select(lock, [target])}


def _filename(source: object) -> str:
    return str(getattr(source, "filename"))  # noqa: B009 - wheels, of all sources, have one


def _chosen_by_pip(row: Row, projects: Sequence[str], directory: Path) -> dict[str, str]:
    _, implementation, _, abi = row.target.rsplit("-", 3)
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps", "--quiet"]
    command += ["--only-binary", ":all:", "--target", str(directory), "--report", str(directory / "report.json")]
    command += ["--implementation", implementation, "--abi", abi, "--python-version", row.python]
    command += [word for platform in row.platforms for word in ("--platform", platform)]
    subprocess.run([*command, *projects], check=True)
    found = json.loads((directory / "report.json").read_text())["install"]
    paths = {entry["metadata"]["name"]: urlsplit(entry["download_info"]["url"]).path for entry in found}
    return {canonicalize_name(name): unquote(path).rpartition("/")[2] for name, path in paths.items()}


def _versions_by_uv(row: Row, projects: Sequence[str]) -> dict[str, Version]:
    assert row.uv
    uv = find_resolver("uv").program
    command = [*uv.command, "pip", "compile", "--quiet", "--no-header", "--no-annotate", "-"]
    command += ["--python", sys.executable]  # else it looks for one of that version
    command += ["--only-binary", ":all:", "--python-platform", row.uv, "--python-version", row.python]
    settings = effective_settings(IndexSettings())
    command += index_arguments(settings)
    environment = child_environment(uv, settings) | dict(os.environ)
    environment |= {"MACOSX_DEPLOYMENT_TARGET": row.macos} if row.macos else {}
    done = subprocess.run(
        command, input="\n".join(projects), env=environment, capture_output=True, check=True, text=True
    )
    pins = (line.partition("==") for line in done.stdout.split())
    return {name: Version(version) for name, _, version in pins if name in projects}
