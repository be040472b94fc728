"""The digests of a wheel's content."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path

from pexlite.wheels.content import content_digests
from pexlite.wheels.read import read_wheel
from tests.factories import make_wheel


def test_the_digests_are_those_of_record(tmp_path: Path) -> None:
    wheel = read_wheel(make_wheel(tmp_path, "a", files={"a.py": "x", "b.py": "x", "c.py": "y"}))
    found = content_digests(wheel, ["a.py", "b.py", "c.py"])
    expected = base64.urlsafe_b64encode(hashlib.sha256(b"x").digest()).decode().rstrip("=")
    assert found["a.py"] == found["b.py"] == f"sha256={expected}"
    assert found["c.py"] != found["a.py"]


def test_a_member_whose_row_has_no_sha256_is_digested(tmp_path: Path) -> None:
    path = make_wheel(tmp_path, "a", files={"a.py": "x", "b.py": "x"})
    with zipfile.ZipFile(path) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    record = "a-1.0.dist-info/RECORD"
    rows = members[record].decode().splitlines()
    rows = [",".join([row.split(",")[0], "", ""]) if row.startswith("b.py") else row for row in rows]
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in (members | {record: "\n".join(rows).encode()}).items():
            archive.writestr(member, content)
    found = content_digests(read_wheel(path), ["a.py", "b.py"])
    assert found["a.py"] == found["b.py"]
