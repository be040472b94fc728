"""pip as a program: which pip, and index settings in pip's variables.

`IndexSettings` follow pip's model, with pip's configuration merged in already. All are passed by environment,
since URLs may contain credentials, and `ps` shows arguments.
"""

from __future__ import annotations

import importlib.metadata
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from packaging.specifiers import SpecifierSet

from pexlite.errors import UsageError
from pexlite.indexes.indexes import for_all
from pexlite.model import IndexSettings, Target
from pexlite.network.urls import local_path
from pexlite.resolve.run import Program

_FIRST_WITH_DATES = 26


@dataclass(frozen=True)
class PipProgram(Program):
    """pip, run by `command`."""

    # -P: never import a pip.py or logging.py of the current directory.
    command: tuple[str, ...] = (sys.executable, "-P", "-m", "pip")
    name: ClassVar[str] = "pip"

    def variables(self, settings: IndexSettings, inherited: Mapping[str, str]) -> dict[str, str]:  # noqa: ARG002
        """PIP_* variables for `settings`, which include pip's configuration files; the variables win over these.

        Raises UsageError for a date that this pip would ignore: before 26 it has no PIP_UPLOADED_PRIOR_TO.
        """
        _check_takes_dates(settings)
        several = {
            "PIP_EXTRA_INDEX_URL": (*settings.extra_index_urls, *(url for _, url in for_all(settings))),
            "PIP_FIND_LINKS": tuple(map(_without_spaces, settings.find_links)),
            "PIP_TRUSTED_HOST": settings.trusted_hosts,
        }
        choices = {"PIP_ONLY_BINARY": settings.only_binary, "PIP_NO_BINARY": settings.no_binary}
        single = {
            "PIP_INDEX_URL": settings.index_url,
            "PIP_NO_INDEX": "1" if settings.no_index else None,
            "PIP_PRE": "1" if settings.prereleases else None,
            "PIP_NO_CACHE_DIR": "1" if settings.refresh else None,
            "PIP_UPLOADED_PRIOR_TO": settings.uploaded_prior_to,
            "PIP_CERT": _text(settings.certificate),
            "PIP_CLIENT_CERT": _text(settings.client_certificate),
            "PIP_PROXY": settings.proxy,
            "PIP_DEFAULT_TIMEOUT": f"{settings.timeout:g}",
            "PIP_RETRIES": str(settings.retries),
            "PIP_KEYRING_PROVIDER": settings.keyring_provider,
            # Resolving requires hashes by an argument; a project being built has none.
            "PIP_REQUIRE_HASHES": "0",
            "PIP_NO_INPUT": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_COLOR": "1",
        }
        return (
            {name: " ".join(values) for name, values in several.items() if values}
            | {name: ",".join(values) for name, values in choices.items() if values}
            | {name: value for name, value in single.items() if value is not None}
        )


def pip_runs_on(target: Target) -> bool:
    """Whether pip itself can run in the interpreter of `target`."""
    if target.interpreter is None:
        return False
    if target.interpreter == Path(sys.executable):
        return True
    bound = importlib.metadata.metadata("pip")["Requires-Python"]
    return SpecifierSet(bound or "").contains(target.environment["python_full_version"], prereleases=True)


def run_by(interpreter: Path | None) -> list[str]:
    """Arguments that make pip run in `interpreter`; none where pip runs in that Python anyway."""
    if interpreter is None or interpreter == Path(sys.executable):
        return []
    return ["--python", str(interpreter)]


def _check_takes_dates(settings: IndexSettings) -> None:
    if not settings.uploaded_prior_to:
        return
    here = importlib.metadata.version("pip")
    if int(here.partition(".")[0]) < _FIRST_WITH_DATES:
        raise UsageError(
            f"pip {here} knows no --uploaded-prior-to, and would take what is newer",
            hint=f"python3 -m pip install 'pip>={_FIRST_WITH_DATES}' beside pexlite, or --resolver uv",
        )


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _without_spaces(location: str) -> str:
    """`location` without white space, at which pip would split a variable."""
    path = local_path(location)
    if path is not None and location.split() != [location]:
        return "file://" + quote(os.fspath(path.absolute()))
    return location
