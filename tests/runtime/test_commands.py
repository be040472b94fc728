"""A file of several commands is each of them: by the name of a link, by its first argument, and in a list."""

from __future__ import annotations

from pathlib import Path

import pytest

from pexlite.model import Command, EntryPoint, LaunchOptions, StartKind
from tests.bundles import bundle_file, environment, run
from tests.factories import make_wheel

CODE = """
import os, sys

def one():
    print("one", os.path.basename(sys.argv[0]), sys.argv[1:], os.environ.get("GIVEN"))

def two():
    print("two", os.path.basename(sys.argv[0]), sys.argv[1:], sys.flags.optimize)
"""
SCRIPT = "#!python\nimport os, sys\nprint('script', os.path.basename(sys.argv[0]), sys.argv[1:])\n"
COMMANDS = (
    Command("one", "coded", "one", "The first."),
    Command("two.x-y", "coded", "two"),
    Command("tool", summary="A script."),
)


def tools(directory: Path, launch: LaunchOptions | None = None, commands: tuple[Command, ...] = COMMANDS) -> Path:
    wheel = make_wheel(directory, "coded", files={"coded.py": CODE}, data={"scripts/tool": SCRIPT})
    start = EntryPoint(StartKind.COMMANDS, commands=commands)
    return bundle_file(directory / "tools", [wheel], start, launch=launch)


ENDS = ("{}-1.2", "{}.pex", "{}3")
WAYS = {
    "plain": LaunchOptions(),
    "sh header": LaunchOptions(sh_boot=True),
    "sealed": LaunchOptions(inject_args=("-x",), inject_env=(("GIVEN", "1"),)),
    "sealed, sh header": LaunchOptions(inject_args=("-x",), inject_env=(("GIVEN", "1"),), sh_boot=True),
    "Python's own": LaunchOptions(inject_python_args=("-O",)),
}


@pytest.mark.parametrize("way", WAYS)
def test_each_start_is_the_command_that_is_meant(way: str, tmp_path: Path) -> None:
    launch = WAYS[way]
    commands = COMMANDS[: 2 if way == "plain" else 3]
    file, env = tools(tmp_path, launch, commands), environment(tmp_path / "root")
    sealed, given = ("'-x', ", "1") if launch.inject_args else ("", None)
    optimize = 1 if launch.inject_python_args else 0
    expected = {
        "one": f"one {{called}} [{sealed}'a b', 'two.x-y'] {given}\n",
        "two.x-y": f"two {{called}} [{sealed}'a b', 'two.x-y'] {optimize}\n",
        "tool": f"script tool [{sealed}'a b', 'two.x-y']\n",
    }
    for _ in range(2):  # the first start, and a later one
        for command in commands:
            words = [command.name, "a b", "two.x-y"]
            assert run([file, *words], env).stdout == expected[command.name].format(called=command.name)
            for called in (command.name, *(ENDS if command.name == "one" else ())):
                called = called.format(command.name)
                link = tmp_path / "a b" / called
                link.parent.mkdir(exist_ok=True)
                if not link.is_symlink():
                    link.symlink_to(file)
                name = called if command.module else command.name
                assert run([link, *words[1:]], env).stdout == expected[command.name].format(called=name)


def test_without_a_command_they_are_listed(tmp_path: Path) -> None:
    file, env = tools(tmp_path), environment(tmp_path / "root")
    listed = "usage: tools COMMAND [ARGUMENT]...\n\n  one      The first.\n  tool     A script.\n  two.x-y\n"
    for words in ([], ["--help"], ["-h"], ["help"]):
        for _ in range(2):
            assert run([file, *words], env).stdout == listed


def test_a_word_that_is_no_command_is_an_error_with_the_nearest(tmp_path: Path) -> None:
    file, env = tools(tmp_path), environment(tmp_path / "root")
    near = run([file, "oen"], env, check=False)
    assert (near.returncode, near.stderr) == (
        2,
        "error: tools has no command 'oen'\nhint: did you mean `tools one`?\n",
    )
    far = run([file, "-\x1b[1m"], env, check=False)
    assert far.returncode == 2
    assert far.stderr == "error: tools has no command '-\\x1b[1m'\nhint: `tools --help` lists its commands\n"


def test_the_switches_and_an_interpreter_are_as_in_any_file(tmp_path: Path) -> None:
    file, env = tools(tmp_path), environment(tmp_path / "root")
    assert run([file, "a"], env | {"PEX_SCRIPT": "tool"}).stdout == "script tool ['a']\n"
    assert run([file, "-c", "print(1)"], env | {"PEX_INTERPRETER": "1"}).stdout == "1\n"
    assert run([file, "one"], env | {"PEX_MODULE": "coded:two"}).stdout == "two tools ['one'] 0\n"
    assert "  starts     one, two.x-y, tool\n" in run([file, "info"], env | {"PEX_TOOLS": "1"}).stdout


def test_the_tool_makes_links_and_leaves_what_is_there(tmp_path: Path) -> None:
    file, env = tools(tmp_path), environment(tmp_path / "root", PEX_TOOLS="1")
    place = tmp_path / "my bin"
    for _ in range(2):
        assert run([file, "links", place], env).stdout == "".join(
            f"{place}/{name}\n" for name in ("one", "tool", "two.x-y")
        )
    assert {link.readlink() for link in place.iterdir()} == {file}
    (place / "one").unlink()
    (place / "one").write_text("mine")
    (place / "tool").unlink()
    refused = run([file, "links", place], env, check=False)
    assert refused.returncode == 2
    assert refused.stderr == f"error: {place}/one is there already, and no link to tools\n"
    assert not (place / "tool").exists()


def test_a_venv_of_it_has_the_same_commands(tmp_path: Path) -> None:
    file, env = tools(tmp_path), environment(tmp_path / "root")
    run([file, "venv", tmp_path / "venv"], env | {"PEX_TOOLS": "1"})
    assert run([tmp_path / "venv" / "pex", "one", "x"], env).stdout == "one one ['x'] None\n"


def test_a_command_of_ones_own_name_can_start_itself_anew(tmp_path: Path) -> None:
    code = "import subprocess, sys\n\ndef main():\n    print(sys.argv[1:], flush=True)\n"
    again = "subprocess.call([sys.executable, *sys.argv, 'child'])"
    code += f"    if 'child' not in sys.argv:\n        sys.exit({again})\n"
    wheel = make_wheel(tmp_path, "coded", files={"coded.py": code})
    commands = (Command("mine", "coded", "main"), Command("other", "coded", "main"))
    file = bundle_file(tmp_path / "tools", [wheel], EntryPoint(StartKind.COMMANDS, commands=commands))
    for _ in range(2):  # the first start, and a later one
        told = run([file, "mine", "a"], environment(tmp_path / "root"))
        assert told.stdout == "['a']\n['a', 'child']\n"
