"""Wheels in frames of zstandard, read by the room: unpacked as any other, or told to be damaged or unreadable."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pexlite.archive.frames import contents, packed
from pexlite.model import BuildRequest, LaunchOptions
from pexlite.pipeline.build import build
from pexlite.runtime.file import zip as archive
from pexlite.runtime.unpack import write
from tests import needs
from tests.bundles import environment, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter, supported

LARGE = 3 << 20


@pytest.fixture(autouse=True)
def compression(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The standard library's module, for which an older Python has the other one, which is alike."""
    found = needs.zstandard()
    package = ModuleType("compression")
    monkeypatch.setattr(package, "zstd", found, raising=False)
    monkeypatch.setitem(sys.modules, "compression", package)
    monkeypatch.setitem(sys.modules, "compression.zstd", found)
    return found


@dataclass
class InFrames:
    """A file with nothing in it but the frames of a zip, and their entry in a manifest."""

    path: Path
    place: dict[str, Any]
    files: dict[str, bytes]

    def members(self, descriptor: int) -> list[archive.Member]:
        return archive.read_members(descriptor, self.place, "x.whl")


@pytest.fixture
def held(tmp_path: Path) -> InFrames:
    files = {f"pkg/{number}.py": f"X = {number}\n".encode() * 3000 for number in range(120)}
    files["pkg/large.bin"] = os.urandom(1000) * (LARGE // 1000)
    files["pkg/empty"] = b""
    source = tmp_path / "x.whl"
    with zipfile.ZipFile(source, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    parts = [(packed(content), len(content)) for content in contents(source)]
    path = tmp_path / "frames"
    path.write_bytes(b"before" + b"".join(one for one, _ in parts))
    directory = [made.start_dir, source.stat().st_size - made.start_dir - 22, len(files), None]
    place = {
        "offset": 6,
        "size": path.stat().st_size - 6,
        "directory": directory,
        "zstd": [[len(one), size] for one, size in parts],
    }
    return InFrames(path, place, files)


@pytest.fixture
def descriptor(held: InFrames) -> Iterator[int]:
    opened = os.open(held.path, os.O_RDONLY)
    yield opened
    os.close(opened)


def test_members_are_read_whole_and_in_pieces(held: InFrames, descriptor: int) -> None:
    members = held.members(descriptor)
    assert [member.name for member in members] == list(held.files)
    for member in members:
        assert bytes(archive.read_member(descriptor, member)) == held.files[member.name]
        assert b"".join(archive.pieces(descriptor, member)) == held.files[member.name]
        assert not write.is_copied(member)


def test_processes_write_them_and_share_no_frame(held: InFrames, descriptor: int, tmp_path: Path) -> None:
    jobs = [(one, os.fsencode(tmp_path / one.name.replace("/", "-"))) for one in held.members(descriptor)]
    batches, sizes = write._batches(jobs)
    assert sorted(path for batch in batches for _, path in batch) == sorted(path for _, path in jobs)
    assert sizes == [sum(member.size for member, _ in batch) for batch in batches]
    small = [batch for batch in batches if batch[0][0].size < LARGE // 2]
    frames = [{write._frame(job) for job in batch} for batch in small]
    assert len(frames) > 1
    assert not any(one & other for one in frames for other in frames if one is not other)
    write.members(descriptor, jobs, int)
    for member, path in jobs:
        assert Path(os.fsdecode(path)).read_bytes() == held.files[member.name]


@contextlib.contextmanager
def memory() -> Iterator[list[int]]:
    """The most bytes that were taken meanwhile, once it is over."""
    found: list[int] = []
    tracemalloc.start()
    try:
        yield found
        found.append(tracemalloc.get_traced_memory()[1])
    finally:
        tracemalloc.stop()


def test_one_frame_at_a_time_lies_in_memory(held: InFrames, descriptor: int) -> None:
    members = held.members(descriptor)
    with memory() as most:
        for member in 4 * members:
            for _ in archive.pieces(descriptor, member):
                pass
    assert most[0] < 3 * LARGE  # the large member, as it is joined, and a frame


def a_frame_less(held: InFrames) -> None:
    held.place["zstd"].pop()


def a_large_frame(held: InFrames) -> None:
    held.place["zstd"][0][1] = (8 << 20) + 1


def an_empty_frame(held: InFrames) -> None:
    held.place["zstd"].insert(0, [1, 0])


def a_large_directory(held: InFrames) -> None:
    content = packed(bytes(8 << 20))
    held.path.write_bytes(b"before" + 3 * content)
    held.place.update(
        size=3 * len(content), zstd=3 * [[len(content), 8 << 20]], directory=[0, (16 << 20) + 1, 1, None]
    )


@pytest.mark.parametrize("change", [a_frame_less, a_large_frame, an_empty_frame, a_large_directory])
def test_frames_of_no_build_are_damage(
    change: Callable[[InFrames], None], held: InFrames, descriptor: int
) -> None:
    change(held)
    with pytest.raises(archive.Damaged, match=r"x\.whl has changed|the directory of x\.whl"):
        held.members(descriptor)


def garbage(content: bytes) -> bytes:
    return content[:20] + b"garbage" + content[27:]


def a_bomb(content: bytes) -> bytes:
    bomb = packed(bytes(1 << 25))
    return content[:6] + bomb + content[6 + len(bomb) :]


def cut(content: bytes) -> bytes:
    return content[:50]


@pytest.mark.parametrize("damage", [garbage, a_bomb, cut])
def test_a_frame_that_has_changed_is_damage_in_little_memory(
    damage: Callable[[bytes], bytes], held: InFrames, descriptor: int, tmp_path: Path
) -> None:
    members = held.members(descriptor)
    held.path.write_bytes(damage(held.path.read_bytes()))
    with memory() as most:
        with pytest.raises(archive.Damaged):
            archive.read_member(descriptor, members[0])
        with pytest.raises(archive.Damaged):
            write.members(descriptor, [(one, os.fsencode(tmp_path / "out")) for one in members[:1]], int)
    assert most[0] < 8 << 20


def test_without_a_zstandard_it_is_unreadable_and_not_damaged(
    held: InFrames, descriptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "compression", None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    with pytest.raises(archive.Unreadable, match=r"x\.whl is packed by zstandard"):
        held.members(descriptor)


# -- files, where a Python starts them ---------------------------------------------------------------

MAIN = """\
import os
import helper


def main():
    with open(os.path.join(os.path.dirname(helper.__file__), "large.bin"), "rb") as file:
        print(helper.TEXT, len(file.read()))
"""


@pytest.fixture
def python() -> Interpreter:
    return needs.python_with_zstandard()


def prose(seed: int) -> str:
    """A comment of 2,000 words, in which hardly anything is said twice in a row."""
    words = [f"word{number}" for number in range(300)]
    return "# " + " ".join(random.Random(seed).choices(words, k=2000)) + "\n"


@pytest.fixture
def wheels(tmp_path: Path) -> list[Path]:
    files: dict[str, str | bytes] = {f"helper/more{seed}.py": prose(seed) for seed in range(5)}
    files["helper/__init__.py"] = f"TEXT = 'well'\n{prose(9)}"
    files["helper/large.bin"] = b"\0\1" * (LARGE // 2)
    return [
        make_wheel(tmp_path, "app", files={"app.py": MAIN + prose(7), "more.py": prose(8)}),
        make_wheel(tmp_path, "helper", files=files, data={"scripts/tool": "#!python\nprint('tool')\n"}),
    ]


@pytest.fixture
def file(bare_machine: None, python: Interpreter, wheels: list[Path], tmp_path: Path) -> Path:
    return built(tmp_path, wheels, python)


def built(tmp_path: Path, wheels: list[Path], python: Interpreter, **more: Any) -> Path:
    request = BuildRequest(
        directory=tmp_path,
        requirements=tuple(map(str, wheels)),
        entry_point="app:main",
        output=Path("app.pex"),
        pythons=(str(python.path),),
        zstd=True,
        **more,
    )
    path = build(request).path
    with zipfile.ZipFile(path) as opened:
        assert [name for name in opened.namelist() if name.startswith(".deps/")] == [
            f".deps/{wheel.name}.zst" for wheel in wheels
        ]
    return path


WAYS: dict[str, dict[str, Any]] = {
    "plain": {},
    "sh": {"launch": LaunchOptions(sh_boot=True)},
    "bytecode": {"bytecode": True},
    "start list": {"trace_start": ("",)},
}


@pytest.mark.parametrize("way", WAYS)
def test_it_starts_as_any_other(
    way: str, bare_machine: None, python: Interpreter, wheels: list[Path], tmp_path: Path
) -> None:
    file = built(tmp_path, wheels, python, **WAYS[way])
    command = [file] if way == "sh" else [python.path, file]
    for _ in range(2):
        assert run(command, environment(tmp_path / "root")).stdout == f"well {LARGE}\n"


def test_its_tools_work(python: Interpreter, file: Path, wheels: list[Path], tmp_path: Path) -> None:
    tools = environment(tmp_path / "root", PEX_TOOLS="1")
    assert run([python.path, file, "verify"], tools).stdout == "app.pex is whole: 2 wheels have their sha256\n"
    run([python.path, file, "extract", tmp_path / "out"], tools)
    for path in wheels:
        assert (tmp_path / "out" / path.name).read_bytes() == path.read_bytes()
    run([python.path, file, "venv", tmp_path / "venv"], tools)
    assert run([tmp_path / "venv" / "bin" / "tool"], tools).stdout == "tool\n"
    run([python.path, file, "warm"], tools)
    said = run([python.path, file, "verify", "--cache"], tools).stdout
    assert "2 wheels have the files that they should" in said
    assert "app" in run([python.path, file, "graph"], tools).stdout


def test_what_is_lost_in_the_cache_is_written_again(python: Interpreter, file: Path, tmp_path: Path) -> None:
    variables = environment(tmp_path / "root")
    run([python.path, file], variables)
    for path in (tmp_path / "root").rglob("helper"):
        shutil.rmtree(path)
    again = run([python.path, file], variables, check=False)
    assert "start it again" in again.stderr or again.stdout == f"well {LARGE}\n"
    assert run([python.path, file], variables).stdout == f"well {LARGE}\n"


def test_a_frame_that_has_changed_is_told_as_any_damage(python: Interpreter, file: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(file) as opened:
        place = opened.getinfo(".deps/helper-1.0-py3-none-any.whl.zst").header_offset
    content = bytearray(file.read_bytes())
    content[place + 300 : place + 310] = b"x" * 10
    file.write_bytes(content)
    done = run([python.path, file], environment(tmp_path / "root"), check=False)
    assert done.returncode == 1
    assert re.match("error: app.pex is damaged: .*(has changed|where it should be)\n", done.stderr)
    assert done.stderr.splitlines()[1] == "hint: copy it here again"


def test_an_older_python_says_what_it_needs(file: Path, tmp_path: Path) -> None:
    older = [found for found in supported() if found.version < (3, 14)]
    if not older:
        pytest.skip("takes a Python older than 3.14")
    variables = environment(tmp_path / "root", PATH="/nonexistent")
    done = run([older[0].path, file], variables, check=False)
    assert "app.pex needs CPython 3.14 and newer" in done.stderr
    tools = {**variables, "PEX_TOOLS": "1"}
    assert "2 wheels have their sha256" in run([older[0].path, file, "verify"], tools).stdout
    refused = subprocess.run(
        [older[0].path, file, "extract", tmp_path / "out"], env=tools, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 6
    assert refused.stderr.endswith("is packed by zstandard, and compression.zstd came with CPython 3.14\n")


def test_a_python_built_without_it_says_so(python: Interpreter, file: Path, tmp_path: Path) -> None:
    (tmp_path / "hidden" / "compression").mkdir(parents=True)
    program = (
        "import runpy, sys\n"
        "sys.modules['compression.zstd'] = None\n"
        f"sys.argv = [{str(file)!r}]\n"
        f"runpy.run_path({str(file)!r}, run_name='__main__')\n"
    )
    done = run([python.path, "-c", program], environment(tmp_path / "root"), check=False)
    assert done.returncode == 1
    assert f"error: app.pex cannot be read by {python.path}" in done.stderr
    assert "hint: start it with a Python that has it: PEX_PYTHON=/path/to/python" in done.stderr
