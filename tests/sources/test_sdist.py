"""Source distributions are unpacked alike on every Python, and write nothing elsewhere."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pexlite.errors import ProjectBuildError
from pexlite.model import LocalKind
from pexlite.requirements.arguments import local_kind
from pexlite.sources.sdist import unpack_sdist


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.mtime = kind, link, mode, 1234567890
    return info


def link(name: str, to: str) -> tarfile.TarInfo:
    return member(name, tarfile.SYMTYPE, to)


def tar_of(directory: Path, *members: tarfile.TarInfo) -> Path:
    """A tar file of `members`; the content of a file is its name."""
    path = directory / "demo-1.0.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for info in members:
            content = info.name.encode() if info.isfile() else b""
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def zip_of(directory: Path, *names: str) -> Path:
    path = directory / "demo-1.0.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, name)
    return path


def everything_in(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))


def test_the_one_directory_of_an_archive_is_unpacked(tmp_path: Path) -> None:
    sdist = tar_of(tmp_path, member("./demo-1.0/pyproject.toml"), member("demo-1.0//src/demo.py"))
    assert unpack_sdist(sdist, tmp_path / "source") == tmp_path / "source" / "demo-1.0"
    assert (tmp_path / "source/demo-1.0/src/demo.py").read_text() == "demo-1.0//src/demo.py"


PACKED: dict[str, Callable[[bytes], bytes]] = {
    ".tar": bytes,
    ".tgz": gzip.compress,
    ".tbz": bz2.compress,
    ".tar.bz2": bz2.compress,
    ".TAR.XZ": lzma.compress,
    ".txz": lzma.compress,
    ".tlz": lambda tar: lzma.compress(tar, lzma.FORMAT_ALONE),
    ".tar.lzma": lambda tar: lzma.compress(tar, lzma.FORMAT_ALONE),
}


@pytest.mark.parametrize("ending", PACKED)
def test_whatever_pip_takes_by_its_path_is_unpacked(ending: str, tmp_path: Path) -> None:
    tar = gzip.decompress(tar_of(tmp_path, member("demo-1.0/setup.py")).read_bytes())
    sdist = tmp_path / f"demo-1.0{ending}"
    sdist.write_bytes(PACKED[ending](tar))
    assert local_kind(sdist) is LocalKind.SDIST
    assert everything_in(unpack_sdist(sdist, tmp_path / "source")) == ["setup.py"]


def test_an_archive_of_several_things_is_its_own_directory(tmp_path: Path) -> None:
    sdist = zip_of(tmp_path, "pyproject.toml", "demo/", "demo/__init__.py")
    assert unpack_sdist(sdist, tmp_path / "source") == tmp_path / "source"
    assert everything_in(tmp_path / "source") == ["demo", "demo/__init__.py", "pyproject.toml"]


@pytest.mark.parametrize(("mode", "kept"), [(0o777, 0o755), (0o4750, 0o755), (0o666, 0o644), (0o000, 0o644)])
def test_of_a_files_mode_only_whether_it_is_a_program_is_kept(mode: int, kept: int, tmp_path: Path) -> None:
    unpack_sdist(tar_of(tmp_path, member("demo-1.0/configure", mode=mode)), tmp_path / "source")
    assert (tmp_path / "source/demo-1.0/configure").stat().st_mode == 0o100000 | kept


def test_a_file_generated_from_another_stays_the_newer_one(tmp_path: Path) -> None:
    generated, source = member("demo-1.0/fast.c"), member("demo-1.0/fast.pyx")
    source.mtime -= 5
    unpack_sdist(tar_of(tmp_path, generated, source), tmp_path / "source")
    times = [(tmp_path / "source/demo-1.0" / name).stat().st_mtime for name in ("fast.pyx", "fast.c")]
    assert times == [1234567885, 1234567890]


def test_links_within_the_archive_stay_links(tmp_path: Path) -> None:
    sdist = tar_of(
        tmp_path,
        link("demo-1.0/LICENSE", "docs/LICENSE"),
        link("demo-1.0/docs/readme", "../README"),
        member("demo-1.0/docs/LICENSE"),
        member("demo-1.0/README"),
        member("demo-1.0/COPYING", tarfile.LNKTYPE, "demo-1.0/README"),
    )
    top = unpack_sdist(sdist, tmp_path / "source")
    assert (top / "LICENSE").readlink() == Path("docs/LICENSE")
    assert (top / "LICENSE").read_text() == "demo-1.0/docs/LICENSE"
    assert (top / "docs/readme").read_text() == (top / "COPYING").read_text() == "demo-1.0/README"
    assert (top / "COPYING").stat().st_nlink == 1


ELSEWHERE = {
    "a name with ..": [member("demo-1.0/../../elsewhere")],
    "an absolute name": [member("/elsewhere")],
    "a directory with ..": [member("../elsewhere", tarfile.DIRTYPE)],
    "a link out": [link("demo-1.0/out", "../../elsewhere")],
    "an absolute link": [link("demo-1.0/out", "/elsewhere")],
    "a link up from where another leads": [
        link("demo-1.0/a/b/top", "../../.."),
        link("demo-1.0/out", "a/b/top/../elsewhere"),
    ],
    "a file through a link": [link("demo-1.0/in", "."), member("demo-1.0/in/file")],
    "a link through a link": [link("demo-1.0/a/b/c", "../../.."), link("demo-1.0/a/b/c/d", "../../../elsewhere")],
    "a file in place of a link": [link("demo-1.0/a", "b"), member("demo-1.0/a")],
    "a hard link to nothing of the archive": [member("demo-1.0/passwd", tarfile.LNKTYPE, "../etc/passwd")],
    "a hard link to a link": [link("demo-1.0/a", "b"), member("demo-1.0/c", tarfile.LNKTYPE, "demo-1.0/a")],
    "a device": [member("demo-1.0/null", tarfile.CHRTYPE)],
    "a pipe": [member("demo-1.0/pipe", tarfile.FIFOTYPE)],
    "a file that is the top": [member("./.")],
}


@pytest.mark.parametrize("members", ELSEWHERE.values(), ids=ELSEWHERE)
def test_what_would_be_written_elsewhere_is_refused(members: list[tarfile.TarInfo], tmp_path: Path) -> None:
    sdist = tar_of(tmp_path, *members)
    (tmp_path / "within").mkdir()
    with pytest.raises(ProjectBuildError, match=r"demo-1\.0\.tar\.gz is no source distribution"):
        unpack_sdist(sdist, tmp_path / "within" / "source")
    assert [path for path in everything_in(tmp_path) if "source" not in path] == [sdist.name, "within"]
    for path in (tmp_path / "within/source").rglob("*"):
        assert path.resolve().is_relative_to(tmp_path / "within/source")


@pytest.mark.parametrize("name", ["../elsewhere", "/elsewhere", "demo-1.0/../../elsewhere"])
def test_zip_files_are_held_to_the_same(name: str, tmp_path: Path) -> None:
    with pytest.raises(ProjectBuildError, match=r"demo-1\.0\.zip is no source distribution"):
        unpack_sdist(zip_of(tmp_path, name), tmp_path / "source")
    assert [path for path in everything_in(tmp_path) if "source" not in path] == ["demo-1.0.zip"]


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08cut off"])
def test_what_is_no_archive_is_told_by_name(content: bytes, tmp_path: Path) -> None:
    sdist = tmp_path / "demo-1.0.tar.gz"
    sdist.write_bytes(content)
    with pytest.raises(ProjectBuildError, match=r"demo-1\.0\.tar\.gz"):
        unpack_sdist(sdist, tmp_path / "source")
