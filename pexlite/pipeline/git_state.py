"""`--record-git-state`: the commit that a file is built from."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from pexlite.errors import UsageError
from pexlite.files.programs import find_program, search_path

# A repository's own settings name programs: this one would run at every look for changes.
_SETTINGS = ("-c", "core.fsmonitor=false")


def git_state(directory: Path) -> Mapping[str, str | bool]:
    """The state of the git repository that `directory` is in, in pex's words, and whether tracked files differ.

        {"commit": "8c2e…", "description": "v1.2-3-g8c2e61f0b2-dirty", "branch": "main", "tag": "", "dirty": True}

    Branch and tag are empty where none is checked out. Raises UsageError where there is no commit.
    """
    program = find_program("git")
    if program is None:
        raise UsageError(
            "--record-git-state takes git, and it is not on PATH", hint="install git, or leave it out"
        )
    commit = _git(program, directory, "rev-parse", "--verify", "HEAD^{commit}")
    if commit.returncode:
        said = [line.strip() for line in commit.stderr.splitlines() if line.strip()]
        raise UsageError(
            f"--record-git-state finds no commit in {directory}",
            causes=said[:3],
            hint="build in a checkout that has a commit, or leave it out",
        )
    described = _git(program, directory, "describe", "--always", "--dirty", "--tags", "--abbrev=10").stdout.strip()
    return {
        "commit": commit.stdout.strip(),
        "description": described,
        "branch": _git(program, directory, "symbolic-ref", "--quiet", "--short", "HEAD").stdout.strip(),
        "tag": _git(program, directory, "describe", "--tags", "--exact-match").stdout.strip(),
        "dirty": described.endswith("-dirty"),
    }


def _git(program: Path, directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(program), *_SETTINGS, "-C", str(directory), *arguments],
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _environment() -> dict[str, str]:
    """The environment for a git that reads `directory` alone, writes nothing and finds no program beside it."""
    # In a git hook, GIT_DIR and its like name another repository.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    own = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    return {**kept, **own, "PATH": os.pathsep.join(search_path())}
