"""The launcher inflates as zlib does, however something was compressed and read, and digests as hashlib."""

from __future__ import annotations

import hashlib
import random
import subprocess
import zlib
from pathlib import Path

import pytest

from tests import needs
from tests.launcher.fuzz import SOURCE

_CHANCE = random.Random(16)
_WORDS = [_CHANCE.randbytes(_CHANCE.randint(1, 12)) for _ in range(400)]
CONTENTS = {
    "nothing": b"",
    "a byte": b"x",
    "text": Path(subprocess.__file__).read_bytes() * 9,
    "zeros": bytes(900_000),
    "of short periods": b"".join(_CHANCE.randbytes(size) * 9000 for size in (2, 3, 7, 8, 9)),
    "of chance": _CHANCE.randbytes(400_000),
    # Codes of all lengths, matches from near and far.
    "words": b"".join(_CHANCE.choices(_WORDS, [1 / (at + 1) ** 2 for at in range(400)], k=40_000)),
    "few at a distance": _CHANCE.randbytes(32_760) * 9,
    "rare letters": bytes(min(int(_CHANCE.expovariate(0.9)), 255) for _ in range(300_000)),
}
WAYS = {
    "level 0": (0, zlib.Z_DEFAULT_STRATEGY),
    "level 1": (1, zlib.Z_DEFAULT_STRATEGY),
    "level 9": (9, zlib.Z_DEFAULT_STRATEGY),
    "no matches": (6, zlib.Z_HUFFMAN_ONLY),
    "fixed codes": (6, zlib.Z_FIXED),
    "runs": (6, zlib.Z_RLE),
}


@pytest.fixture(scope="module", params=["address,undefined", ""])
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The launcher's source with a `main` of its own, under the sanitizers and as it travels."""
    path = tmp_path_factory.mktemp("inflate") / "inflate"
    checks = [f"-fsanitize={request.param}", "-fno-sanitize-recover=all"] if request.param else ["-ffreestanding"]
    source = Path(__file__).with_name("inflate.c")
    command: list[str | Path] = [
        needs.program("cc"),
        "-std=gnu11",
        "-Os",
        *checks,
        "-Wno-unused-function",
        "-I",
        SOURCE,
        source,
    ]
    built = subprocess.run([*command, "-o", path], capture_output=True, text=True)
    if request.param and "cannot find" in built.stderr:
        pytest.skip("this compiler has no sanitizers")
    assert built.returncode == 0, built.stderr
    return path


def compressed(content: bytes, way: str) -> bytes:
    level, strategy = WAYS[way]
    made = zlib.compressobj(level, zlib.DEFLATED, 31, 9, strategy)
    return made.compress(content) + made.flush()


@pytest.mark.parametrize("way", WAYS)
def test_what_comes_out_is_what_went_in(program: Path, way: str, tmp_path: Path) -> None:
    for name, content in CONTENTS.items():
        file = tmp_path / "file.gz"
        file.write_bytes(compressed(content, way))
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        for chunk, *words in (("65536",), ("1000",), ("31", "software")):
            done = subprocess.run([program, file, chunk, *words], capture_output=True)
            assert (done.returncode, done.stderr.decode()) == (0, f"{digest}\n"), (name, chunk)
            assert done.stdout == content, (name, chunk)


def test_a_stream_that_is_cut_or_changed_never_ends_well(program: Path, tmp_path: Path) -> None:
    whole, file = compressed(CONTENTS["text"][:60_000], "level 9"), tmp_path / "file.gz"
    for end in (0, 5, 10, 17, 18, 1000, len(whole) - 9, len(whole) - 8, len(whole) - 1):
        file.write_bytes(whole[:end])
        assert subprocess.run([program, file, "65536"], capture_output=True).returncode == 2, end
    file.write_bytes(whole[:-4] + bytes(4))
    assert subprocess.run([program, file, "65536"], capture_output=True).returncode == 1
