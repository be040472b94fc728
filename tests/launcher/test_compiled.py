"""The launchers that travel are what their source compiles to, and small."""

from __future__ import annotations

import struct

import pytest

from pexlite.launcher import MACHINES, launcher
from pexlite.launcher.compiled import compiled, compiler, version
from pexlite.launcher.prebuilt import compiled_by


@pytest.mark.parametrize("machine", MACHINES)
def test_a_launcher_is_what_its_source_compiles_to(machine: str) -> None:
    found = compiler(machine)
    if found is None:
        pytest.skip(
            f"there is no compiler for {machine} here: apt-get install gcc-{machine.replace('_', '-')}-linux-gnu"
        )
    if version(found) != compiled_by()[machine]:
        pytest.skip(f"the launcher was compiled by {compiled_by()[machine]}, and here is {version(found)}")
    again = compiled(machine, found)
    assert again == compiled(machine, found)
    assert again == launcher(machine), "compile it anew: python -m pexlite.launcher.compiled"


@pytest.mark.parametrize("machine", MACHINES)
def test_a_launcher_is_small_and_has_no_word_of_who_compiled_it(machine: str) -> None:
    program = launcher(machine)
    assert len(program) < 48_000
    assert all(word not in program for word in (b"GCC", b"/home/", b"launcher.c", b".h\0"))


@pytest.mark.parametrize(("machine", "number"), [("x86_64", 62), ("aarch64", 183)])
def test_a_launcher_is_static_and_for_its_machine(machine: str, number: int) -> None:
    program = launcher(machine)
    kind, found = struct.unpack_from("<HH", program, 16)
    parts, size, count = struct.unpack_from("<Q14xHH", program, 32)
    loads = [struct.unpack_from("<II", program, parts + size * at) for at in range(count)]
    assert (program[:5], kind, found) == (b"\x7fELF\x02", 2, number)
    # Loaded parts and the stack, which cannot be executed; no loader, and no part that is both written and run.
    assert {kind for kind, _ in loads} == {1, 0x6474E551}
    assert all(flags & 3 != 3 for _, flags in loads)
