"""Two files are compared by what a start can tell: files of pexlite, of pex and of shiv."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from pexlite.cli.main import run
from pexlite.contents.values import Maker
from pexlite.errors import NotABundle
from pexlite.tools.compare import compare, text_changes
from tests.bundles import bundle_file, function
from tests.factories import make_wheel

_MAIN = "def main():\n    print({!r})\n"


def build(place: Path, name: str, *wheels: Path, local: tuple[Path, ...] = ()) -> Path:
    return bundle_file(place / name, [*local, *wheels], function("app", "main"), local=local)


@pytest.fixture
def dep(tmp_path: Path) -> Path:
    return make_wheel(tmp_path, "dep", files={"dep.py": "x = 1\n"}, requires=["other"])


@pytest.fixture
def pair(tmp_path: Path, dep: Path) -> tuple[Path, Path]:
    """Two files whose own code says other words, the newer of which has one wheel more."""
    built = []
    for words in ("one", "two"):
        place = tmp_path / words
        place.mkdir()
        own = make_wheel(place, "app", files={"app.py": _MAIN.format(words), "data.bin": b"\0" + words.encode()})
        more = [make_wheel(place, "more")] if words == "two" else []
        built.append(build(place, "app.pex", dep, *more, local=(own,)))
    return built[0], built[1]


def test_what_came_and_what_changed_is_told_and_the_exit_code_says_so(
    pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["diff", *map(str, pair)]) == 1
    said = capsys.readouterr().out
    assert "  added: 1 wheel\n    more 1.0  " in said
    assert "  other wheel: 1 wheel\n    app 1.0  " in said
    assert "dep" not in said


def test_own_code_is_compared_line_by_line(pair: tuple[Path, Path]) -> None:
    found = {one.path: one for one in text_changes(compare(*pair))}
    assert [line for line in found["app.py"].lines if line[:1] in "+-"] == [
        "--- old/app.py",
        "+++ new/app.py",
        "-    print('one')",
        "+    print('two')",
    ]
    assert found["data.bin"].problem == "it is no text"


def test_the_same_bytes_are_told_and_end_with_0(
    pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    copy = pair[0].with_name("copy.pex")
    copy.write_bytes(pair[0].read_bytes())
    assert run(["diff", str(pair[0]), str(copy)]) == 0
    assert capsys.readouterr().out == f"{pair[0]} and {copy} are the same, byte for byte\n"


def test_files_that_differ_in_order_alone_do_the_same(tmp_path: Path, dep: Path) -> None:
    own = make_wheel(tmp_path, "app", files={"app.py": "def main(): pass\n"})
    one = bundle_file(tmp_path / "a.pex", [own, dep], function("app", "main"))
    other = bundle_file(tmp_path / "b.pex", [dep, own], function("app", "main"))
    assert one.read_bytes() != other.read_bytes()
    found = compare(one, other)
    assert (found.is_empty, found.only, found.same_bytes) == (True, ("order",), False)


def test_a_wheel_that_is_packed_otherwise_does_the_same(tmp_path: Path, dep: Path) -> None:
    place = tmp_path / "stored"
    place.mkdir()
    with zipfile.ZipFile(dep) as old, zipfile.ZipFile(place / dep.name, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    own = make_wheel(tmp_path, "app", files={"app.py": "def main(): pass\n"})
    found = compare(build(tmp_path, "a.pex", dep, own), build(tmp_path, "b.pex", place / dep.name, own))
    assert (found.is_empty, found.only) == (True, ("packing",))


def test_json_has_it_all(pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["diff", *map(str, pair), "--json", "--files", "--content"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["same"] is False
    assert {one["name"]: one["kind"] for one in said["wheels"]} == {"app": "other wheel", "more": "added"}
    assert "app.py" in [one["path"] for one in said["wheels"][0]["files"]]
    assert [one["path"] for one in said["content"]] == ["app.py", "data.bin"]


# -- what others make --------------------------------------------------------------------------------


def file_of_pex(path: Path, wheels: list[Path], *, whole: bool, own: str = "") -> Path:
    """A file as pex makes it, its wheels unpacked in it or `whole`, with own code beside them."""
    info = {
        "build_properties": {"pex_version": "2.100"},
        "code_hash": "abc",
        "distributions": {wheel.name: "0" * 64 for wheel in wheels},
        "entry_point": "app:main",
        "requirements": ["dep"],
        "interpreter_constraints": ["CPython>=3.9"],
    }
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("PEX-INFO", json.dumps(info))
        archive.writestr("__main__.py", "")
        if own:
            archive.writestr("app.py", own)
        for wheel in wheels:
            if whole:
                archive.write(wheel, f".deps/{wheel.name}")
                continue
            with zipfile.ZipFile(wheel) as held:
                for name in held.namelist():
                    archive.writestr(f".deps/{wheel.name}/{name}", held.read(name))
            archive.writestr(f".deps/{wheel.name}/.layout.json", "{}")
    return path


def file_of_shiv(path: Path, wheels: list[Path]) -> Path:
    """A file as shiv makes it."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("environment.json", json.dumps({"entry_point": "app:main", "shiv_version": "1.0.8"}))
        archive.writestr("_bootstrap/__init__.py", "")
        for wheel in wheels:
            with zipfile.ZipFile(wheel) as held:
                for name in held.namelist():
                    archive.writestr(f"site-packages/{name}", held.read(name))
    return path


@pytest.mark.parametrize("whole", [False, True])
def test_a_file_of_pex_is_compared_by_what_its_wheels_hold(tmp_path: Path, dep: Path, whole: bool) -> None:
    theirs = file_of_pex(tmp_path / "theirs.pex", [dep], whole=whole, own=_MAIN.format("one"))
    newer = file_of_pex(tmp_path / "newer.pex", [dep], whole=not whole, own=_MAIN.format("two"))
    ours = compare(theirs, build(tmp_path, "ours.pex", dep))
    assert ours.old.maker is Maker.PEX
    assert not [one for one in ours.wheels if one.means_something]
    assert {one.name for one in ours.settings} >= {"maker", "runs on", "asked for"}
    found = compare(theirs, newer)
    assert [one.path for one in found.own_files] == ["app.py"]
    assert [one.path for one in text_changes(found)] == ["app.py"]


def test_a_file_of_shiv_is_read_by_its_records(tmp_path: Path, dep: Path) -> None:
    theirs = file_of_shiv(tmp_path / "theirs.pyz", [dep])
    found = compare(theirs, file_of_pex(tmp_path / "a.pex", [dep], whole=False))
    assert (found.old.maker, found.old.entry_point) == (Maker.SHIV, "app:main")
    assert not found.wheels
    assert "shiv does not say what was asked for" in found.old.unknown


def test_what_such_files_do_not_say_is_said(tmp_path: Path, dep: Path, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = file_of_shiv(tmp_path / "theirs.pyz", [dep])
    run(["diff", str(theirs), str(build(tmp_path, "a.pex", dep))])
    assert "note: shiv does not say on which Pythons it runs" in capsys.readouterr().err


@pytest.mark.parametrize(
    "members",
    [
        {"PEX-INFO": "[]"},
        {"PEX-INFO": "{}", ".deps/x": "no wheel"},
        {"PEX-INFO": '{"distributions": {"../x.whl": 1, "": 2}, "requirements": [7, "((("]}'},
        {"PEX-INFO": '{"build_properties": 5, "inject_env": [1], "interpreter_constraints": {"a": 1}}'},
        {"PEX-INFO": '{"pexlite": 5}'},
        {"environment.json": "no", "_bootstrap/x": ""},
        {"environment.json": "{}", "_bootstrap/x": "", "site-packages/a-1.dist-info/RECORD": '"'},
        {"environment.json": "{}", "_bootstrap/x": "", "site-packages/a-1.dist-info/METADATA": "\0\x1b"},
    ],
)
def test_odd_files_are_read_or_refused_in_a_line(tmp_path: Path, dep: Path, members: dict[str, str]) -> None:
    odd = tmp_path / "odd.pex"
    with zipfile.ZipFile(odd, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    try:
        found = compare(odd, build(tmp_path, "a.pex", dep))
    except NotABundle as refused:
        assert "\n" not in refused.message
    else:
        assert all(wheel.name.isprintable() and wheel.version.isprintable() for wheel in found.old.wheels)
