"""The first bytes of a file for hosts without a shell: the static launcher, and what is sealed in as it reads it.

    pexlite launcher 1 00001234
    build_id 0123456789abcdef
    set NAME=VALUE
    interpreter SHA256 OFFSET SIZE UNPACKED bin/python3.11 glibc%202.17 /lib64/ld-linux-x86-64.so.2

The number counts the bytes of all lines. Control characters, "%" and, in the last kind of lines, blanks are
written as %20. `launcher/source/configuration.h` reads them, `launcher/source/start.h` acts on them as the sh
header does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pexlite.archive.launcher_facts import LARGEST_OFFSET, host_pythons, in_words, is_left_to_python, trial
from pexlite.archive.runtime_files import LAYOUT
from pexlite.archive.switches import asked_by_people
from pexlite.errors import UsageError
from pexlite.launcher import MACHINES, launcher
from pexlite.model import Bundle, LaunchOptions, OwnPython
from pexlite.outputs import UNREADABLE

_FIRST = "pexlite launcher 1 "
_LONGEST = 65536  # bytes that the launcher reads
_CONTROL = re.compile(r"[\x00-\x1f\x7f%]")
_CONTROL_OR_BLANK = re.compile(r"[\x00-\x20\x7f%]")


def launcher_with_configuration(bundle: Bundle, build_id: str, own_offsets: Sequence[int]) -> bytes:
    """The launcher for the machine of the bundle's own Pythons, which are at `own_offsets`, and its configuration.

    As many bytes for one build id and place as for any other. Raises UsageError where one program cannot start on
    all machines of the bundle, or could not read what is sealed in.
    """
    program = launcher(_machine(bundle.own_pythons))
    text = "".join(f"{key} {value}\n" for key, value in _lines(bundle, build_id, own_offsets))
    body = text.encode("utf-8", "surrogateescape")
    size = len(_FIRST) + len("00000000\n") + len(body)
    if size > _LONGEST:
        raise UsageError(
            f"--launcher elf reads {_LONGEST} bytes, and what is sealed in has {size}",
            hint="seal in less with --inject-env and --inject-args, or leave out --launcher elf",
        )
    return program + f"{_FIRST}{size:08d}\n".encode() + body


def _machine(pythons: Sequence[OwnPython]) -> str:
    """The one machine that all of the Pythons are for."""
    platforms = sorted({own.platform for own in pythons})
    machines = [platform.removeprefix("linux_") for platform in platforms]
    if len(machines) != 1 or machines[0] not in MACHINES:
        raise UsageError(
            f"--launcher elf starts on one of {' and '.join(f'linux_{name}' for name in MACHINES)}, "
            f"and the file is for {', '.join(platforms)}",
            hint="build a file for each platform, or leave out --launcher elf: a script in sh starts on all",
        )
    return machines[0]


def _lines(bundle: Bundle, build_id: str, own_offsets: Sequence[int]) -> Iterator[tuple[str, str]]:
    launch = bundle.launch
    # By this a file is told to be ours that was cut off, as by the second line of the others.
    yield "note", UNREADABLE
    yield "build_id", build_id
    yield "layout", LAYOUT
    yield "root", _written(launch.pex_root or "")
    yield "needed", _written(bundle.runs_on)
    yield "brought", _written(in_words(bundle.own_pythons))
    yield "trial", _written(trial())
    yield from (("asked", name) for name in asked_by_people())
    yield from (("python", _written(name)) for name in host_pythons(bundle))
    if launch.prefer_host:
        yield "prefer_host", "1"
    yield from _sealed(launch, bundle.entry_point.is_called)
    for own, offset in zip(bundle.own_pythons, own_offsets, strict=True):
        yield "interpreter", _interpreter(own, offset)


def _sealed(launch: LaunchOptions, in_process: bool) -> Iterator[tuple[str, str]]:
    if is_left_to_python(launch, in_process):
        yield "by_python", "1"  # as in the sh header
        return
    yield from (("set", _written(f"{name}={value}")) for name, value in launch.inject_env)
    if launch.bin_path != "off":
        yield "bin_path", launch.bin_path
    yield from (("option", _written(word)) for word in launch.inject_python_args)
    if in_process:
        yield "itself", "1"
    else:
        yield from (("argument", _written(word)) for word in launch.inject_args)


def _interpreter(own: OwnPython, offset: int) -> str:
    libc = f"{own.libc[0]} {own.libc[1][0]}.{own.libc[1][1]}" if own.libc else ""
    numbers = (f"{offset:0{LARGEST_OFFSET}d}", str(own.size), str(own.unpacked))
    words = (own.sha256, *numbers, own.program, libc, own.loader)
    return " ".join(_CONTROL_OR_BLANK.sub(_hexadecimal, word) for word in words)


def _written(text: str) -> str:
    return _CONTROL.sub(_hexadecimal, text)


def _hexadecimal(found: re.Match[str]) -> str:
    return f"%{ord(found[0]):02x}"
