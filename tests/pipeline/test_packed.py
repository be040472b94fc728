"""`--zstd`: wheels packed for CPython 3.14 and newer, and what looks at such a file looks through the packing."""

from __future__ import annotations

import json
import random
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pexlite.archive.reader import read_manifest
from pexlite.archive.stored_wheels import open_wheel
from pexlite.cli.main import run
from pexlite.errors import NotABundle, UsageError, VerificationFailed
from pexlite.files.places import store_root
from pexlite.model import BuildRequest, BuildResult, IndexSettings
from pexlite.model.pythons import serves
from pexlite.pipeline.build import build
from pexlite.pipeline.packed import reads_zstandard
from pexlite.pipeline.patch import patch
from pexlite.tools.caches import clear
from pexlite.tools.extract import extract_wheels
from pexlite.tools.verify import verify_file
from tests import needs
from tests.conftest import make_bare
from tests.factories import make_wheel
from tests.hostile import with_info
from tests.tools.test_verify import digest, lock_of, with_wheel

pytestmark = pytest.mark.usefixtures("bare_machine")
PLATFORM = "linux_x86_64-cp-314-cp314"
NAMES = ("app-1.0-py3-none-any.whl", "helper-1.0-py3-none-any.whl")


@pytest.fixture(autouse=True)
def zstandard() -> Any:
    return needs.zstandard()


def prose(seed: int, words: int = 2000) -> str:
    """A comment in which hardly anything is said twice in a row."""
    known = [f"word{number}" for number in range(300)]
    return "# " + " ".join(random.Random(seed).choices(known, k=words)) + "\n"


@pytest.fixture
def links(tmp_path: Path) -> Path:
    return wheels_in(tmp_path / "links")


def wheels_in(place: Path) -> Path:
    place.mkdir()
    app = {"app.py": f"import helper\n\ndef main():\n    print(helper.V)\n{prose(1)}", "more.py": prose(2)}
    start = {"console_scripts": {"app": "app:main"}}
    make_wheel(place, "app", files=app, requires=["helper"], entry_points=start)
    helper(place, "1.0")
    return place


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with app.pex, which is packed, plain.pex, which is not, and their wheels."""
    needs.zstandard()
    place = tmp_path_factory.mktemp("files")
    with pytest.MonkeyPatch.context() as change:
        make_bare(change, place)
        wheels_in(place / "links")
        built(place)
        built(place, "plain.pex", zstd=False)
    return place


def helper(place: Path, version: str) -> Path:
    files = {f"helper/more{seed}.py": prose(seed) for seed in range(3, 7)}
    return make_wheel(place, "helper", version, files={"helper/__init__.py": f"V = {version!r}\n", **files})


def asked(tmp_path: Path, *requirements: str, **more: Any) -> BuildRequest:
    index = IndexSettings(no_index=True, find_links=(str(tmp_path / "links"),))
    return BuildRequest(directory=tmp_path, requirements=requirements, index=index, **more)


def built(tmp_path: Path, name: str = "app.pex", **more: Any) -> BuildResult:
    fields = {"script": "app", "zstd": True, "platforms": (PLATFORM,), **more}
    return build(asked(tmp_path, "app", output=Path(name), **fields))


def test_it_is_for_pythons_that_read_it_and_for_no_other(links: Path, tmp_path: Path) -> None:
    [variant] = built(tmp_path).variants
    tags = [f"cp3{minor}" for minor in (9, 13, 14, 15)] + ["cp313t", "cp314t", "pp311", "pp314"]
    assert [tag for tag in tags if serves(variant.pythons, tag)] == ["cp314", "cp315", "cp314t"]
    assert all(reads_zstandard(tag) == serves(variant.pythons, tag) for tag in tags)


@pytest.mark.parametrize(
    ("targets", "cause", "hint"),
    [
        (("linux_x86_64-cp-313-cp313",), "cp313 on linux_x86_64 cannot", "linux_x86_64-cp-314-cp314,"),
        ((PLATFORM, "linux_x86_64-pp-311-pypy311_pp73"), "pp311 on linux_x86_64 cannot", "--platform"),
    ],
)
def test_a_target_that_cannot_read_it_is_refused(
    targets: tuple[str, ...], cause: str, hint: str, links: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=r"--zstd is for CPython 3\.14 and newer") as refused:
        built(tmp_path, platforms=targets)
    assert refused.value.causes == (cause,)
    assert hint in str(refused.value.hint)
    assert not (tmp_path / "app.pex").exists()


def test_with_no_compress_it_is_a_contradiction(links: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--no-compress leaves it unpacked"):
        built(tmp_path, compress=False)


def test_the_file_is_smaller_and_another_store_gives_the_same(
    links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = built(tmp_path, "plain.pex", zstd=False)
    assert built(tmp_path).size < plain.size - 1000
    content = (tmp_path / "app.pex").read_bytes()
    for name in ("other", "third"):
        monkeypatch.setenv("PEXLITE_CACHE_DIR", str(tmp_path / name))
        assert built(tmp_path, "again.pex").path.read_bytes() == content
    with zipfile.ZipFile(tmp_path / "app.pex") as opened:
        assert opened.namelist()[:3] == [*(f".deps/{name}.zst" for name in NAMES), ".recipes"]


def test_what_would_be_no_smaller_stays_as_it_is(links: Path, tmp_path: Path) -> None:
    make_wheel(links, "helper", "1.1", files={"helper.py": "V = 1\n"})
    result = built(tmp_path)
    assert [notice for notice in result.notices if "no smaller" in notice] == [
        "helper stays as it is: packed by zstandard, and what makes the index's bytes again, is no smaller"
    ]
    [app, small] = read_manifest(result.path).wheels
    assert (bool(app.frames), small.frames, small.sha256) == (
        True,
        (),
        digest(links / "helper-1.1-py3-none-any.whl"),
    )


def test_the_wheels_taken_out_are_those_that_went_in(files: Path, tmp_path: Path) -> None:
    for path in extract_wheels(files / "app.pex", tmp_path / "out"):
        assert path.read_bytes() == (files / "links" / path.name).read_bytes()


def test_it_is_whole_and_made_of_the_wheels_of_a_lock(files: Path, tmp_path: Path) -> None:
    rows = [with_wheel(name.partition("-")[0], "1.0", digest(files / "links" / name)) for name in NAMES]
    assert not verify_file(files / "app.pex", lock_of(tmp_path, *rows), strict=True).unchecked


def test_what_is_packed_otherwise_is_whole_too(
    links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = built(tmp_path).path
    monkeypatch.setenv("PEXLITE_CACHE_DIR", str(tmp_path / "other"))
    monkeypatch.setattr("pexlite.archive.frames._LEVEL", 3)
    assert built(tmp_path, "faster.pex").size > path.stat().st_size
    assert not verify_file(tmp_path / "faster.pex", strict=True).unchecked
    assert not verify_file(path, strict=True).unchecked


def test_a_patched_one_is_what_a_build_gives(links: Path, tmp_path: Path) -> None:
    before = built(tmp_path, "before.pex").path
    helper(links, "2.0")
    expected = built(tmp_path, "expected.pex").path
    clear()
    patch(before, asked(tmp_path, "helper>=2"))
    assert before.read_bytes() == expected.read_bytes()


COMMANDS: dict[str, str] = {
    "info": "info {app}",
    "diff": "diff {app} {plain}",
    "report": "report {app} -o app.html",
    "extract": "extract {app} out",
    "flat": "venv {app} {new} --flat --python 3.14",
    "sbom": "sbom {app} -o bom.json",
    "who": "who helper {app}",
    "verify": "verify {app} --strict",
}
NEEDS_NOTHING = {"info", "who"}
FINDS = {"diff", "who"}  # whose exit code says what they have found


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_look_through_the_packing(
    command: str, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if command == "sbom":
        pytest.importorskip("cyclonedx", reason="pip install 'pexlite[sbom]'")
    monkeypatch.chdir(tmp_path)

    def code(new: str) -> int:
        words = COMMANDS[command].split()
        return run([word.format(app=files / "app.pex", plain=files / "plain.pex", new=new) for word in words])

    right = (0, 1) if command in FINDS else (0,)
    assert code("one") in right, capsys.readouterr().err
    capsys.readouterr()
    for name in ("compression", "backports.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    assert code("other") in (right if command in NEEDS_NOTHING else (2,))
    assert ("hint: pip install 'pexlite[zstd]'" in capsys.readouterr().err) is (command not in NEEDS_NOTHING)


def test_a_difference_says_that_it_is_packed_otherwise(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["diff", str(files / "app.pex"), str(files / "plain.pex"), "--json"])
    wheels = json.loads(capsys.readouterr().out)["wheels"]
    assert [wheel["kind"] for wheel in wheels] == ["packed otherwise"] * 2


@pytest.mark.parametrize(("old", "new"), [(True, True), (True, False), (False, True)])
def test_a_delta_copies_whole_wheels_of_it(
    old: bool, new: bool, links: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    built(tmp_path, "old.pex", zstd=old)
    helper(links, "2.0")
    built(tmp_path, "new.pex", zstd=new)
    assert run(["delta", "old.pex", "new.pex", "-o", "x.delta"]) == 0
    size, sent = (Path(name).stat().st_size for name in ("new.pex", "x.delta"))
    assert sent < size * (0.4 if old and new else 1)


# -- what others wrote -------------------------------------------------------------------------------


def frames_of(info: Any) -> Any:
    return info["pexlite"]["wheels"][1]["zstd"]


CHANGES: dict[str, Callable[[Any], object]] = {
    "a frame less": lambda info: frames_of(info).pop(),
    "a frame more": lambda info: frames_of(info).append([1, 1]),
    "an empty one": lambda info: frames_of(info).insert(0, [0, 0]),
    "a large one": lambda info: frames_of(info)[0].__setitem__(1, (8 << 20) + 1),
    "no pair": lambda info: frames_of(info)[0].append(1),
    "no number": lambda info: frames_of(info)[0].__setitem__(1, "x"),
    "no list": lambda info: info["pexlite"]["wheels"][1].update(zstd=5),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_frames_of_no_build_are_refused(change: Callable[[Any], object], files: Path, tmp_path: Path) -> None:
    file = with_info(files / "app.pex", tmp_path / "changed.pex", change)
    with pytest.raises(NotABundle, match="PEX-INFO that this pexlite cannot read"):
        read_manifest(file)


def test_a_frame_that_unpacks_to_more_than_it_says_is_told(files: Path, tmp_path: Path) -> None:
    def shorten(info: Any) -> None:
        frames_of(info)[0][1] -= 1

    changed = with_info(files / "app.pex", tmp_path / "changed.pex", shorten)
    wheel = read_manifest(changed).wheels[1]
    with changed.open("rb") as file, pytest.raises(zipfile.BadZipFile, match="has changed where it is packed"):
        open_wheel(file, wheel).read()
    with pytest.raises(VerificationFailed):
        verify_file(changed)


def test_a_file_cut_in_the_store_is_packed_again(links: Path, tmp_path: Path) -> None:
    content = built(tmp_path).path.read_bytes()
    packed = sorted((store_root() / "packed").glob("*.zst"))
    assert len(packed) == 2
    for path in packed:
        path.write_bytes(path.read_bytes()[:-1])
    assert built(tmp_path, "again.pex").path.read_bytes() == content
    clear()
    assert not list((store_root() / "packed").glob("*"))
