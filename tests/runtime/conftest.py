"""Fixtures for the runtime room: apps that tell what they see, Pythons, a clean environment."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bundles import bundle_file, environment, function
from tests.factories import make_wheel
from tests.interpreters import Interpreter, supported
from tests.runtime.trials import slow_file

# In Python 3.6 grammar: it runs wherever the runtime does.
TELLER = """
import json
import os
import subprocess
import sys


def main():
    import helper

    child = "import helper, sys; print(helper.__file__); print(sys.prefix)"
    print(json.dumps({
        "argv": sys.argv,
        "prefix": sys.prefix,
        "exec_prefix": sys.exec_prefix,
        "base_prefix": sys.base_prefix,
        "executable": sys.executable,
        "path": sys.path,
        "helper": helper.__file__,
        "child": subprocess.check_output([sys.executable, "-c", child]).decode().split(),
        "environment": {name: os.environ[name] for name in os.environ if name.startswith("PEX")},
        "modules": sorted(sys.modules),
        "hash": hash(os.getpid()),
    }))
    return 3
"""


@pytest.fixture(scope="session")
def teller_wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    directory = tmp_path_factory.mktemp("wheels")
    return [
        make_wheel(directory, "teller", files={"teller.py": TELLER}),
        make_wheel(directory, "helper", files={"helper/__init__.py": "", "helper/data.txt": "content\n"}),
    ]


@pytest.fixture(scope="session")
def teller(tmp_path_factory: pytest.TempPathFactory, teller_wheels: list[Path]) -> Path:
    """A file whose function prints what it sees and returns 3."""
    return bundle_file(tmp_path_factory.mktemp("app") / "teller.pex", teller_wheels, function("teller", "main"))


@pytest.fixture(scope="session")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that takes a moment to unpack."""
    return slow_file(tmp_path_factory.mktemp("slow"))


@pytest.fixture(params=supported(), ids=str)
def python(request: pytest.FixtureRequest) -> Interpreter:
    """Every Python on this machine in turn."""
    found: Interpreter = request.param
    return found


@pytest.fixture(scope="session")
def newest() -> Interpreter:
    """The newest Python, for what does not depend on its version."""
    return supported()[0]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A clean environment with an empty cache."""
    return environment(tmp_path / "root")


@pytest.fixture
def everybodys() -> Iterator[Path]:
    """A directory that any account reaches, unlike pytest's; `tmp` in it is for temporary files, as /tmp is."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        (Path(name) / "tmp").mkdir()
        (Path(name) / "tmp").chmod(0o1777)
        yield Path(name)
