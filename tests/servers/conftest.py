"""pexlite run as a program, on a machine without index settings or a person's files."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.checkout import REPOSITORY, clean_environment
from tests.factories import make_wheel

PASSWORD = "secret-for-test"


@dataclass(frozen=True)
class Machine:
    """A directory with a home, a store and a place to work in."""

    directory: Path
    environment: dict[str, str]

    @property
    def work(self) -> Path:
        return self.directory / "work"

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run pexlite with `arguments` and return how it ended."""
        return subprocess.run(
            [sys.executable, "-m", "pexlite", *arguments],
            cwd=self.work,
            env=self.environment | variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def well(self, *arguments: str, **variables: str) -> str:
        """All that pexlite printed; its exit code has to be 0."""
        done = self.run(*arguments, **variables)
        assert done.returncode == 0, f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def badly(self, code: int, *arguments: str, **variables: str) -> str:
        """All that pexlite printed; its exit code has to be `code`, without a traceback."""
        done = self.run(*arguments, **variables)
        assert done.returncode == code, f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def places_with(self, text: str) -> list[str]:
        """Every file and name under the directory that holds `text`, except in the person's own files."""
        kept = [path for path in self.directory.rglob("*") if self.directory / "home" not in path.parents]
        return [
            str(path)
            for path in kept
            if text in str(path) or (path.is_file() and text.encode() in path.read_bytes())
        ]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    directory = tmp_path / "machine"
    for name in ("home", "work", "tmp"):
        (directory / name).mkdir(parents=True)
    kept = {
        name: value
        for name, value in clean_environment(directory).items()
        if not name.startswith(("PIP_", "UV_")) and not name.lower().endswith("_proxy")
    }
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "SSL_CERT_DIR", "NETRC"):
        kept.pop(name, None)
    own = {
        "HOME": str(directory / "home"),
        "TMPDIR": str(directory / "tmp"),
        "PEXLITE_CACHE_DIR": str(directory / "store"),
        "XDG_CACHE_HOME": str(directory / "cache"),
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "XDG_CONFIG_DIRS": str(directory / "etc"),
        "PYTHONPATH": str(REPOSITORY),
    }
    return Machine(directory, kept | own)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """app 1.0, which needs core; core 1.0 and 2.0."""
    directory = tmp_path / "wheels"
    directory.mkdir()
    make_wheel(directory, "app", files={"app.py": "import core\n"}, requires=["core"])
    for version in ("1.0", "2.0"):
        make_wheel(directory, "core", version, files={"core.py": f"version = '{version}'\n"})
    return directory


both = pytest.mark.parametrize("resolver", ["uv", "pip"])
