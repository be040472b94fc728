"""Entry points, found and checked without importing anything."""

from __future__ import annotations

import pytest

from pexlite.bundle.entry_points import check_attribute, choose_entry_point, missing_module, source_of
from pexlite.errors import EntryPointMissing, UsageError
from pexlite.model import EntryPoint, StartKind
from tests.bundle.values import wheel

TOOL = wheel(
    "tool-1",
    scripts={"tool": "tool.cli:main [extra]", "tool-too": "tool.cli:Main.run"},
    files=[
        "tool/__init__.py",
        "tool/cli.py",
        "tool/fast.cpython-311-x86_64-linux-gnu.so",
        "tool-1.data/scripts/plain",
    ],
)
RUNNABLE = wheel("runnable-1", files=["runnable-1.data/purelib/runnable/__main__.py", "single.py"])
WHEELS = [TOOL, RUNNABLE]
FUNCTION, MODULE = StartKind.FUNCTION, StartKind.MODULE

CHOICES = [
    (["tool"], None, EntryPoint(FUNCTION, "tool.cli", "main", "tool")),
    (["tool-too"], None, EntryPoint(FUNCTION, "tool.cli", "Main.run", "tool-too")),
    (["plain"], None, EntryPoint(StartKind.SCRIPT, script="plain")),
    (["my_cli:main"], None, EntryPoint(FUNCTION, "my_cli", "main")),
    ([], "tool.cli:main", EntryPoint(FUNCTION, "tool.cli", "main")),
    ([], "runnable", EntryPoint(MODULE, "runnable")),
    ([], None, EntryPoint(StartKind.INTERPRETER)),
]


@pytest.mark.parametrize(("scripts", "module", "expected"), CHOICES)
def test_the_start_is_what_was_named(scripts: list[str], module: str | None, expected: EntryPoint) -> None:
    assert choose_entry_point(scripts, module, WHEELS, []) == expected


def test_one_project_with_one_script_starts_with_it() -> None:
    one = wheel("one-1", scripts={"go": "one:main"})
    assert choose_entry_point([], None, [*WHEELS, one], [one]).script == "go"
    assert choose_entry_point([], None, WHEELS, [TOOL]).kind is StartKind.INTERPRETER


def test_several_commands_are_each_what_its_name_says() -> None:
    found = choose_entry_point(["tool", "plain", "mine=tool.cli:main"], None, WHEELS, [])
    assert found.kind is StartKind.COMMANDS
    assert [(one.name, one.module, one.attribute) for one in found.commands] == [
        ("mine", "tool.cli", "main"),
        ("plain", "", ""),
        ("tool", "tool.cli", "main"),
    ]
    assert str(found) == "mine, plain, tool"


WRONG = [
    (["tol"], None, EntryPointMissing, "did you mean -c tool?"),
    ([], "not an entry", UsageError, "MODULE:FUNCTION"),
    ([], "tool/cli.py", UsageError, "-e tool.cli"),
    (["a:b:c"], None, UsageError, "write MODULE:FUNCTION or MODULE"),
    (["./tool/cli.py:main"], None, UsageError, "-c tool.cli:main"),
    (["tool"], "tool.cli:main", UsageError, "keep one"),
    (["tool", "plain"], "tool.cli:main", UsageError, "keep one"),
    (["tool", "tol"], None, EntryPointMissing, "did you mean -c tool?"),
    (["tool", "tool"], None, UsageError, "a name of its own"),
    (["tool", "tool.cli:main"], None, UsageError, "-c tool=tool.cli:main"),
    (["tool", "x=not an entry"], None, UsageError, "MODULE:FUNCTION"),
]


@pytest.mark.parametrize(("scripts", "module", "error", "hint"), WRONG)
def test_a_start_that_cannot_be_is_refused_with_a_hint(
    scripts: list[str], module: str | None, error: type[EntryPointMissing], hint: str
) -> None:
    with pytest.raises(error) as caught:
        choose_entry_point(scripts, module, WHEELS, [])
    assert hint in str(caught.value.hint)


OWN = wheel("own-1", scripts={"python": "own.cli : main [x]", "own": "own:main"}, files=["own.py"])


def test_a_script_that_is_left_out_cannot_be_the_start() -> None:
    with pytest.raises(
        EntryPointMissing, match=r"the script python of own-1-py3-none-any\.whl is left out"
    ) as caught:
        choose_entry_point(["python"], None, [OWN], [])
    assert caught.value.hint == "start what it calls: -e own.cli:main"
    assert choose_entry_point([], None, [OWN], [OWN]).script == "own"


def test_of_two_scripts_of_one_name_the_installed_one_starts() -> None:
    plain = wheel("plain-1", files=["plain-1.data/scripts/own"])
    assert choose_entry_point(["own"], None, [OWN, plain], []).kind is StartKind.SCRIPT
    assert choose_entry_point(["own"], None, [plain, OWN], []) == EntryPoint(FUNCTION, "own", "main", "own")


def test_modules_are_found_in_every_place_a_wheel_may_have_them() -> None:
    for module in ("tool", "tool.cli", "tool.fast", "runnable", "single", "json.tool"):
        assert missing_module(EntryPoint(FUNCTION, module, "x"), WHEELS) is None
    assert missing_module(EntryPoint(FUNCTION, "my_cli.sub", "x"), WHEELS) == "my_cli"


SOURCES = [
    (EntryPoint(FUNCTION, "tool", "x"), "tool/__init__.py"),
    (EntryPoint(FUNCTION, "tool.cli", "x"), "tool/cli.py"),
    (EntryPoint(MODULE, "runnable"), "runnable-1.data/purelib/runnable/__main__.py"),
    (EntryPoint(MODULE, "single"), "single.py"),
]


@pytest.mark.parametrize(("entry_point", "member"), SOURCES)
def test_the_source_of_an_entry_point_is_found(entry_point: EntryPoint, member: str) -> None:
    source = source_of(entry_point, WHEELS)
    assert source is not None and source.member == member


def test_extension_modules_have_no_source() -> None:
    assert source_of(EntryPoint(FUNCTION, "tool.fast", "x"), WHEELS) is None


ABSENT = [
    (EntryPoint(FUNCTION, "tool.cly", "main"), "did you mean tool.cli?"),
    (EntryPoint(MODULE, "tool"), "or a module: -e tool.cli"),
]


@pytest.mark.parametrize(("entry_point", "hint"), ABSENT)
def test_a_module_that_is_not_there_is_an_error(entry_point: EntryPoint, hint: str) -> None:
    with pytest.raises(EntryPointMissing) as caught:
        source_of(entry_point, WHEELS)
    assert hint in str(caught.value.hint)


DEFINING = [
    "def main(): ...",
    "async def main(): ...",
    "class main: ...",
    "main = object()",
    "from other import main",
    "from other import something as main",
    "from other import *",
    "def __getattr__(name): ...",
    "globals()['main'] = 1",
    "if True:\n    def main(): ...",
    "try:\n    from a import main\nexcept ImportError:\n    main = None",
    "with x as y:\n    (a, main) = 1, 2",
    "main: int = 1",
    "for main in []: ...",
    "match x:\n    case 1:\n        def main(): ...",
    "print 'Python 2'",
]


@pytest.mark.parametrize("source", DEFINING)
def test_a_source_that_defines_the_function_passes(source: str) -> None:
    check_attribute(EntryPoint(FUNCTION, "m", "main"), source, "m.py")


@pytest.mark.parametrize(
    "source", ["", "def mian(): ...", "def f():\n    def main(): ...", "x.main = 1", "import main.x as y"]
)
def test_a_source_without_the_function_does_not(source: str) -> None:
    with pytest.raises(EntryPointMissing) as caught:
        check_attribute(EntryPoint(FUNCTION, "m", "main"), source, "m.py")
    assert caught.value.exit_code == 4


def test_a_near_name_is_offered() -> None:
    with pytest.raises(EntryPointMissing) as caught:
        check_attribute(EntryPoint(FUNCTION, "m", "main"), "def mian(): ...", "m.py")
    assert caught.value.hint == "did you mean m:mian?"
