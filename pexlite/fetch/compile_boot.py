"""Compiles the boot: `python -S compile_boot.py SOURCES OUTPUT`, JSON of sources to a zip of four members.

`cache_tag` is this Python's, `first` what every start unmarshals, `digest` that of `first`, and `rest` what a
first start needs besides. Digests are keyed with the magic number: no other Python comes to the same one, and so
none unmarshals what is not its own, or what has changed.

This file travels: the Python whose bytecode is wanted runs it. So it is Python 3.7 grammar, standard library only,
and imports nothing of pexlite.
"""

import importlib.util
import json
import marshal
import sys
import zipfile
from pathlib import Path
from types import CodeType


def compile_boot(sources: str, output: str) -> None:
    """Nothing; `output` holds the bytecode of the modules in `sources`, of which "__init__" is the package."""
    modules = json.loads(Path(sources).read_text(encoding="utf-8"))
    package = _compiled("__init__", modules.pop("__init__"))
    rest = marshal.dumps({name: marshal.dumps(_compiled(name, modules[name])) for name in sorted(modules)})
    first = marshal.dumps((package, importlib.util.source_hash(rest)))
    parts = {
        "cache_tag": str(sys.implementation.cache_tag).encode(),
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


if __name__ == "__main__":
    compile_boot(*sys.argv[1:])
