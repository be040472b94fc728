"""`python -m tests.programs.recording`: type the commands of the README's picture, and draw what is printed.

The server is an sshd on 127.0.0.1; its user has the Python on the system's path and an empty home. The wheels come
from a directory, so that the settings of this machine for its indexes show nowhere.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.checkout import REPOSITORY
from tests.programs.recording import picture
from tests.ssh_server import Server, running_server

PICTURE = REPOSITORY / "pexlite" / "docs" / "recording.svg"
TITLE = "A project is built into one file, copied to a server with scp, and runs there"
# Each with the exit code that it should have.
COMMANDS = {
    "pexlite examples/hello -o hello.pex": 0,
    "scp hello.pex server:": 0,
    "ssh server python3 -m click": 1,
    "ssh server ./hello.pex greet World": 0,
    "ssh server ls -A": 0,
}
_WHEELS = ("click", "requests", "hatchling")


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        lines = recorded(Path(directory))
    PICTURE.write_text(picture.draw(lines, TITLE), encoding="utf-8")
    print(f"wrote {PICTURE.relative_to(REPOSITORY)}")
    return 0


def recorded(directory: Path) -> list[str]:
    """The commands as they are typed, each with what it prints. Raises AssertionError where one ends otherwise."""
    with running_server(directory) as server:
        work = directory / "work"
        shutil.copytree(REPOSITORY / "examples", work / "examples", ignore=shutil.ignore_patterns("*.pex"))
        kept = {
            name: value for name, value in server.environment.items() if name[:4] != "PIP_" and name[:3] != "UV_"
        }
        environment = kept | _wheels_only(directory)
        return [line for command in COMMANDS for line in _typed(command, work, environment, server)]


def _typed(command: str, work: Path, environment: dict[str, str], server: Server) -> Iterator[str]:
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=work,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == COMMANDS[command], f"{command} ended with {done.returncode}:\n{done.stdout}"
    assert str(server.home) not in done.stdout and str(work) not in done.stdout, done.stdout
    yield f"{picture.PROMPT}{command}"
    # A Python on the system's path tells its own path where a module is missing.
    yield from (re.sub(r"^/\S*/python3: ", "python3: ", line) for line in done.stdout.splitlines())


def _wheels_only(directory: Path) -> dict[str, str]:
    """Variables by which pexlite takes wheels from a directory alone, into a store of its own."""
    wheels = directory / "wheels"
    words = ["-m", "pip", "download", "-q", "--only-binary", ":all:", "-d", wheels, *_WHEELS]
    subprocess.run([sys.executable, *map(str, words)], check=True, timeout=300)
    return {
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PEXLITE_CACHE_DIR": str(directory / "store"),
        "COLUMNS": str(picture.COLUMNS),
    }


if __name__ == "__main__":
    sys.exit(main())
