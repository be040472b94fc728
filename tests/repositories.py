"""Git repositories that tests make, with no setting of the person who tests; without git the test is skipped."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests import needs

_IDENTITY = ("-c", "user.name=Someone", "-c", "user.email=someone@example.invalid")
_NO_SETTINGS = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


def git(directory: Path, *arguments: str) -> str:
    """The output of a git command in `directory`."""
    command = [needs.program("git"), *_IDENTITY, *arguments]
    environment = {**os.environ, **_NO_SETTINGS}
    done = subprocess.run(command, cwd=directory, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def committed(directory: Path, tag: str = "") -> str:
    """The commit of all that is in `directory`, as a repository of its own; it has the `tag`, if any is given."""
    tagging = [["tag", tag]] if tag else []
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"], *tagging):
        git(directory, *command)
    return git(directory, "rev-parse", "HEAD")
