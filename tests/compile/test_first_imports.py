"""Unasked, a build puts in the bytecode of what the start imports first, up to a quarter of the file."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pexlite.cli.main import run as pexlite
from pexlite.errors import FetchError, PexliteError
from pexlite.model import BuildRequest, BuildResult, Extent, no_report
from pexlite.pipeline.build import build as build_file
from pexlite.tools.verify import verify_file
from tests import needs
from tests.bundles import environment, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter, supported

pytestmark = pytest.mark.usefixtures("bare_machine")
_SOURCE = "x = {0}\n" + "".join(f"def function_{{0}}_{n}(a, b={n}):\n    return a + b + {n}\n" for n in range(200))
_COUNT = 60


def source(number: int) -> str:
    after = f"import many.m{number + 1}\n" if number + 1 < _COUNT else ""
    return f"{_SOURCE.format(number)}{after}"


FILES: Mapping[str, str | bytes] = {
    "app.py": "import many.m0\n\n\ndef main():\n    print(many.m0.x)\n",
    "never.py": "x = 1\n",
    "many/__init__.py": "",
    **{f"many/m{number}.py": source(number) for number in range(_COUNT)},
}


def is_able(python: Interpreter) -> bool:
    return python.tag.startswith("cp") and python.version >= (3, 8)


def build(directory: Path, files: Mapping[str, str | bytes], output: str = "x.pex", **more: Any) -> BuildResult:
    wheel = make_wheel(directory, "app", files={**files})
    request = BuildRequest(
        directory=directory, requirements=(str(wheel),), entry_point="app:main", output=Path(output), **more
    )
    return build_file(request)


def compiled_in(file: Path) -> list[str]:
    """The paths in site-packages of the modules whose bytecode the file has, in any order."""
    with zipfile.ZipFile(file) as parts:
        packs = [name for name in parts.namelist() if name.startswith(".bytecode/")]
        found = []
        for pack in packs:
            with parts.open(pack) as content, zipfile.ZipFile(content) as members:
                found += [
                    name.replace("__pycache__/", "").partition(".")[0] + ".py" for name in members.namelist()
                ]
    return found


def test_the_first_imports_go_in_up_to_a_quarter(tmp_path: Path) -> None:
    some, none = build(tmp_path, FILES), build(tmp_path, FILES, "none.pex", bytecode=False)
    whole = build(tmp_path, FILES, "all.pex", bytecode=True)
    found = compiled_in(some.path)
    assert set(found) == {
        "app.py",
        "many/__init__.py",
        *(f"many/m{number}.py" for number in range(len(found) - 2)),
    }
    assert 10 < len(found) < _COUNT
    size = some.decision.draft.bytecode_size
    assert 0.15 < size / (some.size - size) < 0.25
    assert some.size < whole.size
    assert compiled_in(none.path) == [] and set(compiled_in(whole.path)) == FILES.keys()


def test_all_of_them_where_there_is_room(tmp_path: Path) -> None:
    files = {**FILES, "app/data": Random(1).randbytes(3_000_000)}
    found = compiled_in(build(tmp_path, files).path)
    assert set(found) == FILES.keys() - {"never.py"}


@pytest.mark.parametrize("bytecode", [None, True, False])
def test_what_was_built_is_built_again_and_verified_and_patched(bytecode: bool | None, tmp_path: Path) -> None:
    result = build(tmp_path, FILES, bytecode=bytecode)
    assert not verify_file(result.path, strict=True).unchecked
    for name in ("again.pex", "patched.pex"):
        output = tmp_path / name
        if name == "again.pex":
            build(tmp_path, FILES, name, bytecode=bytecode)
        else:
            wheel = next(tmp_path.glob("*.whl"))
            assert pexlite(["patch", str(result.path), str(wheel), "--offline", "-q", "-o", str(output)]) == 0
        assert output.read_bytes() == result.path.read_bytes()


def test_the_closing_line_says_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wheel = make_wheel(tmp_path, "app", files={**FILES})
    for words, is_said in ((), True), (("--no-compile",), False):
        output = str(tmp_path / "x.pex")
        assert pexlite([str(wheel), "-e", "app:main", "-o", output, "--no-index", "--force", *words]) == 0
        assert ("% bytecode  " in capsys.readouterr().err) == is_said


def test_a_start_takes_it_and_another_python_does_without(tmp_path: Path) -> None:
    built_for, other, *_ = needs.several_pythons(2, is_able)
    file = build(tmp_path, FILES, pythons=(str(built_for.path),)).path
    wanted = {Path(path).stem for path in compiled_in(file)}
    for python, expected in (built_for, wanted), (other, set()):
        root = tmp_path / python.tag
        env = environment(root, PYTHONDONTWRITEBYTECODE="1")
        assert run([python.path, file], env).stdout == "0\n"
        found = {path.name.partition(".")[0] for path in root.rglob("*.pyc")}
        assert found == expected


def test_variants_of_other_wheels_are_no_hindrance(tmp_path: Path) -> None:
    pythons = needs.several_pythons(2, is_able)[:2]
    for python in pythons:
        files = {"native.py": f"x = {python.version[1]}\n"}
        make_wheel(tmp_path, "native", files={**files}, tag=f"{python.tag}-none-any")
    app = make_wheel(
        tmp_path,
        "app",
        files={"app.py": "import native\ndef main():\n    print(native.x)\n"},
        requires=["native"],
    )
    output = tmp_path / "x.pex"
    words = [f"--python={python.path}" for python in pythons]
    command = [str(app), "-e", "app:main", "--no-index", "-f", str(tmp_path), *words, "-q", "-o", str(output)]
    assert pexlite(command) == 0
    assert sorted(compiled_in(output)) == ["app.py", "native.py"]
    assert not verify_file(output, strict=True).unchecked
    for python in pythons:
        assert run([python.path, output], environment(tmp_path / "root")).stdout == f"{python.version[1]}\n"


def test_where_compiling_fails_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*words: object) -> None:
        raise FetchError("it cannot be compiled")

    monkeypatch.setattr("pexlite.compile.first_imports.bytecode_of", fail)
    result = build(tmp_path, FILES)
    assert compiled_in(result.path) == []
    assert run([result.path], environment(tmp_path / "root")).stdout == "0\n"


def changed(file: Path, before: bytes, after: bytes) -> None:
    content = file.read_bytes()
    assert content.count(before) == 1 and len(before) == len(after)
    file.write_bytes(content.replace(before, after))


def test_a_pack_of_other_modules_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By who writes a whole file anew with other bytecode in it, which no damage shows."""
    from pexlite.compile.bytecode import bytecode_of as made

    def other(wheel: Any, target: Any, store: Any, some: Any, report: Any) -> Any:
        found = made(wheel, target, store, some)
        changed_files = {**FILES, "app.py": "def main():\n    print('PWNED')\n"}
        path = make_wheel(tmp_path / "other", "app", files=changed_files)
        return replace(
            found, content=made(replace(wheel, path=path, sha256="0" * 64), target, store, some).content
        )

    (tmp_path / "other").mkdir()
    monkeypatch.setattr("pexlite.compile.first_imports.bytecode_of", other)
    file = build(tmp_path, FILES).path
    monkeypatch.undo()
    assert compiled_in(file)
    with pytest.raises(PexliteError) as refused:
        verify_file(file)
    assert refused.value.exit_code == 6


def test_no_room_means_none(tmp_path: Path) -> None:
    from pexlite.compile.first_imports import first_imports
    from pexlite.compile.room import first_compiler
    from pexlite.store.store import Store
    from pexlite.targets.interpreters import running_target
    from tests.analysis.test_start_imports import bundle_of
    from tests.bundles import function

    target = first_compiler([running_target()])
    assert target is not None
    bundle = bundle_of([make_wheel(tmp_path, "app", files={**FILES})], function("app", "main"))
    bundle = replace(bundle, imports=("app.py", "many/__init__.py", "many/m0.py"), extent=Extent.FIRST)
    store = Store(tmp_path / "store")
    assert first_imports(bundle, target, store, 10, no_report) == ()
    (pack,) = first_imports(bundle, target, store, 1_000, no_report)
    assert len(pack.content) < 1_000 + 22  # the end of the zip


# What a compiler cannot take, and what it takes and nobody can write down.
DEEP = {
    "parentheses": "x = " + "(" * 100_000 + ")" * 100_000 + "\n",
    "conditions": "if 0:\n    pass\n" + "elif 0:\n    import never\n" * 3_000,
    "sums": "if " + "+".join(["1"] * 20_000) + ":\n    import never\n",
    "tuples": "x = " + "(" * 150 + ")" * 150 + "\n",
    "attributes": "x = y" + ".a" * 100_000 + "\n",
}


@pytest.mark.parametrize("kind", DEEP)
def test_a_module_nested_too_deeply_keeps_nothing_from_the_rest(kind: str, tmp_path: Path) -> None:
    files = {"app.py": "import deep\ndef main():\n    print('done')\n", "deep.py": DEEP[kind], "never.py": ""}
    for bytecode in (None, True):
        file = build(tmp_path, files, bytecode=bytecode, force=True).path
        assert "app.py" in compiled_in(file)


@pytest.mark.parametrize("bytecode", [None, True])
def test_a_wheel_of_which_nothing_can_be_compiled_has_no_pack(bytecode: bool | None, tmp_path: Path) -> None:
    make_wheel(tmp_path, "old", files={"old.py": "print 'x'\n", **({} if bytecode else {"good.py": ""})})
    code = "try:\n    import old\nexcept SyntaxError:\n    pass\ndef main():\n    print('done')\n"
    app = make_wheel(tmp_path, "app", files={"app.py": code}, requires=["old"])
    output, words = tmp_path / "x.pex", {None: [], True: ["--compile"]}[bytecode]
    command = [str(app), "-e", "app:main", "--no-index", "-f", str(tmp_path), "-q", "-o", str(output), *words]
    assert pexlite(command) == 0
    assert compiled_in(output) == ["app.py"]
    assert not verify_file(output, strict=True).unchecked
    assert run([output], environment(tmp_path / "root")).stdout == "done\n"


def test_modules_with_odd_names_keep_theirs(tmp_path: Path) -> None:
    files = {
        "app.py": "import naïve\ndef main():\n    print(naïve.x)\n",
        "naïve.py": "x = 1\n",
        "app.b.py": "x = 2\n",
    }
    file = build(tmp_path, files, bytecode=True).path
    root = tmp_path / "root"
    assert run([file], environment(root, PYTHONDONTWRITEBYTECODE="1")).stdout == "1\n"
    found = sorted(root.rglob("apps/*/lib/*/site-packages/__pycache__/*.pyc"))
    assert [path.name.rpartition(".cpython")[0] for path in found] == ["app.b", "app", "naïve"]
    for path in found:
        source = path.parent.parent / (path.name.rpartition(".cpython")[0] + ".py")
        times = int(source.stat().st_mtime), source.stat().st_size
        assert struct.unpack("<II", path.read_bytes()[8:16]) == times


def test_a_module_as_large_as_all_the_room_keeps_nothing_from_the_rest(tmp_path: Path) -> None:
    large = "x = [" + ", ".join(str(number) for number in Random(1).sample(range(10**9), 40_000)) + "]\n"
    files = {"app.py": "import large\nimport small\ndef main():\n    pass\n", "large.py": large, "small.py": ""}
    assert set(compiled_in(build(tmp_path, files).path)) == {"app.py", "small.py"}


def test_the_oldest_python_gets_none(tmp_path: Path) -> None:
    old = next((python for python in supported() if python.tag == "cp36"), None)
    if old is None:
        pytest.skip("no CPython 3.6 is here")
    assert compiled_in(build(tmp_path, FILES, pythons=(str(old.path),)).path) == []
