"""The machine that was measured on: enough to judge the figures by, and nothing that names it or its user."""

from __future__ import annotations

import datetime
import hashlib
import os
import platform
from pathlib import Path
from typing import Any

from tests.checkout import REPOSITORY
from tests.programs.bench.setting import Python, Setting, text


def facts(setting: Setting, python: Python) -> dict[str, Any]:
    """The machine: processor, kernel, C library, file system, Python and date."""
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.system()} {platform.release().partition('-')[0]} {platform.machine()}",
        "libc": " ".join(platform.libc_ver()).strip(),
        "file_system": _file_system(setting.directory),
        "python": python.version,
        "python_hooks": len(python.hooks),
        "load": round(os.getloadavg()[0], 1),
        "code": {"started by": _digest("runtime", "archive"), "built by": _digest("")},
    }


def _digest(*rooms: str) -> str:
    """A digest of pexlite's code in these rooms, by which rows are known that measured another one."""
    digest = hashlib.sha256()
    for room in rooms:
        for path in sorted((REPOSITORY / "pexlite" / room).rglob("*.py")):
            digest.update(path.relative_to(REPOSITORY).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")


def _file_system(directory: Path) -> str:
    try:
        return text(["stat", "-f", "-c", "%T", directory]).strip()
    except (RuntimeError, OSError):
        return "unknown"
