"""Compile modules of a standard library: `python -I -S compile_library.py ROOT < names` writes `__pycache__`.

This file travels: the Python whose bytecode it is runs it. So it is Python 3.7 grammar, standard library only.
Python does not compare such bytecode with its source (PEP 552), whose time is another after each unpacking.
"""

import importlib.util
import marshal
import os
import sys

_UNCHECKED = b"\1\0\0\0"


def compile_modules(root, names):
    # type: (str, list[str]) -> None
    """Write the bytecode of the modules `names`, paths relative to `root`."""
    for name in names:
        place = os.path.join(root, name)
        with open(place, "rb") as file:
            source = file.read()
        # The importer puts the path in whose place this is read from.
        code = compile(source, name, "exec", dont_inherit=True)
        output = importlib.util.cache_from_source(place)
        os.makedirs(os.path.dirname(output), exist_ok=True)
        with open(output, "wb") as file:
            header = importlib.util.MAGIC_NUMBER + _UNCHECKED + importlib.util.source_hash(source)
            file.write(header + marshal.dumps(code))


if __name__ == "__main__":
    compile_modules(sys.argv[1], sys.stdin.read().splitlines())
