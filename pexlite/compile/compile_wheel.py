"""Compile a wheel's modules: `python -I -S compile_wheel.py WHEEL OUTPUT` writes a zip of `__pycache__` files.

They are all of the wheel's; with the word `some` behind, those whose paths in site-packages stand on stdin, a line
each.

This file travels: the Python whose bytecode is wanted runs it. So it is Python 3.7 grammar, standard library only,
and imports nothing of pexlite. Each wheel is compiled by a process of its own: marshal's output depends on earlier
work of the process, and the same wheel must give the same bytes.
"""

import importlib.util
import marshal
import sys
import warnings
import zipfile

_UNCHECKED = b"\1\0\0\0"  # unchecked hash-based pyc: Python does not compare it with the source (PEP 552)


def compile_wheel(wheel: str, output: str, some: "set[str] | None") -> None:
    """Write the bytecode of every module in `wheel` that this Python can compile, or of `some`, to `output`."""
    warnings.simplefilter("ignore")
    with zipfile.ZipFile(wheel) as modules, zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as bytecode:
        for name, member in sorted(_modules(modules.namelist()).items()):
            if some is not None and name not in some:
                continue
            source = modules.read(member)
            try:
                code = marshal.dumps(compile(source, name, "exec", dont_inherit=True))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue  # a template, a module for another Python, or nested too deeply
            header = importlib.util.MAGIC_NUMBER + _UNCHECKED + importlib.util.source_hash(source)
            entry = zipfile.ZipInfo(importlib.util.cache_from_source(name))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            bytecode.writestr(entry, header + code)


def _modules(members: "list[str]") -> "dict[str, str]":
    """Each module's path in site-packages, with the member that is installed there."""
    found = {}
    # Files of .data replace plain members of the same name, as in an installation.
    for member in sorted(members, key=lambda member: ".data/" in member):
        top, _, rest = member.partition("/")
        scheme, _, place = rest.partition("/")
        if not top.endswith(".data"):
            found[member] = member
        elif scheme in ("purelib", "platlib"):
            found[place] = member
    return {place: member for place, member in found.items() if place.endswith(".py")}


if __name__ == "__main__":
    listed = sys.stdin.buffer.read().decode("utf-8").split("\n") if sys.argv[3:] else None
    compile_wheel(sys.argv[1], sys.argv[2], None if listed is None else set(listed))
