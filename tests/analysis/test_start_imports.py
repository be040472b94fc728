"""The imports of a start are read in the sources, in the order in which Python does them."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from pexlite.analysis.start_imports import names_imported, with_start_imports
from pexlite.bundle.runs_on import runs_on
from pexlite.bundle.tree import trees_of
from pexlite.model import Bundle, Command, EntryPoint, LaunchOptions, StartKind, Variant
from pexlite.store.store import Store
from pexlite.wheels.read import read_wheel
from tests.bundles import EVERY_PYTHON, function
from tests.factories import make_wheel
from tests.interpreters import supported

PACKAGE: Mapping[str, str] = {
    "app/__init__.py": "from . import first\n",
    "app/first.py": "import os, app.second as second, sys  # import app.never\n",
    "app/second.py": (
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n"
        "    from app import never\n"
        "else:\n"
        "    from app import third\n"
        "try:\n"
        "    import nothing.at.all\n"
        "    import app.never\n"
        "except ImportError:\n"
        "    from . import fallback\n"
        "with open(__file__):\n"
        "    from .deep.er import (\n"
        "        one,  # import app.never\n"
        "        two as another,\n"
        "    )\n"
        "def call():\n"
        "    import app.never\n"
        "async def wait():\n"
        "    from . import never\n"
        "class Kept:\n"
        "    from app.inner import x\n"
        "    def call(self):\n"
        "        import app.never\n"
        "    import app.last\n"
    ),
    "app/third.py": "",
    "app/never.py": "1 / 0\n",
    "app/fallback.py": "",
    "app/inner.py": "x = 1\n",
    "app/last.py": "from app.space import module as m\nimport apart; import app\n",
    "app/deep/__init__.py": "from .. import third\n",
    "app/deep/er/__init__.py": "two = 2\n",
    "app/deep/er/one.py": "from ..er import one\nif 0:\n    from ...above import *\n",
    "app/above.py": "from . import higher\n",
    "app/higher.py": "",
    "app/space/module.py": "",
    "apart.py": "",
}
# Python tells of each module before it compiles it.
SHOW = """
import importlib.machinery, sys
sys.path.insert(0, sys.argv[1])
load = importlib.machinery.SourceFileLoader.exec_module
def show(self, module):
    if self.path.startswith(sys.argv[1]):
        print(self.path[len(sys.argv[1]) + 1:])
    load(self, module)
importlib.machinery.SourceFileLoader.exec_module = show
import app
"""


def bundle_of(paths: Sequence[Path], start: EntryPoint, variants: tuple[Variant, ...] = ()) -> Bundle:
    wheels = tuple(map(read_wheel, paths))
    variants = variants or (Variant(EVERY_PYTHON, "any", None, None, tuple(range(len(wheels)))),)
    return Bundle(
        wheels=wheels,
        variants=variants,
        trees=trees_of(wheels, variants),
        entry_point=start,
        launch=LaunchOptions(),
        requirements=("app",),
        startup_files=(),
        runs_on=runs_on(variants),
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def imports(
    store: Store, files: Mapping[str, str | bytes], start: EntryPoint | None = None
) -> tuple[list[str], list[str]]:
    wheel = make_wheel(store.root.parent, "app", files={**files})
    found = with_start_imports(bundle_of([wheel], start or function("app", "main")), store)
    return list(found.imports), list(found.perhaps_imports)


def test_imports_are_seen_as_python_does_them(store: Store, tmp_path: Path) -> None:
    for name, text in PACKAGE.items():
        path = tmp_path / "packages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    command = [str(supported()[0].path), "-B", "-c", SHOW, str(tmp_path / "packages")]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    always, perhaps = imports(store, PACKAGE)
    # The failing import comes first in its `try`: what stands behind it is not loaded, which no reader can know.
    assert [path for path in always if path != "app/never.py"] == [
        path for path in loaded if path != "app/fallback.py"
    ]
    assert always.index("app/never.py") == always.index("app/third.py") + 1
    assert perhaps == ["app/fallback.py", "app/above.py", "app/higher.py"]


def test_the_order_is_kept_in_the_store(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    found = imports(store, PACKAGE)
    kept = [path.name for path in (store.root / "imports").iterdir()]
    assert len(kept) == 1 and kept[0].endswith(f"-start-{sys.version_info[1]}.json")
    monkeypatch.setattr("pexlite.analysis.start_imports.names_imported", None)
    assert imports(store, PACKAGE) == found
    (store.root / "imports" / kept[0]).write_text("{}")
    with pytest.raises(TypeError):
        imports(store, PACKAGE)


def test_what_is_no_source_of_the_file_is_not_named(store: Store) -> None:
    files = {
        "app/__init__.py": "import json.decoder, app.fast, app.fast.deeper, app.slow\n",
        "app/fast.cpython-311-x86_64-linux-gnu.so": "",
        "app/fast.py": "from . import never\n",
        "app/slow.pyx": "",
        "app/never.py": "",
    }
    assert imports(store, files) == (["app/__init__.py"], [])


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (EntryPoint(StartKind.MODULE, "app"), ["app/__init__.py", "a.py", "app/__main__.py", "b.py"]),
        (EntryPoint(StartKind.FUNCTION, "b", "main"), ["b.py"]),
        (
            EntryPoint(
                StartKind.COMMANDS, commands=(Command("x", "b", "main"), Command("y"), Command("z", "app"))
            ),
            ["b.py", "app/__init__.py", "a.py"],
        ),
        (EntryPoint(StartKind.INTERPRETER), []),
    ],
)
def test_each_kind_of_start_has_its_imports(start: EntryPoint, expected: list[str], store: Store) -> None:
    files = {"app/__init__.py": "import a\n", "app/__main__.py": "import b\n", "a.py": "", "b.py": ""}
    assert imports(store, files, start)[0] == expected


def test_a_wheel_that_no_import_names_is_imported_perhaps(store: Store, tmp_path: Path) -> None:
    app = make_wheel(
        tmp_path, "app", files={"app.py": "__import__('found')\nif 1:\n    import under\n", "under.py": ""}
    )
    other = make_wheel(tmp_path, "found", files={"found/__init__.py": "from . import more\n", "found/more.py": ""})
    found = with_start_imports(bundle_of([app, other], function("app", "main")), store)
    assert found.imports == ("app.py",)
    assert found.perhaps_imports == ("found/__init__.py", "found/more.py", "under.py")


def test_all_variants_have_theirs(store: Store, tmp_path: Path) -> None:
    wheels = [
        make_wheel(tmp_path, "app", files={"app.py": "import other\n"}),
        make_wheel(tmp_path, "other", files={"other.py": "import extra\n", "extra.py": ""}),
        make_wheel(tmp_path, "other", version="2.0", files={"other.py": ""}),
    ]
    variants = (Variant(("cp311",), "any", None, None, (0, 2)), Variant(("cp312",), "any", None, None, (0, 1)))
    found = with_start_imports(bundle_of(wheels, function("app", "main"), variants), store)
    assert found.imports == ("app.py", "other.py", "extra.py")


def test_a_source_that_is_none_imports_nothing() -> None:
    for content in (b"\xff\x00import a\n", b"import ,\n", b"{% if %}\n", b"(" * 100_000, b"import a\nx = 0777\n"):
        assert names_imported(content, "odd", is_package=False) == ((), ())
    above = b"from ....... import x\nfrom ....x import y\nfrom ... import y\nfrom .. import z\nfrom . import *\n"
    assert names_imported(above, "a.b.c", is_package=False).always == ("a", "a.z", "a.b")
    assert names_imported(b"from . import a\nfrom .b import c\n", "top", is_package=False).always == ()


@pytest.mark.parametrize(
    ("condition", "always", "perhaps"),
    [
        ("TYPE_CHECKING", ("b",), ()),
        ("typing.TYPE_CHECKING", ("b",), ()),
        ("not t.TYPE_CHECKING", ("a",), ()),
        ("not not TYPE_CHECKING", ("b",), ()),
        ("TYPE_CHECKING or x", (), ("a", "b")),
        ("not x", (), ("a", "b")),
    ],
)
def test_no_start_checks_types(condition: str, always: tuple[str, ...], perhaps: tuple[str, ...]) -> None:
    source = f"if {condition}:\n    import a\nelse:\n    import b\n"
    assert names_imported(source.encode(), "m", is_package=False) == (always, perhaps)


def test_sources_that_nobody_writes_import_nothing(store: Store) -> None:
    odd = {
        "terms": "if " + "a+" * 700 + "a:\n    pass\n",
        "names": "if " + "a." * 900 + "a:\n    pass\n",
        "nots": "if " + "not " * 900 + "a:\n    pass\n",
        "digits": "if 0x" + "f" * 5000 + ":\n    pass\n",
        "branches": "if a:\n    pass\n" + "elif a:\n    pass\n" * 5000,
        "data": "x = [" + "0," * 1_000_000 + "]\n",
        "parentheses": "x = " + "(" * 100_000 + ")" * 100_000 + "\n",
    }
    files = {f"{name}.py": text + "import late\n" for name, text in odd.items()}
    files |= {"app.py": "".join(f"import {name}\n" for name in odd), "late.py": ""}
    began = time.process_time()
    always, _ = imports(store, files)
    assert set(always) >= {"app.py", *(f"{name}.py" for name in odd)}
    assert time.process_time() - began < 20


@pytest.mark.filterwarnings("error")
def test_what_a_compiler_warns_of_is_not_shown(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    files = {"app.py": "x = '\\d' is 1\nimport other\n", "other.py": ""}
    assert imports(store, files)[0] == ["app.py", "other.py"]
    assert capsys.readouterr().err == ""


def test_no_source_takes_long_to_read() -> None:
    """Nor one that was written to take long."""
    odd = "import " + "a as a, " * 50_000 + "apart\n" + "from x import y\n" * 30_000
    began = time.process_time()
    assert names_imported(odd.encode(), "odd", is_package=False).always == ("a", "apart", "x", "x.y")
    assert time.process_time() - began < 10
