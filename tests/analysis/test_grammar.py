"""The oldest Python that reads a module is told by its grammar."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pexlite.analysis.grammar import demand_of
from pexlite.analysis.own_grammar import grammar_of
from pexlite.errors import EntryPointMissing, TargetError
from pexlite.model import BuildRequest, BuildResult, IndexSettings
from pexlite.pipeline.build import build as build_file
from tests.factories import make_wheel, write_files

ROWS = [
    ("x = 1\n", 6),
    ("x: int = 1\n", 6),
    ("async def f():\n    return [x async for x in y]\n", 6),
    ("from __future__ import annotations\n", 7),
    ("(x := 1)\n", 8),
    ("def f(a, /): pass\n", 8),
    ("def f(): return 1, *x\n", 8),
    ("def f(): return (1, *x)\n", 6),
    ("x: tuple = 1, *y\n", 8),
    ("@a.b(1)\ndef f(): pass\n", 6),
    ("@a[0].b\ndef f(): pass\n", 9),
    ("for x in *a, *b: pass\n", 9),
    ("for x in (*a, *b): pass\n", 6),
    ("match x:\n    case 1: pass\n", 10),
    ("try: pass\nexcept* E: pass\n", 11),
    ("a[*b]\n", 11),
    ("a[(*b,)]\n", 6),
    ("f\"{x}\" f'{y!r:{w}}'\n", 6),
]
FROM_3_12 = [
    ("type A = int\n", 12),
    ("def f[T](): pass\n", 12),
    ('f"{"x"}"\n', 12),
    ('f"""{"x"}"""\n', 6),
    ("f'{x # why\n}'\n", 12),
    ("f'{\n1}'\n", 12),
    ("f'''{\n1}'''\n", 6),
    ("f'a\\n{x}'\n", 6),
]  # fmt: skip


@pytest.mark.parametrize(("source", "minor"), ROWS + (FROM_3_12 if sys.version_info >= (3, 12) else []))
def test_a_module_needs_the_python_that_has_its_grammar(source: str, minor: int) -> None:
    found = demand_of(source.encode())
    assert found.minor == minor
    assert found.reason.startswith("line ") or minor == 6


def test_of_several_modules_the_newest_grammar_counts_and_what_is_unread_is_named() -> None:
    found = grammar_of([("a.py", b"x = 1\n"), ("b.py", b"a[*b]\n"), ("c.py", b"print 1\n"), ("d.py", b"\0")])
    assert (found.minor, found.member) == (11, "b.py")
    assert [name for name, _ in found.unread] == ["c.py", "d.py"]


# -- in a build ------------------------------------------------------------------------------------


def build(
    directory: Path, *inputs: str, platforms: tuple[str, ...] = (), entry_point: str | None = None
) -> BuildResult:
    request = BuildRequest(
        directory=directory,
        requirements=inputs,
        platforms=platforms,
        entry_point=entry_point,
        index=IndexSettings(no_index=True),
        output=Path("x.pex"),
    )
    return build_file(request)


@pytest.fixture
def work(bare_machine: None, tmp_path: Path) -> Path:
    files = {
        "job.py": "match 1:\n    case 1: print(1)\n",
        "broken.py": "print(1\n",
        "package/__init__.py": "",
        "package/cli.py": "def main(): pass\n",
        "package/newer.py": "(x := 1)\n",
        "package/older.py": "print 1\n",
    }
    return write_files(tmp_path, files)


def test_the_file_runs_where_its_own_code_is_read(work: Path) -> None:
    assert build(work, "job.py").runs_on.startswith("CPython and PyPy 3.10 and newer")
    found = build(work, "./package", entry_point="package.cli:main")
    assert found.runs_on.startswith("CPython and PyPy 3.8 and newer")
    assert any("package/older.py (line 1: " in notice and "does not compile" in notice for notice in found.notices)


def test_what_starts_has_to_compile(work: Path) -> None:
    with pytest.raises(EntryPointMissing, match=r"broken\.py does not compile"):
        build(work, "broken.py")
    with pytest.raises(TargetError, match=r"job\.py needs Python 3\.10, and the file is for cp39"):
        build(work, "job.py", platforms=("linux_x86_64-cp-39-cp39",))


def test_another_module_may_be_for_other_pythons_and_is_noted(work: Path) -> None:
    found = build(work, "./package", entry_point="package.cli:main", platforms=("linux_x86_64-cp-37-cp37m",))
    assert "package/newer.py cannot be imported on cp37 on linux_x86_64" in " ".join(found.notices)


def test_code_for_a_newer_python_than_this_one_is_believed(work: Path) -> None:
    newer = sys.version_info[1] + 1
    found = build(work, "broken.py", platforms=(f"linux_x86_64-cp-3{newer}-cp3{newer}",))
    assert found.runs_on.startswith(f"CPython and PyPy 3.{newer}")


def test_a_wheel_of_somebody_else_is_believed(work: Path) -> None:
    wheel = make_wheel(work, "other", files={"other.py": "match 1:\n    case 1: pass\n"})
    assert build(work, f"./{wheel.name}").runs_on.startswith("CPython 3.6 and newer, PyPy 3.8 and newer")
