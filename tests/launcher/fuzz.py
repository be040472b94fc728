"""A program that unpacks archives which are anything (fuzz.c), and archives for it to begin with."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pexlite
from tests.launcher.files import PYTHON, Member, tar_of

SOURCE = Path(pexlite.__file__).parent / "launcher" / "source"
LONG = Member("lib/" + "n" * 150 + "/" + "m" * 120, b"long")
LINKS = (Member("bin/python3", link="python3.11"), Member("lib/up", link="../bin/" + "p" * 120))
SOME = (*PYTHON, LONG, *LINKS, Member("share", kind=tarfile.DIRTYPE), Member("lib/b", bytes(range(256)) * 20))

OUTSIDE = (
    *(Member("../x", b"x"), Member("lib/x", link="../../x"), Member("lib/b", b"x" * 600_000)),
    *(Member("x" * 5000), Member("x" * 70_000), Member("x", link="y/" * 2500), Member("lib/b", bytes(400_000))),
)


def seeds(directory: Path) -> list[Path]:
    """Archives in several forms, with a byte in front that says whether they are compressed."""
    tars = [tar_of(SOME, form) for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT)]
    tars += [tar_of([*PYTHON, member]) for member in OUTSIDE]
    packed = [gzip.compress(tars[0], level, mtime=0) for level in (0, 1, 9)] + [
        gzip.compress(one, mtime=0) for one in tars[2:]
    ]
    contents = [b"\0" + content for content in tars] + [b"\1" + content for content in packed]
    for number, content in enumerate(contents):
        (directory / f"seed{number}").write_bytes(content)
    return sorted(directory.glob("seed*"))


def options(sanitizers: str) -> list[str]:
    """The words for a C compiler, but for the output."""
    checks = [f"-fsanitize={sanitizers}", "-fno-sanitize-recover=all", "-Wno-unused-function"]
    return ["-O1", "-g", *checks, "-I", str(SOURCE), str(Path(__file__).with_name("fuzz.c"))]


def main(directory: Path) -> None:
    """Write the program for libFuzzer, and what it begins with, to `directory`."""
    names = ["clang", *(f"clang-{version}" for version in range(14, 25))]
    clang = next(filter(None, map(shutil.which, names)), "clang")
    words = [clang, "-DLIBFUZZER", *options("fuzzer,address,undefined"), "-o", str(directory / "fuzz")]
    subprocess.run(words, check=True)
    (directory / "seeds").mkdir(exist_ok=True)
    seeds(directory / "seeds")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
