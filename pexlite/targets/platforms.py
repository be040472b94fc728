"""`--platform linux_x86_64-cp-311-cp311` parsed: platform, implementation, version and ABI, as in pex."""

from __future__ import annotations

import difflib
import re
from dataclasses import replace

from pexlite.errors import TargetError
from pexlite.model import Libc, Target
from pexlite.model.pythons import NEWEST
from pexlite.targets.facts import Platform, Python, make_target, marker_variables

# Assumed for plain `linux`: the C library of Debian 10 and RHEL 8, and the one that most wheels now require.
ASSUMED_GLIBC = (2, 28)

# Upper limits, with room for some years: none of these grows by more than two a year.
_NEWEST_GLIBC = 60
_NEWEST_MUSL = 5
_NEWEST_MACOS = 40

_SPELLING = re.compile(r"(?P<platform>.+)-(?P<prefix>cp|pp)-(?P<version>\d[\d.]*)-(?P<abi>\w+)")
_LINUX_MACHINES = ("x86_64", "aarch64", "i686", "armv7l", "ppc64le", "s390x", "riscv64", "loongarch64")
_PLATFORM = re.compile(
    rf"""
    (?P<linux>linux|manylinux1|manylinux2010|manylinux2014|manylinux_2_(?P<glibc>\d+)|musllinux_1_(?P<musl>\d+))
        _(?P<machine>{"|".join(_LINUX_MACHINES)})
    | macosx_(?P<macos>\d+_\d+)_(?P<mac>arm64|x86_64)
    | win(?:_(?P<windows>amd64|arm64)|32)
    """,
    re.VERBOSE,
)
_LEGACY_GLIBC = {"manylinux1": 5, "manylinux2010": 12, "manylinux2014": 17}
_EXAMPLES = (
    *(
        f"{family}_{machine}"
        for family in ("linux", "manylinux_2_28", "manylinux2014")
        for machine in _LINUX_MACHINES
    ),
    *(f"musllinux_1_2_{machine}" for machine in _LINUX_MACHINES),
    "macosx_14_0_arm64",
    "macosx_11_0_arm64",
    "macosx_11_0_x86_64",
    "win_amd64",
    "win_arm64",
    "win32",
)


def platform_target(spelling: str) -> Target:
    """The Target of `--platform spelling`. It has no interpreter, so it takes wheels only.

    The version is `311` or `3.11`, or a full one like `3.11.4`; without a patch release X.Y.0 is assumed.
    `linux_x86_64`, which names no C library, means glibc 2.28 and takes `linux_x86_64` wheels too. Raises
    TargetError.
    """
    parts = _SPELLING.fullmatch(spelling)
    if parts is None:
        raise TargetError(
            f"{spelling!r} is no platform: it has to name platform, implementation, version and ABI",
            hint=f"write --platform {_nearest_spelling(spelling)}",
        )
    name = re.sub(r"[-.]", "_", parts["platform"])
    numbers = _version(parts["version"])
    abi = parts["abi"]
    problem = None if numbers else f"{parts['version']} is no version of Python 3 from 3.6 on"
    if numbers and numbers[1] > NEWEST[parts["prefix"]]:
        name_of = {"cp": "CPython", "pp": "PyPy"}[parts["prefix"]]
        problem = f"the newest {name_of} that this pexlite knows is 3.{NEWEST[parts['prefix']]}"
        numbers = (3, NEWEST[parts["prefix"]])
    if not _PLATFORM.fullmatch(name):
        problem = f"no platform is called {parts['platform']!r}"
    elif not _is_likely(name):
        problem = f"there is no {parts['platform']!r} yet"
    elif numbers and not problem and not _is_abi(abi, parts["prefix"], numbers):
        problem = f"{_interpreter(parts['prefix'], numbers)} has no ABI {abi!r}"
    if problem or not numbers:
        raise TargetError(
            f"{spelling!r} is no platform: {problem}",
            hint=f"write --platform {_corrected(name, parts['prefix'], numbers or (3, 12), abi)}",
        )
    python = Python(parts["prefix"], (numbers[0], numbers[1]), abi)
    platform = _platform(name)
    full = ".".join(map(str, numbers)) if len(numbers) == 3 else None
    target = make_target(python, platform, marker_variables(python, platform, full))
    return replace(target, any_patch=full is None)


def platform_in(tag: str) -> Platform | None:
    """The platform that the platform tag `tag` is of, such as "manylinux_2_28_x86_64"; None for an unknown one."""
    return _platform(tag) if _PLATFORM.fullmatch(tag) and _is_likely(tag) else None


def _platform(name: str) -> Platform:
    found = _PLATFORM.fullmatch(name)
    assert found
    if found["linux"] is None:
        if found["mac"]:
            major, minor = map(int, found["macos"].split("_"))
            return Platform("macosx", found["mac"], macos=(major, minor))
        return Platform("win", found["windows"] or "32")
    if found["musl"]:
        return Platform("linux", found["machine"], Libc("musl", (1, int(found["musl"]))), plain_linux=False)
    if found["linux"] == "linux":
        return Platform("linux", found["machine"], Libc("glibc", ASSUMED_GLIBC))
    minor = int(found["glibc"] or _LEGACY_GLIBC[found["linux"]])
    return Platform("linux", found["machine"], Libc("glibc", (2, minor)), plain_linux=False)


def _is_likely(name: str) -> bool:
    """Whether this version of a C library or macOS exists, or will before long."""
    found = _PLATFORM.fullmatch(name)
    assert found
    if found["glibc"]:
        return int(found["glibc"]) <= _NEWEST_GLIBC
    if found["musl"]:
        return int(found["musl"]) <= _NEWEST_MUSL
    major, _, minor = (found["macos"] or "11_0").partition("_")
    return (int(major) == 10 and int(minor) <= 16) or 11 <= int(major) <= _NEWEST_MACOS


def _version(text: str) -> tuple[int, ...] | None:
    """(3, 11) from `311` or `3.11`, (3, 11, 4) from `3.11.4`; None for no version, or one before Python 3.6."""
    written = text.split(".") if "." in text else [text[:1], text[1:]]
    if not all(part.isdigit() for part in written) or len(written) > 3 or len(written[1]) > 2:
        return None
    numbers = tuple(map(int, written))
    return numbers if numbers[0] == 3 and numbers[1] >= 6 else None


def _interpreter(prefix: str, numbers: tuple[int, ...]) -> str:
    return f"{prefix}{numbers[0]}{numbers[1]}"


def _is_abi(abi: str, prefix: str, numbers: tuple[int, ...]) -> bool:
    version = f"{numbers[0]}{numbers[1]}"
    if prefix == "pp":
        return re.fullmatch(rf"pypy{version}_pp\d\d+", abi) is not None
    flags = "d?m" if numbers[1] < 8 else "d?" if numbers[1] < 13 else "t?d?"
    return re.fullmatch(rf"cp{version}{flags}", abi) is not None


# -- hints ---------------------------------------------------------------------------------------


def _corrected(platform: str, prefix: str, numbers: tuple[int, ...], abi: str) -> str:
    """The valid spelling nearest to one with a mistake."""
    version = f"{numbers[0]}{numbers[1]}"
    if not _is_abi(abi, prefix, numbers):
        threads = "t" if abi.endswith("t") and numbers[1] >= 13 else ""
        abi = f"pypy{version}_pp73" if prefix == "pp" else f"cp{version}{threads}{'m' if numbers[1] < 8 else ''}"
    return f"{_nearest_platform(platform)}-{prefix}-{version}-{abi}"


def _nearest_platform(name: str) -> str:
    if _PLATFORM.fullmatch(name):
        usual = {"manylinux_2": "manylinux_2_28", "musllinux_1": "musllinux_1_2", "macosx": "macosx_14_0"}
        family = re.match("|".join(usual), name)
        if _is_likely(name) or not family:
            return name
        return usual[family[0]] + "_" + re.sub(r"^[a-z]+(?:_\d+)+_", "", name)
    linux = "linux" in name or name.startswith(("glibc", "musl"))
    swapped = name.lower()
    if linux:
        swapped = re.sub(r"arm64$", "aarch64", re.sub(r"(amd64|x64|x86_?64)$", "x86_64", swapped))
        if re.fullmatch(r"[a-z]+(?:_?\d+)*_?", swapped):
            # No machine is named: suggest the usual one, not the one with the shortest name.
            swapped = swapped.rstrip("_") + "_x86_64"
    elif re.search(r"mac|darwin|osx", swapped):
        swapped = re.sub(r"aarch64$", "arm64", re.sub(r"(amd64|x64|universal2?)$", "x86_64", swapped))
        swapped = re.sub(r"^(macosx?|darwin|osx)", "macosx", swapped)
        swapped = re.sub(r"^macosx_(\d+)_(?=[ax])", r"macosx_\1_0_", swapped)
    elif swapped.startswith("win"):
        return "win_arm64" if "arm" in swapped else "win32" if "32" in swapped else "win_amd64"
    if _PLATFORM.fullmatch(swapped):
        return swapped
    return difflib.get_close_matches(swapped, _EXAMPLES, n=1, cutoff=0.0)[0]


def _nearest_spelling(spelling: str) -> str:
    """A complete spelling, made from the recognisable parts of `spelling`."""
    short = re.search(r"(cp|pp)-?(3)\.?(\d{1,2})(t?)", spelling)
    platform = re.split(r"-(?:cp|pp)", spelling)[0]
    prefix, minor = (short[1], int(short[3])) if short else ("cp", 12)
    abi = f"cp3{minor}{short[4]}" if short else ""
    if not 6 <= minor <= NEWEST[prefix]:
        minor, abi = min(max(minor, 6), NEWEST[prefix]), ""
    return _corrected(re.sub(r"[-.]", "_", platform), prefix, (3, minor), abi)
