"""Files that somebody has tampered with are refused, however well they know the format; honest ones are not."""

from __future__ import annotations

import io
import json
import marshal
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pexlite.archive.layout import draft
from pexlite.archive.member import Entry, directory, held_content, local_header
from pexlite.archive.writer import write
from pexlite.bundle.runs_on import runs_on
from pexlite.bundle.tree import trees_of
from pexlite.cli.main import run
from pexlite.errors import PexliteError
from pexlite.model import Bundle, Bytecode, LaunchOptions, Room, Variant
from pexlite.tools.verify import verify_file
from pexlite.version import __version__
from pexlite.wheels.read import read_wheel
from pexlite.wheels.zip_shape import read_directory
from tests.bundles import EVERY_PYTHON, function, room
from tests.factories import make_wheel
from tests.interpreters import supported

PWNED = "print('PWNED')\n"
_SOME = 1_000_000  # bytes: all modules that a first start loads


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    place = tmp_path_factory.mktemp("wheels")
    paths = [
        make_wheel(
            place,
            "app",
            files={"app.py": "def main():\n    pass\n"},
            entry_points={"console_scripts": {"app": "app:main"}},
        ),
        make_wheel(place, "helper", files={"helper/__init__.py": "x = 1\n", "helper.pth": "more\n"}),
    ]
    wheels = tuple(map(read_wheel, paths))
    variants = (Variant(EVERY_PYTHON, "any", None, None, (0, 1)),)
    return Bundle(
        wheels=wheels,
        variants=variants,
        trees=trees_of(wheels, variants),
        entry_point=function("app", "main"),
        launch=LaunchOptions(),
        requirements=("app",),
        startup_files=("helper.pth",),
        runs_on=runs_on(variants),
    )


def usual_room(most: float = 0) -> Room:
    return room(supported()[0], most)


@pytest.fixture(scope="module")
def honest(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("honest") / "app.pex"
    write(draft(bundle, __version__, usual_room()), path)
    assert not verify_file(path).unchecked
    return path


def assert_refused(path: Path) -> None:
    with pytest.raises(PexliteError) as failure:
        verify_file(path)
    assert failure.value.exit_code == 6


# -- by who has pexlite itself, and changes what it writes ---------------------------------------


def with_imports(bundle: Bundle, path: Path, imports: tuple[str, ...]) -> Path:
    write(draft(replace(bundle, imports=imports), __version__, usual_room()), path)
    return path


def test_imports_that_are_no_modules_of_the_file_are_refused(bundle: Bundle, tmp_path: Path) -> None:
    modules = tuple(path for path in bundle.trees[0].importable if path.endswith(".py"))
    assert not verify_file(with_imports(bundle, tmp_path / "honest.pex", modules)).unchecked
    for odd in (("nothing.py",), ("../" + modules[0],), modules[:1] * 2, ("helper.pth",)):
        assert_refused(with_imports(bundle, tmp_path / "odd.pex", odd))
        (tmp_path / "odd.pex").unlink()


def with_text(name: str, before: str, after: str) -> Room:
    usual = usual_room()
    texts = dict(usual.files)
    assert before in texts[name]
    texts[name] = texts[name].replace(before, after, 1)
    return replace(usual, files=tuple(sorted(texts.items())))


def compiled(source: str) -> bytes:
    return marshal.dumps(compile(source, "x", "exec"), 2)


def with_compiled(**changed: Any) -> Room:
    usual = usual_room(_SOME if "modules" in changed else 0)
    assert usual.bytecode is not None
    return replace(usual, bytecode=replace(usual.bytecode, **changed))


def changed_main() -> Room:
    usual = usual_room().bytecode
    assert usual is not None
    return with_compiled(main=usual.main.replace(b"marshal", b"marshaI"))


def changed_start() -> Room:
    usual = usual_room().bytecode
    assert usual is not None
    return with_compiled(start=usual.start.replace(b"PEX_TOOLS", b"PEX_TOO1S"))


def changed_module() -> Room:
    usual = usual_room(_SOME).bytecode
    assert usual is not None
    modules = dict(usual.modules)
    modules["install.py"] = compiled(PWNED)
    return with_compiled(modules=tuple(modules.items()))


ROOMS: dict[str, Callable[[], Room]] = {
    "the text of a module": lambda: with_text("install.py", "import", f"{PWNED}import"),
    "the text of the start": lambda: with_text("start.py", "import os", f"import os; {PWNED}"),
    "a module more": lambda: replace(usual_room(), files=(*usual_room().files, ("more.py", PWNED))),
    "a module less": lambda: replace(usual_room(), files=usual_room().files[:-1]),
    "the compiled check": changed_main,
    "the compiled start": changed_start,
    "a compiled module": changed_module,
    "a program for Windows": lambda: replace(usual_room(), launchers=((".launchers/win_amd64.exe", b"MZ"),)),
}


@pytest.mark.parametrize("kind", ROOMS)
def test_another_boot(kind: str, bundle: Bundle, tmp_path: Path) -> None:
    write(draft(bundle, __version__, ROOMS[kind]()), tmp_path / "x.pex")
    assert_refused(tmp_path / "x.pex")


BUNDLES: dict[str, Callable[[Bundle], Bundle]] = {
    "a file in another place": lambda b: replace(
        b, trees=(replace(b.trees[0], entries=tuple(e._replace(path=e.path) for e in b.trees[0].entries[1:])),)
    ),
    "a console script that calls something else": lambda b: replace(
        b,
        trees=(
            replace(
                b.trees[0],
                entries=tuple(
                    e._replace(path="os:abort") if e.kind == "console script" else e for e in b.trees[0].entries
                ),
            ),
        ),
    ),
    "a startup file that is not run": lambda b: replace(b, startup_files=()),
    "a startup file that is in no wheel": lambda b: replace(b, startup_files=("helper.pth", "more.pth")),
    "words on where it runs": lambda b: replace(b, runs_on="CPython 2.7"),
    "scripts that a wheel does not have": lambda b: replace(
        b, wheels=(replace(b.wheels[0], entry_points={"console_scripts": {"app": "os:abort"}}), b.wheels[1])
    ),
    "the unpacked size of a wheel": lambda b: replace(
        b, wheels=(replace(b.wheels[0], unpacked_size=1 << 40), b.wheels[1])
    ),
}


@pytest.mark.parametrize("kind", BUNDLES)
def test_what_does_not_follow_from_the_wheels(kind: str, bundle: Bundle, tmp_path: Path) -> None:
    write(draft(BUNDLES[kind](bundle), __version__, usual_room()), tmp_path / "x.pex")
    assert_refused(tmp_path / "x.pex")


def test_bytecode_of_other_code(bundle: Bundle, tmp_path: Path) -> None:
    python = f"cp3{supported()[0].version[1]}"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as opened:
        opened.writestr("__pycache__/app.cpython-311.pyc", bytes(16) + compiled(PWNED))
    content = packed.getvalue()
    pack = Bytecode(python, bundle.wheels[0].sha256, content, read_directory(io.BytesIO(content)))
    write(draft(bundle, __version__, usual_room(), [pack]), tmp_path / "x.pex")
    assert_refused(tmp_path / "x.pex")


# -- by who writes zips by hand ------------------------------------------------------------------


@dataclass
class Parts:
    """A file taken apart: what is before the first of its own members, these, and what differs in writing them."""

    wheels: bytes
    entries: list[Entry]
    own: dict[str, bytes]
    gap: bytes = b""
    behind: bytes = b""

    def info(self, change: Callable[[Any], object]) -> None:
        info = json.loads(self.own["PEX-INFO"])
        change(info)
        self.own["PEX-INFO"] = (json.dumps(info, indent=1, sort_keys=True) + "\n").encode()

    def written(self) -> bytes:
        content, entries = bytearray(self.wheels), [*self.entries]
        for name, text in self.own.items():
            packed = held_content(name, text)
            entry = Entry(name, zlib.crc32(text), len(text), len(content), None if packed is None else len(packed))
            entries.append(entry)
            content += local_header(entry) + (text if packed is None else packed)
        content += self.gap
        return bytes(content + directory(entries, len(content)) + self.behind)


def taken_apart(path: Path) -> Parts:
    content = path.read_bytes()
    with zipfile.ZipFile(path) as opened:
        wheels = [one for one in opened.infolist() if one.filename.startswith(".deps/")]
        own = {one.filename: opened.read(one) for one in opened.infolist() if one not in wheels}
        begin = opened.getinfo(next(iter(own))).header_offset
    entries = [Entry(one.filename, one.CRC, one.file_size, one.header_offset) for one in wheels]
    return Parts(content[:begin], entries, own)


def test_a_file_put_together_again_is_the_same(honest: Path) -> None:
    assert taken_apart(honest).written() == honest.read_bytes()


def first_wheel(**changed: Any) -> Callable[[Parts], object]:
    return lambda parts: parts.info(lambda info: info["pexlite"]["wheels"][0].update(changed))


def reordered(parts: Parts) -> None:
    parts.own = dict(sorted(parts.own.items(), key=lambda pair: pair[0] != "PEX-INFO"))


PARTS: dict[str, Callable[[Parts], object]] = {
    "a module": lambda parts: parts.own.update({"sitecustomize.py": PWNED.encode()}),
    "a package instead of the start": lambda parts: parts.own.update({"__main__/__init__.py": PWNED.encode()}),
    "another wheel": lambda parts: parts.own.update({".deps/evil-1.0-py3-none-any.whl": b"PK"}),
    "another tree": lambda parts: parts.own.update({".trees/7": b""}),
    "bytecode that PEX-INFO does not name": lambda parts: parts.own.update({".bytecode/cp311/0.zip": b"PK"}),
    "a compiled room": lambda parts: parts.own.update({"__pexlite__.bytecode": compiled(PWNED)}),
    "a directory": lambda parts: parts.own.update({"lib/": b""}),
    "a name that differs in case": lambda parts: parts.own.update({"pex-info": parts.own["PEX-INFO"]}),
    "an empty name": lambda parts: parts.own.update({"": PWNED.encode()}),
    "no compiled start": lambda parts: parts.own.pop("__main__.pyc"),
    "no module for imports": lambda parts: parts.own.pop("__pex__/__init__.py"),
    "no tree": lambda parts: parts.own.pop(".trees/0"),
    "another start": lambda parts: parts.own.update({"__main__.py": PWNED.encode() + parts.own["__main__.py"]}),
    "another compiled start": lambda parts: parts.own.update(
        {"__main__.pyc": parts.own["__main__.pyc"][:16] + compiled(PWNED)}
    ),
    "a compiled start of another Python": lambda parts: parts.own.update(
        {"__main__.pyc": b"\0\0\r\n" + parts.own["__main__.pyc"][4:]}
    ),
    "other imports": lambda parts: parts.own.update({"__pex__/__init__.py": PWNED.encode()}),
    "another order": reordered,
    "bytes before the directory": lambda parts: setattr(parts, "gap", b"more"),
    "bytes behind the end": lambda parts: setattr(parts, "behind", b"more"),
    "another zip behind the end": lambda parts: setattr(parts, "behind", directory([], 0)),
    "a wheel that is not in the directory": lambda parts: parts.entries.pop(),
    "a wheel twice": lambda parts: parts.entries.append(parts.entries[0]),
    "a key of no build": lambda parts: parts.info(lambda info: info.update(more=1)),
    "a key of no build for pexlite": lambda parts: parts.info(lambda info: info["pexlite"].update(more=1)),
    "another build id": lambda parts: parts.info(lambda info: info["pexlite"].update(build_id="0" * 16)),
    "another code hash": lambda parts: parts.info(lambda info: info.update(code_hash="0" * 16)),
    "arguments": lambda parts: parts.info(lambda info: info.update(inject_args=["--evil"])),
    "a cache": lambda parts: parts.info(lambda info: info.update(pex_root="/tmp")),
    "digests": lambda parts: parts.info(lambda info: info["distributions"].clear()),
    "own code that is none": first_wheel(local=True),
    "a wheel that it was made of": first_wheel(repacked_from="0" * 64),
    "the place of a wheel": first_wheel(offset=0, size=10),
    "the digest of a wheel": first_wheel(sha256="0" * 64),
    "JSON in another form": lambda parts: parts.own.update(
        {"PEX-INFO": json.dumps(json.loads(parts.own["PEX-INFO"])).encode()}
    ),
    "a key twice": lambda parts: parts.own.update(
        {"PEX-INFO": parts.own["PEX-INFO"].replace(b"{", b'{\n "code_hash": "evil",', 1)}
    ),
    "a wheel": lambda parts: setattr(parts, "wheels", parts.wheels.replace(b"app.py", b"bpp.py")),
    "the first line": lambda parts: setattr(parts, "wheels", parts.wheels.replace(b"python3", b"pythonX")),
}


@pytest.mark.parametrize("kind", PARTS)
def test_other_parts(kind: str, honest: Path, tmp_path: Path) -> None:
    parts = taken_apart(honest)
    PARTS[kind](parts)
    path = tmp_path / "x.pex"
    path.write_bytes(parts.written())
    assert path.read_bytes() != honest.read_bytes()
    assert_refused(path)


def put(content: bytearray, place: int, form: str, *values: int) -> None:
    struct.pack_into(form, content, place, *values)


def in_directory(name: str, field: int, form: str, value: int) -> Callable[[bytearray], object]:
    """Another value in a field of the entry of `name` in the directory."""
    return lambda content: put(content, content.rindex(name.encode()) - 46 + field, form, value)


def in_member(name: str, field: int, form: str, value: int) -> Callable[[bytearray], object]:
    """Another value in a field of the local header of `name`."""
    return lambda content: put(content, content.index(name.encode()) - 30 + field, form, value)


def with_comment(content: bytearray) -> None:
    put(content, len(content) - 2, "<H", 4)
    content += b"more"


def with_extra_field(content: bytearray) -> None:
    place = content.rindex(b"PEX-INFO")
    put(content, place - 46 + 30, "<H", 4)
    content[place + 8 : place + 8] = b"xx\0\0"
    (size,) = struct.unpack_from("<I", content, len(content) - 10)
    put(content, len(content) - 10, "<I", size + 4)


def in_front(content: bytearray) -> None:
    content[0:0] = b"#!/bin/evil\n"


BYTES: dict[str, Callable[[bytearray], object]] = {
    "bytes in front": in_front,
    "a comment": with_comment,
    "an extra field": with_extra_field,
    "a flag": in_directory("PEX-INFO", 8, "<H", 0x800),
    "a flag of the member": in_member("PEX-INFO", 6, "<H", 0x800),
    "a date": in_directory("PEX-INFO", 14, "<H", 0x22),
    "a date of the member": in_member("PEX-INFO", 12, "<H", 0x22),
    "a mode": in_directory("PEX-INFO", 38, "<I", 0o120777 << 16),
    "who made it": in_directory("PEX-INFO", 5, "<B", 0),
    "a disk": in_directory("PEX-INFO", 34, "<H", 1),
    "the size of a member": in_member("PEX-INFO", 22, "<I", 5),
    "the CRC of a member": in_member("__main__.py", 14, "<I", 5),
    "the way that a member is packed": in_member("PEX-INFO", 8, "<H", 0),
    "the place of a member": in_directory("PEX-INFO", 42, "<I", 0),
    "the name of a member": lambda content: put(content, content.index(b"PEX-INFO"), "<B", ord("p")),
    "the number of members": lambda content: put(content, len(content) - 14, "<HH", 1, 1),
    "a part of several": lambda content: put(content, len(content) - 18, "<H", 1),
    "what looks like no end": lambda content: put(content, content.index(b"\xff" * 18), "<B", 0),
    "a cut": lambda content: content.pop(),
}


@pytest.mark.parametrize("kind", BYTES)
def test_other_bytes(kind: str, honest: Path, tmp_path: Path) -> None:
    content = bytearray(honest.read_bytes())
    BYTES[kind](content)
    path = tmp_path / "x.pex"
    path.write_bytes(content)
    assert content != honest.read_bytes()
    assert_refused(path)


# -- what nobody tampered with -------------------------------------------------------------------


def test_what_another_pexlite_has_made_is_said_to_be_unchecked(
    bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.pex"
    write(draft(bundle, "0.0.1", usual_room()), path)
    assert run(["verify", str(path)]) == 0
    assert (
        "  not looked at: its boot and its settings, which are those of version 0.0.1" in capsys.readouterr().out
    )
    assert run(["verify", str(path), "--strict"]) == 6
    assert "its boot and its settings" in capsys.readouterr().err


LAUNCHES = {
    "sh": LaunchOptions(sh_boot=True),
    "sh with a Python": LaunchOptions(sh_boot=True, shebang="/usr/bin/python3.9"),
    "a Python by its path": LaunchOptions(shebang="/usr/bin/python3 -sE"),
    "all that can be sealed in": LaunchOptions(
        inject_args=("a b", "'"),
        inject_env=(("A", "ö"),),
        inject_python_args=("-W", "ignore"),
        bin_path="append",
        pex_root="~/x y",
    ),
    "lazy imports": LaunchOptions(lazy_imports="all", not_lazy=("app.more", "app")),
}


@pytest.mark.parametrize("kind", LAUNCHES)
def test_an_honest_one_with(kind: str, bundle: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "x.pex"
    write(draft(replace(bundle, launch=LAUNCHES[kind]), __version__, usual_room()), path)
    assert not verify_file(path, strict=True).unchecked


def test_an_honest_one_that_no_python_compiled(bundle: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "x.pex"
    write(draft(bundle, __version__, replace(usual_room(), bytecode=None)), path)
    assert not verify_file(path, strict=True).unchecked
