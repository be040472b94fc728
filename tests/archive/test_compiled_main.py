"""The start, as source and compiled, holds the facts of its file; the compiled one runs only as it was built."""

from __future__ import annotations

import ast
import importlib.util
import marshal
import math
import sys
from types import CodeType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexlite.archive.compiled_main import main_bytecode
from pexlite.archive.pex_info import main_module
from pexlite.model import RoomBytecode
from tests.bundles import room
from tests.interpreters import Interpreter, supported

HERE = [python for python in supported() if python.version == sys.version_info[:2] and python.tag[:2] == "cp"]
COMPILING = [python for python in supported() if python.tag[:2] == "cp" and python.version >= (3, 7)]
TEXTS = st.text(max_size=300)
FACTS = st.dictionaries(
    TEXTS,
    st.one_of(
        st.none(), st.booleans(), TEXTS, st.lists(TEXTS).map(tuple), st.lists(st.tuples(TEXTS, TEXTS)).map(tuple)
    ),
)
needs_this_python = pytest.mark.skipif(not HERE, reason="bytecode of this very Python is needed")


def compiled_by(python: Interpreter) -> RoomBytecode:
    bytecode = room(python).bytecode
    assert bytecode is not None
    return bytecode


def imported(code: CodeType) -> dict[str, Any]:
    """The global variables of the module with this code once it is imported, which starts nothing.

    `__main__.py` beside it is a module with one variable.
    """
    loader = SimpleNamespace(archive="a.pex", get_data={"a.pex/__main__.py": b"FROM_SOURCE = True\n"}.get)
    names: dict[str, Any] = {"__name__": "imported", "__loader__": loader}
    exec(code, names)
    return names


def code_in(content: bytes) -> CodeType:
    assert content[:4] == importlib.util.MAGIC_NUMBER
    code = marshal.loads(content[16:])
    assert isinstance(code, CodeType)
    return code


def held_in(content: bytes) -> range:
    """The places of the compiled start in `__main__.pyc`."""
    held = max((value for value in code_in(content).co_consts if isinstance(value, bytes)), key=len)
    assert content.count(held) == 1
    return range(content.index(held), content.index(held) + len(held))


@needs_this_python
@given(facts=FACTS)
def test_any_facts_come_out_as_they_went_in(facts: dict[str, Any]) -> None:
    names = imported(code_in(main_bytecode(compiled_by(HERE[0]), facts)))
    assert names["FACTS"] == facts and "FROM_SOURCE" not in names


@given(facts=FACTS)
def test_any_facts_are_one_line_of_the_source(facts: dict[str, Any]) -> None:
    source = main_module(room(supported()[0]), facts)
    assert imported(compile(source, "__main__.py", "exec"))["FACTS"] == facts
    plain = dict(room(supported()[0]).files)["start.py"]
    there, here = ([*ast.parse(text).body] for text in (plain, source))
    assert [node.lineno for node in here] == [node.lineno for node in there]
    assert source.isascii()


@needs_this_python
@given(data=st.data())
def test_any_flipped_bit_has_nothing_run_and_is_told(data: st.DataObject) -> None:
    content = bytearray(main_bytecode(compiled_by(HERE[0]), {"build_id": "0123456789abcdef", "start": ("a", "b")}))
    place = data.draw(st.sampled_from(held_in(bytes(content))))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    assert "FACTS" not in imported(code_in(bytes(content)))
    with pytest.raises(SystemExit, match="this file is damaged"):
        exec(code_in(bytes(content)), {"__name__": "__main__"})


@needs_this_python
@pytest.mark.parametrize("name", ["marshal", "int", "from_bytes", "loads"])
def test_a_flipped_bit_in_a_name_of_the_check_has_nothing_run_and_is_told(name: str) -> None:
    content = bytearray(main_bytecode(compiled_by(HERE[0]), {"build_id": "0123456789abcdef"}))
    held = held_in(bytes(content))
    check = bytes(content[: held.start]) + bytes(len(held)) + bytes(content[held.stop :])
    named = bytes([len(name)]) + name.encode()  # as marshal writes a name
    assert check.count(named) == 1
    content[check.index(named) + 1] ^= 1
    assert "FACTS" not in imported(code_in(bytes(content)))
    with pytest.raises(SystemExit, match="this file is damaged"):
        exec(code_in(bytes(content)), {"__name__": "__main__"})


@pytest.mark.parametrize("python", COMPILING, ids=str)
def test_the_same_facts_are_the_same_bytes(python: Interpreter) -> None:
    compiled = compiled_by(python)
    word = "".join(["inherit", "_path"])  # another text of the same characters, not interned
    one = main_bytecode(compiled, {"inherit_path": sys.intern("a")})
    assert one == main_bytecode(compiled, {word: "".join(["a"])})
    assert room(python, math.inf) == room.__wrapped__(python, math.inf)
