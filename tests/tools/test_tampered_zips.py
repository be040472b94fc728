"""Zips that say one thing to one reader and another to the next are refused, and so is a borrowed signature.

More than 400 lines, since each way to tamper is a function in one table.
"""

from __future__ import annotations

import io
import json
import shutil
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from pexlite.archive.layout import draft
from pexlite.archive.member import Entry, directory, held_content, local_header
from pexlite.archive.writer import write
from pexlite.bundle.tree import trees_of
from pexlite.cli.main import run
from pexlite.compile.bytecode import bytecode_of
from pexlite.model import Bundle, LaunchOptions
from pexlite.store.store import Store
from pexlite.targets.interpreters import running_target
from pexlite.tools.verify import verify_file
from pexlite.version import __version__
from pexlite.wheels.read import read_wheel
from tests.factories import make_wheel
from tests.tools.test_tampered import PWNED, taken_apart, usual_room
from tests.tools.test_tampered import bundle as bundle
from tests.tools.test_tampered import honest as honest
from tests.tools.test_verify import digest, lock_of, with_wheel

EVIL = PWNED.encode()


def refusal(path: Path, capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """The lines by which `pexlite verify` refuses the file, each of them in plain words."""
    capsys.readouterr()
    assert run(["verify", str(path), *words]) == 6
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("error: ")
    assert not any("Traceback" in line or "a bug in" in line for line in lines)
    return lines


# -- two readers, two files ----------------------------------------------------------------------


@dataclass
class Written:
    """A member as a hand writes it: its two headers, what it holds, and what follows that."""

    entry: Entry
    held: bytes
    local: bytes
    central: bytes
    behind: bytes = b""


@dataclass
class Zip:
    """A file in pieces that can each be changed, and are put together with offsets that fit."""

    wheels: bytes
    deps: list[Entry]
    members: dict[str, Written]
    order: list[str] = field(default_factory=list)
    end_extra: bytes = b""
    comment: bytes = b""

    def written(self) -> bytes:
        content, entries = bytearray(self.wheels), [_central(one) for one in self.deps]
        places = {}
        for name, one in self.members.items():
            places[name] = len(content)
            content += one.local + one.held + one.behind
        for name in self.order or self.members:
            central = bytearray(self.members[name].central)
            struct.pack_into("<I", central, 42, places[name])
            entries.append(bytes(central))
        start, length = len(content), sum(map(len, entries))
        end = (0, 0, len(entries), len(entries), length, start, len(self.comment))
        return bytes(
            content + b"".join(entries) + self.end_extra + struct.pack("<4s4H2IH", b"PK\5\6", *end) + self.comment
        )


def _central(entry: Entry) -> bytes:
    """The entry of the directory, cut out of a directory of nothing else."""
    return directory([entry], 0)[:-22]


def pieces(path: Path) -> Zip:
    parts = taken_apart(path)
    members = {}
    for name, text in parts.own.items():
        packed = held_content(name, text)
        entry = Entry(name, zlib.crc32(text), len(text), 0, None if packed is None else len(packed))
        members[name] = Written(entry, text if packed is None else packed, local_header(entry), _central(entry))
    return Zip(parts.wheels, parts.entries, members)


def member(name: str, text: bytes) -> Written:
    entry = Entry(name, zlib.crc32(text), len(text), 0)
    return Written(entry, text, local_header(entry), _central(entry))


def test_pieces_put_together_again_are_the_same(honest: Path) -> None:
    assert pieces(honest).written() == honest.read_bytes()


def with_field(header: bytes, place: int, form: str, value: int) -> bytes:
    changed = bytearray(header)
    struct.pack_into(form, changed, place, value)
    return bytes(changed)


def with_extra(header: bytes, extra: bytes, *, length_at: int) -> bytes:
    return with_field(header, length_at, "<H", len(extra)) + extra


def extra(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def main(pieces: Zip) -> Written:
    return pieces.members["__main__.py"]


def a_name_twice(pieces: Zip) -> None:
    pieces.members["again"] = member("__main__.py", EVIL)


def a_name_twice_first(pieces: Zip) -> None:
    pieces.members = {"again": member("__main__.py", EVIL), **pieces.members}


def another_name_where_it_begins(pieces: Zip) -> None:
    one = pieces.members["PEX-INFO"]
    one.local = one.local.replace(b"PEX-INFO", b"EVILINFO")


def another_size_where_it_begins(pieces: Zip) -> None:
    main(pieces).local = with_field(main(pieces).local, 22, "<I", 1)


def an_extra_field_where_it_begins(pieces: Zip) -> None:
    main(pieces).local = with_extra(main(pieces).local, extra(0x5455, b"\1\0\0\0\0"), length_at=28)


def another_name_in_unicode(pieces: Zip) -> None:
    one = main(pieces)
    told = struct.pack("<BI", 1, zlib.crc32(b"__main__.py")) + b"evil.py"
    one.central = with_extra(one.central, extra(0x7075, told), length_at=30)


def sizes_in_zip64(pieces: Zip) -> None:
    one = main(pieces)
    sizes = struct.pack("<QQ", one.entry.size, len(one.held))
    one.central = with_extra(
        with_field(with_field(one.central, 20, "<I", 0xFFFFFFFF), 24, "<I", 0xFFFFFFFF),
        extra(1, sizes),
        length_at=30,
    )


def an_end_in_zip64(pieces: Zip) -> None:
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, 46, 0)
    pieces.end_extra = record + struct.pack("<4sIQI", b"PK\6\7", 0, len(pieces.wheels), 1)


def an_end_in_the_comment(pieces: Zip) -> None:
    pieces.comment = b"x" + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0, 0, 0, 0, 0)


def bytes_between_members(pieces: Zip) -> None:
    pieces.members["PEX-INFO"].behind = b"\0" * 512


def a_member_between_that_no_directory_names(pieces: Zip) -> None:
    hidden = member("sitecustomize.py", EVIL)
    pieces.members["PEX-INFO"].behind = hidden.local + hidden.held


def a_descriptor_behind_a_member(pieces: Zip) -> None:
    one = main(pieces)
    one.local = with_field(one.local, 6, "<H", 8)
    one.central = with_field(one.central, 8, "<H", 8)
    one.behind = struct.pack("<4s3I", b"PK\7\x08", one.entry.crc32, len(one.held), one.entry.size)


def said_to_be_encrypted(pieces: Zip) -> None:
    one = main(pieces)
    one.local, one.central = with_field(one.local, 6, "<H", 1), with_field(one.central, 8, "<H", 1)


def a_directory_in_another_order(pieces: Zip) -> None:
    pieces.order = list(reversed(pieces.members))


def more_behind_what_is_packed(pieces: Zip) -> None:
    one = next(one for one in pieces.members.values() if one.entry.compressed is not None)
    entry = replace(one.entry, compressed=len(one.held) + len(EVIL))
    one.held += EVIL
    one.local, one.central = local_header(entry), _central(entry)


def packed_in_pieces(pieces: Zip) -> None:
    """The same content, deflated with an empty block in front, which no zlib writes."""
    one = next(one for one in pieces.members.values() if one.entry.compressed is not None)
    one.held = b"\x00\x00\x00\xff\xff" + one.held
    entry = replace(one.entry, compressed=len(one.held))
    one.local, one.central = local_header(entry), _central(entry)


def a_link_out_of_it(pieces: Zip) -> None:
    one = member("lib", b"/etc")
    one.central = with_field(one.central, 38, "<I", 0o120777 << 16)
    pieces.members["lib"] = one


def all_dates(pieces: Zip) -> None:
    for one in pieces.members.values():
        one.local, one.central = with_field(one.local, 12, "<H", 0x5A21), with_field(one.central, 14, "<H", 0x5A21)


def named(name: str) -> Callable[[Zip], None]:
    return lambda pieces: pieces.members.update({"more": member(name, EVIL)})


ZIPS: dict[str, Callable[[Zip], None]] = {
    "a name twice": a_name_twice,
    "a name twice, the other one first": a_name_twice_first,
    "another name where a member begins": another_name_where_it_begins,
    "another size where a member begins": another_size_where_it_begins,
    "an extra field where a member begins": an_extra_field_where_it_begins,
    "another name in an extra field": another_name_in_unicode,
    "sizes in a field of zip64": sizes_in_zip64,
    "an end of zip64": an_end_in_zip64,
    "an end in the comment": an_end_in_the_comment,
    "bytes between members": bytes_between_members,
    "a member that the directory leaves out": a_member_between_that_no_directory_names,
    "a data descriptor": a_descriptor_behind_a_member,
    "a member said to be encrypted": said_to_be_encrypted,
    "a directory in another order": a_directory_in_another_order,
    "more behind the end of a deflated member": more_behind_what_is_packed,
    "a link": a_link_out_of_it,
    "all dates": all_dates,
    "a name from the root": named("/PEX-INFO"),
    "a name that leads up": named("../PEX-INFO"),
    "a name with a dot": named("./__main__.py"),
    "a name with a backslash": named("__pexlite__\\install.py"),
    "a name with a NUL": named("__main__.py\0.txt"),
}


@pytest.mark.parametrize("kind", ZIPS)
def test_a_zip_with(kind: str, honest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = pieces(honest)
    ZIPS[kind](changed)
    path = tmp_path / "x.pex"
    path.write_bytes(changed.written())
    assert path.read_bytes() != honest.read_bytes()
    refusal(path, capsys)


def test_another_archive_behind_it(honest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    behind = io.BytesIO(honest.read_bytes())
    behind.seek(0, 2)
    with zipfile.ZipFile(behind, "a") as opened:
        opened.writestr("sitecustomize.py", EVIL)
    (tmp_path / "x.pex").write_bytes(behind.getvalue())
    refusal(tmp_path / "x.pex", capsys)


def test_what_is_packed_otherwise_is_refused_by_strict(
    honest: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = pieces(honest)
    packed_in_pieces(changed)
    path = tmp_path / "x.pex"
    path.write_bytes(changed.written())
    assert refusal(path, capsys, "--strict")


# -- the first lines -----------------------------------------------------------------------------


def with_first_lines(path: Path, before: bytes, after: bytes) -> bytes:
    """The file with other first lines, as many bytes, whose CRC PEX-INFO tells rightly."""
    parts = taken_apart(path)
    (size, _) = json.loads(parts.own["PEX-INFO"])["pexlite"]["header"]
    assert before in parts.wheels[:size] and len(before) == len(after)
    parts.wheels = parts.wheels[:size].replace(before, after, 1) + parts.wheels[size:]
    parts.info(lambda info: info["pexlite"].update(header=[size, zlib.crc32(parts.wheels[:size])]))
    return parts.written()


FIRST_LINES = {
    "another Python": (LaunchOptions(), b"python3", b"pythonX"),
    "an option for Python": (LaunchOptions(shebang="/usr/bin/python3 -sE"), b"-sE", b"-sI"),
    "another command in sh": (LaunchOptions(sh_boot=True), b"exec ", b"eval "),
    "more in sh": (LaunchOptions(sh_boot=True), b"#!/bin/sh\n", b"#!/bin/ls\n"),
}


@pytest.mark.parametrize("kind", FIRST_LINES)
def test_first_lines_with(kind: str, bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    launch, before, after = FIRST_LINES[kind]
    path = tmp_path / "x.pex"
    write(draft(replace(bundle, launch=launch), __version__, usual_room()), path)
    assert not verify_file(path).unchecked
    path.write_bytes(with_first_lines(path, before, after))
    refusal(path, capsys)


# -- what only somebody else can tell ------------------------------------------------------------


def rebuilt(bundle: Bundle, path: Path, *wheels: Path, launch: LaunchOptions | None = None) -> Path:
    """A file that a build has written, of other wheels of the same names, or with other settings."""
    found = tuple(read_wheel(wheel) for wheel in wheels) or bundle.wheels
    trees = trees_of(found, bundle.variants)
    startup = tuple(sorted(p for tree in trees for p in tree.importable if p.endswith(".pth") and "/" not in p))
    other = replace(bundle, wheels=found, trees=trees, startup_files=startup, launch=launch or bundle.launch)
    write(draft(other, __version__, usual_room()), path)
    assert not verify_file(path).unchecked
    return path


@pytest.fixture
def evil_wheels(bundle: Bundle, tmp_path: Path) -> list[Path]:
    """The first wheel as it was, and the second with a .pth more, its RECORD made to fit."""
    files = {"helper/__init__.py": "x = 1\n", "helper.pth": "more\n", "evil.pth": "import evil\n"}
    return [bundle.wheels[0].path, make_wheel(tmp_path, "helper", files=files)]


def test_a_startup_file_more_in_a_wheel_is_told_by_a_lock(
    bundle: Bundle, evil_wheels: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    honest = [with_wheel(one.name, "1.0", digest(one.path)) for one in bundle.wheels]
    file = rebuilt(bundle, tmp_path / "x.pex", *evil_wheels)
    lines = refusal(file, capsys, "--lock", str(lock_of(tmp_path, *honest)))
    assert any("helper-1.0-py3-none-any.whl has a digest that the lock does not have" in line for line in lines)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("there is no ssh-keygen")
    place = tmp_path_factory.mktemp("key")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place / "id"], check=True)
    (place / "signers").write_text(f"alice@example.org {(place / 'id.pub').read_text()}")
    yield place


@pytest.mark.parametrize("kind", ["settings", "a wheel"])
def test_a_signature_of_another_file_is_none_of_this(
    kind: str,
    bundle: Bundle,
    honest: Path,
    evil_wheels: list[Path],
    key: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    old = tmp_path / "old.pex"
    shutil.copy(honest, old)
    assert run(["sign", str(old), "--key", str(key / "id")]) == 0
    signers = ["--signers", str(key / "signers")]
    assert run(["verify", str(old), *signers]) == 0
    new = tmp_path / "new.pex"
    if kind == "settings":
        rebuilt(bundle, new, launch=LaunchOptions(inject_env=(("LD_PRELOAD", "/tmp/evil.so"),)))
    else:
        rebuilt(bundle, new, *evil_wheels)
    shutil.copy(f"{old}.sig", f"{new}.sig")
    assert "is not what was signed" in refusal(new, capsys, *signers)[0]


def test_a_signature_put_into_another_file_is_none_of_this(
    bundle: Bundle, honest: Path, key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.pex", tmp_path / "new.pex"
    shutil.copy(honest, old)
    rebuilt(bundle, new, launch=LaunchOptions(inject_args=("--evil",)))
    for file in (old, new):
        assert run(["sign", str(file), "--key", str(key / "id"), "--embed"]) == 0
    ours, theirs = old.read_bytes(), new.read_bytes()
    [mine], [other] = (_armoured(content) for content in (ours, theirs))
    assert len(mine) == len(other)
    new.write_bytes(theirs.replace(other, mine))
    refusal(new, capsys, "--signers", str(key / "signers"))


def _armoured(content: bytes) -> list[bytes]:
    begin, end = b"-----BEGIN SSH SIGNATURE-----", b"-----END SSH SIGNATURE-----"
    return [part.partition(end)[0] for part in content.split(begin)[1:]]


# -- bytecode ------------------------------------------------------------------------------------


def test_bytecode_of_another_wheel(bundle: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(tmp_path / "store")
    packs = sorted(
        (bytecode_of(wheel, running_target(), store) for wheel in bundle.wheels),
        key=lambda pack: pack.wheel_sha256,
    )
    honest = tmp_path / "honest.pex"
    write(draft(bundle, __version__, usual_room(), packs), honest)
    assert not verify_file(honest).unchecked
    for swapped in (
        [replace(packs[0], content=packs[1].content, directory=packs[1].directory), packs[1]],
        [replace(packs[1], wheel_sha256=packs[0].wheel_sha256), packs[1]],
    ):
        write(draft(bundle, __version__, usual_room(), swapped), tmp_path / "x.pex")
        assert any("the bytecode of" in line for line in refusal(tmp_path / "x.pex", capsys))
