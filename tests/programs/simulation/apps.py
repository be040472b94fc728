"""The built files of the simulation: two versions of one app that share a wheel, a few small files each."""

from __future__ import annotations

import ast
import functools
import io
import json
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pexlite.archive.layout import draft
from pexlite.archive.writer import write
from pexlite.bundle.runs_on import runs_on
from pexlite.bundle.tree import trees_of
from pexlite.model import Bundle, LaunchOptions, Variant
from pexlite.wheels.read import read_wheel
from tests.bundles import EVERY_PYTHON, function, room
from tests.factories import make_wheel
from tests.interpreters import Interpreter

_VERSION = sys.version_info[:2]
_THIS = Interpreter(Path(sys.executable), f"cp{_VERSION[0]}{_VERSION[1]}", _VERSION)
_APP = "def main():\n    import shared\n"


@dataclass(frozen=True)
class App:
    """A built file: where it lies on the simulated disk, its bytes and what they say."""

    path: str
    content: bytes
    facts: dict[str, Any]
    info: dict[str, Any]

    @property
    def build_id(self) -> str:
        return str(self.facts["build_id"])

    def get_data(self, path: str) -> bytes:
        """A member, by its path behind the file's."""
        with zipfile.ZipFile(io.BytesIO(self.content)) as members:
            return members.read(path.removeprefix(self.path + "/"))

    @property
    def archive(self) -> str:
        """Its path, as a zipimporter has it."""
        return self.path


@functools.cache
def apps() -> tuple[App, App]:
    """Two versions of the app. What they need is the same for both, in a wheel of its own."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        shared = make_wheel(
            place,
            "shared",
            files={"shared/__init__.py": "", "shared/a.py": "a = 1\n", "shared/deep/b.txt": "b" * 300},
            data={"data/share/it.txt": "data\n", "scripts/tool": "#!python\nprint(1)\n"},
        )
        return tuple(_build(place, version, shared) for version in ("1.0", "2.0"))  # type: ignore[return-value]


def _build(place: Path, version: str, shared: Path) -> App:
    wheel = make_wheel(
        place,
        "app",
        version,
        files={"app.py": f"{_APP}    return {version}\n", "parts/one.py": f"x = {version}\n"},
        entry_points={"console_scripts": {"app": "app:main"}},
    )
    found = (read_wheel(wheel), read_wheel(shared))
    variants = (Variant(EVERY_PYTHON, "any", None, None, (0, 1)),)
    bundle = Bundle(
        wheels=found,
        variants=variants,
        trees=trees_of(found, variants),
        entry_point=function("app", "main"),
        launch=LaunchOptions(),
        requirements=("app",),
        startup_files=(),
        runs_on=runs_on(variants),
    )
    output = place / "app.pex"
    write(draft(bundle, "0", room(_THIS)), output)
    content = output.read_bytes()
    with zipfile.ZipFile(output) as members:
        return App(
            f"/app/app-{version}.pex",
            content,
            _facts(members.read("__main__.py").decode()),
            json.loads(members.read("PEX-INFO")),
        )


def _facts(main: str) -> dict[str, Any]:
    """The value of `FACTS = {...}` in the source of `__main__`."""
    for node in ast.parse(main).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FACTS":
            found: dict[str, Any] = ast.literal_eval(node.value)
            return found
    raise AssertionError(main)
