"""Shells complete commands, options, values and files, by the lines that docs/install.md has for them."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from pathlib import Path

import pytest

from tests import needs
from tests.checkout import REPOSITORY, environment_with_pexlite

PAGE = (REPOSITORY / "pexlite" / "docs" / "install.md").read_text(encoding="utf-8")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment with pexlite on PATH; the working directory has a file my_app.pex."""
    (tmp_path / "my_app.pex").touch()
    return {**environment_with_pexlite(tmp_path), "TERM": "dumb", "HOME": str(tmp_path)}


def completed(words: list[str], env: dict[str, str], directory: Path) -> list[str]:
    """The lines that tell bash what the last of `words` may become: `plain,lock`."""
    asked = {
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": str(len(words) - 1),
        "_PEXLITE_COMPLETE": "bash_complete",
    }
    done = subprocess.run(
        ["pexlite"], env={**env, **asked}, cwd=directory, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("pexlite lo", ["file,lo", "plain,lock"]),
        ("pexlite my_", ["file,my_"]),
        ("pexlite --plat", ["plain,--platform"]),
        ("pexlite --vers", ["plain,--version"]),
        ("pexlite click --resolver ", ["plain,auto", "plain,uv", "plain,pip"]),
        ("pexlite -o ", ["file,"]),
        ("pexlite click ri", ["file,ri"]),
        ("pexlite -q lock --resol", ["plain,--resolver"]),
        ("pexlite info my", ["file,my"]),
        ("pexlite cache pr", ["plain,prune"]),
        ("pexlite --json cache pr", ["plain,prune"]),
        ("pexlite help ca", ["plain,cache"]),
        ("pexlite help cache pr", ["plain,prune"]),
        ("pexlite help info ", []),
        ("pexlite help nothing ", []),
        ("pexlite -- x", ["file,x"]),
    ],
)
def test_a_word_is_completed(typed: str, offered: list[str], env: dict[str, str], tmp_path: Path) -> None:
    assert completed(typed.split(" "), env, tmp_path) == offered


def test_an_empty_word_is_any_command(env: dict[str, str], tmp_path: Path) -> None:
    assert {"plain,build", "plain,lock", "plain,help"} <= set(completed(["pexlite", ""], env, tmp_path))


# -- the shells themselves -----------------------------------------------------------------------


def shown_line(shell: str) -> str:
    """The line of the page that sets up completion in `shell`."""
    [line] = re.findall(rf"^    (.*_PEXLITE_COMPLETE={shell}_source pexlite.*?)(?:  +#.*)?$", PAGE, re.MULTILINE)
    return str(line)


def type_in(command: list[str], lines: list[str], env: dict[str, str], directory: Path) -> None:
    """Type `lines` in a shell on a terminal, each when it has nothing more to say about the one before."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(directory)
        os.execve(command[0], command, env)
    try:
        for line in lines:
            os.write(terminal, line.encode())
            end = time.monotonic() + 20
            # Completing a word starts a Python.
            while select.select([terminal], [], [], 2)[0] and time.monotonic() < end:
                if not os.read(terminal, 1 << 16):
                    break
    except OSError:
        pass  # the shell has ended
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)


@pytest.mark.parametrize(
    ("shell", "options"), [("bash", ["--norc", "--noprofile", "-i"]), ("zsh", ["-f", "-i"])], ids=["bash", "zsh"]
)
def test_bash_and_zsh_complete_what_is_typed(
    shell: str, options: list[str], env: dict[str, str], tmp_path: Path
) -> None:
    begin = "autoload -Uz compinit && compinit -u\n" if shell == "zsh" else "\n"
    lines = [begin, shown_line(shell) + "\n"]
    for start in ("pexlite ver", "pexlite info my_"):
        # Then to the line's start and to its end.
        lines += [f"{start}\t", "\x01echo \x05>> typed\n"]
    type_in([needs.program(shell), *options], [*lines, "exit\n"], env, tmp_path)
    assert (tmp_path / "typed").read_text().splitlines() == ["pexlite verify", "pexlite info my_app.pex"]


def test_fish_completes_what_is_typed(env: dict[str, str], tmp_path: Path) -> None:
    asked = "; ".join(
        f"complete -C '{typed}'" for typed in ("pexlite ver", "pexlite info my", "pexlite --resolver u")
    )
    done = subprocess.run(
        [needs.program("fish"), "--no-config", "-c", f"{shown_line('fish')}; {asked}"],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["verify", "my_app.pex", "uv"]
