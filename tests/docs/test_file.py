"""docs/file.md names the members and keys that the code writes, and all who read a manifest read these keys."""

from __future__ import annotations

import ast
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, is_typeddict

import pytest

import pexlite
from pexlite.archive.reader import read_manifest
from pexlite.archive.runtime_files import COMPILED
from pexlite.model import StartKind, manifest, place_of
from tests.bundles import bundle_file, function
from tests.docs.tables import first_cells, table
from tests.factories import make_wheel

HOUSE = Path(pexlite.__file__).parent
TYPES = [kind for kind in vars(manifest).values() if is_typeddict(kind)]
SHOWN = [kind for kind in TYPES if kind.__name__ not in ("Described", "PexFields")]
# By which names the runtime and the reader of the build side know each table of the manifest.
KNOWN_AS: dict[str, Any] = {
    "manifest": manifest.PexInfo,
    "facts": manifest.PexInfo,
    "own": manifest.OwnTable,
    "pexlite": manifest.OwnTable,
    "start": manifest.StartEntry,
    "started": manifest.StartEntry,
    "variant": manifest.VariantEntry,
    "one": manifest.WheelEntry,
    "wheel": manifest.WheelEntry,
    "brought": manifest.WheelEntry,
    "interpreter": manifest.InterpreterEntry,
    "pack": manifest.BytecodeEntry,
    "FACTS": manifest.StartFacts,
}
# Put there by a start, for itself.
OF_A_START = {"extra_path", "inherited", "program", "as_module", "drives"}


@pytest.mark.parametrize("kind", SHOWN, ids=lambda kind: kind.__name__)
def test_a_table_has_the_keys_of_its_type(kind: Any) -> None:
    optional = dict.fromkeys(kind.__optional_keys__, "*")
    expected = {name + optional.get(name, "") for name in keys_of(kind)}
    shown = first_cells("file", f"keys: {kind.__name__}")
    assert len(shown) == len(set(shown)) and set(shown) == expected


def keys_of(kind: Any) -> frozenset[str]:
    return frozenset(kind.__required_keys__ | kind.__optional_keys__)


def test_the_number_of_the_form_and_the_kinds_of_start_are_told() -> None:
    rows = {row[0]: row[1] for row in table("file", "keys: OwnTable") + table("file", "keys: StartEntry")}
    assert rows["`format`"].startswith(f"{manifest.FORMAT}:")
    assert all(f"`{kind}`" in rows["`kind`"] for kind in StartKind)


def test_a_place_in_a_tree_is_where_the_page_says() -> None:
    for there, here in table("file", "places"):
        directory = there.strip("`").rstrip("/")
        place = place_of(directory, "<project>") or "the directory itself"
        assert here.strip("`") == place


def test_the_members_are_in_the_order_of_the_page(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "app", files={"app.py": "def main(): pass"})
    with zipfile.ZipFile(bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"))) as built:
        members = [(entry.filename, entry.compress_type) for entry in built.infolist()]
    rows = [row for row in table("file", "members") if "." in row[0] or "_" in row[0] or "PEX" in row[0]]
    starts = {row[0].strip("`").partition("<")[0]: {"stored": 0, "deflated": 8}[row[1]] for row in rows}
    of_few = (".python/", ".bytecode/", ".recipes", ".pieces", ".launchers/", COMPILED)
    kept = [(start, method) for start, method in starts.items() if start not in of_few]
    assert [(name if name in starts else name.partition("/")[0] + "/", method) for name, method in members] == kept


def keys_read(source: str) -> Iterator[tuple[str, str]]:
    """Each key that is read off a table of the manifest: the name that the table has there, and the key.

    `manifest["pexlite"]["wheels"]`, `_text(entry, "name")`, `wheel.get("bytecode")`, `facts["plain"]`
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Subscript):
            base, key = node.value, node.slice
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "get"
            and node.args
        ):
            base, key = node.func.value, node.args[0]
        else:
            continue
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield name_of(base), key.value


def name_of(base: ast.expr) -> str:
    if isinstance(base, ast.Subscript) and isinstance(base.slice, ast.Constant):
        return str(base.slice.value)
    return base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")


# Of apps, which tools/cache.py tells of, there are other tables.
READERS = sorted({*(HOUSE / "runtime").rglob("*.py")} - {HOUSE / "runtime" / "tools" / "cache.py"})


def test_the_runtime_reads_keys_that_are_written() -> None:
    seen: dict[str, set[str]] = {}
    for path in READERS:
        for name, key in keys_read(path.read_text(encoding="utf-8")):
            if name in KNOWN_AS and (name != "start" or path.name == "venv.py"):
                seen.setdefault(name, set()).add(key)
    start = keys_of(manifest.StartFacts) | OF_A_START
    for name, keys in seen.items():
        allowed = keys_of(KNOWN_AS[name])
        assert keys <= (start if name in ("facts", "FACTS") else allowed), name
    assert {"manifest", "own", "pexlite", "variant", "wheel", "facts", "FACTS"} <= seen.keys()


def test_the_reader_reads_keys_that_are_written() -> None:
    source = (HOUSE / "archive" / "reader.py").read_text(encoding="utf-8")
    every = {key for kind in TYPES for key in keys_of(kind)}
    asked = {
        node.args[1].value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") in {"_text", "_texts", "_list", "_table", "_number", "_each"}
        and isinstance(node.args[1], ast.Constant)
    }
    plain = {key for _, key in keys_read(source)}
    assert {"wheels", "kind", "offset", "directory", "libc"} <= asked | plain <= every


def test_what_is_read_back_is_what_was_written(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "app", files={"app.py": "def main(): pass"})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"))
    with zipfile.ZipFile(file) as built:
        written = json.loads(built.read("PEX-INFO"))
    assert read_manifest(file).facts == written
    required = {kind.__name__: set(kind.__required_keys__) for kind in SHOWN}
    own = written["pexlite"]
    assert set(written) == required["PexInfo"] and set(own) == required["OwnTable"]
    assert set(own["variants"][0]) == required["VariantEntry"] and set(own["wheels"][0]) == required["WheelEntry"]
