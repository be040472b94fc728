"""With --lazy-imports modules wait until they are needed on CPython 3.15 and newer; older ones do as always."""

from __future__ import annotations

from pathlib import Path

import pytest

from pexlite.model import EntryPoint, LaunchOptions, StartKind
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter

FILES = {
    "app.py": """\
import sys

import heavy
import other

TELL = "import sys; print('child', getattr(sys, 'get_lazy_imports', lambda: 'normal')())"


def main():
    loaded = [name for name in ("heavy", "other", "deep") if name in sys.modules]
    print(*loaded, heavy.VALUE, "heavy" in sys.modules)
    if sys.argv[1:] == ["child"]:
        import subprocess

        print(subprocess.run([sys.executable, "-c", TELL], stdout=subprocess.PIPE).stdout.decode().strip())
""",
    "heavy.py": "VALUE = 7\n",
    "other.py": "import deep\n",
    "deep.py": "",
    "app-1.0.data/scripts/told": "#!python\nimport app; app.main()\n",
}
LAZY, AT_ONCE = "7 True", "heavy other deep 7 True"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_wheel(tmp_path_factory.mktemp("wheel"), "app", files=FILES)


def lazily(*eager: str, **more: bool) -> LaunchOptions:
    return LaunchOptions(lazy_imports="all", not_lazy=eager, **more)  # type: ignore[arg-type]


STARTS = {
    "a function": (function("app", "main"), {}),
    "behind sh": (function("app", "main"), {"sh_boot": True}),
    "a script": (EntryPoint(StartKind.SCRIPT, script="told"), {}),
}


@pytest.mark.parametrize("start", STARTS)
def test_what_is_imported_waits(start: str, python: Interpreter, wheel: Path, tmp_path: Path) -> None:
    entry_point, more = STARTS[start]
    file = bundle_file(tmp_path / "app.pex", [wheel], entry_point, launch=lazily(**more))
    env = environment(tmp_path / "root", PATH=f"{python.programs}:/usr/bin:/bin", PEX_PYTHON=str(python.path))
    expected = LAZY if python.version >= (3, 15) else AT_ONCE
    for _ in range(2):
        assert run([file] if more else [python.path, file], env).stdout.strip() == expected


def test_where_a_module_is_named_its_own_imports_do_not(python: Interpreter, wheel: Path, tmp_path: Path) -> None:
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"), launch=lazily("app"))
    # Those of `other`, which nobody names, still do.
    expected = "heavy other 7 True" if python.version >= (3, 15) else AT_ONCE
    assert run([python.path, file], environment(tmp_path / "root")).stdout.strip() == expected


@pytest.mark.parametrize("words", [["-X", "lazy_imports=normal"], "PYTHON_LAZY_IMPORTS"])
def test_who_starts_it_has_the_last_word(
    words: list[str] | str, python: Interpreter, wheel: Path, tmp_path: Path
) -> None:
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"), launch=lazily())
    env = environment(tmp_path / "root", **({words: "normal"} if isinstance(words, str) else {}))
    options = words if isinstance(words, list) else []
    assert run([python.path, *options, file], env).stdout.strip() == AT_ONCE


def test_neither_children_nor_an_interpreter_are_lazy(python: Interpreter, wheel: Path, tmp_path: Path) -> None:
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"), launch=lazily())
    env = environment(tmp_path / "root")
    assert run([python.path, file, "child"], env).stdout.splitlines()[1] == "child normal"
    assert run([python.path, file, "-c", "import app; app.main()"], {**env, "PEX_INTERPRETER": "1"}).stdout == (
        f"{AT_ONCE}\n"
    )


def test_a_missing_file_is_written_back_by_lazy_starts_too(
    python: Interpreter, wheel: Path, tmp_path: Path
) -> None:
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"), launch=lazily())
    env = environment(tmp_path / "root")
    first = run([python.path, file], env)
    for path in [*tmp_path.rglob("heavy.py"), *tmp_path.rglob("heavy.*.pyc")]:
        path.unlink()
    damaged = run([python.path, file], env, check=False)
    assert damaged.returncode == 1 and "heavy.py is missing" in damaged.stderr
    assert run([python.path, file], env).stdout == first.stdout


def test_a_file_without_it_imports_at_once(python: Interpreter, wheel: Path, tmp_path: Path) -> None:
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"))
    assert run([python.path, file], environment(tmp_path / "root")).stdout.strip() == AT_ONCE
