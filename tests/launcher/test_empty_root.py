"""The launcher in a root file system with nothing in it: no shell, no C library, no /proc, no /tmp."""

from __future__ import annotations

import os
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import needs
from tests.launcher.files import Given, Member, archive_of, file_of, here, name_of

USER = 12345  # the account in the root file system, where root can take its place
# write(1, text, length); exit(0): code, where the distance to the text goes and from which byte, where the length.
_X86 = "b801000000 bf01000000 488d3500000000 ba00000000 0f05 b83c000000 31ff 0f05"


def program(text: bytes) -> bytes:
    """A static program for this machine that writes `text`."""
    if here() == "x86_64":
        code = bytearray.fromhex(_X86)
        struct.pack_into("<i", code, 13, len(code) - 17)
        struct.pack_into("<i", code, 18, len(text))
    else:
        words = [0xD2800020, 0x10000001 | 7 << 5, 0xD2800002 | len(text) << 5, 0xD2800808, 0xD4000001]
        code = bytearray(struct.pack("<8I", *words, 0xD2800000, 0xD2800BA8, 0xD4000001))
    size = 64 + 56 + len(code) + len(text)
    machine = {"x86_64": 62, "aarch64": 183}[here()]
    start = (
        b"\x7fELF\2\1\1"
        + bytes(9)
        + struct.pack("<HHIQQQIHHHHHH", 2, machine, 1, 0x400078, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    )
    return start + struct.pack("<IIQQQQQQ", 1, 5, 0, 0x400000, 0x400000, size, size, 0x10000) + code + text


@dataclass(frozen=True)
class Root:
    """A root file system, in which one account has a home."""

    place: Path

    def directory(self, name: str, mode: int = 0o755, *, own: bool = True) -> Path:
        """A new directory of the account's, or of another one's."""
        path = self.place / name
        path.mkdir(mode=mode, parents=True)
        path.chmod(mode)
        if own and os.geteuid() == 0:
            os.chown(path, USER, USER)
        return path

    def start(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Start /app in it, with these variables alone."""
        if os.geteuid() == 0:
            into = [needs.program("chroot", more="/usr/sbin"), f"--userspec={USER}:{USER}", str(self.place)]
        else:
            into = [needs.program("unshare"), "--map-root-user", f"--root={self.place}"]
        done = subprocess.run([*into, "/app", *words], env=variables, capture_output=True, text=True, timeout=60)
        if done.stderr.startswith(("unshare: ", "chroot: ")):
            pytest.skip(f"no other root file system can be had here: {done.stderr.strip()}")
        return done


@pytest.fixture
def root(tmp_path: Path) -> Root:
    for above in (tmp_path, tmp_path.parent):
        above.chmod(0o755)
    place = tmp_path / "root"
    place.mkdir()
    file_of(place / "app", given())
    return Root(place)


def given(**fields: str) -> Given:
    return Given(archive_of([Member("bin/python3.11", program(b"started\n"), 0o755)]), **fields)  # type: ignore[arg-type]


def test_a_file_starts_where_there_is_nothing_else(root: Root) -> None:
    home = root.directory("home")
    done = root.start("a", HOME="/home")
    assert (done.stdout, done.stderr, done.returncode) == ("started\n", "", 0)
    assert (home / ".pex/lite-2/interpreters" / name_of(given()) / "READY").exists()
    assert sorted(path.name for path in root.place.iterdir()) == ["app", "home"]


def test_the_home_of_an_account_without_a_variable_is_the_one_that_passwd_has(root: Root) -> None:
    home = root.directory("people/me")
    etc = root.directory("etc")
    account = USER if os.geteuid() == 0 else 0
    (etc / "passwd").write_text(
        f"other:x:7:7::/nowhere:/bin/sh\nme:x:{account}:{account}:,,,:/people/me:/bin/sh\n"
    )
    assert root.start().stdout == "started\n"
    assert (home / ".pex").is_dir()


def test_without_any_home_a_private_directory_is_used_and_a_switch_has_it_told(root: Root) -> None:
    root.directory("tmp", 0o1777)
    for _ in range(2):
        done = root.start()
        assert (done.stdout, done.stderr) == ("started\n", "")
    told = root.start(PEX_VERBOSE="1").stderr
    assert told.startswith("pexlite: there is no home directory: using /tmp/pexlite-")
    (made,) = (root.place / "tmp").iterdir()
    assert made.stat().st_mode & 0o7777 == 0o700


@pytest.mark.parametrize(
    ("variables", "words"),
    [({}, "there is no home directory"), ({"HOME": "/closed"}, "/closed/.pex cannot be written")],
)
def test_where_nothing_can_be_written_a_line_says_so(variables: dict[str, str], words: str, root: Root) -> None:
    if os.geteuid():
        pytest.skip("only root can make a directory that an account may not write to")
    root.directory("closed", own=False)
    done = root.start(**variables)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[0] == f"error: {words}"


def test_a_python_that_needs_a_c_library_says_that_there_is_none(root: Root) -> None:
    home = root.directory("home")
    file_of(root.place / "app", given(loader="/lib64/ld-linux-x86-64.so.2", libc="glibc 2.17"))
    done = root.start(HOME="/home")
    words = "and that does not run here: there is no /lib64/ld-linux-x86-64.so.2 here"
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, f"error: app brings CPython 3.11.9, {words}")
    assert list(home.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("size=1m", "error: no room to unpack into /home/.pex/lite-2: 9.0 MB needed, 1."),
        (
            "size=20m,nr_inodes=11",
            "error: no room to unpack into /home/.pex/lite-2: 0 more files can be made (inodes)",
        ),
        ("noexec", "error: /home/.pex is mounted noexec"),
    ],
)
def test_a_disk_that_is_small_or_runs_no_programs_is_told(options: str, words: str, root: Root) -> None:
    home = root.directory("home")
    file_of(root.place / "app", Given(given().archive, unpacked=9_000_000))
    chroot = needs.program("chroot", more="/usr/sbin")
    inside = f"mount -t tmpfs -o {options} none {home} && exec {chroot} {root.place} /app"
    command = [needs.program("unshare"), "--mount", "--map-root-user", "sh", "-c", inside]
    done = subprocess.run(
        command, env={"PATH": os.environ["PATH"], "HOME": "/home"}, capture_output=True, text=True
    )
    if done.stderr.startswith(("unshare: ", "mount: ")):
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    assert done.returncode == 1 and done.stderr.startswith(words), done.stderr
