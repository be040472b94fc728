"""Fixtures for the fetch room: an empty store, the Python that runs the tests as a target, a server."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.tags import sys_tags

from pexlite.build.projects import Workshop
from pexlite.model import IndexSettings, Target, no_report
from pexlite.model.installer import Installer
from pexlite.resolve.installers import find_installer
from pexlite.store.store import Store


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
def installer() -> Installer:
    return find_installer("auto")


@pytest.fixture
def workshop(store: Store, target: Target, installer: Installer) -> Workshop:
    return Workshop(store, IndexSettings(), installer, target, no_report)
