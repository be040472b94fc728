"""What must pass before a change goes in: `nox` runs all of it, `nox -l` lists it, `nox -s lint` runs one."""

from __future__ import annotations

import os
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.stop_on_first_error = False

PYPROJECT = nox.project.load_toml("pyproject.toml")
# With these set no bytecode is kept and nothing is buffered: starts look several times slower than they are.
ENVIRONMENT = {"PYTHONDONTWRITEBYTECODE": None, "PYTHONUNBUFFERED": None, "PYTHONPATH": None}
OFFLINE = ("python", "-m", "tests.offline")


def run_tests(session: nox.Session, *arguments: str, offline: tuple[str, ...] = ()) -> None:
    """Install pexlite and what its tests need, and run those that `arguments` choose, `offline` going before."""
    session.install("-q", "-e", ".[uv]", *nox.project.dependency_groups(PYPROJECT, "test"))
    pytest = ["python", "-m", "pytest", "-q", "-n", "auto", *arguments, *session.posargs]
    session.run(*offline, *pytest, env=ENVIRONMENT)


@nox.session
def lint(session: nox.Session) -> None:
    """Rules (ruff), layout (ruff format), types (mypy strict) and what may import what (import-linter)."""
    session.install("-q", "-e", ".[uv]", *nox.project.dependency_groups(PYPROJECT, "lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("mypy", "noxfile.py", ".ci/debian.py")
    session.run("lint-imports", "--no-logo")


@nox.session
def tests(session: nox.Session) -> None:
    """Everything that needs no network, without one where the system allows that, but for the runtime."""
    run_tests(session, "-m", "not network and not journey", "--ignore", "tests/runtime", offline=OFFLINE)


@nox.session
def runtime(session: nox.Session) -> None:
    """The room that travels, on every Python that this machine has."""
    run_tests(session, "-m", "not network and not journey", "tests/runtime", offline=(*OFFLINE, "--as-root"))


@nox.session
def journeys(session: nox.Session) -> None:
    """What people do: real applications from the package index, the examples, and this repository's README."""
    # Most of the time they wait for the package index.
    waiting = str(2 * (os.cpu_count() or 1))
    run_tests(session, "-n", waiting, "-m", "(network or journey) and not spark and not engines")
    run_tests(session, "-n", "0", "tests/spark/test_example.py")


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Lines and branches that the tests run, the room's where it travels; takes twice as long as they do.

    A module that they hardly run has a reason in tests/README.md. After `-- ` stands which tests to run.
    """
    session.install("-q", "-e", ".[uv]", *nox.project.dependency_groups(PYPROJECT, "coverage"))
    directory = Path(session.create_tmp()).resolve()
    for before in directory.glob("data*"):
        before.unlink()
    own = ENVIRONMENT | {"COVERAGE_FILE": str(directory / "data"), "COVERAGE_OF_THE_ROOM": "1"}
    pytest = ["-m", "pytest", "-q", "-n", "auto", "-m", "not network and not journey and not unmeasured"]
    measured = [*OFFLINE, "--as-root", "python", "-m", "coverage", "run", *pytest, *session.posargs]
    # Whether they pass, other sessions say; measured processes are slow, and what failed has run as well.
    session.run(*measured, env=own, success_codes=[0, 1])
    session.run("coverage", "combine", "-q", env=own)
    session.run("coverage", "report", "--skip-covered", env=own)
    if not session.posargs:
        session.run("python", "-m", "tests.programs.coverage", env=own)


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Archives that libFuzzer makes, unpacked by the launcher's source: ten minutes. Needs clang.

    After `-- ` stand other options of libFuzzer's.
    """
    session.install("-q", "-e", ".", *nox.project.dependency_groups(PYPROJECT, "test"))
    directory = Path(session.create_tmp()).resolve()
    session.run("python", "-m", "tests.launcher.fuzz", str(directory))
    arguments = session.posargs or ["-max_total_time=600"]
    session.run(str(directory / "fuzz"), "-max_len=8192", *arguments, str(directory / "seeds"), external=True)


@nox.session(default=False)
def simulate(session: nox.Session) -> None:
    """The cache's protocol under many more schedules: `-- --schedules 200000`, `-- --seed N` to see one."""
    session.install("-q", "-e", ".[uv]", *nox.project.dependency_groups(PYPROJECT, "test"))
    chosen = session.posargs or ("--schedules", "20000")
    session.run(
        "python", "-m", "tests.programs.simulation", "--jobs", str(os.cpu_count() or 1), *chosen, env=ENVIRONMENT
    )


@nox.session(default=False)
def flips(session: nox.Session) -> None:
    """Ten thousand flipped bits of a small file, each told or harmless (FLIPS, FLIPS_SEED); takes an hour."""
    session.env["FLIPS"] = os.environ.get("FLIPS", "10000")
    run_tests(session, "-n", "0", "-s", "tests/runtime/test_flipped_bits.py")


@nox.session(default=False)
def cuts(session: nox.Session) -> None:
    """Pushes over a connection that is cut at 50 places (CUTS), in either direction; takes some minutes."""
    session.env["CUTS"] = os.environ.get("CUTS", "50")
    run_tests(session, "-n", "2", "tests/ship/test_links.py")


@nox.session(default=False)
def pythons(session: nox.Session) -> None:
    """Files built here and run on other systems and Pythons, which it makes and keeps; root, an hour, 6 GB.

    Installs Debian's debootstrap, busybox-static and qemu-user-static, where they are missing.
    """
    session.install("-q", "-e", ".[uv]", *nox.project.dependency_groups(PYPROJECT, "test"))
    directory = str(Path(session.create_tmp()).resolve())
    words = ["python", "-m", "tests.programs.machines", "--directory", directory]
    session.run(*words, *session.posargs, env=ENVIRONMENT)


@nox.session(default=False)
def spark(session: nox.Session) -> None:
    """Every form in which a file is a PySpark job, on clusters started here; needs Java 17 and 10 minutes."""
    run_tests(session, "-n", "0", "-m", "spark", "tests/spark")


@nox.session(default=False)
def engines(session: nox.Session) -> None:
    """Files on clusters of Ray and Dask started here, 32 workers at once; takes 10 minutes and 4 GB of memory."""
    run_tests(session, "-n", "0", "-m", "engines", "tests/engines")


def run_measurement(session: nox.Session, module: str) -> None:
    """Run `module`, which sets up its own venvs and keeps them in nox's temporary directory."""
    session.install("-q", "-e", ".[uv]", *nox.project.dependency_groups(PYPROJECT, "bench"))
    directory = str(Path(session.create_tmp()).resolve())
    session.run("python", "-m", module, "--directory", directory, *session.posargs, env=ENVIRONMENT)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """How fast, large and hungry pexlite and its peers are, side by side; `-- --help` says what can be chosen."""
    run_measurement(session, "tests.programs.bench")


@nox.session(default=False)
def conformance(session: nox.Session) -> None:
    """Real applications and libraries against a plain venv; `-- --tool pex` runs a peer over the same rows."""
    run_measurement(session, "tests.programs.conformance")


@nox.session(default=False)
def profile(session: nox.Session) -> None:
    """Where the time goes: `-- warm|cold|build WORKLOAD`."""
    run_measurement(session, "tests.programs.profile")


@nox.session(default=False)
def windows(session: nox.Session) -> None:
    """Files on Windows: under Wine, on the CPythons 3.8 to 3.11 that PyPI has; takes half an hour.

    Installs Debian's wine64, where it is missing, and keeps what it makes (400 MB).
    """
    directory = Path(session.create_tmp()).resolve() / "wine"
    session.run("python", "-m", "tests.windows.wine", str(directory), env=ENVIRONMENT)
    session.env["PEXLITE_WINE"] = str(directory)
    run_tests(session, "-n", "2", "tests/windows")


@nox.session(default=False)
def browser(session: nox.Session) -> None:
    """The page of `pexlite report` in Chromium: drawn, used by mouse and keyboard, looked at by axe-core.

    Installs Debian's chromium, where it is missing.
    """
    session.install("-q", "playwright>=1.50", "axe-playwright-python>=0.1.5")
    found = session.run("python", "-m", "tests.browser.chromium", silent=True, env=ENVIRONMENT)
    session.env["PEXLITE_CHROMIUM"] = str(found).strip().splitlines()[-1]
    run_tests(session, "-n", "2", "tests/browser")


@nox.session(default=False)
def sizes(session: nox.Session) -> None:
    """Bundles over 2 GiB, over 4 GiB and of 70,000 files, built and run; takes 25 GB of disk and some minutes."""
    session.install("-q", "-e", ".[uv]", *nox.project.dependency_groups(PYPROJECT, "test"))
    own = ENVIRONMENT | {"PEXLITE_TEST_SIZES": "1"}
    session.run("python", "-m", "pytest", "-q", "-s", "tests/sizes", *session.posargs, env=own)
