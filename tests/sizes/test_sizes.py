"""Bundles of any size are built in little memory, say what they are, and start on old and new Pythons."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.checkout import REPOSITORY
from tests.factories import large_wheel
from tests.interpreters import Interpreter, supported

GIB = 1 << 30
# Each wheel has two members of this size, so that none of them needs ZIP64 by itself.
MEMBER = 600_000_000
MOST_MEMORY = 150_000_000
MAIN = """
import os, {modules}
print(sum(os.path.getsize(os.path.join(os.path.dirname(m.__file__), n)) for m in ({modules},)
          for n in os.listdir(os.path.dirname(m.__file__)) if n.endswith(".bin")))
"""


@pytest.fixture(autouse=True)
def directory(tmp_path: Path) -> Iterator[Path]:
    """A directory that is emptied at once: pytest would keep the gigabytes of three runs."""
    yield tmp_path
    shutil.rmtree(tmp_path)


def pythons() -> list[Interpreter]:
    return [found for found in supported() if found.tag in ("cp38", "cp311", "cp313")]


def environment(directory: Path) -> dict[str, str]:
    left_out = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PEX_ROOT")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    own = {"PEX_ROOT": str(directory / "root"), "PEXLITE_CACHE_DIR": str(directory / "store")}
    return kept | own | {"UV_CACHE_DIR": str(directory / "uv"), "TMPDIR": str(directory)}


def measured(command: Sequence[object], directory: Path, **variables: str) -> tuple[str, int]:
    """The output of `command`, which has to end well, and the peak memory of it or any child, in bytes."""
    with (directory / "printed").open("wb+") as printed:
        process = subprocess.Popen(
            list(map(str, command)), cwd=directory, env=environment(directory) | variables, stdout=printed
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        text = printed.read().decode()
    assert process.returncode == 0, f"{command} ended with {process.returncode}\n{text}"
    return text, usage.ru_maxrss * 1024


def built(directory: Path, wheels: Sequence[Path], modules: Sequence[str]) -> tuple[Path, int]:
    """A bundle of `wheels` whose app adds up the sizes of their members, and the memory it took to build."""
    (directory / "count.py").write_text(MAIN.format(modules=", ".join(modules)))
    command = [sys.executable, "-m", "pexlite", *wheels, "count.py", "--no-index", "-q", "-o", "app.pex"]
    _, memory = measured(command, directory, PYTHONPATH=str(REPOSITORY))
    return directory / "app.pex", memory


@pytest.mark.parametrize(("count", "over"), [(2, 2 * GIB), (4, 4 * GIB)])
def test_a_file_of_several_gigabytes_starts_everywhere(count: int, over: int, directory: Path) -> None:
    names = [f"large{number}" for number in range(count)]
    wheels = [large_wheel(directory, name, {"a.bin": MEMBER, "b.bin": MEMBER}) for name in names]
    file, memory = built(directory, wheels, names)
    for wheel in wheels:
        wheel.unlink()
    shutil.rmtree(directory / "store")
    assert file.stat().st_size > over
    said = [f"{file.stat().st_size / GIB:.2f} GiB: built in {memory / 1e6:.0f} MB"]
    for python in pythons():
        printed, held = measured([python.path, file], directory)
        said.append(f"{python} in {held / 1e6:.0f} MB")
        assert int(printed) == 2 * count * MEMBER
    command = [sys.executable, "-m", "pexlite", "info", file, "--json"]
    facts = json.loads(measured(command, directory, PYTHONPATH=str(REPOSITORY))[0])
    assert len(facts["wheels"]) == count + 1
    print("; ".join(said))
    assert memory < MOST_MEMORY


def test_seventy_thousand_files_start_everywhere(directory: Path) -> None:
    members = {f"{number % 200:03}-{number}.bin": 10 for number in range(70_000)}
    wheel = large_wheel(directory, "many", members)
    file, memory = built(directory, [wheel], ["many"])
    said = [f"70,000 files: built in {memory / 1e6:.0f} MB"]
    for python in pythons():
        printed, held = measured([python.path, file], directory)
        said.append(f"{python} in {held / 1e6:.0f} MB")
        assert int(printed) == 700_000
    print("; ".join(said))
