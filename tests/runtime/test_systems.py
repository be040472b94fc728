"""The room uses what only some systems have where it knows the system, and nowhere else."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pexlite.archive.windows_launchers import windows_launchers
from tests.checkout import REPOSITORY

ROOM = REPOSITORY / "pexlite" / "runtime"
MODULES = sorted(path.relative_to(ROOM).as_posix() for path in ROOM.rglob("*.py"))

# Of `os`, what Windows lacks.
LACKING = frozenset(
    ("O_NOFOLLOW", "O_DIRECTORY", "O_NONBLOCK", "chown", "confstr", "copy_file_range", "fork", "geteuid", "getuid")
) | {"killpg", "listxattr", "mkfifo", "pread", "pwrite", "sched_getaffinity", "statvfs", "sysconf", "uname"}
# And what does something else there: a symbolic link takes a privilege, an exec is not waited for.
OTHERWISE = frozenset(("symlink", "execv", "execve", "execvp", "kill"))
# Modules that no other system has.
FOREIGN = frozenset(("fcntl", "grp", "pwd", "resource", "termios", "msvcrt", "winreg"))

# Each module that uses such a thing, and how it knows that the system has it.
USERS = {
    "system.py": "chooses by os.name",
    "start.py": "chooses by os.name; it can import nothing",
    "failed.py": "chooses by os.name",
    "early.py": "chooses by whether there is a fork; without Linux's /proc it does nothing",
    "ahead.py": "chooses by whether there is a fork; without Linux's /proc it does nothing",
    "unpack/aside.py": "is called where there is a fork",
    "written/_pexlite_early.py": "is there where `early` has begun an app",
    "app/launch.py": "ImportError of fcntl is no lock",
    "app/windows.py": "is for Windows alone",
    "app/own.py": "a Python that a file brings is for POSIX systems",
    "app/program.py": "chooses by os.name",
    "app/pex_path.py": "chooses by os.name",
    "app/spark.py": "Spark's scripts are for POSIX systems",
    "pythons.py": "chooses by os.name; parses under 2.7",
    "written/_pexlite_run.py": "is run by the sh header",
    "cache/lock.py": "chooses by system.IS_WINDOWS",
    "cache/files.py": "chooses by system.IS_WINDOWS",
    "cache/private.py": "chooses by system.IS_WINDOWS",
    "cache/roots.py": "chooses by system.IS_WINDOWS",
    "unpack/environment.py": "chooses by system.IS_WINDOWS",
    "unpack/clone.py": "asks whether the call is there, and then for Linux",
    "unpack/tree.py": "chooses by system.IS_WINDOWS",
    "unpack/variant.py": "AttributeError is another C library",
    "unpack/split.py": "divides nothing where there is no pwrite",
    "unpack/pool.py": "chooses by whether there is a fork",
    "upkeep/prune.py": "chooses by system.IS_WINDOWS",
    "upkeep/users.py": "is imported where prune has chosen it",
    "tools/reassemble.py": "chooses by whether there is a pread; it can import nothing",
    "tools/links.py": "asks for links; a system that refuses them says so",
    "tools/empty_venv.py": "archives of a venv are for POSIX systems",
}


def bound(source: str) -> Iterator[str]:
    """Each thing of one system that the `source` uses, with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "os":
            if node.attr in LACKING | OTHERWISE:
                yield f"line {node.lineno}: os.{node.attr}"
        elif isinstance(node, ast.keyword) and node.arg in ("dir_fd", "src_dir_fd"):
            yield f"line {node.value.lineno}: {node.arg}="
        elif isinstance(node, ast.Import):
            yield from (f"line {node.lineno}: {one.name}" for one in node.names if one.name in FOREIGN)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("/proc/"):
            yield f"line {node.lineno}: {node.value}"


@pytest.mark.parametrize("module", MODULES)
def test_what_one_system_has_is_used_where_that_is_known(module: str) -> None:
    found = list(bound((ROOM / module).read_text(encoding="utf-8")))
    assert bool(found) <= (module in USERS), found


@pytest.mark.parametrize("module", USERS)
def test_every_module_that_is_named_has_a_reason_to_be(module: str) -> None:
    source = (ROOM / module).read_text(encoding="utf-8")
    assert list(bound(source)) or "__import__(" in source
    if "os.name" in USERS[module]:
        assert "os.name" in source
    if "IS_WINDOWS" in USERS[module]:
        assert "IS_WINDOWS" in source


def test_a_console_script_for_windows_is_a_program_that_python_reads_too(tmp_path: Path) -> None:
    """A launcher starts Python with its own path, and Python takes the zip behind it for the program."""
    spec = importlib.util.spec_from_file_location("scripts", ROOM / "windows" / "scripts.py")
    assert spec and spec.loader
    scripts = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scripts)
    launcher = dict(windows_launchers(["win_amd64"]))[".launchers/win_amd64.exe"]
    assert launcher.startswith(b"MZ")
    source = b"import sys\nprint(sys.argv[0].endswith('tool'), sys.argv[1:])\n"
    script = tmp_path / "tool.exe"
    script.write_bytes(scripts.program(source, b'#!"C:\\Python311\\python.exe"\n', launcher))
    done = subprocess.run([sys.executable, script, "a b"], capture_output=True, text=True, check=True)
    assert done.stdout == "True ['a b']\n"
    if sys.implementation.name != "cpython":
        pytest.skip("PyPy has no -x, by which Python passes over the first line of a batch file")
    batch = scripts.program(source, b"", None)
    assert batch.startswith(b'@"%~dp0python.exe" -x "%~f0" %* & @goto :eof\r\n')
    script.with_name("tool.cmd").write_bytes(batch)
    done = subprocess.run(
        [sys.executable, "-x", script.with_name("tool.cmd"), "c"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "True ['c']\n"


@pytest.mark.parametrize(
    ("platforms", "names"),
    [
        (["linux_x86_64", "macosx_arm64"], []),
        (["linux_x86_64", "win_amd64"], ["win_amd64.exe", "LICENSE.txt"]),
        (["win_arm64", "win32"], ["win32.exe", "win_arm64.exe", "LICENSE.txt"]),
    ],
)
def test_only_files_for_windows_carry_launchers(platforms: list[str], names: list[str]) -> None:
    found = windows_launchers(platforms)
    assert [name for name, _ in found] == [f".launchers/{name}" for name in names]
    assert all(b"PYTHON SOFTWARE FOUNDATION LICENSE" in content for name, content in found if "LICENSE" in name)
