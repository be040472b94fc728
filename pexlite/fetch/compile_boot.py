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

# Run by `__main__` of the file, with its `__loader__` and `__spec__`, and `parts`: makes the package `__pexlite__`
# that zipimport would make of the source.
_BEGIN = """\
import sys


def codes():
    import _imp
    import marshal

    packed = loader.get_data(place + "/" + sys.implementation.cache_tag + "-rest")
    return marshal.loads(packed) if _imp.source_hash(key, packed) == parts[2] else {}


place = loader.archive + "/__pexlite__"
spec = type(main)("__pexlite__", loader, origin=place + "/__init__.py", is_package=True)
spec.submodule_search_locations.append(place)
package = type(sys)("__pexlite__")
package.__dict__.update(
    __spec__=spec,
    __loader__=loader,
    __package__="__pexlite__",
    __path__=spec.submodule_search_locations,
    __file__=spec.origin,
    codes=codes,
)
sys.modules["__pexlite__"] = package
exec(parts[1], package.__dict__)
"""


def compile_boot(sources: str, output: str) -> None:
    """Nothing; `output` holds the bytecode of the modules in `sources`, of which "__init__" is the package."""
    modules = json.loads(Path(sources).read_text(encoding="utf-8"))
    package = _compiled("__init__", modules.pop("__init__"))
    rest = marshal.dumps({name: marshal.dumps(_compiled(name, modules[name])) for name in sorted(modules)})
    first = marshal.dumps((_compiled("begin", _BEGIN), package, importlib.util.source_hash(rest)))
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
