"""The example that brings its own Python, in root file systems that have none, as an account without rights."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs
from tests.checkout import REPOSITORY, environment_with_pexlite

pytestmark = [pytest.mark.journey, pytest.mark.network]
USER = 12345
SHELL = ("sh", "tail", "head", "gzip", "tar", "mkdir", "mv", "rm", "chmod", "ls", "id", "uname", "cksum")
_OF_GLIBC = re.compile(r"(?:ld-linux[-\w]*|libc|libm|libdl|libpthread|librt|libutil)\.so\.\d+")


@pytest.fixture(scope="module", params=["elf", "sh"])
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, built for a start by this launcher."""
    place = tmp_path_factory.mktemp(str(request.param))
    directory = place / "own_python"
    shutil.copytree(REPOSITORY / "examples" / "own_python", directory)
    words = [
        "pexlite",
        "click",
        "-c",
        "facts:main",
        "-o",
        f"{request.param}.pex",
        "--python-from",
        needs.program("python3"),
    ]
    command = [*words, "--launcher", request.param]
    subprocess.run(command, cwd=directory, env=environment_with_pexlite(place), check=True, capture_output=True)
    return directory / f"{request.param}.pex"


def libraries_of(program: str) -> list[Path]:
    """The shared libraries that `program` loads, by the paths it is told to find them at."""
    told = subprocess.run([needs.program("ldd"), program], capture_output=True, text=True, check=False).stdout
    return [Path(path) for path in re.findall(r"(/\S+) \(0x", told)]


def put(root: Path, path: Path) -> None:
    """Copy a file of this machine to the same path below `root`."""
    place = root / path.relative_to("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, place)


def root_with(programs: tuple[str, ...], file: Path, root: Path) -> Path:
    """A root file system with glibc, `programs` of this machine with their libraries, the file, and a home."""
    root.mkdir()
    for library in libraries_of(os.path.realpath(sys.executable)):
        if _OF_GLIBC.fullmatch(library.name):
            put(root, library)
    for name in programs:
        if path := shutil.which(name):
            put(root, Path(path))
            for library in libraries_of(path):
                put(root, library)
            (root / "bin").mkdir(exist_ok=True)
            if not (root / "bin" / name).exists():
                shutil.copy(path, root / "bin" / name)
    if programs:
        (root / "dev").mkdir()
        os.mknod(root / "dev" / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        (root / "dev" / "null").chmod(0o666)
    shutil.copy(file, root / "app.pex")
    (root / "home").mkdir()
    os.chown(root / "home", USER, USER)
    for above in (root, *root.parents):
        if not above.stat().st_mode & 1:
            above.chmod(0o711)
    return root


def started(root: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    into = [needs.program("chroot", more="/usr/sbin"), f"--userspec={USER}:{USER}", str(root)]
    return subprocess.run([*into, *words], env=variables, capture_output=True, text=True, timeout=300)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another directory the root directory")
def test_the_example_runs_where_there_is_no_python(file: Path, tmp_path: Path) -> None:
    programs = SHELL if file.name == "sh.pex" else ()
    root = root_with(programs, file, tmp_path / "root")
    for _ in range(3):
        done = started(root, "/app.pex", "--json", HOME="/home", PATH="/bin")
        assert done.returncode == 0 and not done.stderr, done.stderr
        facts = json.loads(done.stdout)
        assert facts["account"] == USER
        assert facts["shell"] == bool(programs)
        assert " in /home/.pex/lite-2/interpreters/" in facts["python"]
    made = sorted(path.name for path in (root / "home/.pex/lite-2/interpreters").iterdir())
    assert len(made) == 1 and re.fullmatch("[0-9a-f]{32}", made[0])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make another directory the root directory")
def test_where_there_is_not_even_a_c_library_a_line_says_so(file: Path, tmp_path: Path) -> None:
    if file.name == "sh.pex":
        pytest.skip("without a C library only a static shell starts")
    root = root_with((), file, tmp_path / "root")
    for name in ("lib64", "lib", "usr"):
        shutil.rmtree(root / name, ignore_errors=True)
    done = started(root, "/app.pex", HOME="/home")
    assert done.returncode == 1
    assert re.match(r"error: app\.pex brings CPython 3\.\S+ for linux .*: there is no /lib\S* here\n", done.stderr)
    assert list((root / "home").iterdir()) == []
