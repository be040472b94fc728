"""The compiled start holds the facts of its file, whatever they are."""

from __future__ import annotations

import importlib.util
import marshal
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pexlite.archive.compiled_main import main_bytecode
from tests.bundles import warm_start
from tests.interpreters import Interpreter, supported

HERE = [python for python in supported() if python.version == sys.version_info[:2] and python.tag[:2] == "cp"]
TEXTS = st.text(max_size=300)
FACTS = st.dictionaries(
    TEXTS,
    st.one_of(
        st.none(), st.booleans(), TEXTS, st.lists(TEXTS).map(tuple), st.lists(st.tuples(TEXTS, TEXTS)).map(tuple)
    ),
)


def facts_in(content: bytes) -> Any:
    """The facts that a module with this bytecode has once it is imported, which starts nothing."""
    assert content[:4] == importlib.util.MAGIC_NUMBER
    names: dict[str, Any] = {"__name__": "imported"}
    exec(marshal.loads(content[16:]), names)
    return marshal.loads(names["FACTS"])


@pytest.mark.skipif(not HERE, reason="bytecode of this very Python is needed")
@given(facts=FACTS)
def test_any_facts_come_out_as_they_went_in(facts: dict[str, Any]) -> None:
    assert facts_in(main_bytecode(warm_start(HERE[0]), facts)) == facts


@pytest.mark.parametrize("python", [p for p in supported() if p.tag[:2] == "cp" and p.version >= (3, 7)], ids=str)
def test_the_same_facts_are_the_same_bytes(python: Interpreter) -> None:
    warm = warm_start(python)
    word = "".join(["inherit", "_path"])  # another text of the same characters, not interned
    assert main_bytecode(warm, {"inherit_path": sys.intern("a")}) == main_bytecode(warm, {word: "".join(["a"])})
    assert warm == warm_start.__wrapped__(python)
