"""Of an index that tells when files were uploaded, both resolvers take the same ones."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.factories import make_wheel
from tests.index import page
from tests.network.server import Server, content
from tests.servers.conftest import Machine, both

UPLOADED = {"1.0": "2026-01-30T23:59:59Z", "2.0": "2026-01-31T00:00:00Z", "3.0": "2026-01-31T23:00:00Z"}


@pytest.fixture
def dated(tmp_path: Path) -> Iterator[str]:
    """The URL of an index with three versions of core (PEP 691, PEP 700)."""
    files = []
    with Server() as server:
        for version, uploaded in UPLOADED.items():
            wheel = make_wheel(tmp_path, "core", version, files={"core.py": version})
            body = wheel.read_bytes()
            server.on(f"/files/{wheel.name}", content(body))
            digest = {"sha256": hashlib.sha256(body).hexdigest()}
            url = server.url(f"/files/{wheel.name}")
            files.append(
                {"filename": wheel.name, "url": url, "hashes": digest, "upload-time": uploaded, "size": len(body)}
            )
        told = {"meta": {"api-version": "1.1"}, "name": "core", "versions": list(UPLOADED), "files": files}
        server.on("/simple/core/", page(json.dumps(told), kind="application/vnd.pypi.simple.v1+json"))
        yield server.url("/simple/")


@both
@pytest.mark.parametrize(
    ("date", "version"),
    [
        ("2026-01-31", "1.0"),
        ("2026-01-31T00:00:01Z", "2.0"),
        ("2026-02-01T01:00+02:00", "2.0"),
        ("2026-02-01", "3.0"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_a_date_means_one_instant(
    date: str, version: str, zone: str, resolver: str, machine: Machine, dated: str
) -> None:
    if resolver == "pip" and int(importlib.metadata.version("pip").partition(".")[0]) < 26:
        pytest.skip("this pip knows no dates: python3 -m pip install 'pip>=26'")
    arguments = ["core", "-i", dated, "--resolver", resolver, "--uploaded-prior-to", date, "-o", "core.pex"]
    machine.well(*arguments, TZ=zone)
    assert json.loads(machine.well("info", "core.pex", "--json"))["wheels"][0]["version"] == version
