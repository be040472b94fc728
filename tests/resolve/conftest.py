"""Tests of this room see no configuration of the person who runs them."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_configuration(no_configuration: None) -> None:
    """Only what a test says is asked for."""
