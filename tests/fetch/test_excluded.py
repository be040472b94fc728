"""The needs of what is excluded from a lock are found without downloading it, or it is named as unknown."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from packaging.tags import Tag

from pexlite.fetch.excluded import needs_of
from pexlite.model import IndexSettings, LockParts, Target, no_report
from pexlite.resolve.resolver import Resolver
from pexlite.sources.workshop import Workshop
from pexlite.store.store import Store
from tests.factories import make_wheel
from tests.network.server import Server, content
from tests.pylock.values import lock_of, wheel_entry

Needs = tuple[list[str], tuple[str, ...]]
UNKNOWN: Needs = ([], ("demo",))
METADATA = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"


@pytest.fixture
def workshop(store: Store, target: Target, resolver: Resolver) -> Workshop:
    return Workshop(store, IndexSettings(), resolver, (target,), no_report)


def needs(workshop: Workshop, directory: Path, *packages: dict[str, Any]) -> Needs:
    found, unknown = needs_of(lock_of(*packages), workshop, directory, LockParts())
    return list(map(str, found)), unknown


@pytest.mark.parametrize(
    ("package", "found"),
    [
        ({"dependencies": [{"name": "core"}, {"name": "extra", "version": "2"}]}, (["core", "extra"], ())),
        ({"dependencies": [{"directory": {"path": "core"}}, {"name": "extra"}]}, (["extra"], ())),
        ({"dependencies": []}, ([], ())),
        ({}, UNKNOWN),
    ],
)
def test_a_lock_that_says_what_a_package_needs_is_believed(
    package: dict[str, Any], found: Needs, workshop: Workshop, tmp_path: Path
) -> None:
    sdist = {"path": "demo-1.0.tar.gz", "hashes": {"sha256": "00"}}
    assert needs(workshop, tmp_path, {"name": "demo", "version": "1.0", "sdist": sdist, **package}) == found


@pytest.mark.parametrize("place", ["inside", "beside"])
@pytest.mark.parametrize(
    ("metadata", "found"),
    [
        (f"{METADATA}Requires-Dist: core<2\nRequires-Dist: web; extra == 'web'\n", True),
        (
            f"{METADATA}Requires-Dist: core<2\nRequires-Dist: web; extra == 'web'\n\nmore \xff".encode("latin-1"),
            True,
        ),
        (METADATA + "Requires-Dist: no such requirement\n", False),
        ("Name: demo\n", False),
        (b"\0\xff", False),
    ],
)
def test_metadata_tells_what_a_wheel_needs_where_it_can_be_read(
    place: str, metadata: str | bytes, found: bool, workshop: Workshop, server: Server, tmp_path: Path
) -> None:
    text = metadata if isinstance(metadata, bytes) else metadata.encode()
    wheel = tmp_path / "demo-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("demo-1.0.dist-info/METADATA", text)
    server.on(f"/{wheel.name}.metadata", content(text))
    where = (server.url(f"/{wheel.name}"),) if place == "beside" else ()
    known: Needs = (["core<2", 'web; extra == "web"'], ())
    assert needs(workshop, tmp_path, wheel_entry(wheel, *where)) == (known if found else UNKNOWN)
    assert server.count(f"/{wheel.name}") == 0


def test_a_wheel_that_cannot_be_read_has_unknown_needs(workshop: Workshop, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "demo", requires=["core"])
    package = wheel_entry(wheel)
    whole = wheel.read_bytes()
    start = whole.index(b"demo-1.0.dist-info/METADATA") + len("demo-1.0.dist-info/METADATA")
    spoilt = {
        "cut off": whole[:-10],
        "compressed wrongly": whole[:start] + b"\xff" * 4 + whole[start + 4 :],
        "encrypted": _encrypted(whole),
        "no zip": b"demo",
        "no METADATA": bytes(zip_of(tmp_path, {"demo.py": ""}).read_bytes()),
    }
    assert needs(workshop, tmp_path, package) == (["core"], ())
    for name, data in spoilt.items():
        wheel.write_bytes(data)
        assert needs(workshop, tmp_path, package) == UNKNOWN, name
    wheel.unlink()
    assert needs(workshop, tmp_path, package) == UNKNOWN


def _encrypted(whole: bytes) -> bytes:
    """The archive with a flag in its directory that says of each member that it takes a password."""
    marked = bytearray(whole)
    place = whole.find(b"PK\1\2")
    while place >= 0:
        marked[place + 8] |= 1
        place = whole.find(b"PK\1\2", place + 1)
    return bytes(marked)


def zip_of(directory: Path, texts: dict[str, str]) -> Path:
    with zipfile.ZipFile(directory / "some.zip", "w") as archive:
        for path, text in texts.items():
            archive.writestr(path, text)
    return directory / "some.zip"


def test_an_index_without_metadata_beside_a_wheel_leaves_its_needs_unknown(
    workshop: Workshop, server: Server, tmp_path: Path
) -> None:
    package = wheel_entry(
        make_wheel(tmp_path, "demo", requires=["core"]), server.url("/demo-1.0-py3-none-any.whl")
    )
    assert needs(workshop, tmp_path, package) == UNKNOWN
    assert [path for path, _ in server.requests] == ["/demo-1.0-py3-none-any.whl.metadata"]


def test_a_wheel_in_the_store_is_asked_for_nowhere_else(
    workshop: Workshop, server: Server, tmp_path: Path
) -> None:
    wheel = make_wheel(tmp_path, "demo", requires=["core<2"])
    workshop.store.add(wheel, wheel.name)
    assert needs(workshop, tmp_path, wheel_entry(wheel, server.url(f"/{wheel.name}"))) == (["core<2"], ())
    assert server.requests == []


def test_each_target_counts_that_has_a_wheel_and_a_name_is_given_once(
    workshop: Workshop, target: Target, tmp_path: Path
) -> None:
    here = make_wheel(tmp_path, "fast", requires=["core"], tag=str(target.tags[0]))
    elsewhere = replace(
        target, tags=(Tag("cp311", "cp311", "win_amd64"), Tag("py3", "none", "any")), interpreter=None
    )
    both = replace(workshop, targets=(target, elsewhere, target))
    assert needs(both, tmp_path, wheel_entry(here)) == (["core", "core"], ())
    assert needs(replace(workshop, targets=(elsewhere,)), tmp_path, wheel_entry(here)) == ([], ())
    package = wheel_entry(here)
    here.unlink()
    assert needs(both, tmp_path, package) == ([], ("fast",))
