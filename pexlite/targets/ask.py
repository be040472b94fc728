"""The facts of the running Python, as a dictionary for JSON.

This file travels: a target's interpreter runs its text with `-I -S` and prints JSON. So it is Python 3.6 grammar,
standard library only, and imports nothing of pexlite.
"""

import os
import platform
import struct
import sys
import sysconfig


def answer() -> "dict[str, object]":
    """The running interpreter's version, ABI, platform, C library and marker variables."""
    return {
        "executable": sys.executable,
        "version": list(sys.version_info[:3]),
        "pointer_bits": 8 * struct.calcsize("P"),
        "soabi": sysconfig.get_config_var("SOABI") or "",
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "platform": sysconfig.get_platform(),
        "libc": libc() if sys.platform.startswith("linux") else None,
        "macos": platform.mac_ver()[0],
        "environment": marker_variables(),
    }


def marker_variables() -> "dict[str, str]":
    """The marker variables, computed as PEP 508 defines them."""
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": full_version(sys.implementation.version),
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "platform_python_implementation": platform.python_implementation(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def full_version(info: "sys._version_info") -> str:
    """The full version from the fields of a version, as "3.13.0rc2"."""
    version = f"{info[0]}.{info[1]}.{info[2]}"
    return version if info[3] == "final" else version + info[3][0] + str(info[4])


def libc() -> "list[object] | None":
    """["glibc", "2.36"] or ["musl", "1.2"]; None where it is neither."""
    try:
        name, _, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
        if name == "glibc":
            return [name, version]
    except (AttributeError, OSError, ValueError):
        # musl lacks this name, and some builds of PyPy lack os.confstr.
        pass
    return gnu_by_symbol() or musl_by_loader()


def gnu_by_symbol() -> "list[object] | None":
    """["glibc", version] from glibc's own function; None without that function."""
    try:
        import ctypes

        tell = ctypes.CDLL(None).gnu_get_libc_version
        tell.restype = ctypes.c_char_p
        return ["glibc", tell().decode("ascii")]
    except (ImportError, OSError, AttributeError):
        return None


def musl_by_loader() -> "list[object] | None":
    """["musl", version] from the output of musl's loader without arguments; None without such a loader.

    Its output:

        musl libc (x86_64)
        Version 1.2.4
    """
    import pathlib
    import subprocess

    for loader in sorted(pathlib.Path("/lib").glob("ld-musl-*.so.1")):
        told = subprocess.Popen([str(loader)], stderr=subprocess.PIPE).communicate()[1].decode("ascii", "replace")
        for line in told.splitlines():
            if line.startswith("Version "):
                return ["musl", line[len("Version ") :].strip()]
    return None


if __name__ == "__main__":
    import json

    sys.stdout.write(json.dumps(answer()))
