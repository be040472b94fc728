"""The pointer by which the sh header finds an app names the loader of its Python, which tells machines apart."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest

from pexlite.model import LaunchOptions
from pexlite.runtime.app.become import _loader_of as loader_of
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter

LOADERS = {"wide": "/lib64/ld-linux-x86-64.so.2", "narrow": "/lib/ld-linux.so.2"}


def elf(bits: str, order: str, loader: str) -> bytes:
    """An ELF file with one program header before the one that names the `loader` (elf(5))."""
    wide, small, mark = bits == "wide", bits != "wide", ">" if order == "big" else "<"
    ident = b"\x7fELF" + bytes([2 if wide else 1, 2 if order == "big" else 1, 1]) + bytes(9)
    header, size = (52, 32) if small else (64, 56)
    place, name = header + 2 * size, loader.encode() + b"\0"
    head = struct.pack(mark + "HHI" + ("QQQ" if wide else "III"), 3, 62, 1, 0, header, 0)
    head += struct.pack(mark + "IHHHHHH", 0, header, size, 2, 0, 0, 0)
    first = struct.pack(mark + "I", 6).ljust(size, b"\0")
    if wide:
        second = struct.pack(mark + "IIQQQQQQ", 3, 4, place, 0, 0, len(name), len(name), 1)
    else:
        second = struct.pack(mark + "IIIIIIII", 3, place, 0, 0, len(name), len(name), 4, 1)
    return ident + head + first + second + name


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("bits", LOADERS)
def test_the_loader_is_read_out_of_the_program(bits: str, order: str, tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.write_bytes(elf(bits, order, LOADERS[bits]))
    assert loader_of(str(program)) == LOADERS[bits]


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"\x7fELF", b"\x7fELF\2\1" + bytes(58)])
def test_what_has_no_loader_runs_wherever_it_lies(content: bytes, tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.write_bytes(content)
    assert loader_of(str(program)) == "/"


def test_an_app_of_another_machine_is_not_started(newest: Interpreter, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "app", files={"app.py": "def main(): print('well')\n"})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"), launch=LaunchOptions(sh_boot=True))
    root = tmp_path / "root"
    env = environment(root, PATH=f"{newest.programs}:/usr/bin:/bin")
    assert run([file], env).stdout == "well\n"
    (pointer,) = root.glob("lite-2/apps/*.sh")
    python, script, loader = pointer.read_text().splitlines()
    assert Path(loader).exists() and Path(python).exists() and Path(script).exists()
    # That of another machine comes first, and would print something else.
    stranger = root / "lite-2/apps" / pointer.name.replace(".cp", ".aa")
    (tmp_path / "stranger").write_text("print('of another machine')\n")
    stranger.write_text(f"{python}\n{tmp_path / 'stranger'}\n/lib/ld-of-another-machine.so.1\n")
    assert run([file], env).stdout == "well\n"
    stranger.write_text(f"{python}\n{tmp_path / 'stranger'}\n/\n")
    assert subprocess.run([file], env=env, capture_output=True, text=True).stdout == "of another machine\n"
