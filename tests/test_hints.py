"""Every command that an error, a note or the help tells people to type works, where what it names is there."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pexlite.cli.main import run
from tests import needs
from tests.checkout import REPOSITORY
from tests.conftest import make_bare
from tests.factories import make_project, make_wheel
from tests.images import base_image

HOUSE = REPOSITORY / "pexlite"
# A command begins with its name, in a sentence or alone; what follows it there is no part of it.
_COMMAND = re.compile(r"\bpexlite (?=[a-z.{'-])(?P<words>(?:'[^']*'|\{[^}]*\}|[^\s;,)`'{]+| (?=\S))+)")
# Sentences that go on about pexlite.
_NO_COMMAND = re.compile(
    r"pexlite (?:is|this|that|has|did|does|made?|makes|writes|without|can|cannot|or|for)\b"
    r"|pexlite (?:knows|needs|run|starts|wrote|described)\b"
    # How a program's configuration begins, and which pexlite made a file.
    r"|pexlite launcher 1 |pexlite \{made_by\}"
    r"|pexlite probe (?:wrote|described|has)|pexlite lock(?: wrote|, for)\b"
)
_END_OF_SENTENCE = re.compile(r"(?<=\w)\.(?=\s|$)")
# In the place of what stands for anything.
_FOR = {
    "'{here.name}>=0'": "'click>=0'",
    "COMMAND": "lock",
    "DATE": "2100-01-31",
    "'certifi>=2026.1'": "click",
    "'certifi<2026.1'": "numpy",
    "~/apps": ".",
    "deploy@web:/srv": "deploy@web:bin",
    "deploy@db": "deploy@db:bin",
    "urllib3": "click",
    "{self.before.path.name}": "app.pex",
    "{before.path.name}": "app.pex",
    "{' '.join(words)}": "click",
    "{' '.join(asking)}": "",
    "{asked}": "click",
    "./dist/{root.requirement.name}-….whl": "click",
    "{python}": sys.executable,
    "USER@HOST": "someone@host.example",
    "someone@server.example": "someone@host.example",
    "HOST:PATH": "server:bin/app.pex",
    "old.pex": "app.pex",
    "new.pex": "env.pex",
    "/srv/{host}/app.pex": "bin/app.pex",
    "{hosts}": "hosts.txt",
    "./{host}": "./mine",
    "{path.name}": "app.pex",
    "KEY": "key",
    "{page}": "file",
    "{file.name}": "target.json",
    "{lock_name}": "pylock.toml",
    "REQUIREMENT…": "click",
    "{file.parent}": ".",
    "{here.local}": "./my_package",
    "{here.name}": "src",
    "/app": "app-venv",
    "FILE": "app.pex",
    "DIR/*.whl": "../links/click-1.0-py3-none-any.whl",
    "path/to/package": "./my_package",
    "path/to/project": ".",
    "3.11": f"{sys.version_info[0]}.{sys.version_info[1]}",
    "3.12": f"{sys.version_info[0]}.{sys.version_info[1]}",
    "/usr/bin/python3": sys.executable,
    "…": "click",
}
JOB = "# /// script\n# requires-python = '>=3.8'\n# dependencies = ['click']\n# ///\nprint('done')\n"
MAIN = "def main():\n    print('well')\n"


def texts(path: Path) -> Iterator[str]:
    """The texts in a module, without docstrings; what is put into one stands in braces."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    passed: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            passed.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            passed.update(map(id, node.values))
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else f"{{{ast.unparse(part).strip('{}')}}}"
                for part in node.values
            )
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed:
            yield node.value


def commands() -> list[str]:
    """Every command to type in the texts of the build side, as it is written there."""
    found = {}
    for path in sorted(HOUSE.rglob("*.py")):
        if (HOUSE / "runtime") in path.parents:
            continue
        for text in texts(path):
            for command in _COMMAND.finditer(text):
                if not _NO_COMMAND.match(text, command.start()):
                    found[_END_OF_SENTENCE.split(command["words"].strip())[0]] = path
    return list(found)


def filled(command: str) -> list[str]:
    """The words of `command`, with things that are there in the place of those that stand for any."""
    text = command
    for name, value in _FOR.items():
        if name.startswith(("'", "{", "./")):
            text = text.replace(name, value)
    words = shlex.split(text)
    # Nothing is there yet where a command makes a directory.
    return [f"made-by-{words[0]}" if word == "DIR" else _FOR.get(word, word) for word in words]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A directory with everything that the commands name, an index with click and requests, and a host."""
    place = tmp_path_factory.mktemp("world")
    files = {"here.py": MAIN, "my_package/__init__.py": "", "my_package/cli.py": MAIN, "my_cli.py": MAIN}
    files["hosts.txt"] = "server\n"
    more = {"job.py": JOB, "requirements.txt": "click\n", "src/inner.py": MAIN}
    here = make_project(place, "here", files={**files, **more}, scripts={"app": "here:main"})
    (here / "mine").symlink_to(sys.executable)
    if shutil.which("ssh-keygen"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", here / "key"], check=True)
    base_image(here / "base.tar")
    (place / "links").mkdir()
    for name in ("click", "requests"):
        make_wheel(place / "links", name, files={f"{name}.py": MAIN})
    ssh = place / "bin" / "ssh"
    ssh.parent.mkdir()
    # What ssh would have a shell on the host do is done here, in another directory.
    home, there = place / "home", place / "there"
    (home / "bin").mkdir(parents=True)
    there.mkdir()
    (there / "python3").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    (there / "python3").chmod(0o755)
    lines = [f"cd {home}", f"PATH={there}:$PATH", "export PATH", "for last; do :; done", 'exec sh -c "$last"']
    ssh.write_text("#!/bin/sh\n" + "\n".join(lines) + "\n")
    ssh.chmod(0o755)
    with pytest.MonkeyPatch.context() as change:
        make_bare(change, place)
        change.setenv("PIP_NO_INDEX", "1")
        change.setenv("PIP_FIND_LINKS", str(place / "links"))
        change.setenv("PATH", str(ssh.parent), prepend=os.pathsep)
        change.chdir(here)
        assert run(["probe", "-o", "server.json"]) == run(["lock", ".", "-q"]) == 0
        for name in ("app.pex", "env.pex"):
            assert run(["click", "requests", "-e", "my_cli:main", "-o", name, "-q"]) == 0
        yield here


def test_there_are_commands_to_run() -> None:
    found = commands()
    assert {"lock .", "probe USER@HOST", "probe USER@HOST -o target.json", "info app.pex", ". -o app.pex"} <= set(
        found
    )
    assert len(found) > 25


@pytest.mark.parametrize("command", commands())
def test_a_command_that_people_are_told_to_type_works(command: str, world: Path) -> None:
    if command.startswith(("patch ", "info ", "diff ")):  # which others may have built anew
        assert run(["click", "requests", "-e", "my_cli:main", "-o", "app.pex", "-q"]) == 0
    if "--rollback" in command:  # which takes it away
        (world.parent / "home" / "bin" / "app.pex.previous").write_text("")
    if "key" in filled(command):
        needs.program("ssh-keygen")
    # Whoever asks who has it may be told that somebody has, and whoever asks what differs that something does.
    well = (0, 1) if command.startswith(("who ", "diff ")) else (0,)
    assert run(filled(command)) in well, filled(command)
