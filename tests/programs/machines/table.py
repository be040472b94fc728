"""All machines, in the order in which they are made and run."""

from __future__ import annotations

from tests.programs.machines.machine import Machine, Python

_DEBIAN = ("ca-certificates", "procps", "python3", "python3-venv")
_CP313 = Python("cp313", "/usr/bin/python3.13")

MACHINES = (
    Machine(
        "stable",
        "Debian 13, x86-64",
        "trixie",
        "manylinux_2_41_x86_64",
        (_CP313, Python("cp313t", "/opt/cp313t/bin/python3.13t", compiled=True)),
        _DEBIAN,
    ),
    Machine(
        "sid",
        "Debian sid, x86-64",
        "sid",
        "manylinux_2_43_x86_64",
        (
            Python("cp314", "/usr/bin/python3.14"),
            Python("cp315", "/usr/bin/python3.15"),
            Python("pp311", "/usr/bin/pypy3", abi="pypy311_pp80"),
        ),
        (*_DEBIAN, "python3.14", "python3.15", "pypy3"),
    ),
    Machine(
        "bullseye",
        "Debian 11, x86-64, the oldest glibc",
        "bullseye",
        "manylinux_2_31_x86_64",
        (Python("cp39", "/usr/bin/python3.9"),),
        _DEBIAN,
    ),
    Machine(
        "musl",
        "musl and busybox, x86-64; no ssl",
        "",
        "musllinux_1_2_x86_64",
        (Python("cp313", "/opt/musl/bin/python3.13", compiled=True),),
        ("musl",),
    ),
    Machine(
        "i386",
        "Debian 13, 32 bits on an x86-64 kernel",
        "trixie",
        "manylinux_2_41_i686",
        (_CP313,),
        _DEBIAN,
        "i386",
        neighbour="stable",
    ),
    Machine(
        "arm64",
        "Debian 13, arm64 under QEMU",
        "trixie",
        "manylinux_2_41_aarch64",
        (_CP313,),
        _DEBIAN,
        "arm64",
        neighbour="stable",
    ),
    Machine("busybox", "busybox, and no Python at all", "", "linux_x86_64", ()),
)
BY_NAME = {machine.name: machine for machine in MACHINES}
