"""What must pass before a change goes in: `nox` runs all of it, `nox -l` lists it, `nox -s lint` runs one."""

from __future__ import annotations

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.stop_on_first_error = False

PYPROJECT = nox.project.load_toml("pyproject.toml")
# With these set no bytecode is kept and nothing is buffered: starts look several times slower than they are.
ENVIRONMENT = {"PYTHONDONTWRITEBYTECODE": None, "PYTHONUNBUFFERED": None, "PYTHONPATH": None}


def run_tests(session: nox.Session, *arguments: str) -> None:
    """Install pexlite and what its tests need, and run the tests that `arguments` choose."""
    session.install("-q", "-e", ".[uv]", *nox.project.dependency_groups(PYPROJECT, "test"))
    session.run("python", "-m", "pytest", "-q", "-n", "auto", *arguments, *session.posargs, env=ENVIRONMENT)


@nox.session
def lint(session: nox.Session) -> None:
    """Rules (ruff), layout (ruff format) and types (mypy strict)."""
    session.install("-q", "-e", ".[uv]", *nox.project.dependency_groups(PYPROJECT, "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("mypy", "noxfile.py")


@nox.session
def tests(session: nox.Session) -> None:
    """Everything that needs no network, but for the runtime."""
    run_tests(session, "-m", "not network and not journey", "--ignore", "tests/runtime")


@nox.session
def runtime(session: nox.Session) -> None:
    """The room that travels, on every Python that this machine has."""
    run_tests(session, "-m", "not network and not journey", "tests/runtime")


@nox.session
def journeys(session: nox.Session) -> None:
    """What people do: real applications from the package index, the examples, and this repository's README."""
    run_tests(session, "-m", "network or journey")
