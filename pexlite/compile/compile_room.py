"""Compile the runtime room: `python -S compile_room.py SOURCES OUTPUT`, from JSON of sources to a zip.

SOURCES has each module's text by its path. The zip holds `magic`, this Python's magic number; `main` and `start`,
marshalled code with a placeholder for the text that each file puts there; and each module's marshalled code.

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

# The line of runtime/start.py that a file's facts replace, and their placeholder in compiled code.
_NO_FACTS = "FACTS = {}\n"
_FACTS = 'FACTS = __import__("marshal").loads(b"the facts of a file stand here in it")\n'


def compile_room(sources: str, output: str) -> None:
    """Write the bytecode of the modules in `sources` to `output`."""
    modules = json.loads(Path(sources).read_text(encoding="utf-8"))
    parts = {"magic": importlib.util.MAGIC_NUMBER}
    parts["main"] = marshal.dumps(_compiled("__main__.pyc", modules.pop("checked_main.py")))
    parts["start"] = marshal.dumps(_compiled("start.py", modules["start.py"].replace(_NO_FACTS, _FACTS)))
    parts.update({name: marshal.dumps(_compiled(name, modules[name])) for name in sorted(modules)})
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def _compiled(name: str, source: str) -> CodeType:
    """The code of `source` with line numbers but no columns, a third smaller from Python 3.11 on.

    Annotations are left out: they are for people and type checkers.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, (ast.expr, ast.stmt)):
            node.end_lineno, node.col_offset, node.end_col_offset = node.lineno, -1, -1
    # optimize=2 leaves docstrings out as well.
    code: CodeType = compile(tree, "<pexlite>/" + name, "exec", dont_inherit=True, optimize=2)
    return code


if __name__ == "__main__":
    compile_room(*sys.argv[1:])
