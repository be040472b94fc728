"""The launcher in sh unpacks a Python once: whole or not there, with few tools, in every shell."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.own_python.files import END, LIBRARY, SHELLS, TELLING, Launched, launched, packed, shell_named


def test_the_first_start_unpacks_and_becomes_it_the_next_one_finds_it(app: Launched, shell: str) -> None:
    done = app.start("a b", "", "*", shell=shell)
    assert done.stderr == ""
    program = f"{app.place}/bin/python3.11"
    assert done.stdout.split("|")[:2] == [program, f"{app.path} a b  *"]
    assert (app.place / "READY").read_text().startswith(f"pexlite interpreter {app.name}")
    assert [path.name for path in app.interpreters.iterdir()] == [app.name]
    written = (app.place / "lib/os.py").stat().st_ctime_ns
    assert app.start(shell=shell).stdout.startswith(program)
    assert (app.place / "lib/os.py").stat().st_ctime_ns == written


@pytest.mark.parametrize("mask", ["022", "077", "000", "027"])
def test_what_is_unpacked_is_closed_to_others_and_the_app_has_its_umask(app: Launched, mask: str) -> None:
    command = ["/bin/sh", "-c", f"umask {mask}; exec dash {app.path}"]
    env = {"HOME": str(app.home), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split("|")[2] == f"0{mask}"
    for path in [app.interpreters, *app.interpreters.rglob("*")]:
        assert not path.stat().st_mode & (0o022 | int(mask, 8) & 0o700)
    assert [path.stat().st_mode & 0o777 for path in (app.home / ".pex/lite-2/locks").iterdir()] == [0o600]


def test_a_python_home_of_the_host_is_not_the_files(app: Launched) -> None:
    assert app.start(PYTHONHOME="/nowhere", PEX_CHOSEN_PYTHON="own").stdout.split("|")[3] == "HOME="


@pytest.mark.parametrize(
    ("root", "place"),
    [
        ("{home}/a b'\"$x", "{home}/a b'\"$x"),
        ("relative/it is", "{cwd}/relative/it is"),
        ("~/c", "{home}/c"),
        ("{home}/c//", "{home}/c"),
        ("{home}/link", "{home}/link"),
        ("{home}/new\nline", "{home}/new\nline"),
    ],
)
def test_the_root_may_be_any_path(app: Launched, root: str, place: str, tmp_path: Path) -> None:
    (app.home / "real").mkdir()
    (app.home / "link").symlink_to("real")
    named = root.format(home=app.home, cwd=Path.cwd())
    command = ["dash", str(app.path)]
    env = {"HOME": str(app.home), "PATH": "/usr/bin:/bin", "PEX_ROOT": named}
    found = place.format(home=app.home, cwd=tmp_path)
    for _ in range(2):
        done = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert done.stdout.startswith(f"{found}/lite-2/interpreters/{app.name}/bin/python3.11|")
        assert done.stderr == ""


def test_a_relative_home_is_below_the_current_directory(app: Launched, shell: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [*shell_named(shell), str(app.path)],
        env={"HOME": "my home", "PATH": "/usr/bin:/bin"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    assert done.stdout.startswith(f"{tmp_path}/my home/.pex/lite-2/interpreters/{app.name}/bin/python3.11|")


@pytest.mark.parametrize("variables", ["PEX_ROOT=here", "HOME=here"])
def test_a_relative_root_needs_the_current_directory(
    app: Launched, variables: str, shell: str, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    words = " ".join(shell_named(shell))
    command = f'rmdir "$PWD" && {variables} exec {words} {app.path}'
    env = {"HOME": str(app.home), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        ["/bin/sh", "-c", command], env=env, cwd=gone, capture_output=True, text=True, timeout=60
    )
    assert done.stderr.endswith("error: the current directory is gone\nhint: start app from another one\n")
    assert (done.returncode, done.stdout, gone.exists()) == (1, "", False)


def _cut(path: Path) -> None:
    path.write_bytes(b"")


def _mark(place: Path) -> None:
    (place / "DAMAGED").touch()
    _cut(place / "lib/os.py")
    shutil.rmtree(place / "lib/more")


DAMAGE: dict[str, Callable[[Path], None]] = {
    "the program is gone": lambda place: (place / "bin/python3.11").unlink(),
    "the program is empty": lambda place: _cut(place / "bin/python3.11"),
    "the program may not be run": lambda place: (place / "bin/python3.11").chmod(0o644),
    "READY is empty": lambda place: _cut(place / "READY"),
    "READY is gone": lambda place: (place / "READY").unlink(),
    "a start has found damage": _mark,
}


@pytest.mark.parametrize(
    ("damage", "shell"),
    [(damage, "dash") for damage in DAMAGE] + [("a start has found damage", shell) for shell in SHELLS],
)
def test_a_damaged_python_is_made_whole_file_by_file(app: Launched, damage: str, shell: str) -> None:
    app.start(shell=shell)
    opened = (app.place / "lib/os.py").open()
    DAMAGE[damage](app.place)
    done = app.start(shell=shell)
    assert done.stderr == "pexlite: the unpacked Python of app was damaged: it has been unpacked again\n"
    assert done.stdout.endswith("|LIBRARY=library\n")
    for name, content in LIBRARY.items():
        assert (app.place / name).read_text() == content
    assert sorted(path.name for path in app.place.iterdir()) == ["READY", "bin", "lib"]
    assert [path.name for path in app.interpreters.iterdir()] == [app.name]
    opened.close()
    assert app.start(shell=shell).stderr == ""


def test_files_that_bring_the_same_python_share_it(app: Launched, tmp_path: Path) -> None:
    app.start()
    (tmp_path / "other").mkdir()
    other = launched(tmp_path / "other", packed(tmp_path, {"bin/python3.11": TELLING, **LIBRARY}))
    assert other.start(HOME=str(app.home)).stdout.startswith(f"{app.place}/bin/python3.11|{other.path}|")
    assert len(list(app.interpreters.iterdir())) == 1


def test_of_several_pythons_the_one_of_this_machine_is_unpacked(tmp_path: Path) -> None:
    files = {"bin/python3.11": TELLING}
    strangers = [
        packed(tmp_path, {**files, "a": "1"}, platform="linux_sparc64"),
        packed(tmp_path, {**files, "a": "2"}, loader="/lib/ld-of-another-machine.so.1"),
        packed(tmp_path, {**files, "a": "3"}, libc=("glibc", (9, 99)), loader="/bin/sh"),
    ]
    app = launched(tmp_path, *strangers, packed(tmp_path, {**files, **LIBRARY}))
    assert app.start().stdout.startswith(f"{app.place}/bin/python3.11|")
    assert [path.name for path in app.interpreters.iterdir()] == [app.name]


TOO_NEW = r"""#!/bin/sh
echo "$0: /lib/libc.so.6: version \`GLIBC_2.99' not found (required by $0)" >&2
exit 1
"""


@pytest.mark.parametrize(
    ("facts", "program", "words"),
    [
        ({"platform": "linux_sparc64"}, TELLING, "this is Linux "),
        ({"loader": "/lib/ld-none.so.1"}, TELLING, "there is no /lib/ld-none.so.1 here"),
        ({"libc": ("glibc", (9, 99))}, TELLING, "it needs glibc 9.99, and this is glibc 2."),
        (
            {},
            TOO_NEW,
            "it needs glibc 2.99",
        ),
        ({}, "#!/bin/sh\necho 'no such thing' >&2; echo more >&2; exit 127\n", "no such thing"),
        ({}, "#!/bin/sh\nexit 1\n", "bin/python3.11 does not start"),
    ],
)
def test_a_python_that_does_not_run_here_is_told_and_leaves_nothing(
    facts: dict[str, object], program: str, words: str, tmp_path: Path
) -> None:
    app = launched(tmp_path, packed(tmp_path, {"bin/python3.11": program, **LIBRARY}, **facts))
    done = app.start()
    assert done.returncode == 1
    error, hint = done.stderr.splitlines()
    assert error.startswith("error: app brings CPython 3.11.9 for linux ")
    assert f"and that does not run here: {words}" in error
    assert hint.startswith("hint: name a Python with PEX_PYTHON=/path/to/python")
    assert not app.interpreters.exists() or not list(app.interpreters.iterdir())


@pytest.mark.parametrize(
    ("missing", "shell"),
    [(len(END) + 40, shell) for shell in SHELLS] + [(1, "dash"), (len(END), "dash"), (len(END) + 9, "dash")],
)
def test_a_file_that_is_cut_off_is_told_and_leaves_nothing(app: Launched, missing: int, shell: str) -> None:
    app.path.write_bytes(app.path.read_bytes()[:-missing])
    done = app.start(shell=shell)
    assert done.stderr == "error: app is damaged: it is cut off\nhint: copy it here again\n"
    assert (done.returncode, list(app.home.iterdir())) == (1, [])


@pytest.mark.parametrize("shell", SHELLS)
def test_a_file_that_is_cut_off_in_its_script_is_told_where_the_shell_has_read_so_far(
    app: Launched, shell: str
) -> None:
    content = app.path.read_bytes()
    first = content.index(b"\nfi\n}\n", content.index(b"is cut off")) + len(b"\nfi\n}\n")
    end = content.index(b"what follows it")
    assert first < 2600 < end
    for size in (first, first + 1, first + 12, (first + end) // 2, end - 3000):
        app.path.write_bytes(content[:size])
        done = app.start(shell=shell)
        assert done.stderr == "error: app is damaged: it is cut off\nhint: copy it here again\n", size
        assert (done.returncode, list(app.home.iterdir())) == (1, [])


@pytest.mark.parametrize("shell", SHELLS)
def test_cut_off_in_what_a_warm_start_reads_it_does_nothing_and_the_shell_says_why(
    app: Launched, shell: str
) -> None:
    content = app.path.read_bytes()
    begin = content.index(b"\n{\n") + 2
    end = content.index(b"\nfi\n}\n", content.index(b"is cut off")) + len(b"\nfi\n")
    lines = [at + 1 for at in range(begin, end) if content[at : at + 1] == b"\n"]
    for size in (begin, *lines[:: 1 if shell == "dash" else 7], end, begin + 50, end - 20):
        app.path.write_bytes(content[:size])
        done = app.start(shell=shell)
        assert done.returncode != 0 and done.stdout == "" and done.stderr, size
        assert list(app.home.iterdir()) == [], size


def test_a_python_in_the_file_that_is_shorter_than_it_was_is_told(app: Launched) -> None:
    content = app.path.read_bytes()
    app.path.write_bytes(content[: -len(END) - 200] + END)
    done = app.start()
    assert done.stderr.splitlines()[0] == "error: app is damaged: the Python in it has changed"
    assert (done.returncode, list(app.interpreters.iterdir())) == (1, [])


@pytest.mark.parametrize("tool", ["tar", "gzip", "tail", "head"])
def test_a_tool_that_does_nothing_is_told_and_not_taken_for_damage(app: Launched, tools: Path, tool: str) -> None:
    (tools / tool).unlink()
    (tools / tool).write_text(f"#!/bin/sh\necho '{tool}: applet not found' >&2\nexit 127\n")
    (tools / tool).chmod(0o755)
    done = app.start(PATH=str(tools))
    assert done.stderr.splitlines()[0] == (
        f"error: app needs {tool} to unpack its Python, and the one on PATH does not work"
    )
    assert "--launcher elf" in done.stderr and list(app.interpreters.iterdir()) == []


def test_changed_bytes_are_found_although_tar_finds_nothing(tmp_path: Path) -> None:
    own = packed(tmp_path, {"bin/python3.11": TELLING, **LIBRARY})
    content = bytearray(own.path.read_bytes())
    content[-6] ^= 1  # of the CRC that closes a gzip
    own.path.write_bytes(content)
    app = launched(tmp_path, own)
    assert app.start().stderr.startswith("error: app is damaged: the Python in it has changed\n")
    assert list(app.interpreters.iterdir()) == []


@pytest.mark.parametrize("tool", ["tar", "gzip", "tail", "head", "id", "uname", "ls"])
def test_a_tool_that_is_missing_is_told(app: Launched, tools: Path, tool: str) -> None:
    (tools / tool).unlink()
    done = app.start(PATH=str(tools))
    assert (
        done.stderr.splitlines()[0] == f"error: app needs {tool} to unpack its Python, and there is none on PATH"
    )
    assert "--launcher elf" in done.stderr
    assert done.returncode == 1


def test_a_file_that_comes_through_a_pipe_is_told(app: Launched, shell: str) -> None:
    env = {"HOME": str(app.home), "PATH": "/usr/bin:/bin"}
    with app.path.open() as file:
        done = subprocess.run(
            shell_named(shell), stdin=file, capture_output=True, text=True, cwd=app.home, env=env
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert "is no file that can be read again, as from a pipe" in done.stderr


# -- many at once, and killed ones ---------------------------------------------------------------------


@pytest.mark.parametrize("locks", ["with flock", "without flock"])
def test_many_starts_at_once_all_run_and_few_unpack(app: Launched, tools: Path, locks: str) -> None:
    if locks == "without flock":
        (tools / "flock").unlink()
    # Each unpacking leaves a line.
    (tools / "tar").unlink()
    (tools / "tar").write_text(f'#!/bin/sh\necho unpacked >>{app.home}/unpacked\nexec /usr/bin/tar "$@"\n')
    (tools / "tar").chmod(0o755)
    env = {"HOME": str(app.home), "PATH": str(tools)}
    starts = [
        subprocess.Popen(["dash", app.path], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(40)
    ]
    for start in starts:
        output, errors = start.communicate(timeout=120)
        assert (output.split("|")[0], errors) == (f"{app.place}/bin/python3.11", "")
    assert [path.name for path in app.interpreters.iterdir()] == [app.name]
    assert len((app.home / "unpacked").read_text().splitlines()) <= (1 if locks == "with flock" else 8)


SLOW = '#!/bin/sh\n/usr/bin/tar "$@"\ncode=$?\n/usr/bin/touch {home}/unpacked\n/usr/bin/sleep 20\nexit $code\n'


@pytest.mark.parametrize("locks", ["with flock", "without flock"])
@pytest.mark.parametrize("group", [True, False], ids=["all of it", "the shell alone"])
def test_a_start_that_was_killed_while_it_unpacked_leaves_nothing(
    app: Launched, tools: Path, locks: str, group: bool
) -> None:
    if locks == "without flock":
        (tools / "flock").unlink()
    slow = tools / "slow"
    slow.mkdir()
    (slow / "tar").write_text(SLOW.format(home=app.home))
    (slow / "tar").chmod(0o755)
    env = {"HOME": str(app.home), "PATH": f"{slow}:{tools}"}
    start = subprocess.Popen(["dash", app.path], env=env, start_new_session=True)
    end = time.time() + 20
    while not (app.home / "unpacked").exists() and time.time() < end:
        time.sleep(0.01)
    start.send_signal(signal.SIGKILL)
    start.wait()
    assert len(list(app.interpreters.iterdir())) == 1 and not app.place.exists()
    try:
        if group:
            os.killpg(start.pid, signal.SIGKILL)
        elif locks == "with flock":
            # What it had begun keeps the lock as long as it lives: this is how another one would wait.
            os.killpg(start.pid, signal.SIGTERM)
        done = app.start(PATH=str(tools))
        assert done.stdout.startswith(f"{app.place}/bin/python3.11|")
        assert [path.name for path in app.interpreters.iterdir()] == [app.name]
    finally:
        if not group and locks == "without flock":
            os.killpg(start.pid, signal.SIGKILL)


HEEDING = """
import os, signal, sys
for number in (signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_start_leaves_nothing(app: Launched, tools: Path, sent: signal.Signals) -> None:
    slow = tools / "slow"
    slow.mkdir()
    (slow / "tar").write_text(SLOW.format(home=app.home))
    (slow / "tar").chmod(0o755)
    env = {"HOME": str(app.home), "PATH": f"{slow}:{tools}"}
    # Tests may run in the background, where SIGINT is ignored, and so it would be by all that they start.
    command = [sys.executable, "-c", HEEDING, "dash", str(app.path)]
    start = subprocess.Popen(command, env=env, start_new_session=True)
    end = time.time() + 20
    while not (app.home / "unpacked").exists() and time.time() < end:
        time.sleep(0.01)
    os.killpg(start.pid, sent)
    # A signal between two tools reaches the shell alone, which heeds it once the slow one has ended.
    assert start.wait(timeout=60) == -sent
    assert list(app.interpreters.iterdir()) == []
