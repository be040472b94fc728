"""The launcher reads what lzma writes, however it was compressed; all else it refuses, and stays in its memory."""

from __future__ import annotations

import lzma
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests import needs
from tests.launcher.fuzz import SOURCE
from tests.launcher.test_inflate import CONTENTS

_CHANCE = random.Random(8)
# Calls and jumps of x86, with signs and opcodes among their operands.
CODE = b"".join(
    bytes([_CHANCE.choice([0xE8, 0xE9, 0x90, 0x0F])]) + bytes(_CHANCE.choices([0, 0xFF, 0xE8, 0x12], k=4))
    for _ in range(60_000)
)
WAYS: dict[str, dict[str, Any]] = {
    "level 0": {"preset": 0},
    "level 6": {"preset": 6},
    "for text": {"preset": 6, "lc": 4, "pb": 0},
    "for words": {"preset": 6, "lc": 0, "lp": 4, "pb": 4},
    "a small dictionary": {"preset": 3, "dict_size": 4096},
}


@pytest.fixture(scope="module", params=["address,undefined", ""])
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The launcher's source with a `main` of its own, under the sanitizers and as it travels."""
    path = tmp_path_factory.mktemp("xz") / "xz"
    checks = [f"-fsanitize={request.param}", "-fno-sanitize-recover=all"] if request.param else ["-ffreestanding"]
    words: list[str | Path] = [
        "-std=gnu11",
        "-Os",
        *checks,
        "-Wno-unused-function",
        "-I",
        SOURCE,
        Path(__file__).with_name("xz.c"),
    ]
    built = subprocess.run([needs.program("cc"), *words, "-o", path], capture_output=True, text=True)
    if request.param and "cannot find" in built.stderr:
        pytest.skip("this compiler has no sanitizers")
    assert built.returncode == 0, built.stderr
    return path


def compressed(content: bytes, way: str, *, is_code: bool = False) -> bytes:
    filters = [*([{"id": lzma.FILTER_X86}] if is_code else []), {"id": lzma.FILTER_LZMA2, **WAYS[way]}]
    return lzma.compress(content, lzma.FORMAT_XZ, lzma.CHECK_NONE, filters=filters)


def read(program: Path, content: bytes, place: Path) -> subprocess.CompletedProcess[bytes]:
    file = place / "file.xz"
    file.write_bytes(content)
    return subprocess.run([program, file], capture_output=True)


@pytest.mark.parametrize("way", WAYS)
def test_what_comes_out_is_what_went_in(program: Path, way: str, tmp_path: Path) -> None:
    for name, content in {**CONTENTS, "code": CODE}.items():
        if not content:
            continue  # a stream without a block, as no archive has it
        done = read(program, compressed(content, way, is_code=name == "code"), tmp_path)
        assert (done.returncode, done.stderr) == (0, b""), name
        assert done.stdout == content, name


def test_streams_one_behind_the_other_are_read_in_order(program: Path, tmp_path: Path) -> None:
    contents = [CODE, CONTENTS["text"], CONTENTS["a byte"]]
    streams = [compressed(content, "level 6", is_code=content is CODE) for content in contents]
    done = read(program, b"".join(streams), tmp_path)
    assert done.returncode == 0 and done.stdout == b"".join(contents)
    assert lzma.decompress(b"".join(streams)) == done.stdout
    assert read(program, streams[0] * 9, tmp_path).returncode == 1


def test_streams_of_other_kinds_are_refused(program: Path, tmp_path: Path) -> None:
    delta = [{"id": lzma.FILTER_DELTA}, {"id": lzma.FILTER_LZMA2}]
    for content in (
        b"",
        b"x" * 100,
        lzma.compress(b"x" * 100, check=lzma.CHECK_CRC64),
        lzma.compress(b"x" * 100, lzma.FORMAT_ALONE),
        lzma.compress(b"x" * 100, check=lzma.CHECK_NONE, filters=delta),
        lzma.compress(b"", check=lzma.CHECK_NONE),
    ):
        assert read(program, content, tmp_path).returncode == 1, content


def test_whatever_is_changed_or_cut_it_ends_in_order(program: Path, tmp_path: Path) -> None:
    whole = compressed(CONTENTS["text"][:9000] + CODE[:3000], "level 6", is_code=True)
    for end in range(0, len(whole), 97):
        assert read(program, whole[:end], tmp_path).returncode == 1, end
    for _ in range(150):
        changed = bytearray(whole)
        for _ in range(_CHANCE.choice([1, 1, 3, 20])):
            changed[_CHANCE.randrange(len(changed))] = _CHANCE.randrange(256)
        done = read(program, bytes(changed), tmp_path)
        assert done.returncode in (0, 1, 4) and not done.stderr, bytes(changed)
