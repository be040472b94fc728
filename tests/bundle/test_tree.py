"""Installed trees: compared with pip's, as texts and back, and the files that can have no place in one.

Longer than 400 lines, since most of it is tables of little wheels.
"""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexlite.bundle.tree import member_of, skipped_notices, tree_of, trees_of
from pexlite.errors import Unplaceable
from pexlite.files.names import fault_of_name
from pexlite.model import Entry, InstalledTree, Kind, Variant, Wheel, read_tree
from pexlite.wheels.read import read_wheel
from tests.bundle.values import wheel
from tests.factories import make_wheel

# -- as pip has it -------------------------------------------------------------------------------

CALLS = {"console_scripts": {"console-run": "console.cli:main [more]"}}

# Wheels by their names, in installation order. All that those of a row bring has the row's name in its path.
ROWS: dict[str, dict[str, dict[str, Any]]] = {
    "plain": {"plain": {"files": {"plain/__init__.py": "", "plain/sub/ü x.py": "x", "plain.pth": "# 1\n"}}},
    "scheme": {
        "scheme": {
            "files": {"scheme/a.py": ""},
            "data": {
                "purelib/scheme/b.py": "b",
                "platlib/scheme/c.py": "c",
                "scripts/scheme-run": "#!python\nprint(1)\n",
                "scripts/scheme.sh": "#!/bin/sh\n",
                "data/share/scheme/x": "x",
                "data/etc/scheme.conf": "",
                "data/bin/scheme-tool": "tool",
                "headers/scheme.h": "h",
                "headers/deep/scheme.h": "deep",
            },
        }
    },
    "nested": {"nested": {"data": {"scripts/nested/run": "#!python\n"}}},
    "over": {"over": {"files": {"over/a.py": "plain"}, "data": {"purelib/over/a.py": "of .data, and longer"}}},
    "under": {"under": {"data": {"purelib/under/a.py": "purelib"}, "files": {"under/a.py": "plain"}}},
    "twice": {"twice": {"data": {"platlib/twice.py": "platlib", "purelib/twice.py": "purelib"}}},
    "spaces": {
        "spaces_a": {"files": {"spaces/a/__init__.py": "a"}},
        "spaces_b": {"files": {"spaces/b/__init__.py": "b"}},
    },
    "doubled": {
        "doubled_a": {"files": {"doubled/__init__.py": "first", "doubled/a.py": ""}},
        "doubled_b": {"data": {"purelib/doubled/__init__.py": "second", "data/share/doubled": "of b"}},
        "doubled_c": {"files": {"doubled/__init__.py": "third"}, "data": {"data/share/doubled": "of c"}},
    },
    "console": {"console": {"entry_points": CALLS, "data": {"scripts/console-run": "#!python\n"}}},
    "inside": {
        "inside": {
            "data": {"scripts/inside": "#!/bin/sh\n# of scripts\n", "data/bin/inside": "of data"},
        }
    },
    "beneath": {
        "beneath": {
            "data": {"data/bin/beneath": "of data"},
            "entry_points": {"console_scripts": {"beneath": "beneath:main"}},
        }
    },
    "wrapped": {
        "wrapped": {
            "entry_points": {
                "console_scripts": {"wrapped": "wrapped:main"},
                "gui_scripts": {"wrapped-w": "w:main"},
            },
            "data": {
                "scripts/wrapped.exe": "MZ",
                "scripts/wrapped-script.py": "#!python\n",
                "scripts/wrapped-w.pya": "#!python\n",
                "scripts/wrapped-other.exe": "MZ",
            },
        }
    },
    "called": {
        "called_a": {"entry_points": {"console_scripts": {"called": "called.a:main"}}},
        "called_b": {"entry_points": {"console_scripts": {"called": "called.b:main"}}},
    },
    "replaced": {
        "replaced_a": {"entry_points": {"console_scripts": {"replaced": "replaced.a:main"}}},
        "replaced_b": {"data": {"scripts/replaced": "#!python\n# b\n"}},
    },
}
OF_PIP = {"INSTALLER", "REQUESTED", "direct_url.json"}


@dataclass(frozen=True)
class Installed:
    """The files that pip made of all rows, and the wheels of each row."""

    files: Mapping[str, bytes]
    """By place, as `Entry` writes it."""
    wheels: Mapping[str, tuple[Wheel, ...]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """One environment with the wheels of every row: all first ones, then all second ones, as one pip run takes."""
    place = tmp_path_factory.mktemp("pip")
    paths = {row: [make_wheel(place, name, **parts) for name, parts in ROWS[row].items()] for row in ROWS}
    environment = place / "venv"
    venv.create(environment, symlinks=True)
    before = set(environment.rglob("*"))
    for turn in range(max(map(len, paths.values()))):
        command = [sys.executable, "-m", "pip", "--python", environment / "bin" / "python", "install", "-q"]
        options = ["--isolated", "--no-index", "--no-deps", "--no-compile", "--disable-pip-version-check"]
        wheels = [some[turn] for some in paths.values() if turn < len(some)]
        subprocess.run(list(map(str, (*command, *options, *wheels))), check=True)
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    files = {
        str(path.relative_to(environment)).replace(version, "pythonX.Y"): path.read_bytes()
        for path in environment.rglob("*")
        if path not in before and path.is_file() and path.name not in OF_PIP
    }
    return Installed(files, {row: tuple(map(read_wheel, some)) for row, some in paths.items()})


@pytest.mark.parametrize("row", ROWS)
def test_files_lie_where_pip_puts_them(row: str, installed: Installed) -> None:
    tree = tree_of(installed.wheels[row])
    places = [entry.place for entry in tree.entries]
    assert sorted(places) == sorted(place for place in installed.files if row in place)


def test_pip_has_put_nothing_where_no_row_looks(installed: Installed) -> None:
    assert [place for place in installed.files if not any(row in place for row in ROWS)] == []


@pytest.mark.parametrize("row", ROWS)
def test_a_file_is_the_one_that_pip_leaves_there(row: str, installed: Installed) -> None:
    wheels = installed.wheels[row]
    for entry in tree_of(wheels).entries:
        found = installed.files[entry.place]
        if entry.kind is Kind.CONSOLE_SCRIPT:
            module, _, attribute = entry.path.partition(":")
            assert f"from {module} import {attribute}".encode() in found
            continue
        with zipfile.ZipFile(wheels[entry.wheel].path) as archive:
            content = archive.read(member_of(entry, wheels))
        assert entry.size in (len(content), None)
        if entry.kind is Kind.SCRIPT and content.startswith(b"#!python"):
            assert found.partition(b"\n")[2] == content.partition(b"\n")[2]
        elif entry.name != "RECORD":
            assert found == content


@pytest.mark.parametrize("row", ROWS)
def test_only_the_size_of_a_record_that_is_written_anew_is_not_known(row: str, installed: Installed) -> None:
    wheels = installed.wheels[row]
    unknown = {
        entry.place
        for entry in tree_of(wheels).entries
        if entry.size is None and entry.kind is not Kind.CONSOLE_SCRIPT
    }
    assert unknown == {
        f"lib/pythonX.Y/site-packages/{one.filename.rpartition('-py3')[0]}.dist-info/RECORD"
        for one in wheels
        if one.scripts or any(".data/" in member for member in one.files)
    }


# -- beyond pip ----------------------------------------------------------------------------------


def places(*wheels: Wheel) -> dict[str, str]:
    """Each place outside the .dist-info directories, and the path that its file has in the unpacked wheel."""
    return {entry.place: entry.path for entry in tree_of(wheels).entries if ".dist-info/" not in entry.place}


def test_a_directory_that_merely_ends_in_data_is_a_package() -> None:
    found = places(wheel("w-1", files=["other.data/scripts/x", "pkg/w-1.data/purelib/y.py"]))
    assert found == {
        "lib/pythonX.Y/site-packages/other.data/scripts/x": "lib/other.data/scripts/x",
        "lib/pythonX.Y/site-packages/pkg/w-1.data/purelib/y.py": "lib/pkg/w-1.data/purelib/y.py",
    }


def test_a_console_script_wins_over_a_gui_script_of_its_name() -> None:
    both = wheel("w-1", scripts={"run": "w:console"}, gui_scripts={"run": "w:gui", "show": "w:show"})
    assert places(both) == {"bin/run": "w:console", "bin/show": "w:show"}


OF_EVERY_ENVIRONMENT = [
    "python",
    "Python3",
    "python3.11",
    "python3.13t",
    "activate",
    "activate.fish",
    "activate_this.py",
]
OF_THE_WHEEL = ["pythonic", "python-config", "pip", "activate-global-python", "run"]


def test_scripts_that_every_environment_has_are_left_out_with_a_word() -> None:
    names = [*OF_EVERY_ENVIRONMENT, *OF_THE_WHEEL]
    console = wheel("w-1", scripts=dict.fromkeys(names, "w:main"))
    assert list(places(console)) == [f"bin/{name}" for name in OF_THE_WHEEL]
    words = skipped_notices([console])
    assert [sentence.split()[2] for sentence in words] == OF_EVERY_ENVIRONMENT
    assert all("w-1-py3-none-any.whl" in sentence for sentence in words)


def test_a_file_called_activate_is_left_out_with_a_word_too() -> None:
    plain = wheel("w-1", files=["w-1.data/scripts/activate", "w-1.data/scripts/activate-it"])
    assert list(places(plain)) == ["bin/activate-it"]
    assert [sentence.split()[2] for sentence in skipped_notices([plain])] == ["activate"]


# -- what is refused -----------------------------------------------------------------------------


def laid_out(*wheels: Wheel) -> InstalledTree:
    [tree] = trees_of(wheels, [Variant(("cp311",), "any", None, None, tuple(range(len(wheels))))])
    return tree


BAD_SCRIPTS = ["../x", "/x", "a/b", "", ".", "..", "a\0b", "a\nb", "a\\b", "a\u2028b", "x" * 256]
BAD_CALLS = ["w", "w:", ":main", "w:main()", "w x:main", "w:1", "os:system('x')", "w:a;b"]
IN_THE_WAY = [
    *(
        "w-1.data/data/lib",
        "w-1.data/data/lib64",
        "w-1.data/data/bin",
        "w-1.data/data/BIN",
        "w-1.data/data/include",
    ),
    *("w-1.data/data/READY", "w-1.data/data/ready", "w-1.data/data/pyvenv.cfg", "w-1.data/data/pyvenv.cfg/x"),
    *("w-1.data/data/_pexlite_launch.py", "w-1.data/data/_PEXLITE/x"),
    *(
        "w-1.data/data/bin/python",
        "w-1.data/data/bin/python3.11",
        "w-1.data/scripts/python",
        "w-1.data/scripts/Python3",
    ),
    *("_pexlite_spark.py", "_pexlite/x.py", "_Pexlite.pth", "w-1.data/purelib/_pexlite_x.py"),
    *("w-1.data/data/lib/python3.11/site-packages/_pexlite_x.py", "w-1.data/data/lib/python3.13t"),
    *(
        "w-1.data/data/lib/pypy3.10/site-packages",
        "w-1.data/data/include/site",
        "w-1.data/data/include/site/python3.9",
    ),
]
HARMLESS = [
    *("w-1.data/data/lib/x", "w-1.data/data/Lib/x/lib", "w-1.data/data/bin/pythonic", "w-1.data/data/x/READY"),
    *(
        "w-1.data/data/share/_pexlite",
        "pkg/_pexlite.py",
        "lib",
        "bin",
        "READY",
        "w-1.data/scripts/lib",
        "w-1.data/headers/lib",
    ),
    *(
        "w-1.data/data/lib/python3.11/x",
        "w-1.data/data/includes",
        "w-1.data/data/already",
        "w-1.data/scripts/python-x",
    ),
]


def refusal_of(*wheels: Wheel) -> Unplaceable:
    with pytest.raises(Unplaceable) as caught:
        laid_out(*wheels)
    assert caught.value.exit_code == 4
    return caught.value


@pytest.mark.parametrize("name", BAD_SCRIPTS)
def test_a_console_script_whose_name_is_no_file_name_is_refused(name: str) -> None:
    refused = refusal_of(wheel("w-1", scripts={name: "w:main", "fine": "w:main"}))
    [cause] = refused.causes
    assert cause.startswith(f"w-1-py3-none-any.whl: console script {name!r} ")
    assert refused.hint == "leave out what brings it: --exclude w"


@pytest.mark.parametrize("call", BAD_CALLS)
def test_a_console_script_that_calls_no_function_is_refused(call: str) -> None:
    refused = refusal_of(wheel("w-1", scripts={"run": call}))
    assert refused.causes == (f"w-1-py3-none-any.whl: console script run calls {call!r}, which names no function",)


@pytest.mark.parametrize("call", ["w:main", "w.x:A.b", "w : main", "w:main [extra, other]", "_w:_1", "ü:ä"])
def test_a_console_script_that_calls_a_function_is_not(call: str) -> None:
    assert laid_out(wheel("w-1", scripts={"run": call})).by_place["bin/run"].path == "".join(
        call.split("[")[0].split()
    )


@pytest.mark.parametrize("member", IN_THE_WAY)
def test_a_file_in_the_way_of_what_every_app_has_is_refused(member: str) -> None:
    refused = refusal_of(wheel("w-1", files=[member]))
    assert refused.causes == (f"w-1-py3-none-any.whl: {member} would take the place of what every app has",)
    assert "--exclude w" in str(refused.hint)


@pytest.mark.parametrize("member", HARMLESS)
def test_a_file_that_merely_looks_like_those_is_not(member: str) -> None:
    assert len(laid_out(wheel("w-1", files=[member])).entries) == 2


FILES_AND_DIRECTORIES = [
    (["a/x.py"], ["a"], "b-1-py3-none-any.whl: a is a file where a-1-py3-none-any.whl has a directory"),
    (["a"], ["a/x/y.py"], "a-1-py3-none-any.whl: a is a file where b-1-py3-none-any.whl has a directory"),
    (
        ["a-1.data/data/share/a"],
        ["b-1.data/data/share/a/b"],
        "a-1-py3-none-any.whl: a-1.data/data/share/a is a file where b-1-py3-none-any.whl has a directory",
    ),
    (
        ["a-1.data/data/bin/x"],
        ["b-1.data/scripts/x/y"],
        "a-1-py3-none-any.whl: a-1.data/data/bin/x is a file where b-1-py3-none-any.whl has a directory",
    ),
    (
        ["a/x.py", "a-1.data/purelib/a"],
        [],
        "a-1-py3-none-any.whl: a-1.data/purelib/a is a file where it has a directory too",
    ),
]


@pytest.mark.parametrize(("first", "second", "cause"), FILES_AND_DIRECTORIES)
def test_a_file_where_there_is_a_directory_is_refused(first: list[str], second: list[str], cause: str) -> None:
    assert refusal_of(wheel("a-1", files=first), wheel("b-1", files=second)).causes == (cause,)


def test_a_console_script_where_there_is_a_directory_is_refused() -> None:
    refused = refusal_of(wheel("a-1", scripts={"x": "a:main"}), wheel("b-1", files=["b-1.data/data/bin/x/y"]))
    assert "console script x is a file where b-1" in refused.causes[0]


def test_all_that_is_wrong_is_told_at_once_and_once() -> None:
    wheels = [wheel("a-1", files=["a-1.data/data/lib", "_pexlite.py"]), wheel("b-1", scripts={"..": "b:main"})]
    variants = [Variant((python,), "any", None, None, (0, 1)) for python in ("cp311", "cp312")]
    with pytest.raises(Unplaceable) as caught:
        trees_of(wheels, variants)
    assert len(caught.value.causes) == 3
    assert caught.value.hint == "leave out what brings it: --exclude b --exclude a"


def test_of_ones_own_code_it_is_said_otherwise() -> None:
    refused = refusal_of(wheel("w-1", files=["_pexlite.py"], local=True))
    assert refused.hint == "rename it in your own code"


def test_hundreds_of_faults_are_not_all_shown() -> None:
    refused = refusal_of(wheel("w-1", files=[f"_pexlite{number}.py" for number in range(300)]))
    assert len(refused.causes) == 21 and refused.causes[-1] == "and 280 more of this kind"


# -- as a text -----------------------------------------------------------------------------------


def test_the_text_is_a_block_for_each_directory_and_one_for_the_scripts() -> None:
    first = wheel(
        "a-1", files=["a/z.py", "a/sub/x y.py", "a/b.py", "a-1.data/scripts/tool"], scripts={"go": "a.b : c [x]"}
    )
    second = wheel("b-1", files=["a/z.py"])
    assert tree_of([first, second]).text().splitlines() == [
        "/0 lib/a",
        "2 b.py",
        "/0 lib/a-1.dist-info",
        "- RECORD",
        "/0 lib/a/sub",
        "1 x y.py",
        "/0 scripts",
        "3 tool",
        "!0",
        "a.b:c go",
        "/1 lib/a",
        "0 z.py",
        "/1 lib/b-1.dist-info",
        "1 RECORD",
    ]


NAMES = st.one_of(st.sampled_from(["bin", "x"]), st.text(min_size=1, max_size=8)).filter(
    lambda name: fault_of_name(name) is None
)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
SCHEMES = st.sampled_from(["", "w-1.data/purelib/", "w-1.data/scripts/", "w-1.data/data/", "w-1.data/headers/"])
MEMBERS = st.lists(st.tuples(SCHEMES, PATHS).map("".join), unique=True, max_size=20)
SCRIPTS = st.dictionaries(NAMES, st.sampled_from(["a:b", "a.b : c.d [e]"]), max_size=4)


@given(parts=st.lists(st.tuples(MEMBERS, SCRIPTS), max_size=4))
def test_any_tree_comes_back_from_its_text(parts: Sequence[tuple[list[str], dict[str, str]]]) -> None:
    wheels = [wheel("w-1", files=files, scripts=scripts) for files, scripts in parts]
    tree = tree_of(wheels)
    assert read_tree(tree.text(), ["w"] * len(wheels)) == tree
    assert len(tree.by_place) == len(tree.entries)


@pytest.mark.parametrize(
    "text",
    ["1 x.py\n", "/x lib\n", "/1 lib\n", "/-1 lib\n", "/0 elsewhere\n", "/0 lib\nmany x.py\n", "!\n", "!x\n"],
)
def test_a_text_that_is_no_tree_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_tree(text, ["w"])


def test_an_empty_tree_is_an_empty_text() -> None:
    assert tree_of([]).text() == ""
    assert read_tree("", []) == InstalledTree(())


def test_an_entry_says_its_name() -> None:
    assert Entry("bin/x", 0, "a:b", Kind.CONSOLE_SCRIPT, None).name == "x"


# -- bytecode --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "member",
    [
        "__pycache__/a.cpython-311.pyc",
        "pkg/__pycache__/a.cpython-311.pyc",
        "pkg/__PyCache__/a.cpython-311.pyc",
        "pkg/__pycache__",
        "w-1.data/purelib/pkg/__pycache__/a.cpython-311.pyc",
        "w-1.data/data/lib/python3.11/site-packages/pkg/__pycache__/a.cpython-311.pyc",
        "w-1.data/scripts/__pycache__/a.cpython-311.pyc",
    ],
)
def test_the_bytecode_of_a_publisher_has_no_place(member: str) -> None:
    with_it = wheel("w-1", files=["pkg/a.py", member])
    places = {entry.place for entry in tree_of([with_it]).entries}
    assert places == {entry.place for entry in tree_of([wheel("w-1", files=["pkg/a.py"])]).entries}
    assert skipped_notices([with_it]) == (
        "the bytecode in w-1-py3-none-any.whl is left out: Python makes its own, or --compile does",
    )


@pytest.mark.parametrize("member", ["pkg/sourceless.pyc", "pkg/my__pycache__/a.py", "pkg/__pycache__.py"])
def test_what_only_looks_like_bytecode_has_a_place(member: str) -> None:
    found = wheel("w-1", files=["pkg/a.py", member])
    assert tree_of([found]).in_site_packages(member)
    assert skipped_notices([found]) == ()
