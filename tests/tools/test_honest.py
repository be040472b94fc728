"""Files of every kind that a build writes are whole, with nothing left to be looked at elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pexlite.archive import layout
from pexlite.cli.main import run
from pexlite.model import BuildRequest, IndexSettings, LaunchOptions
from pexlite.pipeline.build import build
from pexlite.pipeline.patch import patch
from pexlite.tools.verify import verify_file
from tests.factories import make_wheel

pytestmark = pytest.mark.usefixtures("bare_machine")
PLATFORMS = ["manylinux_2_28_aarch64-cp-312-cp312", "manylinux_2_28_x86_64-cp-313-cp313", "win_amd64-cp-311-cp311"]


@pytest.fixture
def asked(tmp_path: Path) -> Callable[..., BuildRequest]:
    """A request for an application of three wheels, of which one is there for each of several platforms."""
    links = tmp_path / "links"
    links.mkdir()
    start = {"console_scripts": {"app": "app:main"}}
    make_wheel(
        links, "app", files={"app.py": "def main():\n    pass\n"}, requires=["fast", "certs"], entry_points=start
    )
    for tag in ("cp311-cp311-linux_x86_64", "cp312-cp312-manylinux_2_28_aarch64", "cp313-cp313-linux_x86_64"):
        make_wheel(links, "fast", files={"fast.py": f"on = {tag!r}\n"}, tag=tag)
    make_wheel(links, "fast", files={"fast.py": "on = 'any'\n"})
    make_wheel(links, "certs", files={"certs.py": "x = 1\n", "certs.txt": "much " * 2000})
    make_wheel(links, "certs", "2.0", files={"certs.py": "x = 2\n", "certs.pth": "more\n"})

    def request(*requirements: str, **more: Any) -> BuildRequest:
        index = IndexSettings(no_index=True, find_links=(str(links),))
        words = {"output": Path("app.pex"), **more}
        return BuildRequest(directory=tmp_path, requirements=requirements, index=index, **words)

    return request


KINDS: dict[str, dict[str, Any]] = {
    "one Python": {},
    "several platforms": {"platforms": PLATFORMS[:2]},
    "Windows too": {"platforms": PLATFORMS, "script": "app"},
    "bytecode": {"bytecode": True},
    "the sh header": {"script": "app", "launch": LaunchOptions(sh_boot=True)},
    "wheels that are not compressed": {"compress": False},
    "a bill": {"sbom": True},
    "all of it": {"compress": False, "bytecode": True, "sbom": True, "launch": LaunchOptions(sh_boot=True)},
}


@pytest.mark.parametrize("past_4_gib", [False, True], ids=["", "past 4 GiB"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_with(
    kind: str, past_4_gib: bool, asked: Callable[..., BuildRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    if KINDS[kind].get("sbom"):
        pytest.importorskip("cyclonedx")
    if past_4_gib:
        monkeypatch.setattr(layout, "_PLAIN_ZIP_LIMIT", 100)
    file = build(asked("app", **KINDS[kind])).path
    found = verify_file(file)
    assert not found.unchecked
    if KINDS[kind].get("compress", True):
        assert not verify_file(file, strict=True).unchecked
    changed = bytearray(file.read_bytes())
    for place in (2, len(changed) // 2, len(changed) - 30):
        changed[place] ^= 1
        file.write_bytes(changed)
        assert run(["verify", str(file)]) == 6
        changed[place] ^= 1


@pytest.mark.parametrize("kind", [kind for kind in KINDS if "platforms" not in KINDS[kind]])
def test_a_patched_file_with(kind: str, asked: Callable[..., BuildRequest]) -> None:
    if KINDS[kind].get("sbom"):
        pytest.importorskip("cyclonedx")
    file = build(asked("app", "certs<2", **KINDS[kind])).path
    result = patch(file, asked("certs>=2", output=Path("new.pex")), narrow=False)
    assert not verify_file(result.path).unchecked
    content = result.path.read_bytes()
    result.path.write_bytes(content.replace(b"certs.pth", b"derts.pth"))
    assert run(["verify", str(result.path)]) == 6
