"""This checkout as others meet it: a clean copy, with its `pexlite` on PATH."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
# Set on some machines that run tests, never on those that people work on.
_UNUSUAL = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH", "VIRTUAL_ENV", "NO_COLOR", "FORCE_COLOR")


def clean_environment(directory: Path) -> dict[str, str]:
    """The environment with an empty cache for built files in `directory`, and no switch that changes Python.

    An index that goes silent is asked again after a minute, whatever longer time this machine gives it.
    """
    kept = {name: value for name, value in os.environ.items() if name not in _UNUSUAL and name[:4] != "PEX_"}
    own = {"PEX_ROOT": str(directory / "pex-root"), "COLUMNS": "100", "PIP_DEFAULT_TIMEOUT": "60"}
    return {**kept, **own}


def environment_with_pexlite(directory: Path) -> dict[str, str]:
    """A clean environment in which `pexlite` is this checkout's, whether it is installed or not."""
    programs = directory / "bin"
    programs.mkdir()
    command = programs / "pexlite"
    lines = [
        f"#!{sys.executable}",
        "import sys",
        f"sys.path.insert(0, {str(REPOSITORY)!r})",
        "from pexlite.cli import main",
        "main()",
    ]
    command.write_text("\n".join(lines) + "\n")
    command.chmod(0o755)
    environment = clean_environment(directory)
    return {**environment, "PATH": f"{programs}{os.pathsep}{environment['PATH']}"}


def copy_checkout(directory: Path) -> Path:
    """Copy what a clone of the working tree would have to `directory`: no caches, nothing that git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        source, copy = REPOSITORY / name, directory / name
        if source.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)
    return directory
