"""A hostile or broken wheel from an index ends a build with one line that names the wheel."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories import make_wheel
from tests.servers.conftest import Machine, both
from tests.wheels.test_read import INFO, altered

LIES = {f"{INFO}/METADATA": "Metadata-Version: 2.1\nName: demo\nVersion: 9\n"}
KINDS = ("cut off", "empty", "a page of words", "another version inside", "a way out", "no RECORD")


def hostile(kind: str, directory: Path) -> Path:
    wheel = make_wheel(directory, "demo", files={"demo/__init__.py": "x = 1\n" * 100})
    match kind:
        case "cut off":
            wheel.write_bytes(wheel.read_bytes()[:-200])
        case "empty":
            wheel.write_bytes(b"")
        case "a page of words":
            wheel.write_bytes(b"<html>nothing here</html>")
        case "another version inside":
            altered(wheel, replaced=LIES)
        case "a way out":
            altered(wheel, added={"../evil.py": "x"})
        case "no RECORD":
            altered(wheel, replaced={f"{INFO}/RECORD": None})
    return wheel


@both
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_refused_by_its_name_and_nothing_is_written(kind: str, resolver: str, machine: Machine) -> None:
    links = machine.work / "links"
    links.mkdir()
    hostile(kind, links)
    done = machine.run("demo", "--no-index", "-f", "links", "--resolver", resolver, "-q", "-o", "app.pex")
    assert done.returncode in (3, 4)
    error, *_, hint = done.stderr.splitlines()
    assert error.startswith("error: ")
    assert "demo-1.0" in error or "demo==1.0" in error
    assert "is not a wheel that can be" in error
    assert hint == "hint: take another version of it, or have its publisher build it again"
    assert [path.name for path in machine.work.iterdir()] == ["links"]
    assert list((machine.directory / "store").rglob("*.whl")) == []
    assert list((machine.directory / "tmp").iterdir()) == []
