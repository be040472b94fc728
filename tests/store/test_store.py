from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from pexlite.errors import FetchError, InvalidWheel
from pexlite.files import digests
from pexlite.model import Wheel
from pexlite.store.store import Store, open_store
from pexlite.wheels.read import read_wheel
from tests.factories import make_wheel
from tests.pylock.values import sha256


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return make_wheel(
        tmp_path,
        "demo",
        files={"demo/__init__.py": "", "demo/ä ö.txt": "x"},
        requires=["click>=8", 'idna; extra == "net"'],
        requires_python=">=3.8",
        entry_points={"console_scripts": {"demo": "demo:main"}},
    )


def values(wheel: Wheel) -> dict[str, object]:
    return {field.name: getattr(wheel, field.name) for field in fields(wheel)}


def facts_of(wheel: Wheel) -> Path:
    return wheel.path.parent / "facts.json"


def test_what_went_in_is_found_with_all_its_facts(store: Store, wheel: Path) -> None:
    added = store.add(wheel, wheel.name)
    found = store.find(sha256(wheel))
    assert found is not None
    assert values(found) == values(added)
    assert values(found) == values(read_wheel(wheel)) | {"path": found.path}
    assert found.path.read_bytes() == wheel.read_bytes()
    assert found.path.is_relative_to(store.root)


def test_a_stream_can_be_added(store: Store, wheel: Path) -> None:
    assert store.add(io.BytesIO(wheel.read_bytes()), wheel.name).sha256 == sha256(wheel)


def zeroed(content: bytes) -> bytes:
    """The length without the data, as a power cut can leave it."""
    return bytes(len(content))


def flipped(content: bytes) -> bytes:
    return content[:40] + bytes([content[40] ^ 1]) + content[41:]


def swapped(content: bytes) -> bytes:
    """Another wheel of the same size."""
    return content.replace(b"demo/", b"dem0/")


@pytest.mark.parametrize("spoil", [zeroed, flipped, swapped])
@pytest.mark.parametrize("times_kept", [False, True])
def test_a_wheel_with_other_bytes_is_not_given_and_comes_again(
    spoil: Callable[[bytes], bytes], times_kept: bool, store: Store, wheel: Path
) -> None:
    added = store.add(wheel, wheel.name)
    assert store.find(added.sha256) is not None
    before = added.path.stat()
    added.path.write_bytes(spoil(added.path.read_bytes()))
    if times_kept:
        os.utime(added.path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert store.find(added.sha256) is None
    assert store.add(wheel, wheel.name).path.read_bytes() == wheel.read_bytes()
    assert store.find(added.sha256) is not None


def test_a_wheel_is_hashed_once_in_a_process(store: Store, wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    added = store.add(wheel, wheel.name)
    monkeypatch.setattr(digests, "_KNOWN", {})
    hashed: list[object] = []
    compute = hashlib.file_digest

    def counted(file: Any, algorithm: str) -> Any:
        hashed.append(file)
        return compute(file, algorithm)

    monkeypatch.setattr(hashlib, "file_digest", counted)
    assert store.find(added.sha256) is not None
    assert store.find(added.sha256) is not None
    assert len(hashed) == 1
    os.utime(added.path)
    assert store.find(added.sha256) is not None
    assert len(hashed) == 2


def test_facts_that_somebody_else_has_written_are_made_anew(store: Store, wheel: Path, tmp_path: Path) -> None:
    added = store.add(wheel, wheel.name)
    facts = json.loads(facts_of(added).read_bytes())
    facts_of(added).write_text(json.dumps({**facts, "entry_points": {"console_scripts": {"demo": "os:abort"}}}))
    found = store.find(added.sha256)
    assert found is not None
    assert values(found) == values(added)


def test_a_store_that_was_unpacked_from_elsewhere_is_believed_its_wheels_only(
    store: Store, wheel: Path, tmp_path: Path
) -> None:
    """Its key came along, and is another one here."""
    added = store.add(wheel, wheel.name)
    store.remember_built("key", added)
    store.keep_bytecode("some.zip", b"bytecode")
    assert Store(store.root).built("key") is not None
    assert Store(store.root).bytecode("some.zip") == b"bytecode"
    copy = Store(shutil.copytree(store.root, tmp_path / "copy"))
    assert copy.built("key") is None
    assert copy.bytecode("some.zip") is None
    found = copy.find(added.sha256)
    assert found is not None
    assert values(found) == values(added) | {"path": found.path}


@pytest.mark.parametrize("damage", [b"", b"evil", bytes(70)])
def test_bytecode_that_somebody_else_has_written_is_none(damage: bytes, store: Store) -> None:
    store.keep_bytecode("some.zip", b"bytecode")
    path = store.root / "bytecode" / "some.zip"
    path.write_bytes(damage + path.read_bytes()[len(b"bytecode") :] if damage == b"evil" else damage)
    assert store.bytecode("some.zip") is None
    store.keep_bytecode("some.zip", b"bytecode")
    assert store.bytecode("some.zip") == b"bytecode"
    path.rename(path.with_name("other.zip"))
    assert store.bytecode("other.zip") is None


@pytest.mark.parametrize("digest", ["0" * 64, "", "../../../etc", "0" * 63 + "/"])
def test_what_is_not_there_is_not_found(digest: str, store: Store) -> None:
    assert store.find(digest) is None


def test_local_is_said_by_who_adds_and_not_remembered(store: Store, wheel: Path) -> None:
    """Else the order of wheels in a file would depend on what was built here before."""
    assert store.add(wheel, wheel.name, local=True).local
    found = store.find(sha256(wheel))
    assert found is not None
    assert not found.local


def test_another_digest_than_expected_is_not_stored(store: Store, wheel: Path) -> None:
    with pytest.raises(FetchError, match="digest"):
        store.add(wheel, wheel.name, "0" * 64)
    assert [path for path in store.root.rglob("*") if path.is_file()] == []


def test_what_is_no_wheel_is_not_stored(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "demo-1.0-py3-none-any.whl"
    path.write_bytes(b"not a zip")
    with pytest.raises(InvalidWheel):
        store.add(path, path.name)
    assert [path for path in store.root.rglob("*") if path.is_file()] == []


DAMAGE = {
    "empty": b"",
    "half": b'{"format":1,"filename":"demo-1.0-py3-no',
    "no JSON object": b"[]",
    "another format": b'{"format": 0}',
    "fields missing": b'{"format": 1, "filename": "demo-1.0-py3-none-any.whl"}',
    "bytes": b"\xff\xfe\x00",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_damaged_facts_are_made_anew(damage: bytes, store: Store, wheel: Path) -> None:
    added = store.add(wheel, wheel.name)
    whole = facts_of(added).read_bytes()
    facts_of(added).write_bytes(damage)
    found = store.find(added.sha256)
    assert found is not None
    assert values(found) == values(added)
    assert facts_of(added).read_bytes() == whole


def test_facts_of_another_wheel_are_made_anew(store: Store, wheel: Path) -> None:
    added = store.add(wheel, wheel.name)
    facts = json.loads(facts_of(added).read_bytes())
    facts_of(added).write_text(json.dumps({**facts, "sha256": "0" * 64}))
    found = store.find(added.sha256)
    assert found is not None
    assert found.sha256 == added.sha256


@pytest.mark.parametrize("content", [b"", b"PK"])
def test_a_wheel_that_was_cut_off_is_not_found_and_comes_again(content: bytes, store: Store, wheel: Path) -> None:
    added = store.add(wheel, wheel.name)
    added.path.write_bytes(content)
    assert store.find(added.sha256) is None
    assert store.add(wheel, wheel.name).path.read_bytes() == wheel.read_bytes()
    assert store.find(added.sha256) is not None


def test_the_same_bytes_under_another_name_are_another_wheel(store: Store, wheel: Path) -> None:
    other = "demo-1.0-py3-none-linux_x86_64.whl"
    store.add(wheel, wheel.name)
    assert store.find(sha256(wheel), other) is None
    renamed = store.add(wheel, other)
    found = store.find(sha256(wheel), other)
    assert found is not None
    assert (found.filename, found.tags) == (other, renamed.tags)
    first = store.find(sha256(wheel), wheel.name)
    assert first is not None
    assert first.filename == wheel.name


def test_what_a_source_gave_is_remembered_as_long_as_it_is_there(store: Store, wheel: Path) -> None:
    assert store.built("key") is None
    added = store.add(wheel, wheel.name)
    store.remember_built("key", added)
    again = store.built("key")
    assert again is not None
    assert again.sha256 == added.sha256
    added.path.unlink()
    assert store.built("key") is None
    (store.root / "built" / "key.json").write_bytes(b"{")
    assert store.built("key") is None


def _add(arguments: tuple[str, str]) -> str:
    root, wheel = arguments
    added = Store(Path(root)).add(Path(wheel), Path(wheel).name)
    found = Store(Path(root)).find(added.sha256)
    assert found is not None
    assert values(found) == values(added)
    return added.sha256


def test_twenty_processes_at_once_agree(store: Store, tmp_path: Path) -> None:
    wheels = [make_wheel(tmp_path, f"demo{n}", files={"x.py": "x = 1\n" * 20_000}) for n in range(4)]
    with ProcessPoolExecutor(20) as pool:
        digests = list(pool.map(_add, [(str(store.root), str(wheel)) for wheel in wheels * 20]))
    assert set(digests) == {sha256(wheel) for wheel in wheels}
    assert list((store.root / "incoming").iterdir()) == []


def test_killed_at_any_moment_it_holds_whole_wheels_only(store: Store, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "demo", files={"data.bin": os.urandom(2_000_000)})
    program = (
        "import sys; from pathlib import Path; from pexlite.store.store import Store\n"
        "store, wheel = Store(Path(sys.argv[1])), Path(sys.argv[2])\n"
        "print('go', flush=True)\n"
        "while True: store.add(wheel, wheel.name)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    for moment in range(12):
        command = [sys.executable, "-c", program, str(store.root), str(wheel)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as running:
            assert running.stdout is not None
            running.stdout.readline()
            time.sleep(moment * 0.003)
            running.send_signal(signal.SIGKILL)
        found = Store(store.root).find(sha256(wheel))
        if found is not None:
            assert values(found) == values(read_wheel(found.path))
    assert Store(store.root).add(wheel, wheel.name).path.read_bytes() == wheel.read_bytes()


def test_files_that_killed_processes_left_are_swept_after_a_day(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEXLITE_CACHE_DIR", str(store.root))
    incoming = open_store().root / "incoming"
    old, young = incoming / "1-old", incoming / "2-young"
    for path in (old, young):
        path.write_bytes(b"half")
    yesterday = time.time() - 25 * 3600
    os.utime(old, (yesterday, yesterday))
    open_store()
    assert [path.name for path in incoming.iterdir()] == ["2-young"]


@pytest.mark.parametrize("content", [b"", bytes(43)])
def test_a_tag_that_a_power_cut_has_emptied_is_written_again(
    content: bytes, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEXLITE_CACHE_DIR", str(store.root))
    tag = open_store().root / "CACHEDIR.TAG"
    whole = tag.read_bytes()
    tag.write_bytes(content)
    open_store()
    assert tag.read_bytes() == whole
    tag.write_bytes(b"somebody else's")
    open_store()
    assert tag.read_bytes() == b"somebody else's"


def test_it_lies_where_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PEXLITE_CACHE_DIR", "here")
    assert open_store().root == tmp_path / "here"
    monkeypatch.delenv("PEXLITE_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    assert open_store().root.name == "pexlite"


def test_a_place_that_cannot_be_written_to_is_an_error_with_a_hint(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PEXLITE_CACHE_DIR", str(tmp_path / "file" / "cache"))
    with pytest.raises(FetchError, match="cannot be written to") as caught:
        open_store()
    assert "PEXLITE_CACHE_DIR" in (caught.value.hint or "")


@pytest.mark.skipif(os.getuid() == 0, reason="nothing is read-only for root")
def test_a_store_that_can_only_be_read_is_read(store: Store, wheel: Path) -> None:
    added = store.add(wheel, wheel.name)
    facts_of(added).unlink()
    for path in (store.root / "incoming", added.path.parent):
        path.chmod(0o555)
    try:
        assert store.find(added.sha256) is not None
    finally:
        for path in (store.root / "incoming", added.path.parent):
            path.chmod(0o755)
