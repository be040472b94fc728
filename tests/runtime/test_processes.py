"""The apps that a process may be using are told from what can be seen of the process."""

from __future__ import annotations

import grp
import os
import pwd
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from pexlite.runtime.cache.app import App, Ready
from pexlite.runtime.upkeep import users as processes
from tests import needs
from tests.bundles import bundle_file, function
from tests.factories import make_wheel

DAY = 86400
NOW = time.time()


def app(build_id: str = "aaaa") -> processes.Candidate:
    """An app of user 1000, last used 100 days ago, of a Python that need not be here."""
    found = processes.Candidate(App(f"/r/lite-2/apps/{build_id}-cp311-1"), NOW - 100 * DAY)
    found.python, found.owner, found.file_name = "/usr/bin/python3.11", 1000, "app.pex"
    found.wheels, found.is_found_otherwise = ("w1", "w2"), False
    return found


def process(*words: str, days: float = 1, owner: int = 1000, **seen: str) -> processes.Process:
    given: dict[str, Any] = {"program": "/usr/bin/python3.11", "directory": "/", **seen}
    return processes.Process(list(words), NOW - days * DAY, owner, **given)


ORDINARY = str(Path(__file__))  # a script that is there and is no built file

USED = [
    ("bin/python of the app", process("/r/lite-2/apps/aaaa-cp311-1/bin/python", "-m", "x")),
    ("a script in bin", process("/bin/sh", "/r/lite-2/apps/aaaa-cp311-1/bin/tool")),
    (
        "a file of a wheel is mapped",
        process("java", program="/usr/bin/java", mapped="/r/lite-2/wheels/w2/x.so"),
    ),
    ("the script is gone", process("python3", "/not/there.pex")),
    ("the script is not found, the directory being unknown", process("python3", "app.pex", directory="")),
    ("the script is an open file of its own", process("python3", "/dev/fd/0")),
    ("the name was changed", process("worker: master [app]")),
    ("Python was replaced", process("python3", "/not/there", program="/usr/bin/python3.11 (deleted)")),
    ("it holds the app's mark", process("python3", ORDINARY, mapped="/r/lite-2/apps/aaaa-cp311-1/READY")),
    ("of another user, by its name", process("python3", "./app.pex", owner=7, program="", directory="")),
    ("nothing can be seen, and it is old", process("python3", "a", days=101, owner=7, program="", directory="")),
]
NOT_USED = [
    ("bin/python of another app", process("/r/lite-2/apps/bbbb-cp311-1/bin/python", "x", mapped="/wheels/w1/x")),
    ("another Python", process("python3", "/not/there.pex", program="/opt/python3.12")),
    ("a Python told of another cache", process("python3", "/not/there.pex", root="/other")),
    ("no Python", process("vim", "/not/there.pex", program="/usr/bin/vim")),
    ("a module is run", process("python3", "-Im", "x", days=101)),
    ("code is run", process("python3", "-c", "x", days=101)),
    ("a script is run", process("python3", "-W", "error", "-X", "dev", ORDINARY, days=101)),
    ("nothing can be seen, and it is young", process("python3", "a", owner=7, program="", directory="")),
]


@pytest.mark.parametrize(
    ("seen", "used"),
    [
        *(pytest.param(seen, True, id=name) for name, seen in USED),
        *(pytest.param(seen, False, id=name) for name, seen in NOT_USED),
    ],
)
def test_a_process_uses_an_app_or_not(seen: processes.Process, used: bool) -> None:
    seen.program, seen.directory = seen.program or None, seen.directory or None
    assert processes._used_by(seen, [app()]) == (["aaaa-cp311-1"] if used else [])


def test_a_file_that_is_as_it_was_says_which_app_it_is(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "x", files={"x.py": ""})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("x", "main"))
    own = app(processes._build_id(str(file)))
    for words in (["python3", "app.pex"], ["python3", "-m", "pdb", str(file)]):
        shown = process(*words, days=-0.1, directory=str(tmp_path), mapped="/wheels/w1/x")
        assert processes._used_by(shown, [own]) == [own.name]
        assert processes._used_by(shown, [app()]) == []
        shown.started = NOW - DAY  # before the file came to be
        assert processes._used_by(shown, [app()]) == ["aaaa-cp311-1"]


def test_a_damaged_file_says_nothing(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "x", files={"x.py": ""})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("x", "main"))
    with zipfile.ZipFile(file) as opened:
        facts = opened.getinfo("PEX-INFO")
    assert facts.compress_type == zipfile.ZIP_DEFLATED
    content = bytearray(file.read_bytes())
    name, extra = struct.unpack_from("<2H", content, facts.header_offset + 26)
    content[facts.header_offset + 30 + name + extra] = 0xFF  # no kind of block that there is
    file.write_bytes(content)
    with pytest.raises(zlib.error):
        processes._build_id(str(file))
    shown = process("python3", str(file), days=-0.1)
    assert processes._used_by(shown, [app()]) == ["aaaa-cp311-1"]
    shown.root = "/other"
    assert processes._used_by(shown, [app()]) == []


@pytest.mark.parametrize(
    ("command", "script"),
    [
        ("python", ""),
        ("python -", ""),
        ("python -c code x.py", ""),
        ("python -Im module x.py", ""),
        ("python x.py -m y", "x.py"),
        ("python -I -B x.py", "x.py"),
        ("python -Wdefault::x:m -X importtime x.py", "x.py"),
        ("python --check-hash-based-pycs never x.py", "x.py"),
        ("python3 -u /a/b", "/a/b"),
    ],
)
def test_the_script_of_a_command_line(command: str, script: str) -> None:
    assert processes._script(command.split()) == script


@pytest.mark.parametrize(
    ("elapsed", "seconds"), [("00:07", 7), ("04:05", 245), ("1:00:00", 3600), ("2-03:04:05", 183845)]
)
def test_times_of_ps(elapsed: str, seconds: int) -> None:
    assert processes._seconds(elapsed) == seconds


@pytest.mark.parametrize("look", [processes._from_proc, processes._from_ps], ids=["proc", "ps"])
def test_a_real_process_is_seen(look: object, tmp_path: Path) -> None:
    if look is processes._from_proc:
        needs.shown_processes()
    else:
        needs.program("ps")
        needs.shell_of_its_own()  # else ps is one of busybox, which has other options
    child = subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()", "a-word-of-its-own"],
        stdin=subprocess.PIPE,
        cwd=tmp_path,
    )
    try:
        (seen,) = [found for found in look() if "a-word-of-its-own" in found.words]  # type: ignore[operator]
        assert seen.owner == os.getuid()
        assert abs(seen.started - time.time()) < 120
        if look is processes._from_proc:
            assert seen.directory == str(tmp_path)
            assert Path(seen.program).samefile(sys.executable)
            assert seen.program in seen.mapped
    finally:
        child.communicate(b"", timeout=60)


def test_a_process_is_seen_as_it_starts() -> None:
    """Until its exec is done a process shows no words; nearly every look that follows a start meets one."""
    needs.shown_processes()
    for number in range(20):
        child = subprocess.Popen(
            [sys.executable, "-S", "-c", "import sys; sys.stdin.read()", f"start-{number}"], stdin=subprocess.PIPE
        )
        try:
            assert f"start-{number}" in processes._words(f"/proc/{child.pid}")
        finally:
            child.communicate(b"", timeout=60)


def test_threads_of_the_kernel_and_zombies_are_not_seen(tmp_path: Path) -> None:
    needs.shown_processes()
    child = subprocess.Popen([sys.executable, "-S", "-c", ""])
    until = time.monotonic() + 60
    while processes._facts(f"/proc/{child.pid}")[0] != "Z":
        assert time.monotonic() < until
    try:
        started = time.monotonic()
        assert all(found.words != [""] or found.program for found in processes._from_proc())
        assert time.monotonic() - started < 30
    finally:
        child.wait(timeout=60)


@pytest.mark.parametrize(
    ("environment", "root"),
    [
        ("A=1\0PEX_ROOT=/x/../y\0HOME=/h\0", "/y"),
        ("PEX_ROOT=\0HOME=/h\0", "/h/.pex"),
        ("HOME=/h\0odd\0", "/h/.pex"),
        ("PEX_ROOT=x\0HOME=/h\0", None),
        ("PEX_ROOT=~/x\0HOME=/h\0", None),
        ("HOME=h\0", None),
        ("", None),
    ],
)
def test_the_cache_that_a_process_was_told_of(environment: str, root: str | None) -> None:
    assert processes._root(environment) == root


def test_a_list_of_others_who_may_enter_opens_a_home(everybodys: Path) -> None:
    # acl(5): version; then tag, permissions and id of owner, a user, group, mask, others.
    entries = [(1, 7, -1), (2, 5, os.getuid() + 1), (4, 0, -1), (16, 5, -1), (32, 0, -1)]
    told = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
    home = everybodys / "home"
    home.mkdir(mode=0o700)
    assert processes.is_closed(str(home), os.getuid())
    try:
        os.setxattr(home, "system.posix_acl_access", told)
    except OSError:
        pytest.skip("/tmp keeps no access control lists here")
    assert not processes.is_closed(str(home), os.getuid())


@pytest.mark.parametrize(
    ("modes", "closed"),
    [
        ((0o700, 0o755, 0o755), True),
        ((0o755, 0o700, 0o755), True),
        ((0o755, 0o755, 0o700), True),
        ((0o744, 0o755, 0o755), True),
        ((0o755, 0o755, 0o755), False),
        ((0o711, 0o755, 0o755), False),
        ((0o710, 0o755, 0o755), None),  # as the group has others, or not
    ],
)
def test_a_cache_in_a_home_that_nobody_else_can_enter_is_used_by_nobody_else(
    modes: tuple[int, ...], closed: bool | None, everybodys: Path
) -> None:
    home = everybodys / "home"
    place = home / ".pex" / "lite-2" / "apps" / "aaaa-cp311-1"
    place.mkdir(parents=True)
    for path in place.parents[:3]:
        path.chmod(0o755)
    for path, mode in zip((home, home / ".pex", place), modes, strict=True):
        path.chmod(mode)
    if closed is None:
        group, user = grp.getgrgid(home.stat().st_gid), pwd.getpwuid(os.getuid()).pw_name
        closed = group.gr_name == user and not set(group.gr_mem) - {user}
    assert processes.is_closed(str(place), os.getuid()) is closed
    found = processes.Candidate(App(str(place)), NOW)
    found.python, found.is_found_otherwise = "/usr/bin/python3.11", True
    hidden = process("python3", "a", owner=os.getuid() + 1, program="", directory="")
    assert processes._used_by(hidden, [found]) == ([] if closed else [place.name])
    own = process("python3", "a", owner=os.getuid(), program="", directory="")
    assert processes._used_by(own, [found]) == [place.name]
    named = process("python3", f"{place}/run.py", owner=os.getuid() + 1)
    assert processes._used_by(named, [found]) == [place.name]


@pytest.mark.parametrize("root", [None, "/var/cache/apps"])
def test_a_cache_that_the_file_itself_names_is_used_whatever_the_variables_say(
    root: str | None, tmp_path: Path
) -> None:
    place = tmp_path / "lite-2" / "apps" / "aaaa-cp311-1"
    place.mkdir(parents=True)
    (place / "READY").write_bytes(Ready("aaaa", [], "x.pex", root or "", []).text())
    found = processes.Candidate(App(str(place)), NOW)
    found.python = "/usr/bin/python3.11"
    shown = process("python3", "/not/there.pex", owner=found.owner, root="/elsewhere")
    assert processes._used_by(shown, [found]) == ([place.name] if root else [])
