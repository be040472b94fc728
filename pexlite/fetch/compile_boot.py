"""Compile the boot: `python -S compile_boot.py SOURCES OUTPUT`, from JSON of sources to a zip of six members.

    magic, cache_tag    of this Python
    warm                the code of the warm start
    first               the package, which every other start unmarshals
    digest              of `first`
    rest                the modules that a first start needs besides

Digests are keyed with the magic number: no other Python computes the same one, and so none unmarshals another
Python's code, or code that has changed.

This file travels: the Python whose bytecode is wanted runs it. So it is Python 3.7 grammar, standard library only,
and imports nothing of pexlite.
"""

import ast
import importlib.util
import json
import marshal
import sys
import zipfile
from pathlib import Path
from types import CodeType

# What runtime/warm.py has in its place.
_MAGIC = 'b"what the Python that compiles this puts there"'


def compile_boot(sources: str, output: str) -> None:
    """Write the bytecode of the modules in `sources`, of which "__init__" is the package, to `output`."""
    modules = json.loads(Path(sources).read_text(encoding="utf-8"))
    warm = marshal.dumps(
        _without_columns("<pexlite>", modules.pop("warm").replace(_MAGIC, ascii(importlib.util.MAGIC_NUMBER)))
    )
    package = _compiled("__init__", modules.pop("__init__"))
    rest = marshal.dumps({name: marshal.dumps(_compiled(name, modules[name])) for name in sorted(modules)})
    first = marshal.dumps((package, importlib.util.source_hash(rest)))
    parts = {
        "cache_tag": str(sys.implementation.cache_tag).encode(),
        "magic": importlib.util.MAGIC_NUMBER,
        "warm": warm,
        "first": first,
        "digest": importlib.util.source_hash(first),
        "rest": rest,
    }
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def _compiled(name: str, source: str) -> CodeType:
    code: CodeType = compile(source, f"__pexlite__/{name}.py", "exec", dont_inherit=True)
    return code


def _without_columns(name: str, source: str) -> CodeType:
    """The code of `source` with line numbers but no columns: a third smaller from Python 3.11 on."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.expr, ast.stmt)):
            node.end_lineno, node.col_offset, node.end_col_offset = node.lineno, 0, 0
    code: CodeType = compile(tree, name, "exec", dont_inherit=True)
    return code


if __name__ == "__main__":
    compile_boot(*sys.argv[1:])
