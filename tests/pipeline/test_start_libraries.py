"""Extension modules of a start list and what they need come one by one, and nothing that is loaded unseen."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from pexlite.bundle.tree import tree_of
from pexlite.pipeline.start_libraries import start_libraries
from pexlite.wheels.read import read_wheel
from tests import needs
from tests.factories import make_wheel

SITE = "lib/pythonX.Y/site-packages/"
SECOND = 1_000_000_000  # nanoseconds
Found = Callable[..., list[str]]


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of compiled libraries, each of which needs those before it that its name is followed by."""
    needs.program("cc")
    place = tmp_path_factory.mktemp("libraries")
    compiled(place, "libbase.so.1", "int base;")
    compiled(place, "libmiddle.so", "int middle;", "libbase.so.1")
    compiled(place, "one.cpython-311-x86_64-linux-gnu.so", "int PyInit_one;", "libmiddle.so")
    compiled(place, "two.abi3.so", "int PyInit_two;", "libbase.so.1")
    compiled(place, "three.so", "int PyInit_three;")
    for name in ("text.so.txt", "data.so"):
        (place / name).write_text("none")
    compiled(place, "plugin.so", "int other;", "libbase.so.1")
    return place


def compiled(place: Path, name: str, source: str, *needed: str) -> None:
    options = ["-shared", "-nostdlib", "-Wl,--no-as-needed", "-x", "c", "-", "-x", "none"]
    words = ["cc", "-o", name, f"-Wl,-soname,{name}", *options, *needed]
    subprocess.run(words, input=source, cwd=place, text=True, check=True, timeout=60)


@pytest.fixture
def found(libraries: Path, tmp_path: Path) -> Found:
    def names(
        brought: str, read: str, *, files: dict[str, str] | None = None, whole: Iterable[int] = (), at: int = 1
    ) -> list[str]:
        """Those that come one by one of a package of the libraries `brought`, which are all listed, in its order.

        Those named in `read` were read one second after the other, `at` how many there are at once.
        """
        content: dict[str, str | bytes] = {
            f"pkg/{full(name)}": (libraries / full(name)).read_bytes() for name in brought.split()
        }
        wheel = read_wheel(make_wheel(tmp_path, "pkg", files={"pkg/__init__.py": "", **content, **(files or {})}))
        tree = tree_of([wheel])
        times = {
            f"{SITE}pkg/{full(name)}": (number // at + 1) * SECOND for number, name in enumerate(read.split())
        }
        listed = [entry for entry in tree.entries if ".so" in entry.name]
        chosen = start_libraries(tree, listed, path_of, times, set(whole))
        return [entry.name.removeprefix("lib").partition(".")[0] for entry in chosen]

    def path_of(place: str) -> Path:
        return libraries / Path(place).name

    def full(name: str) -> str:
        [path] = [path for path in libraries.iterdir() if path.name.removeprefix("lib").partition(".")[0] == name]
        return path.name

    return names


def test_what_a_module_needs_comes_before_it(found: Found) -> None:
    assert found("one middle base", "one middle base", at=3) == ["base", "middle", "one"]


def test_modules_come_as_they_were_read(found: Found) -> None:
    assert found("one two three middle base", "three two base one middle") == [
        "three",
        "base",
        "two",
        "middle",
        "one",
    ]


def test_a_plugin_is_there_from_the_first_with_all_that_it_needs(found: Found) -> None:
    assert found("one middle base plugin three", "one middle base plugin three") == ["middle", "one", "three"]


def test_what_was_read_before_its_module_was_loaded_by_other_code(found: Found) -> None:
    assert found("one middle base", "base one middle") == ["middle", "one"]


def test_what_was_not_read_comes_behind_what_it_needs(found: Found) -> None:
    assert found("one middle base plugin", "one middle base", at=3) == ["base", "middle", "one", "plugin"]


@pytest.mark.parametrize(
    "beside", ["pkg/three.py", "pkg/three.pyc", "pkg/three/data.so", "pkg/three/deep/data.so"]
)
def test_what_python_would_find_something_else_for_is_there_from_the_first(beside: str, found: Found) -> None:
    assert "three" not in found("two base three", "two base three", files={beside: "x"})


def test_a_directory_of_its_name_that_comes_later_does_not_matter(found: Found) -> None:
    assert found("two base three", "two base three", files={"pkg/three/stub.pyi": ""}) == ["base", "two", "three"]


def test_nothing_of_an_eager_wheel_comes_one_by_one(found: Found) -> None:
    assert found("one middle base", "one middle base", whole=[0]) == []


def test_files_that_are_no_libraries_are_there_from_the_first(found: Found) -> None:
    assert found("three", "three", files={"pkg/text.so.txt": "none"}) == ["three"]


def modules(tmp_path: Path, read: str, *more: str) -> list[str]:
    """The files of a package that come one by one; `read` are those read at once, second after second."""
    files: dict[str, str | bytes] = dict.fromkeys(["pkg/__init__.py", "pkg/a.py", "pkg/sub/__init__.py"], "")
    files |= dict.fromkeys(["pkg/sub/deep.py", "top.py", "pkg/data.txt", *more], "")
    tree = tree_of([read_wheel(make_wheel(tmp_path, "pkg", files=files))])
    seconds = enumerate(read.split(","), 1)
    times = {SITE + name: number * SECOND for number, names in seconds for name in names.split()}
    listed = [entry for entry in tree.entries if entry.place in times or entry.path[4:] in more]
    found = start_libraries(tree, listed, tmp_path.joinpath("none").joinpath, times, set())
    return [entry.path.removeprefix("lib/") for entry in found]


def test_python_modules_come_as_they_were_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pexlite.pipeline.start_libraries.is_elf", lambda path: False)
    read = "top.py,pkg/sub/deep.py pkg/a.py pkg/data.txt pkg/__init__.py pkg/sub/__init__.py"
    inside = ["pkg/__init__.py", "pkg/a.py", "pkg/sub/__init__.py", "pkg/sub/deep.py"]
    assert modules(tmp_path, read) == ["top.py", *inside]


@pytest.mark.parametrize("beside", ["top.pyc", "top.so", "top/data.txt", "top/__init__.py"])
def test_a_module_that_something_else_has_the_name_of_is_there_from_the_first(
    beside: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pexlite.pipeline.start_libraries.is_elf", lambda path: False)
    assert modules(tmp_path, "pkg/a.py,top.py", beside) == ["pkg/a.py"]
