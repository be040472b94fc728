"""Whatever pexlite has sealed is opened under its name, and nothing else is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexlite.files.sealed import Seal, seal_of

TEXTS = st.dictionaries(st.text(min_size=1), st.text() | st.integers()).map(
    lambda found: json.dumps(found).encode()
)
SEAL = Seal(bytes(32))


@given(TEXTS, st.text())
def test_what_was_sealed_is_opened_and_is_json_meanwhile(text: bytes, name: str) -> None:
    kept = SEAL.sealed(name, text)
    assert SEAL.opened(name, kept) == text
    if text != b"{}":
        assert json.loads(kept) == {"seal": SEAL.of(name, text), **json.loads(text)}


@given(TEXTS, st.data())
def test_no_other_byte_name_or_key_opens_it(text: bytes, data: st.DataObject) -> None:
    kept = SEAL.sealed("name", text)
    place = data.draw(st.integers(0, len(kept) - 1))
    bit = data.draw(st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128]))
    assert SEAL.opened("name", kept[:place] + bytes([kept[place] ^ bit]) + kept[place + 1 :]) is None
    assert SEAL.opened("name", kept[:place]) is None
    assert SEAL.opened("another", kept) is None
    assert Seal(b"\1" * 32).opened("name", kept) is None


@given(st.binary())
def test_any_bytes_are_looked_at_without_harm(text: bytes) -> None:
    assert SEAL.opened("name", text) is None


def test_a_directory_keeps_its_seal_until_its_key_is_another_file(tmp_path: Path) -> None:
    first = seal_of(tmp_path)
    assert seal_of(tmp_path) == first
    content = (tmp_path / "key").read_bytes()
    (tmp_path / "copy").write_bytes(content)
    (tmp_path / "copy").replace(tmp_path / "key")
    assert seal_of(tmp_path) != first


@pytest.mark.parametrize("content", [b"", bytes(32), b"short"])
def test_a_key_that_a_power_cut_has_spoilt_is_made_anew(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(content)
    assert seal_of(tmp_path) == seal_of(tmp_path)
    assert (tmp_path / "key").read_bytes() != content
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_where_no_key_can_be_written_nothing_is_opened_later(tmp_path: Path) -> None:
    (tmp_path / "key").mkdir()  # even root replaces no directory by a file
    assert seal_of(tmp_path) != seal_of(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
