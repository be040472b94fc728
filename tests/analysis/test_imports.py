"""The imports of own code are read, and never run."""

from __future__ import annotations

from pathlib import Path

import pytest

from pexlite.analysis.imports import imports_in, own_imports
from pexlite.model import Import
from pexlite.store.store import Store, open_store
from tests.factories import make_wheel

NEEDED = [
    ("import yaml, rich.table", ["yaml", "rich.table"]),
    ("import os.path as p", ["os.path"]),
    ("from google.cloud import storage", ["google.cloud: storage"]),
    ("from . import near\nfrom .near import x\nfrom .. import up", []),
    ("def main():\n    import yaml", ["yaml"]),
    ("class A:\n    async def f(self):\n        import yaml", ["yaml"]),
    ("with open('x'):\n    import yaml", ["yaml"]),
    ("for x in y:\n    import yaml\nelse:\n    import rich", ["yaml", "rich"]),
    ("match x:\n    case 1:\n        import yaml", ["yaml"]),
    ("if __name__ == '__main__':\n    import yaml", ["yaml"]),
    ("if sys.platform == 'win32':\n    import yaml\nelse:\n    import rich", []),
    ("if TYPE_CHECKING:\n    from yaml import Node", []),
    ("try:\n    import yaml\nexcept ImportError:\n    yaml = None", []),
    ("try:\n    import yaml\nexcept (KeyError, ModuleNotFoundError):\n    pass", []),
    ("try:\n    import yaml\nexcept:\n    pass\nfinally:\n    import rich", ["rich"]),
    ("try:\n    import yaml\nexcept builtins.Exception:\n    pass\nelse:\n    import rich", []),
    ("try:\n    import yaml\nexcept KeyError:\n    import rich", ["yaml", "rich"]),
    ("try:\n    import yaml\nfinally:\n    pass", ["yaml"]),
    ("with contextlib.suppress(ImportError):\n    import yaml", []),
    ("with suppress(KeyError):\n    import yaml", ["yaml"]),
    ("try:\n    import a\nexcept ImportError:\n    import b", ["b (a)"]),
    (
        "try:\n    import a, a2\nexcept ImportError:\n"
        "    try:\n        import b\n    except ImportError:\n        import c",
        ["c (a a2) (b)"],
    ),
    ("import a\nthis is: not Python", []),
    ("# -*- coding: latin-1 -*-\nimport yaml  # \xe9", ["yaml"]),
]


def shown(one: Import) -> str:
    names = f": {' '.join(one.names)}" if one.names else ""
    return " ".join([f"{one.module}{names}", *(f"({' '.join(group)})" for group in one.instead_of)])


@pytest.mark.parametrize(("source", "expected"), NEEDED, ids=[source for source, _ in NEEDED])
def test_what_a_module_cannot_do_without(source: str, expected: list[str]) -> None:
    assert list(map(shown, imports_in(source.encode("latin-1"), "x.py"))) == expected


@pytest.fixture
def store(bare_machine: None) -> Store:
    return open_store()


FILES = {
    "app/__init__.py": "import a",
    "app/cli.py": "import b",
    "app/data.txt": "import never",
    "app/tests/test_cli.py": "import pytest",
    "app/conftest.py": "import pytest",
    "setup.py": "import setuptools",
}


def test_the_modules_of_a_wheel_are_read_once(store: Store, tmp_path: Path) -> None:
    wheel = store.add(make_wheel(tmp_path, "app", files=FILES), "app-1.0-py3-none-any.whl", local=True)
    expected = (Import("app/__init__.py", "a"), Import("app/cli.py", "b"))
    assert own_imports(wheel, store) == expected
    wheel.path.unlink()
    assert own_imports(wheel, store) == expected


@pytest.mark.parametrize("content", ["", "{}", '{"format": 0, "rows": []}', '{"format": 1, "rows": [1]}', "\xff"])
def test_what_was_kept_of_it_is_read_anew_where_it_is_no_such_thing(
    content: str, store: Store, tmp_path: Path
) -> None:
    wheel = store.add(make_wheel(tmp_path, "app", files=FILES), "app-1.0-py3-none-any.whl", local=True)
    before = own_imports(wheel, store)
    [kept] = (store.root / "imports").iterdir()
    good = kept.read_bytes()
    kept.write_text(content, encoding="latin-1")
    assert own_imports(wheel, store) == before
    assert kept.read_bytes() == good
