"""The switches that the build side reads out of the runtime room."""

from __future__ import annotations

import re

import pytest

from pexlite.archive.header import header
from pexlite.archive.switches import switches
from pexlite.model import Bundle, EntryPoint, LaunchOptions, StartKind, Variant
from pexlite.runtime.app import switches as room


@pytest.mark.parametrize("name", ["KEPT", "TAKEN"])
def test_what_is_read_is_what_the_room_has(name: str) -> None:
    assert switches(name) == getattr(room, name)


def test_the_program_of_sh_looks_at_every_switch_and_hands_none_on() -> None:
    bundle = Bundle(
        wheels=(),
        variants=(Variant(("cp39",), "any", None, None, ()),),
        trees=(),
        entry_point=EntryPoint(StartKind.FUNCTION, "app", "main"),
        launch=LaunchOptions(sh_boot=True),
        requirements=(),
        startup_files=(),
        runs_on="CPython 3.9",
    )
    program = header(bundle).decode()
    [asked] = re.findall("^_pex_asked=(.*)$", program, flags=re.MULTILINE)
    [unset] = re.findall("^ *unset (.*)$", program, flags=re.MULTILINE)
    assert asked.split("$")[1:] == unset.split()
    assert {*unset.split(), "PEX_CHOSEN_PYTHON"} == {*room.TAKEN}
