"""Try a moved Python: `python -I trial.py` prints as JSON what works, what it leans on, and what a start imports.

This file travels: the Python that is tried runs it. So it is Python 3.6 grammar, standard library only.
"""

import importlib
import os
import sys

# What most applications import at their start: their bytecode goes in. Of all others it is made when they are first
# imported, and kept: 20 ms of a processor each, once, for tarfile, xml.etree, configparser, difflib or html.
_OFTEN = """
argparse ast asyncio base64 bisect calendar collections.abc concurrent.futures contextlib copy csv
dataclasses datetime decimal email.message email.parser email.utils enum fnmatch functools getpass gettext
glob gzip hashlib heapq hmac http.client http.cookiejar http.cookies importlib.metadata importlib.resources
inspect io ipaddress itertools json linecache locale logging mimetypes numbers
operator os pathlib pickle platform queue random re runpy secrets select selectors shlex shutil signal
socket ssl string struct subprocess tempfile textwrap threading time traceback types typing
urllib.parse urllib.request uuid warnings weakref zipfile zipimport zlib
"""
_NEEDED = ("zlib", "ssl", "sqlite3", "ctypes", "hashlib", "venv", "lzma")


def answer():
    # type: () -> dict[str, object]
    """The facts of this Python, as it lies here."""
    for name in _OFTEN.split():
        try:
            importlib.import_module(name)
        except Exception:
            pass  # not every Python has all of them
    specs = [getattr(module, "__spec__", None) for module in list(sys.modules.values())]
    files = {spec.origin for spec in specs if spec is not None and spec.cached}
    imported = sorted(file for file in files if file and file.endswith(".py"))
    failed = {}
    for name in _NEEDED:
        try:
            importlib.import_module(name)
        except Exception as problem:
            failed[name] = str(problem) or type(problem).__name__
    import sysconfig

    mapped = extensions()
    return {
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        "executable": sys.executable,
        "version": sys.version.split()[0],
        "failed": failed,
        "imported": imported,
        "mapped": mapped,
        "variables": [str(sysconfig.get_config_var("prefix")), sysconfig.get_path("stdlib") or ""],
    }


def extensions():
    # type: () -> list[str]
    """The shared libraries that are in this process once every extension module of the standard library is."""
    for directory in sys.path:
        if directory.endswith("lib-dynload") and os.path.isdir(directory):
            for name in sorted(os.listdir(directory)):
                try:
                    importlib.import_module(name.partition(".")[0])
                except Exception:
                    pass
    mapped = set()
    with open("/proc/self/maps", "rb") as maps:
        for line in maps:
            fields = line.decode("utf-8", "replace").rstrip("\n").split(None, 5)
            if len(fields) == 6 and ".so" in fields[5].rpartition("/")[2]:
                mapped.add(fields[5])
    return sorted(mapped)


if __name__ == "__main__":
    import json

    sys.stdout.write(json.dumps(answer()))
