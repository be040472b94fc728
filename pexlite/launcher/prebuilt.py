"""The programs as they travel, and what compiled them."""

from __future__ import annotations

import json
from pathlib import Path

DIRECTORY = Path(__file__).parent / "elf"
MACHINES = ("x86_64", "aarch64")
"""The machines that there is a launcher for, as `uname -m` names them."""


def launcher(machine: str) -> bytes:
    """The program for `machine`, one of MACHINES."""
    return (DIRECTORY / machine).read_bytes()


def compiled_by() -> dict[str, str]:
    """The first lines that compiler and linker tell of themselves, by machine."""
    found: dict[str, str] = json.loads((DIRECTORY / "compiled_by.json").read_text(encoding="utf-8"))
    return found
