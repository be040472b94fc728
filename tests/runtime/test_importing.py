"""The room's modules come out of one member, which is read no further than it must be."""

from __future__ import annotations

import subprocess
import zlib
from pathlib import Path

import pytest

from pexlite.runtime import importing, start
from tests import needs
from tests.interpreters import Interpreter

SOURCES = {
    "written/a.py": "one = 1\n",
    "written/b.py": "",
    "large.py": "".join(f"x{number} = 'é€𝄞'\n" for number in range(9000)),
    "last.py": "last = 'ü'",
}


def packed(sources: dict[str, str] = SOURCES) -> bytes:
    text = "".join(f"\f{path}\n{source}" for path, source in sources.items()).encode()
    deflating = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflating.compress(text) + deflating.flush()


@pytest.mark.parametrize("at_once", [1, 7, 1 << 15])
def test_sources_are_found_wherever_the_pieces_end(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "_AT_ONCE", at_once)
    sources = SOURCES if at_once > 1 else {**SOURCES, "large.py": "x = 'é€𝄞'\n"}
    texts = importing.Texts(lambda: packed(sources))
    assert {path: texts[path] for path in reversed(sources)} == sources
    assert "gone.py" not in texts
    with pytest.raises(KeyError, match=r"gone\.py"):
        texts["gone.py"]


def test_no_more_is_read_than_is_asked_for() -> None:
    content = packed()
    texts = importing.Texts(lambda: content[: len(content) // 2])
    assert "written/b.py" in texts
    with pytest.raises(KeyError, match=r"last\.py"):
        texts["last.py"]


def test_nothing_is_read_before_a_source_is_asked_for() -> None:
    read: list[bytes] = []

    def reading() -> bytes:
        read.append(packed())
        return read[-1]

    room = importing.Room("app.pex", importing.Texts(reading), {"found.py": b"", "pkg/__init__.py": b""})
    assert room.find_spec("json") is None
    for name, path in [("found", "found.py"), ("pkg", "pkg/__init__.py")]:
        assert room.find_spec("__pexlite__." + name).origin == path
    assert read == []
    assert room.find_spec("__pexlite__.last").origin == "last.py"
    assert room.find_spec("__pexlite__.gone") is None
    assert len(read) == 1


@pytest.mark.parametrize("old", needs.old_pythons())
def test_an_old_python_takes_no_bytecode(old: Interpreter) -> None:
    code = "__name__ = 'start'\n" + Path(start.__file__).read_text() + "\nassert codes_in(b'x') == {}"
    done = subprocess.run([old.path, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""


@pytest.mark.parametrize("old", needs.old_pythons())
def test_an_old_python_reads_sources_in_pieces(old: Interpreter, tmp_path: Path) -> None:
    (tmp_path / "packed").write_bytes(packed())
    reads = f"texts = Texts(lambda: open({str(tmp_path / 'packed')!r}, 'rb').read())\n"
    code = Path(importing.__file__).read_text() + "\n" + reads
    code += "assert texts['last.py'].startswith('last = ')\n"
    code += "assert len(texts['large.py']) > 99999 and 'gone' not in texts\n"
    done = subprocess.run([old.path, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
