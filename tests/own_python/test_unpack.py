"""An archive is a stranger's: of what it may not hold nothing is written outside of the store."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pexlite.errors import TargetError
from pexlite.own_python import members
from pexlite.own_python.source import source_of
from pexlite.own_python.unpack import unpacked
from pexlite.store.store import Store


def member(name: str, **fields: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(made, field, value)
    return made


def archive_of(path: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for one in members:
            archive.addfile(one, io.BytesIO(bytes(one.size)) if one.isfile() else None)
    return path


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([member("/etc/evil", size=1)], "'/etc/evil' would be written elsewhere"),
        ([member("python/../../evil", size=1)], "would be written elsewhere"),
        ([member("a\nb", size=1)], "would be written elsewhere"),
        ([member("python/x", type=tarfile.SYMTYPE, linkname="/etc/passwd")], "leads to '/etc/passwd'"),
        ([member("python/x", type=tarfile.SYMTYPE, linkname="../../x")], "leads to '../../x'"),
        ([member("python/x", type=tarfile.LNKTYPE, linkname="../../x")], "outside of it"),
        ([member("python/x", type=tarfile.CHRTYPE)], "is a device or a pipe"),
        ([member("python/x", type=tarfile.FIFOTYPE)], "is a device or a pipe"),
        (
            [
                member("python/e", type=tarfile.SYMTYPE, linkname="d/../x"),
                member("python/d", type=tarfile.SYMTYPE, linkname=".."),
            ],
            "its link 'python/e' leads outside of it",
        ),
    ],
)
def test_a_member_that_no_python_has_is_refused(
    members: list[tarfile.TarInfo], words: str, tmp_path: Path, store: Store
) -> None:
    archive = archive_of(tmp_path / "evil.tar.gz", *members)
    with pytest.raises(TargetError) as refused:
        unpacked(archive, "evil.tar.gz", store)
    assert words in "\n".join([refused.value.message, *refused.value.causes])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evil.tar.gz", "store"]
    assert list((store.root / "interpreters").iterdir()) == []


def test_more_than_a_python_has_is_refused(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "_MOST_BYTES", 1000)
    archive = archive_of(tmp_path / "bomb.tar.gz", *(member(f"python/{n}", size=600) for n in range(2)))
    with pytest.raises(TargetError, match="holds what no archive"):
        unpacked(archive, "bomb.tar.gz", store)


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (lambda path: path.write_bytes(b"no archive at all"), "no archive of a Python that can be read"),
        (lambda path: path.write_bytes(b""), "no archive of a Python that can be read"),
        (lambda path: archive_of(path, member("readme", size=3)), "no CPython for Linux in it"),
        (lambda path: archive_of(path, member("python/bin/pypy3", size=3)), "no CPython for Linux in it"),
        (lambda path: path.mkdir(), "has no bin/python3.X for Linux"),
        (
            lambda path: (path / "bin").mkdir(parents=True) or (path / "bin/pypy3").touch(),
            "PyPy cannot be carried",
        ),
        (lambda path: (path / "bin").mkdir(parents=True) or (path / "bin/python2.7").touch(), "is a Python 2"),
    ],
)
def test_what_is_no_python_is_told_in_a_line(
    write: Callable[[Path], object], words: str, tmp_path: Path, store: Store
) -> None:
    write(tmp_path / "given.tar.gz")
    with pytest.raises(TargetError) as refused:
        source_of(str(tmp_path / "given.tar.gz"), store)
    assert words in refused.value.message
    assert refused.value.hint


def test_a_cut_archive_is_told(archive: Path, tmp_path: Path, store: Store) -> None:
    content = archive.read_bytes()
    (tmp_path / "cut.tar.gz").write_bytes(content[: len(content) // 2])
    with pytest.raises(TargetError, match="no archive of a Python that can be read"):
        source_of(str(tmp_path / "cut.tar.gz"), store)


def test_what_was_changed_in_the_store_is_unpacked_anew(tmp_path: Path, store: Store) -> None:
    program = Path("/proc/self/exe").resolve().read_bytes()
    made = member("bin/python3.11", size=len(program), mode=0o755)
    library = member("lib/python3.11/os.py", size=0)
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.addfile(made, io.BytesIO(program))
        archive.addfile(library, io.BytesIO())
    root, sha256 = unpacked(tmp_path / "a.tar", "a.tar", store)
    assert root == store.root / "interpreters" / sha256
    before = (root / "bin/python3.11").stat().st_ino
    assert unpacked(tmp_path / "a.tar", "a.tar", store)[0] == root
    assert (root / "bin/python3.11").stat().st_ino == before
    (root / "lib/python3.11/os.py").write_text("changed")
    unpacked(tmp_path / "a.tar", "a.tar", store)
    assert (root / "lib/python3.11/os.py").read_text() == ""
