"""Of a store goes what pexlite gave a name to, and nothing else."""

from __future__ import annotations

import pytest

from pexlite.files.places import PARTS
from pexlite.store.names import NAMES, is_entry

HEX = "0123456789abcdef" * 4


def test_every_part_of_a_store_has_names() -> None:
    assert tuple(NAMES) == PARTS


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("wheels", HEX),
        ("built", f"{HEX}-tools.json"),
        ("built", f"uncompressed-{HEX}.json"),
        ("bytecode", f"room-{HEX[:16]}.zip"),
        ("imports", f"{HEX[:32]}-grammar-11.json"),
        ("decisions", f".{HEX[:40]}.{HEX[:16]}"),
        ("incoming", f"123-{HEX[:16]}"),
    ],
)
def test_a_name_of_ours_is_known(part: str, name: str) -> None:
    assert is_entry(part, name)
    assert not is_entry(part, name + "~") and not is_entry(part, "mine") and not is_entry(part, name[:-1])


@pytest.mark.parametrize("name", [f"{HEX}xjson", f"{HEX[:63]}g.json", f"{HEX}.json\n", f"../{HEX}.json"])
def test_a_name_that_is_nearly_ours_is_not(name: str) -> None:
    assert not is_entry("built", name)
