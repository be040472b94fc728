"""Where the launcher unpacks: accounts, shared caches, disks that are full or run no programs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.own_python.files import TELLING, Launched, launched, packed, shell_named

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another account")
NOBODY = 65534


@pytest.fixture
def everybodys(app: Launched) -> Iterator[Launched]:
    """The same file where any account reaches it; `home` is a directory for temporary files, as /tmp is."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        place = Path(name, "tmp")
        place.mkdir()
        place.chmod(0o1777)
        shutil.copy(app.path, Path(name, "app"))
        yield Launched(Path(name, "app"), app.name, place)


def as_nobody(command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    """The command, run by an account that owns nothing."""
    env = {"PATH": "/usr/bin:/bin", **variables}
    return subprocess.run(
        command, env=env, capture_output=True, text=True, user=NOBODY, group=NOBODY, extra_groups=[]
    )


@as_root
@pytest.mark.parametrize("home", ["", "/", "/nonexistent", "/proc"])
def test_without_a_home_that_can_be_written_a_private_directory_is_used_and_found_again(
    everybodys: Launched, home: str, shell: str
) -> None:
    variables = {"TMPDIR": str(everybodys.home), **({"HOME": home} if home else {})}
    for _ in range(2):
        done = as_nobody([*shell_named(shell), str(everybodys.path)], **variables)
        assert done.stderr == ""
        (private,) = everybodys.home.iterdir()
        assert private.name.startswith(f"pexlite-{NOBODY}-") and private.stat().st_mode & 0o777 == 0o700
        assert done.stdout.startswith(f"{private}/lite-2/interpreters/{everybodys.name}/bin/python3.11|")


@as_root
def test_a_private_directory_of_another_account_is_not_taken(everybodys: Launched) -> None:
    trap = everybodys.home / f"pexlite-{NOBODY}-aaaaaaaa"
    trap.mkdir(mode=0o700)
    os.chown(trap, 12345, 12345)
    open_to_all = everybodys.home / f"pexlite-{NOBODY}-bbbbbbbb"
    open_to_all.mkdir()
    os.chown(open_to_all, NOBODY, NOBODY)
    open_to_all.chmod(0o777)
    done = as_nobody(["dash", str(everybodys.path)], TMPDIR=str(everybodys.home), HOME="/nonexistent")
    assert done.stdout and "aaaaaaaa" not in done.stdout and "bbbbbbbb" not in done.stdout


@as_root
@pytest.mark.parametrize("part", ["", "/lite-2", "/lite-2/interpreters", "/lite-2/interpreters/{name}"])
def test_root_runs_nothing_that_an_account_could_have_changed(everybodys: Launched, part: str) -> None:
    home = everybodys.path.parent / "home"
    home.mkdir()
    first = everybodys.start(HOME=str(home))
    assert first.stderr == ""
    found = Path(f"{home}/.pex{part}".format(name=everybodys.name))
    os.chown(found, NOBODY, NOBODY)
    done = everybodys.start(HOME=str(home), TMPDIR=str(everybodys.home))
    assert done.stderr.startswith(
        f"pexlite: {found} belongs to another account ({NOBODY}): using {everybodys.home}/"
    )
    assert done.stdout.startswith(f"{everybodys.home}/pexlite-0-")
    os.chown(found, 0, 0)
    found.chmod(0o775)
    done = everybodys.start(HOME=str(home), TMPDIR=str(everybodys.home))
    assert done.stderr.startswith(f"pexlite: {found} may be written by others")


@as_root
def test_the_home_of_another_account_gets_nothing_of_roots(everybodys: Launched) -> None:
    home = everybodys.path.parent / "home"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    done = everybodys.start(HOME=str(home), TMPDIR=str(everybodys.home))
    assert (
        f"pexlite: {home} belongs to another account ({NOBODY}): using {everybodys.home}/pexlite-0-" in done.stderr
    )
    assert list(home.iterdir()) == []


@as_root
def test_an_account_uses_what_root_has_unpacked_for_all(everybodys: Launched, tmp_path: Path) -> None:
    root = everybodys.path.parent / "shared"
    everybodys.start(PEX_ROOT=str(root))
    done = as_nobody(["dash", str(everybodys.path)], PEX_ROOT=str(root), HOME="/nonexistent")
    assert done.stdout.startswith(f"{root}/lite-2/interpreters/{everybodys.name}/bin/python3.11|")
    assert done.stderr == ""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a file system in memory with such options."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(options: str) -> Path:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", place], capture_output=True)
        if done.returncode:
            pytest.skip("no file system can be mounted here")
        return place

    yield mount
    subprocess.run(["umount", place], capture_output=True)


@as_root
def test_a_cache_from_which_no_program_may_be_run_is_told_and_left(
    app: Launched, disk: Callable[[str], Path], shell: str, tmp_path: Path
) -> None:
    place = disk("size=4m,noexec")
    (tmp_path / "temporary").mkdir()
    done = app.start(shell=shell, HOME=str(place), TMPDIR=f"{tmp_path}/temporary")
    assert done.stderr.startswith(
        f"pexlite: {place}/.pex is mounted noexec: using {tmp_path}/temporary/pexlite-0-"
    )
    assert done.stdout.startswith(f"{tmp_path}/temporary/pexlite-0-")
    assert not list((place / ".pex/lite-2/interpreters").iterdir())


@as_root
@pytest.mark.parametrize("shell", ["dash", "busybox"])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("size=1m", "no room to unpack into {place}/.pex/lite-2: 4.0 MB needed, 1.0 MB free"),
        ("size=8m,nr_inodes=12", "No space left on device"),
    ],
)
def test_a_full_disk_is_told_and_nothing_stays(
    options: str, words: str, disk: Callable[[str], Path], tmp_path: Path, shell: str
) -> None:
    files = {f"lib/{number}": os.urandom(400_000) for number in range(10)}
    app = launched(tmp_path, packed(tmp_path, {"bin/python3.11": TELLING, **files}))
    place = disk(options)
    done = app.start(shell=shell, HOME=str(place))
    assert words.format(place=place) in done.stderr
    assert done.stderr.splitlines()[1].startswith("hint: make room")
    assert (done.returncode, list((place / ".pex/lite-2/interpreters").iterdir())) == (1, [])
