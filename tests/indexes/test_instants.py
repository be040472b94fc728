"""A date is one instant, whoever resolves."""

from __future__ import annotations

import importlib.metadata
from datetime import UTC, datetime

import pytest

from pexlite.errors import IndexConfigurationError, UsageError
from pexlite.indexes.dates import instant_of
from pexlite.indexes.settings import effective_settings
from pexlite.model import IndexSettings
from pexlite.resolve.pip_program import PipProgram
from pexlite.resolve.run import attempt

NOW = datetime(2026, 2, 10, 12, 30, 15, 99, UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-31", "2026-01-31T00:00:00Z"),
        (" 2026-01-31 ", "2026-01-31T00:00:00Z"),
        ("2026-01-31T12:00", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("2026-01-31 12:00:00+02:00", "2026-01-31T10:00:00Z"),
        ("P7D", "2026-02-03T12:30:15Z"),
        ("P0D", "2026-02-10T12:30:15Z"),
    ],
)
def test_a_text_is_an_instant(text: str, instant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert instant_of(text, NOW) == instant


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "31.1.2026", "P1M", "7 days", "2026"])
def test_what_is_no_date_is_refused(text: str, bare_machine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="is no date"):
        effective_settings(IndexSettings(uploaded_prior_to=text))
    monkeypatch.setenv("PIP_UPLOADED_PRIOR_TO", text)
    with pytest.raises(IndexConfigurationError, match="pip's setting uploaded-prior-to"):
        effective_settings(IndexSettings())


def test_a_pip_that_is_too_old_is_refused(bare_machine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = effective_settings(IndexSettings(uploaded_prior_to="2026-01-31"))
    assert settings.uploaded_prior_to == "2026-01-31T00:00:00Z"
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "25.3")
    with pytest.raises(UsageError, match=r"pip 25\.3 knows no --uploaded-prior-to"):
        attempt(PipProgram(), ["--version"], settings)
    assert attempt(PipProgram(), ["--version"], IndexSettings()).code == 0
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "26.0.1")
    assert attempt(PipProgram(), ["--version"], settings).code == 0
