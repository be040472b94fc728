"""An interpreter archive: readable by any gzip or xz and tar, and small, with and without libdeflate."""

from __future__ import annotations

import gzip
import io
import lzma
import sys
import tarfile
from pathlib import Path

import pytest

from pexlite.own_python.pack import pack


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "python"
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "python3").symlink_to("python3.11")
    (root / "bin" / "python3.11").write_bytes(Path(sys.executable).read_bytes()[:100_000])
    (root / "bin" / "python3.11").chmod(0o755)
    (root / "os.py").write_bytes(Path(tarfile.__file__).read_bytes())
    return root


def packed(root: Path) -> bytes:
    output = io.BytesIO()
    unpacked = sum((root / name).stat().st_size for name in ("bin/python3.11", "os.py"))
    assert pack(root, output, None) == (unpacked, "gz")
    return output.getvalue()


def test_libdeflate_makes_it_smaller_and_says_no_time(root: Path) -> None:
    content = packed(root)
    plain = gzip.decompress(content)
    assert len(content) < len(gzip.compress(plain, 9, mtime=0))
    assert content[4:8] == bytes(4)
    assert packed(root) == content


def test_without_libdeflate_the_same_is_in_it(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = gzip.decompress(packed(root))
    monkeypatch.setitem(sys.modules, "deflate", None)
    content = packed(root)
    assert gzip.decompress(content) == plain
    assert content[4:8] == bytes(4)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert archive.getnames() == ["bin", "bin/python3", "bin/python3.11", "os.py"]


def test_as_xz_programs_are_one_stream_and_the_rest_is_another(root: Path) -> None:
    outputs = [io.BytesIO(), io.BytesIO()]
    for output in outputs:
        assert pack(root, output, ["bin/python3.11"])[1] == "xz"
    content = outputs[0].getvalue()
    assert content == outputs[1].getvalue()
    first = lzma.LZMADecompressor()
    code = first.decompress(content)
    assert code[:14] == b"bin/python3.11" and (root / "bin/python3.11").read_bytes() in code
    assert lzma.decompress(first.unused_data)[:5] == b"bin/\0"
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert archive.getnames() == ["bin/python3.11", "bin", "bin/python3", "os.py"]
        member = archive.extractfile("os.py")
        assert member is not None and member.read() == (root / "os.py").read_bytes()
    assert len(content) < len(packed(root))
