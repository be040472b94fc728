"""With --prefer-pure a project that has both is taken as a pure wheel, by both resolvers and from locks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pexlite.model import BuildRequest, BuildResult, IndexSettings
from pexlite.pipeline import lock as locking
from pexlite.pipeline.build import build
from pexlite.targets.interpreters import running_target
from tests.factories import make_wheel

pytestmark = pytest.mark.usefixtures("bare_machine")
HERE = running_target()
OWN_TAG = str(HERE.tags[0])
FOREIGN = ("linux_x86_64-cp-312-cp312",)
FOREIGN_TAG = "cp312-cp312-manylinux_2_17_x86_64"


@pytest.fixture
def links(tmp_path: Path) -> Path:
    """both 1.0 has wheels of both kinds, both 0.9 a pure one, native only compiled ones, and plain a pure one."""
    directory = tmp_path / "links"
    directory.mkdir()
    make_wheel(directory, "both", "0.9")
    for tag in ("py3-none-any", OWN_TAG, FOREIGN_TAG):
        make_wheel(directory, "both", tag=tag)
    for tag in (OWN_TAG, FOREIGN_TAG):
        make_wheel(directory, "native", tag=tag)
    # A pure wheel, though for no Python that is asked for.
    for tag in ("py2-none-any", OWN_TAG, FOREIGN_TAG):
        make_wheel(directory, "old", tag=tag)
    make_wheel(directory, "plain", requires=["both"])
    return directory


def request(directory: Path, *inputs: str, prefer_pure: bool, no_index: bool = True, **more: Any) -> BuildRequest:
    links = (str(directory / "links"),) if "lock" not in more else ()
    index = IndexSettings(no_index=no_index, find_links=links, prefer_pure=prefer_pure)
    return BuildRequest(directory=directory, requirements=inputs, index=index, **{"output": Path("x.pex"), **more})


def tags(result: BuildResult) -> dict[str, str]:
    return {wheel.name: wheel.filename.removesuffix(".whl").partition("-1.0-")[2] for wheel in result.wheels}


@pytest.mark.parametrize("resolver", ["uv", "pip"])
@pytest.mark.parametrize("platforms", [(), FOREIGN], ids=["here", "elsewhere"])
def test_a_project_that_has_both_is_taken_pure(
    resolver: str, platforms: tuple[str, ...], links: Path, tmp_path: Path
) -> None:
    more: dict[str, Any] = {"resolver": resolver, "platforms": platforms}
    native = FOREIGN_TAG if platforms else OWN_TAG
    usual = build(request(tmp_path, "plain", "native", prefer_pure=False, **more))
    assert tags(usual) == {"both": native, "native": native, "plain": "py3-none-any"}
    pure = build(request(tmp_path, "plain", "native", prefer_pure=True, **more))
    assert tags(pure) == {"both": "py3-none-any", "native": native, "plain": "py3-none-any"}
    assert "there is no pure wheel of native 1.0" in pure.notices
    assert [notice for notice in usual.notices if "pure wheel of" in notice] == []


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_with_pure_wheels_alone_a_file_serves_every_python(resolver: str, links: Path, tmp_path: Path) -> None:
    usual = build(request(tmp_path, "both", prefer_pure=False, resolver=resolver))
    pure = build(request(tmp_path, "both", prefer_pure=True, resolver=resolver))
    assert any(notice.startswith("only ") for notice in usual.notices)
    assert pure.notices == ()
    assert pure.runs_on.startswith("CPython 3.6 and newer")


def test_a_pure_wheel_that_does_not_fit_is_none(links: Path, tmp_path: Path) -> None:
    result = build(request(tmp_path, "old", prefer_pure=True))
    assert tags(result) == {"old": OWN_TAG}


def test_what_a_lock_has_both_of_is_taken_pure(links: Path, tmp_path: Path) -> None:
    lock = Path("pylock.toml")
    locking.lock(request(tmp_path, "plain", "native", prefer_pure=False, resolver="uv", output=lock))
    usual = build(request(tmp_path, prefer_pure=False, lock=lock))
    pure = build(request(tmp_path, prefer_pure=True, lock=lock))
    assert tags(usual) == {"both": OWN_TAG, "native": OWN_TAG, "plain": "py3-none-any"}
    assert tags(pure) == {"both": "py3-none-any", "native": OWN_TAG, "plain": "py3-none-any"}
    # Remembered or not.
    assert tags(build(request(tmp_path, prefer_pure=True, lock=lock))) == tags(pure)
    assert tags(build(request(tmp_path, prefer_pure=False, lock=lock))) == tags(usual)


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_a_lock_that_is_written_so_leaves_no_choice(resolver: str, links: Path, tmp_path: Path) -> None:
    lock = Path("pylock.toml")
    locking.lock(request(tmp_path, "plain", prefer_pure=True, resolver=resolver, output=lock))
    assert tags(build(request(tmp_path, prefer_pure=False, lock=lock))) == {
        "both": "py3-none-any",
        "plain": "py3-none-any",
    }
    assert FOREIGN_TAG not in (tmp_path / lock).read_text()
