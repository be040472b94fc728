"""A file that is not what was built is told in a line, and nothing of it is run or kept."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from pexlite.model import LaunchOptions
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter, supported

APP = "import helper\n\n\ndef main():\n    print('right', helper.words)\n    return 3\n"
HELPER = {"helper/__init__.py": "words = 'words'\n" + "# what fills it\n" * 40, "helper/data.txt": "data " * 99}


@pytest.fixture(scope="module", params=["python", "sh"])
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that prints a line and returns 3, by either header."""
    directory = tmp_path_factory.mktemp("good")
    wheels = [
        make_wheel(directory, "app", files={"app.py": APP, "__main__.py": "print('the wrong code')\n"}),
        make_wheel(directory, "helper", files={**HELPER, "__main__.py": "print('the wrong code')\n"}),
    ]
    launch = LaunchOptions(sh_boot=request.param == "sh")
    return bundle_file(directory / "app.pex", wheels, function("app", "main"), launch=launch)


def places(file: Path) -> list[int]:
    """Offsets of bytes to alter: some in every part of the file, always the same."""
    with zipfile.ZipFile(file) as archive:
        starts = [0, *(entry.header_offset for entry in archive.infolist()), archive.start_dir]
        starts.extend(archive.start_dir + 46 * number for number in range(4))
    ends = [*starts[1:], file.stat().st_size]
    dice = random.Random(7)
    inside = [dice.randrange(start, end) for start, end in zip(starts, ends, strict=True) if start < end]
    return [*inside, *(starts[0:1]), *range(file.stat().st_size - 22, file.stat().st_size, 3)]


# In the bytes behind a wheel, what keeps Python from running that wheel is cut off as well (docs/file.md).
UNGUARDED = 30 + len(".deps/helper-1.0-py3-none-any.whl") + 8


def cuts(file: Path) -> list[int]:
    """Sizes to which the file is cut, in every part of it."""
    size = file.stat().st_size
    with zipfile.ZipFile(file) as archive:
        behind = [entry.header_offset for entry in archive.infolist()]
    found = [size - 1, size - 30, size // 2, size // 3, *range(3000, size, size // 24)]
    return [cut for cut in found if not any(0 <= cut - end < UNGUARDED for end in behind)]


def tells_of_a_cut(said: str, python: Interpreter) -> bool:
    """Whether Python, which takes what has no directory for a program, shows the line that says what to do."""
    # PyPy looks for null bytes in all of it before it reads a line.
    null = "SyntaxError: source code cannot contain null bytes\n"
    return "copy the file here again" in said or (python.tag[:2] == "pp" and said.endswith(null))


class Tried:
    """A start of the altered file, with an empty cache and with the good file's cache."""

    def __init__(self, file: Path, python: Path, directory: Path) -> None:
        self.good = file
        self.broken = directory / "broken" / "app.pex"
        self.broken.parent.mkdir()
        self.python = python
        path = f"{directory / 'bin'}{os.pathsep}/usr/bin:/bin"
        (directory / "bin").mkdir()
        (directory / "bin" / "python3").symlink_to(python)
        self.cold = environment(directory / "cold", PATH=path)
        self.warm = environment(directory / "warm", PATH=path)
        assert self.start(self.good, self.warm).stdout == "right words\n"

    def start(self, file: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
        by_sh = self.good.read_bytes().startswith(b"#!/bin/sh")
        command: list[str | Path] = ["/bin/sh", file] if by_sh else [self.python, file]
        return run(command, env, check=False)

    def check(self, content: bytes) -> None:
        self.broken.write_bytes(content)
        shutil.rmtree(self.cold["PEX_ROOT"], ignore_errors=True)
        for env in (self.warm, self.cold):
            self.judge(self.start(self.broken, env))
        done = self.start(self.good, self.cold)
        assert (done.returncode, done.stdout, done.stderr) == (3, "right words\n", "")

    @staticmethod
    def judge(done: subprocess.CompletedProcess[str]) -> None:
        if done.returncode == 3:
            assert done.stdout == "right words\n"
            # With a byte of the header altered sh may say so, and go on.
            own = f"{done.args[-1]}: "
            assert all(line.startswith(own) or "/bin/sh: not found" in line for line in done.stderr.splitlines())
            return
        assert done.returncode and done.stdout == "" and done.stderr
        lines = done.stderr.splitlines()
        # Lines of our own, or what Python or sh says of a file that it cannot read at all.
        ours = any(line.startswith("error: ") for line in lines)
        assert ours or "Error: " in lines[-1] or len(lines) == 1, done.stderr
        assert "wrong" not in done.stderr


def test_a_byte_that_changed_is_told_or_does_not_matter(file: Path, newest: Interpreter, tmp_path: Path) -> None:
    tried = Tried(file, newest.path, tmp_path)
    content = file.read_bytes()
    for index, place in enumerate(places(file)):
        altered = bytearray(content)
        altered[place] ^= 1 << index % 8
        tried.check(bytes(altered))


def test_a_file_that_is_cut_off_says_so_and_runs_none_of_its_wheels(
    file: Path, newest: Interpreter, tmp_path: Path
) -> None:
    tried = Tried(file, newest.path, tmp_path)
    content = file.read_bytes()
    for size in cuts(file):
        tried.broken.write_bytes(content[:size])
        done = tried.start(tried.broken, tried.cold)
        assert done.returncode == 1 and done.stdout == ""
        assert tells_of_a_cut(done.stderr, newest)


def test_a_file_that_is_cut_off_says_so_on_every_python(python: Interpreter, teller: Path, tmp_path: Path) -> None:
    broken = tmp_path / "app.pex"
    for size in cuts(teller)[:3]:
        broken.write_bytes(teller.read_bytes()[:size])
        done = run([python.path, broken], environment(tmp_path / "root"), check=False)
        assert done.returncode == 1 and tells_of_a_cut(done.stderr, python)


def altered(file: Path, part: str, *, after: bytes = b"") -> bytes:
    """The file with one bit of the member `part` changed: the first after the bytes `after`."""
    content = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as archive:
        entry = archive.getinfo(part)
    start = content.index(after, entry.header_offset + 30 + len(part)) + len(after)
    content[start if after else start + 60] ^= 16
    return bytes(content)


# Each in a part that is checked by other means: a literal, code, what is deflated, the parts of a wheel.
ALTERED = [
    ("__main__.py", b"'inherit_path': 'fals"),
    ("__main__.py", b"'start': ('ap"),
    ("PEX-INFO", b""),
    ("__main__.py", b"cache_root(fact"),
    ("__pexlite__.txt", b""),
    (".deps/app-1.0-py3-none-any.whl", b"PK\x01\x02\x14\x03\x14\x00\x00\x00\x08\x00\x00\x00\x21\x00"),
    (".deps/helper-1.0-py3-none-any.whl", b"helper/__init__.py"),
]


@pytest.mark.parametrize(("part", "after"), ALTERED)
def test_the_line_names_the_file_and_the_remedy(
    part: str, after: bytes, python: Interpreter, teller_wheels: list[Path], tmp_path: Path
) -> None:
    wheels = [make_wheel(tmp_path, "app", files={"app.py": APP}), make_wheel(tmp_path, "helper", files=HELPER)]
    good = bundle_file(tmp_path / "good.pex", wheels, function("app", "main"))
    broken = tmp_path / "app.pex"
    broken.write_bytes(altered(good, part, after=after))
    done = run([python.path, broken], environment(tmp_path / "root"), check=False)
    error, hint = done.stderr.splitlines()
    assert error.startswith("error: app.pex is damaged: ") and hint == "hint: copy it here again"
    assert (done.returncode, done.stdout) == (1, "")
    assert not list((tmp_path / "root").glob("lite-2/apps/*/READY"))


def test_a_changed_literal_is_found_by_a_later_start_too(python: Interpreter, file: Path, tmp_path: Path) -> None:
    env = environment(tmp_path / "root")
    run([python.path, file], env, check=False)
    broken = tmp_path / "app.pex"
    broken.write_bytes(altered(file, "__main__.py", after=b"'inherit_path': 'fals"))
    done = run([python.path, broken], env, check=False)
    if python == supported()[0]:  # which has the literals in its own `__main__.pyc`
        assert done.stdout == "right words\n"
    else:
        assert done.stderr == "error: app.pex is damaged: __main__.py has changed\nhint: copy it here again\n"
    assert run([python.path, file], env, check=False).stdout == "right words\n"


@pytest.mark.parametrize("after", [b"inherit_pathu\5\0\0\0fals", b"build_idu\x10\0\0\0", b"cache_roo"])
def test_a_changed_literal_of_the_compiled_start_is_told(
    after: bytes, newest: Interpreter, file: Path, tmp_path: Path
) -> None:
    env = environment(tmp_path / "root")
    run([newest.path, file], env, check=False)
    broken = tmp_path / "app.pex"
    broken.write_bytes(altered(file, "__main__.pyc", after=after))
    for given in (env, environment(tmp_path / "other")):
        done = run([newest.path, broken], given, check=False)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == "error: this file is damaged: __main__.pyc has changed\nhint: copy it here again\n"


def test_damage_of_the_file_takes_nothing_out_of_the_cache(
    newest: Interpreter, file: Path, tmp_path: Path
) -> None:
    env = environment(tmp_path / "root")
    run([newest.path, file], env, check=False)
    before = sorted(path for path in (tmp_path / "root").rglob("*") if path.suffix != ".pyc")
    broken = tmp_path / "app.pex"
    for part, after in ALTERED:
        if "whl" not in part:
            broken.write_bytes(altered(file, part, after=after))
            run([newest.path, broken], env, check=False)
    assert sorted(path for path in (tmp_path / "root").rglob("*") if path.suffix != ".pyc") == before
