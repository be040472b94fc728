"""A user and a password from a keyring, asked for as pip asks: by its program, or by the package here."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
from collections.abc import Sequence

from pexlite.files.programs import find_program


def from_keyring(services: Sequence[str], user: str | None, provider: str | None) -> tuple[str, str] | None:
    """The user and the password for the first of `services` that the keyring knows; None without any.

    `provider` is pip's setting: "subprocess" runs the program `keyring` of PATH, "import" uses the package; with
    "auto" pip asks only where it can ask a person too.
    """
    ask = {"import": _by_package, "subprocess": _by_program}.get(provider or "")
    return next(filter(None, (ask(service, user) for service in services)), None) if ask else None


def _by_package(service: str, user: str | None) -> tuple[str, str] | None:
    try:
        found = importlib.import_module("keyring").get_credential(service, user)
    except Exception:  # noqa: BLE001 - no package, or one of many backends: then it is as if it knew of nothing
        return None
    return None if found is None else (str(found.username), str(found.password))


def _by_program(service: str, user: str | None) -> tuple[str, str] | None:
    program = find_program("keyring")
    if program is None:
        return None
    command = [str(program), "--mode=creds", "--output=json", "get", service, *([user] if user else [])]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, env=environment, check=True, encoding="utf-8"
        )
        found = json.loads(done.stdout)
        return str(found["username"]), str(found["password"])
    except (OSError, subprocess.CalledProcessError, ValueError, KeyError, TypeError):
        return None
