"""The first start by the launcher: its Python is unpacked whole or not at all, and a line says why not."""

from __future__ import annotations

import lzma
import os
import signal
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

from tests.launcher.files import (
    END,
    PYTHON,
    TELLING,
    Given,
    Member,
    archive_of,
    file_of,
    here,
    name_of,
    tar_of,
    xz_of,
)

NO_FILE = "a member that is no file, directory or link"
LONG = "lib/" + "n" * 150 + "/" + "m" * 120
MANY = (*PYTHON, Member(LONG, b"long"), Member("lib/empty"), Member("share", kind=tarfile.DIRTYPE),
        Member("bin/python3", link="python3.11"), Member("lib/up", link="../bin/python3"),
        Member("lib/big.bin", bytes(range(256)) * 3000))  # fmt: skip


def started(file: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    given = {"PATH": "/usr/bin:/bin", "HOME": str(file.parent), **variables}
    return subprocess.run(
        [f"./{file.name}", *words], cwd=file.parent, env=given, capture_output=True, text=True, timeout=60
    )


def unpacked(root: Path) -> list[str]:
    """The names of the unpacked Pythons, temporary ones included."""
    return sorted(path.name for path in (root / "lite-2" / "interpreters").iterdir())


ARCHIVES = {
    "pax": archive_of(MANY, tarfile.PAX_FORMAT),
    "gnu": archive_of(MANY, tarfile.GNU_FORMAT),
    "xz": xz_of(MANY[:4], MANY[4:]),
    "xz of one": lzma.compress(tar_of(MANY), check=lzma.CHECK_NONE),
}


@pytest.mark.parametrize("form", ARCHIVES)
def test_a_first_start_unpacks_the_python_and_becomes_it(form: str, tmp_path: Path) -> None:
    given = Given(ARCHIVES[form])
    done = started(file_of(tmp_path / "app", given), "a b", "")
    home = tmp_path / ".pex" / "lite-2" / "interpreters" / name_of(given)
    assert done.stdout.startswith(f"{home}/bin/python3.11|./app a b |"), done.stderr
    assert (home / "READY").read_text() == f"pexlite interpreter {given.lines(0)[-1].split()[1]}\n"
    assert (home / LONG).read_bytes() == b"long"
    assert (home / "lib/big.bin").read_bytes() == bytes(range(256)) * 3000
    assert (home / "lib/up").read_bytes() == TELLING
    assert (home / "lib/os.py").stat().st_mtime == 315532800
    assert os.access(home / "bin/python3.11", os.X_OK) and not os.access(home / "lib/os.py", os.X_OK)
    assert (tmp_path / ".pex" / "CACHEDIR.TAG").read_bytes().startswith(b"Signature: 8a477f597d28d17")
    assert unpacked(tmp_path / ".pex") == [name_of(given)]


@pytest.mark.parametrize("level", [0, 1, 6, 9])
def test_however_it_was_compressed_it_comes_out_the_same(level: int, tmp_path: Path) -> None:
    import gzip

    noise = b"".join((at * at * 2654435761 % 65521).to_bytes(3, "little") * (at % 7) for at in range(40_000))
    given = Given(gzip.compress(tar_of([*PYTHON, Member("lib/noise", noise)]), level, mtime=1))
    assert started(file_of(tmp_path / "app", given)).returncode == 0
    home = tmp_path / ".pex" / "lite-2" / "interpreters" / name_of(given)
    assert (home / "lib/noise").read_bytes() == noise


@pytest.mark.parametrize(
    ("member", "words"),
    [
        (Member("../out", b"x"), "a name that leads out of it"),
        (Member("/tmp/out", b"x"), "a name that leads out of it"),
        (Member("lib/../../out", b"x"), "a name that leads out of it"),
        (Member("lib/out", link="/etc"), "a link that leads out of it"),
        (Member("lib/out", link="../../x"), "a link that leads out of it"),
        (Member("lib/out", link="deeper/../../../x"), "a link that leads out of it"),
        (Member("bin/python3.11", b"x"), "a name that comes twice"),
        (Member("lib/os.py/x", b"x"), "a path leads through a file"),
        (Member("READY", b"x"), "a READY of its own"),
        (Member("lib/pipe", kind=tarfile.FIFOTYPE), NO_FILE),
        (Member("lib/disk", kind=tarfile.BLKTYPE), NO_FILE),
        (Member("lib/hard", link="bin/python3.11", kind=tarfile.LNKTYPE), NO_FILE),
        (Member("lib/" + "x" * 300, b"x"), "a name that leads out of it"),
        (Member("lib/large", b"x" * (1 << 20)), "more than it should hold"),
    ],
)  # fmt: skip
def test_an_archive_that_is_not_ours_leaves_nothing_behind(member: Member, words: str, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    done = started(file_of(tmp_path / "home" / "app", Given(archive_of([*PYTHON, member]))))
    assert done.returncode == 1 and done.stdout == ""
    assert words in done.stderr and done.stderr.count("\n") == 2
    assert unpacked(tmp_path / "home" / ".pex") == []
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ([], [Member("../out", b"x")], "a name that leads out of it"),
        ([Member("../out", b"x")], [], "a name that leads out of it"),
        ([], [Member("lib/large", b"x" * (1 << 20))], "more than it should hold"),
        ([Member("lib/os.py", b"x")], [], "a name that comes twice"),
        ([], [Member("READY", b"x")], "a READY of its own"),
    ],
)
def test_of_two_streams_either_may_be_refused(
    first: list[Member], second: list[Member], words: str, tmp_path: Path
) -> None:
    given = Given(xz_of([*PYTHON[:1], *first], [*PYTHON[1:], *second]))
    done = started(file_of(tmp_path / "app", given))
    assert done.returncode == 1 and done.stdout == ""
    assert words in done.stderr and done.stderr.count("\n") == 2
    assert unpacked(tmp_path / ".pex") == []


@pytest.mark.parametrize(
    "archive",
    [b"\3757zXZ\0" + bytes(200), lzma.compress(tar_of(PYTHON)), xz_of()[:-16], xz_of() + bytes(4)],
    ids=["nothing else", "with a check", "cut", "padded"],
)
def test_an_xz_that_no_build_writes_is_damage(archive: bytes, tmp_path: Path) -> None:
    done = started(file_of(tmp_path / "app", Given(archive)))
    assert done.stderr == "error: app is damaged: the Python in it has changed\nhint: copy it here again\n"
    assert unpacked(tmp_path / ".pex") == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_interrupted_while_two_unpack_nothing_is_left(number: int, tmp_path: Path) -> None:
    noise = [Member(f"lib/noise{at}", os.urandom(1 << 14)) for at in range(400)]
    given = Given(xz_of([*PYTHON[:1], *noise[:200]], [*PYTHON[1:], *noise[200:]]), unpacked=1 << 24)
    file = file_of(tmp_path / "app", given)
    for pause in (0.01, 0.03, 0.06, 0.1):
        process = subprocess.Popen(
            [file], env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, stdout=subprocess.DEVNULL
        )
        time.sleep(pause)
        process.send_signal(number)
        process.wait()
        time.sleep(0.05)
        left = unpacked(tmp_path / ".pex") if (tmp_path / ".pex/lite-2/interpreters").exists() else []
        assert left in ([], [name_of(given)]), process.returncode


def test_a_link_of_the_archive_is_never_followed(tmp_path: Path) -> None:
    members = [*PYTHON, Member("lib/link", link="../bin"), Member("lib/link/python3", b"x")]
    done = started(file_of(tmp_path / "app", Given(archive_of(members))))
    assert "a path leads through a file" in done.stderr
    assert unpacked(tmp_path / ".pex") == []


@pytest.mark.parametrize("kept", [0.2, 0.9, 0.999])
@pytest.mark.parametrize("end", [b"", END])
def test_a_file_that_is_cut_off_says_so(kept: float, end: bytes, tmp_path: Path) -> None:
    noise = os.urandom(200_000)
    file = file_of(tmp_path / "app", Given(archive_of([*PYTHON, Member("lib/noise", noise)])))
    content = file.read_bytes()
    file.write_bytes(content[: int(len(content) * kept)] + end)
    done = started(file)
    assert (done.returncode, done.stdout) == (1, "")
    assert "error: app is damaged: " in done.stderr and "hint: copy it here again" in done.stderr
    assert not list(tmp_path.glob(".pex/lite-2/interpreters/*"))


@pytest.mark.parametrize("archive", [archive_of(), xz_of()], ids=["gzip", "xz"])
def test_a_changed_byte_is_seen_wherever_it_is(archive: bytes, tmp_path: Path) -> None:
    given = Given(archive)
    whole = file_of(tmp_path / "whole", given).read_bytes()
    for place in range(len(whole) - len(END) - len(given.archive), len(whole) - len(END), 23):
        file = tmp_path / "app"
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        file.chmod(0o755)
        done = started(file)
        assert done.returncode == 1 and "app is damaged: " in done.stderr, (place, done)
        assert unpacked(tmp_path / ".pex") == []


def test_what_a_killed_start_left_is_in_nobodys_way(tmp_path: Path) -> None:
    noise = os.urandom(1 << 22)
    given = Given(archive_of([*PYTHON, Member("lib/noise", noise)]), unpacked=1 << 23)
    file = file_of(tmp_path / "app", given)
    for pause in (0.002, 0.01, 0.02, 0.04):
        process = subprocess.Popen(
            [file], env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, stdout=subprocess.PIPE
        )
        time.sleep(pause)
        process.kill()
        process.communicate()
        home = tmp_path / ".pex" / "lite-2" / "interpreters" / name_of(given)
        assert not home.exists() or (home / "lib/noise").read_bytes() == noise
    assert started(file).returncode == 0


def test_many_first_starts_at_once_unpack_one_python(tmp_path: Path) -> None:
    given = Given(archive_of([*PYTHON, Member("lib/noise", os.urandom(1 << 20))]), unpacked=1 << 21)
    file = file_of(tmp_path / "app", given)
    several = [
        subprocess.Popen([file], env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
        for _ in range(40)
    ]  # fmt: skip
    told = [process.communicate(timeout=60) for process in several]
    assert {(process.returncode, error) for process, (_, error) in zip(several, told, strict=True)} == {(0, "")}
    assert unpacked(tmp_path / ".pex") == [name_of(given)]


@pytest.mark.parametrize("damage", ["READY", "bin/python3.11", "DAMAGED"])
def test_a_python_that_was_damaged_is_unpacked_again_file_by_file(damage: str, tmp_path: Path) -> None:
    given = Given(archive_of(MANY))
    file = file_of(tmp_path / "app", given)
    assert started(file).returncode == 0
    home = tmp_path / ".pex" / "lite-2" / "interpreters" / name_of(given)
    (home / damage).write_bytes(b"")
    (home / "lib/more.py").write_text("kept")
    held = os.open(home / "lib", os.O_RDONLY)
    done = started(file)
    assert done.returncode == 0 and done.stdout
    assert os.path.sameopenfile(held, os.open(home / "lib", os.O_RDONLY))
    assert (home / "lib/more.py").read_text() == "kept"
    assert not (home / "DAMAGED").exists()
    assert ("was damaged: it has been unpacked again" in done.stderr) == (damage != "READY")
    assert unpacked(tmp_path / ".pex") == [name_of(given)]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"loader": "/lib/ld-of-another.so.1"}, "there is no /lib/ld-of-another.so.1 here"),
        ({"loader": "{glibc}", "libc": "glibc 2.999"}, "it needs glibc 2.999, and this is glibc 2."),
    ],
)
def test_a_python_for_another_c_library_is_refused_before_it_is_unpacked(
    given: dict[str, str], words: str, tmp_path: Path
) -> None:
    glibc = {"x86_64": "/lib64/ld-linux-x86-64.so.2", "aarch64": "/lib/ld-linux-aarch64.so.1"}[here()]
    if "{glibc}" in given.values() and not Path(glibc).exists():
        pytest.skip("there is no glibc here")
    fields = {name: text.format(glibc=glibc) for name, text in given.items()}
    done = started(file_of(tmp_path / "app", Given(archive_of(), **fields)))  # type: ignore[arg-type]
    assert done.stderr.startswith(f"error: app brings CPython 3.11.9, and that does not run here: {words}")
    assert not (tmp_path / ".pex").exists()


def test_a_python_that_does_not_start_is_not_kept(tmp_path: Path) -> None:
    broken = Member("bin/python3.11", b"#!/bin/sh\necho 'no module' >&2\nexit 1\n", 0o755)
    done = started(file_of(tmp_path / "app", Given(archive_of([broken]))))
    assert done.stderr.startswith("error: app brings CPython 3.11.9, and that does not run here: no module\n")
    assert unpacked(tmp_path / ".pex") == []


def test_a_python_for_a_newer_glibc_is_told_where_only_its_start_shows_it(tmp_path: Path) -> None:
    words = "/lib/libc.so.6: version `GLIBC_2.99' not found (required by python)"
    program = f'#!/bin/sh\necho "$0: {words}" >&2\nexit 1\n'.replace("`", r"\`").encode()
    done = started(file_of(tmp_path / "app", Given(archive_of([Member("bin/python3.11", program, 0o755)]))))
    assert done.stderr.startswith(
        "error: app brings CPython 3.11.9, and that does not run here: it needs glibc 2.99\n"
    )


@pytest.mark.parametrize(
    ("library", "version"),
    [(b"GLIBC_2.2.5\0GLIBC_2.30\0", "2.30"), (b"GLIBC_2.30\0, stable release version 2.31.\n", "2.31")],
)
def test_a_host_s_glibc_is_told_as_it_tells_itself(library: bytes, version: str, tmp_path: Path) -> None:
    (tmp_path / "libc.so.6").write_bytes(b"x" * 65530 + library + b"x" * 40)
    (tmp_path / "ld.so").touch()
    given = Given(archive_of(), loader=f"{tmp_path}/ld.so", libc="glibc 2.34")
    done = started(file_of(tmp_path / "app", given))
    assert f"it needs glibc 2.34, and this is glibc {version}\n" in done.stderr


SLOW = Member("bin/python3.11", b"#!/bin/sh\nexec sleep 20\n", 0o755)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_start_leaves_nothing(sent: signal.Signals, tmp_path: Path) -> None:
    file = file_of(tmp_path / "app", Given(archive_of([SLOW])))
    start = subprocess.Popen(
        [file],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        start_new_session=True,
        # Tests may run in the background, where SIGINT is ignored.
        preexec_fn=lambda: signal.signal(sent, signal.SIG_DFL),
    )
    end = time.time() + 20
    while not list(tmp_path.glob(".pex/lite-2/interpreters/.*/bin/python3.11")) and time.time() < end:
        time.sleep(0.01)
    time.sleep(0.1)
    os.killpg(start.pid, sent)
    assert start.wait(timeout=20) == -sent
    assert unpacked(tmp_path / ".pex") == []


def test_a_signal_that_is_ignored_stays_so(tmp_path: Path) -> None:
    given = Given(archive_of())
    start = subprocess.Popen(
        [file_of(tmp_path / "app", given)],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        stdout=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    )
    start.send_signal(signal.SIGHUP)
    assert start.wait(timeout=20) == 0 and unpacked(tmp_path / ".pex") == [name_of(given)]


def test_a_disk_that_has_too_little_room_is_told_before_anything_is_written(tmp_path: Path) -> None:
    done = started(file_of(tmp_path / "app", Given(archive_of(), unpacked=1 << 60)))
    assert done.stderr.startswith(
        f"error: no room to unpack into {tmp_path}/.pex/lite-2: 1152921504606.8 MB needed, "
    )
    assert unpacked(tmp_path / ".pex") == []
