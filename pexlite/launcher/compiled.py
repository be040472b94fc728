"""The programs compiled from their source, to the same bytes by the same compiler."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

from pexlite.launcher.prebuilt import DIRECTORY, MACHINES

SOURCE = Path(__file__).parent / "source"
_COMPILERS = {"x86_64": "x86_64-linux-gnu-gcc", "aarch64": "aarch64-linux-gnu-gcc"}
_OF_MACHINE = {"x86_64": ["-fcf-protection=none"], "aarch64": ["-mno-outline-atomics"]}
_OPTIONS = [
    *("-std=gnu11", "-Os", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function"),
    # No C library, and nothing that needs one: no guard of the stack, no unwinding.
    *("-ffreestanding", "-nostdlib", "-static", "-no-pie", "-fno-pie"),
    *("-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-fno-tree-loop-distribute-patterns"),
    # Neither the compiler's name nor a digest of the source; pages of 64 KiB, which some arm64 kernels have.
    *("-fno-ident", "-Wl,--build-id=none", "-Wl,-z,noseparate-code", "-Wl,-z,noexecstack"),
    *("-Wl,-z,max-page-size=65536", "-Wl,--gc-sections", "-s"),
]


def compiler(machine: str) -> str | None:
    """The compiler for `machine` here; None where there is none."""
    return shutil.which(_COMPILERS[machine])


def version(compiler: str) -> str:
    """The first lines that the compiler and its linker tell of themselves."""
    linker = subprocess.run([compiler, "-print-prog-name=ld"], capture_output=True, text=True, check=True)
    commands = [[compiler, "--version"], [linker.stdout.strip(), "--version"]]
    told = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for command in commands]
    return "; ".join(text.splitlines()[0] for text in told)


def compiled(machine: str, compiler: str) -> bytes:
    """The program for `machine`. Raises subprocess.CalledProcessError with what the compiler says."""
    with tempfile.TemporaryDirectory() as place:
        output = Path(place) / "launcher"
        command = [compiler, *_OPTIONS, *_OF_MACHINE[machine], "-o", str(output), "launcher.c"]
        subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, check=True)
        return _without_sections(output.read_bytes())


def _without_sections(program: bytes) -> bytes:
    """An ELF program (elf(5), 64 bits, little-endian) that ends with the last byte that is loaded."""
    parts, size, count = struct.unpack_from("<Q14xHH", program, 32)
    end = 0
    for at in range(parts, parts + size * count, size):
        offset, held = struct.unpack_from("<8xQ16xQ", program, at)
        end = max(end, offset + held if held else 0)
    kept = bytearray(program[:end])
    struct.pack_into("<Q", kept, 40, 0)
    struct.pack_into("<3H", kept, 58, 0, 0, 0)
    return bytes(kept)


def write_all() -> None:
    """Compile the programs for all machines, and write them where they travel from."""
    versions = {}
    for machine in MACHINES:
        found = compiler(machine)
        if found is None:
            raise FileNotFoundError(f"{_COMPILERS[machine]} is not there: apt-get install {_package(machine)}")
        (DIRECTORY / machine).write_bytes(compiled(machine, found))
        versions[machine] = version(found)
    (DIRECTORY / "compiled_by.json").write_bytes((json.dumps(versions, indent=1) + "\n").encode())


def _package(machine: str) -> str:
    return f"gcc-{_COMPILERS[machine].removesuffix('-gcc')}"


if __name__ == "__main__":
    write_all()
