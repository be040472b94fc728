"""The programs that resolve and build: uv and pip."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Installer:
    """uv or pip, and the `command` that every command line of it begins with."""

    name: str
    """"uv" or "pip"."""
    command: tuple[str, ...]
