"""One flipped bit anywhere in a file: its app runs as ever, or an error in words and an exit code that is not 0.

A few flips each time, others every time. FLIPS=10000 tries more of them, FLIPS_SEED=N those of an earlier run:

    FLIPS=10000 python -m pytest -n 0 -s tests/runtime/test_flipped_bits.py    (nox -s flips)
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bundles import bundle_file, environment, function
from tests.factories import make_wheel
from tests.interpreters import supported

# The Python that has compiled the start of the file, so that it runs what is compiled.
PYTHON = supported()[0]
COUNT = int(os.environ.get("FLIPS", "20"))
SEED = int(os.environ.get("FLIPS_SEED", random.SystemRandom().randrange(1 << 32)))


@dataclass(frozen=True)
class Flip:
    """A bit of the file that is another, and whether its app is unpacked before it starts."""

    place: int
    bit: int
    warm: bool


@dataclass(frozen=True)
class Built:
    """A small file, a cache in which it is unpacked, and the places that nothing can check."""

    content: bytes
    cache: Path
    said: bytes
    unchecked: frozenset[int]
    """Those of the program that checks `__main__.pyc`: half of one in a hundred bytes of so small a file."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    directory = tmp_path_factory.mktemp("built")
    wheel = make_wheel(directory, "app", files={"app.py": "def main():\n    print('right')\n"})
    file = bundle_file(directory / "app.pex", [wheel], function("app", "main"))
    cache = directory / "cache"
    said = subprocess.run([PYTHON.path, file], env=environment(cache), capture_output=True, check=True).stdout
    return Built(file.read_bytes(), cache, said, _checker(file))


def _checker(file: Path) -> frozenset[int]:
    """The places of all in `__main__.pyc` but the compiled start that it holds, which is checked."""
    with zipfile.ZipFile(file) as opened:
        if "__main__.pyc" not in opened.namelist():
            return frozenset()  # only CPythons have the start compiled
        content = opened.read("__main__.pyc")
    start = file.read_bytes().index(content)
    # By far the longest stretch of it is that start, behind its length (marshal's "s").
    whole = len(content)
    sizes = {place: int.from_bytes(content[place + 1 : place + 5], "little") for place in range(16, whole - 5)}
    texts = [place for place in sizes if content[place] & 0x7F == ord("s")]
    held = next(place for place in texts if whole // 2 < sizes[place] < whole - place)
    inside = range(held + 5, held + 5 + sizes[held])
    return frozenset(start + place for place in range(len(content)) if place not in inside)


def flips(size: int) -> Iterator[Flip]:
    dice = random.Random(SEED)
    for _ in range(COUNT):
        yield Flip(dice.randrange(size), 1 << dice.randrange(8), dice.random() < 0.5)


def fault_of(flip: Flip, built: Built, directory: Path) -> str | None:
    """Words for what went wrong, None where nothing did."""
    content = bytearray(built.content)
    content[flip.place] ^= flip.bit
    file = directory / "app.pex"
    file.write_bytes(content)
    cache = built.cache if flip.warm else directory / "cache"
    try:
        done = subprocess.run([PYTHON.path, file], env=environment(cache), capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return None if flip.place in built.unchecked else "it never ends"
    finally:
        shutil.rmtree(directory / "cache", ignore_errors=True)
    if done.returncode == 0:
        return None if done.stdout == built.said else f"it ends with 0 and says {done.stdout!r}"
    if flip.place in built.unchecked:
        return None  # Python reads and runs these bytes before any program of ours could
    if done.returncode < 0:
        return f"signal {-done.returncode}"
    said = done.stderr.decode(errors="replace")
    return None if is_in_words(said) else said[-300:]


def is_in_words(said: str) -> bool:
    """Whether it is an error of ours, or of Python where it reads the zip's directory, before any program."""
    if "Traceback" not in said:
        # Python 3.14 shows the line that says it, older ones a name in it.
        told = ("error: ", "copy-the-file-here-again", "copy the file here again", "can't find '__main__' module")
        return any(words in said for words in told)
    frames = re.findall(r'File "(.*?)"', said)
    return all(frame.startswith("<frozen ") for frame in frames) and "zipimport" in said


def test_a_flipped_bit_is_told_or_does_no_harm(built: Built, tmp_path: Path) -> None:
    print(f"FLIPS_SEED={SEED}")
    found = {flip: fault_of(flip, built, tmp_path) for flip in flips(len(built.content))}
    assert {flip: fault for flip, fault in found.items() if fault} == {}
