"""Fixtures for several rooms: a bare machine, a store and a target, a web server, a place to measure in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from packaging.markers import default_environment
from packaging.tags import sys_tags

from pexlite.model import IndexSettings, Target, no_report
from pexlite.resolve.resolver import Resolver
from pexlite.resolve.resolvers import find_resolver
from pexlite.sources.projects import Builder
from pexlite.sources.workshop import Workshop
from pexlite.store.store import Store
from tests import measured_room, needs
from tests.checkout import environment_with_pexlite
from tests.interpreters import python3_on_path
from tests.network.server import Server
from tests.programs.bench.setting import Setting


def pytest_configure() -> None:
    """Let no test fail on a slow machine, and let the programs that tests start heed Ctrl-C and a hangup.

    Tests that a script starts in the background, or that `nohup` starts, would pass on to them that it is ignored.
    """
    hypothesis.settings.register_profile("any machine", deadline=None)
    hypothesis.settings.load_profile("any machine")
    ignored = (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGQUIT, signal.SIG_DFL),
        (signal.SIGHUP, signal.SIG_DFL),
    )
    for number, usual in ignored:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.fixture(scope="session", autouse=True)
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Built files that coverage.py can see into, where it measures."""
    with pytest.MonkeyPatch.context() as change:
        if measured_room.is_measured():
            measured_room.measure(change, tmp_path_factory.mktemp("measured"))
        yield


@pytest.fixture(scope="session", autouse=True)
def tests_in_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A place of their own for the files of any pytest that a test starts.

    At its end pytest deletes the files of runs before it. Those of this project's hold so many that a pytest
    out of a built file would be at it for minutes, with its closing line still in its buffer.
    """
    with pytest.MonkeyPatch.context() as change:
        change.setenv("PYTEST_DEBUG_TEMPROOT", str(tmp_path_factory.mktemp("tests_in_tests")))
        yield


@pytest.fixture(scope="session", autouse=True)
def python3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A `python3` on PATH, which not every machine has."""
    with pytest.MonkeyPatch.context() as change:
        change.setenv("PATH", python3_on_path(tmp_path_factory.mktemp("python3")))
        yield


@pytest.fixture(scope="session", autouse=True)
def bytecode_beside_its_source() -> Iterator[None]:
    """Bytecode where Python keeps it by default, in what tests start, wherever that of the tests goes."""
    with pytest.MonkeyPatch.context() as change:
        change.delenv("PYTHONPYCACHEPREFIX", raising=False)
        yield


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without pip's or uv's configuration, and with empty caches."""
    make_bare(monkeypatch, tmp_path)


def make_bare(change: pytest.MonkeyPatch, directory: Path) -> None:
    """Leave no configuration of pip and uv to this process; the caches of pexlite and of built files are below."""
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_", "PEX_")) and name != "UV_CACHE_DIR":
            change.delenv(name)
    change.setenv("PIP_CONFIG_FILE", os.devnull)
    change.setenv("PEXLITE_CACHE_DIR", str(directory / "store"))
    change.setenv("PEX_ROOT", str(directory / "pex-root"))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed, with its key beside it."""
    openssl = needs.program("openssl")
    directory = tmp_path_factory.mktemp("certificate")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    # As an authority of its own, uv would not take it for a server's.
    command += ["-addext", "basicConstraints=critical,CA:FALSE"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "certificate.pem"]
    subprocess.run(command, cwd=directory, check=True, capture_output=True)
    return directory / "certificate.pem"


@pytest.fixture
def setting(tmp_path: Path, bare_machine: None) -> Setting:
    """A place to measure in without any index; pexlite is installed from this checkout."""
    place = tmp_path / "tools" / "pexlite"
    place.mkdir(parents=True)
    environment_with_pexlite(place)
    (place / "DONE").touch()
    return Setting(tmp_path, Path(sys.executable))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A web server on 127.0.0.1; no proxy, authority or netrc of the person who tests gets in the way."""
    for name in os.environ:
        if name.lower().endswith("_proxy") or name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NETRC", os.devnull)
    with Server() as running:
        yield running


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture(scope="session")
def target() -> Target:
    """The Python that runs the tests."""
    return Target(
        python=f"cp{sys.version_info[0]}{sys.version_info[1]}",
        platform="linux_x86_64",
        libc=None,
        tags=tuple(sys_tags()),
        environment=default_environment(),
        interpreter=Path(sys.executable),
    )


@pytest.fixture(scope="session")
def resolver() -> Resolver:
    return find_resolver("auto")


@pytest.fixture
def builder(store: Store, target: Target, resolver: Resolver) -> Builder:
    return Builder(Workshop(store, IndexSettings(), resolver, (target,), no_report), target)


@pytest.fixture
def no_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without pip's or uv's configuration, so that only what a test says is asked for."""
    for name in list(os.environ):
        if name.startswith(("PIP_", "UV_")) and name != "UV_CACHE_DIR":
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
