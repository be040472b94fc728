"""Wheels are read as their publishers meant them, or refused with what is wrong.

More than 400 lines, since each fault stands in one table.
"""

from __future__ import annotations

import base64
import re
import stat
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from pexlite.errors import InvalidWheel
from pexlite.wheels.read import read_text, read_wheel
from tests.factories import make_wheel

INFO = "demo-1.0.dist-info"


def altered(
    wheel: Path,
    *,
    replaced: Mapping[str, str | None] | None = None,
    added: Mapping[str, str] | None = None,
    change: Callable[[zipfile.ZipInfo], None] = lambda entry: None,
) -> Path:
    """`wheel` with members replaced (None: left out), added under hostile names, or otherwise changed.

    RECORD lists added members, so that only their name is at fault.
    """
    with zipfile.ZipFile(wheel) as archive:
        members = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    for name, text in (replaced or {}).items():
        members.pop(name, None)
        if text is not None:
            members[name] = text.encode()
    if f"{INFO}/RECORD" in members and not replaced:
        extra = "".join(f'"{name}",,{len(text)}\n' for name, text in (added or {}).items())
        members[f"{INFO}/RECORD"] += extra.encode()
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, content in [*members.items(), *((name, text.encode()) for name, text in (added or {}).items())]:
            entry = zipfile.ZipInfo(name)
            entry.filename = entry.orig_filename = name
            entry.external_attr = 0o100644 << 16
            if name in (added or {}):
                change(entry)
            archive.writestr(entry, content)
    return wheel


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    return make_wheel(
        tmp_path,
        "demo",
        # The digest of this source has both characters in which the two kinds of base64 differ.
        files={"demo/__init__.py": "x = 3\n", "demo/data.bin": b"\0" * 1000},
        requires=["click>=8", 'idna; extra == "net"'],
        requires_python=">=3.8",
        entry_points={"console_scripts": {"Demo-Run": "demo:main"}, "demo.plugins": {"a": "demo.a [net]"}},
        data={"scripts/tool": "#!python\n", "data/share/man/demo.1": "text"},
    )


def test_everything_later_stages_ask_is_in_the_wheel(wheel: Path) -> None:
    found = read_wheel(wheel)
    assert (found.name, str(found.version), found.build, found.filename) == ("demo", "1.0", (), wheel.name)
    assert [str(tag) for tag in found.tags] == ["py3-none-any"]
    assert found.requires_dist == (Requirement("click>=8"), Requirement('idna; extra == "net"'))
    assert str(found.requires_python) == ">=3.8"
    assert found.entry_points == {
        "console_scripts": {"Demo-Run": "demo:main"},
        "demo.plugins": {"a": "demo.a [net]"},
    }
    with zipfile.ZipFile(wheel) as archive:
        assert sorted(found.files) == sorted(archive.namelist())
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
    assert dict(zip(found.files, found.sizes, strict=True)) == sizes
    assert found.unpacked_size == sum(sizes.values())
    assert found.size == wheel.stat().st_size
    assert found.crc32 == zipfile.crc32(wheel.read_bytes())  # type: ignore[attr-defined]
    assert not found.local


@pytest.mark.parametrize("version", ["1.0", "1.2", "2.1", "2.4", "2.5", "2.9", "3.0"])
def test_every_metadata_version_is_read(version: str, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "demo", files={"demo.py": ""}, requires=["click"], metadata_version=version)
    assert read_wheel(wheel).requires_dist == (Requirement("click"),)


METADATA = {
    "unknown fields": "X-Later: yes\nImport-Name: demo\nRequires-Dist: click\n",
    "continued lines": "License: one\n  two\n\tthree\nRequires-Dist: click;\n  python_version > '3'\n",
    "other case": "requires-dist: click\n",
    "line ends of Windows": "Summary: x\r\nRequires-Dist: click\r\n",
    "a licence with lines of blanks": "License: one\n    \n    two\nRequires-Dist: click\n",
    "a description that looks like fields": "Requires-Dist: click\n\nRequires-Dist: not this one\n",
    "a specifier in parentheses": "Requires-Dist: click (>=8)\n",
    "bytes that are no UTF-8": "Author: \udce4\nRequires-Dist: click\n",
}


@pytest.mark.parametrize("text", METADATA.values(), ids=METADATA.keys())
def test_metadata_is_read_tolerantly(text: str, wheel: Path) -> None:
    head = "Metadata-Version: 2.1\nName: Demo\nVersion: 1.0.0\n"
    content = (head + text).encode("utf-8", "surrogateescape")
    record = zipfile.ZipFile(wheel).read(f"{INFO}/RECORD").decode().splitlines()
    lines = [f"{INFO}/METADATA,,{len(content)}" if "METADATA" in line else line for line in record]
    with zipfile.ZipFile(wheel) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members |= {f"{INFO}/METADATA": content, f"{INFO}/RECORD": "\n".join(lines).encode()}
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    assert [requirement.name for requirement in read_wheel(wheel).requires_dist] == ["click"]


def test_an_unreadable_requires_python_of_old_is_none(tmp_path: Path) -> None:
    assert read_wheel(make_wheel(tmp_path, "demo", requires_python=">=3.6.*")).requires_python is None


def test_broken_requirements_are_named(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "demo", requires=["click", "what is this", "so ??"])
    with pytest.raises(InvalidWheel) as caught:
        read_wheel(wheel)
    assert "what is this" in str(caught.value.causes)
    assert "so ??" in str(caught.value.causes)
    assert "click" not in str(caught.value.causes)


@pytest.mark.parametrize("local", [False, True])
@pytest.mark.parametrize("name", ["x" * 256, f"{'ü' * 128}/x.py", f"demo/{'y' * 300}.py"])
def test_a_name_that_no_file_system_takes_is_refused(name: str, local: bool, wheel: Path) -> None:
    with pytest.raises(InvalidWheel) as caught:
        read_wheel(altered(wheel, added={name: "x"}), local=local)
    assert "has a name of more than 255 bytes" in str(caught.value.causes)


@pytest.mark.parametrize("name", ["x" * 255, f"{'ü' * 127}/x.py", "/".join(["demo", *["z" * 200] * 5])])
def test_names_that_are_just_short_enough_are_fine(name: str, wheel: Path) -> None:
    assert name in read_wheel(altered(wheel, added={name: "x"})).files


def as_link(entry: zipfile.ZipInfo) -> None:
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16


def as_pipe(entry: zipfile.ZipInfo) -> None:
    entry.external_attr = (stat.S_IFIFO | 0o666) << 16


HOSTILE_NAMES = [
    "/etc/passwd",
    "../escape.py",
    "demo/../../escape.py",
    "demo/..",
    "..",
    "./demo/x.py",
    "demo//x.py",
    "C:/escape.py",
    "c:escape.py",
    "demo\\x.py",
    "..\\escape.py",
    "demo/new\nline.py",
    "demo/\x01.py",
    "demo-1.0.data/../escape.py",
    "demo-1.0.data/purelib/../../escape.py",
    "demo-1.0.data/nowhere/x.py",
    "demo-1.0.data/x.py",
    "demo/new\x85line.py",
    "demo/new\u2028line.py",
    "demo/__init__.py/x.py",
    "demo",
]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=repr)
def test_members_that_would_be_written_elsewhere_are_refused(name: str, wheel: Path) -> None:
    with pytest.raises(InvalidWheel) as caught:
        read_wheel(altered(wheel, added={name: "evil"}))
    assert wheel.name in caught.value.message
    assert caught.value.exit_code == 4
    assert "RECORD" not in str(caught.value.causes)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (as_link, "symbolic link"),
        (as_pipe, "special file"),
        (lambda entry: setattr(entry, "compress_type", zipfile.ZIP_BZIP2), "method 12"),
    ],
)
def test_links_special_files_and_rare_compressions_are_refused(
    change: Callable[[zipfile.ZipInfo], None], says: str, wheel: Path
) -> None:
    with pytest.raises(InvalidWheel) as caught:
        read_wheel(altered(wheel, added={"demo/odd": "/etc/passwd"}, change=change))
    assert says in str(caught.value.causes)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("demo/__INIT__.py", "demo/__INIT__.py and demo/__init__.py are one file"),
        ("Demo/other.py", "Demo and demo are one file"),
        ("demo/aux.py", "demo/aux.py cannot be written on Windows"),
        ("NUL", "NUL cannot be written on Windows"),
        ("demo/com1.tar.gz", "cannot be written on Windows"),
        ("demo/con/x.py", "cannot be written on Windows"),
        ("demo/x.", "cannot be written on Windows"),
        ("demo /x", "cannot be written on Windows"),
    ],
)
def test_names_that_other_systems_cannot_tell_apart_or_write_are_refused(
    name: str, says: str, wheel: Path
) -> None:
    with pytest.raises(InvalidWheel) as caught:
        read_wheel(altered(wheel, added={name: "x"}))
    assert says in str(caught.value.causes)
    assert name in read_wheel(wheel, local=True).files


@pytest.mark.parametrize(
    "tag", ["py3-none-manylinux_2_17_x86_64.musllinux_1_2_x86_64", "cp311-cp311-linux_x86_64"]
)
def test_a_wheel_for_linux_alone_has_whatever_names_linux_takes(tag: str, tmp_path: Path) -> None:
    twins = {"demo/xt_MARK.h": "1", "demo/xt_mark.h": "2", "demo/aux.py": ""}
    assert twins.keys() <= {*read_wheel(make_wheel(tmp_path, "demo", files=twins, tag=tag)).files}


@pytest.mark.parametrize("name", ["demo/console.py", "demo/auxiliary.py", "demo/lpt10", "demo/x.con", "demo/.x"])
def test_names_that_merely_look_like_those_are_fine(name: str, wheel: Path) -> None:
    assert name in read_wheel(altered(wheel, added={name: "x"})).files


def test_members_that_lie_over_each_other_are_refused(wheel: Path) -> None:
    content = bytearray(wheel.read_bytes())
    with zipfile.ZipFile(wheel) as archive:
        first, second = archive.infolist()[:2]
    entry = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 4)
    assert int.from_bytes(content[entry + 42 : entry + 46], "little") == second.header_offset
    content[entry + 42 : entry + 46] = first.header_offset.to_bytes(4, "little")
    wheel.write_bytes(content)
    with pytest.raises(InvalidWheel) as caught:
        read_wheel(wheel)
    assert f"members {first.filename} and {second.filename} overlap" in str(caught.value.causes)


def test_a_text_that_would_fill_the_memory_is_not_read(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        members = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    members[f"{INFO}/METADATA"] += b" " * (1 << 26)
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    with pytest.raises(InvalidWheel) as caught:
        read_wheel(wheel)
    assert "METADATA is too large" in str(caught.value.causes)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_twice_is_refused(wheel: Path) -> None:
    with pytest.raises(InvalidWheel) as caught:
        read_wheel(altered(wheel, added={"demo/__init__.py": "evil"}))
    assert "twice" in str(caught.value.causes)


OTHER_CONTENT = {
    "no METADATA": ({f"{INFO}/METADATA": None}, "METADATA"),
    "no WHEEL": ({f"{INFO}/WHEEL": None}, "WHEEL"),
    "no RECORD": ({f"{INFO}/RECORD": None}, "RECORD"),
    "WHEEL of version 2": ({f"{INFO}/WHEEL": "Wheel-Version: 2.0\n"}, "2.0"),
    "WHEEL without version": ({f"{INFO}/WHEEL": "Generator: x\n"}, "Wheel-Version"),
    "another name": ({f"{INFO}/METADATA": "Metadata-Version: 2.1\nName: other\nVersion: 1.0\n"}, "other"),
    "another version": ({f"{INFO}/METADATA": "Metadata-Version: 2.1\nName: demo\nVersion: 1.1\n"}, "1.1"),
    "no version": ({f"{INFO}/METADATA": "Metadata-Version: 2.1\nName: demo\n"}, "Version"),
    "entry points that are none": ({f"{INFO}/entry_points.txt": "demo = demo:main\n"}, "entry_points.txt"),
    "a member longer than RECORD says": ({"demo/__init__.py": "x = 1\nevil()\n"}, "demo/__init__.py"),
    "a member that is not what RECORD says": (
        {"demo/__init__.py": "x = 2\n"},
        "demo/__init__.py is not what RECORD",
    ),
    "two dist-info directories": ({"other-1.dist-info/METADATA": "x"}, "other-1.dist-info"),
    "a row longer than any name": ({f"{INFO}/RECORD": "x" * 200_000}, "field larger than"),
}


@pytest.mark.parametrize(("replaced", "says"), OTHER_CONTENT.values(), ids=OTHER_CONTENT.keys())
def test_a_wheel_that_contradicts_itself_is_refused(
    replaced: dict[str, str | None], says: str, wheel: Path
) -> None:
    with pytest.raises(InvalidWheel) as caught:
        read_wheel(altered(wheel, replaced=replaced))
    assert says in str(caught.value.causes)


def _in_hex(record: str) -> str:
    def hexed(found: re.Match[str]) -> str:
        return "sha256=" + base64.urlsafe_b64decode(found[1] + "=").hex()

    return re.sub(r"sha256=([\w-]{43})", hexed, record)


def _with_usual_base64(record: str) -> str:
    return re.sub(r"sha256=[\w-]+", lambda found: found[0].translate(str.maketrans("-_", "+/")), record)


# As some tools write it, and as pip and uv take it.
DIALECTS: dict[str, Callable[[str], str]] = {
    "digests in hex": _in_hex,
    "a / before paths": lambda record: re.sub(r"^(?=demo/)", "/", record, flags=re.MULTILINE),
    "a ./ before paths": lambda record: re.sub(r"^(?=demo/)", "./", record, flags=re.MULTILINE),
    "no digests": lambda record: re.sub(r",sha256=.*", ",,", record),
    "nothing but paths": lambda record: re.sub(r",.*", "", record),
    "empty lines": lambda record: record.replace("\n", "\n\n"),
    "sizes that are no numbers": lambda record: re.sub(r",\d+$", ",many", record, flags=re.MULTILINE),
    "sizes that no file has": lambda record: re.sub(r",\d+$", "," + "9" * 5000, record, flags=re.MULTILINE),
    "directories": lambda record: f"demo/,,\n{record}",
    "signatures over it": lambda record: f"{record}{INFO}/RECORD.jws,,\n",
    "digests with their padding": lambda record: re.sub(r"(sha256=[\w-]{43})", r"\1=", record),
    "digests in the usual base64": _with_usual_base64,
    "algorithms in capitals": lambda record: record.replace("sha256=", "SHA256="),
    "a byte order mark": lambda record: f"\ufeff{record}",
}
# Of those, what is said in words.
TOLD = {
    "digests in hex": "digests in hex",
    "a / before paths": "paths that begin with a slash",
    "digests in the usual base64": "digests in base64 with + and /",
}


def with_record(wheel: Path, change: Callable[[str], str]) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        record = change(archive.read(f"{INFO}/RECORD").decode())
    return altered(wheel, replaced={f"{INFO}/RECORD": record})


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_record_in_another_dialect_is_read_as_what_it_means(dialect: str, wheel: Path) -> None:
    found = read_wheel(with_record(wheel, DIALECTS[dialect]))
    assert (found.unlike_record, found.record_dialects) == ((), (TOLD[dialect],) if dialect in TOLD else ())
    if dialect not in ("no digests", "nothing but paths"):
        with pytest.raises(InvalidWheel) as caught:
            read_wheel(altered(wheel, replaced={"demo/__init__.py": "x = 2\n"}))
        assert "demo/__init__.py is not what RECORD says" in caught.value.causes


# What installers pass over, and the members that are told of.
WRONG: dict[str, tuple[Callable[[str], str], list[str]]] = {
    "a file that it leaves out": (lambda record: re.sub(r"demo/__init__.*\n", "", record), ["demo/__init__.py"]),
    "another size": (lambda record: re.sub(r"(demo/__init__.*),\d+", r"\1,77", record), ["demo/__init__.py"]),
    "a file that is not there": (lambda record: f"demo/gone.py,sha256=x,3\n{record}", ["demo/gone.py"]),
}


@pytest.mark.parametrize(("change", "named"), WRONG.values(), ids=WRONG.keys())
def test_a_record_that_is_wrong_without_a_wrong_digest_is_noted(
    change: Callable[[str], str], named: list[str], wheel: Path
) -> None:
    assert list(read_wheel(with_record(wheel, change)).unlike_record) == named


def test_a_digest_that_nobody_here_can_compute_is_none_and_is_told(wheel: Path) -> None:
    with_record(wheel, lambda record: record.replace("sha256=", "md9="))
    found = read_wheel(altered(wheel, replaced={"demo/__init__.py": "x = 2\n"}))
    assert (found.unlike_record, found.record_dialects) == ((), ("digests that cannot be checked here (md9)",))


def test_an_empty_record_is_noted_with_every_file_but_itself(wheel: Path) -> None:
    found = read_wheel(with_record(wheel, lambda _: ""))
    assert {*found.unlike_record, f"{INFO}/RECORD"} == set(found.files)


def test_what_a_wheel_says_of_itself_may_be_newer_than_its_record(wheel: Path) -> None:
    text = "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\nTag: py2-none-any\n"
    longer = read_wheel(altered(wheel, replaced={f"{INFO}/WHEEL": text}))
    assert longer.unlike_record == (f"{INFO}/WHEEL",)
    found = read_wheel(altered(wheel, replaced={f"{INFO}/note.txt": "listed nowhere", f"{INFO}/WHEEL": text}))
    assert set(found.unlike_record) == {f"{INFO}/WHEEL", f"{INFO}/note.txt"}


@pytest.mark.parametrize("version", ["0.1", "1.0", "1.9"])
def test_a_wheel_of_an_old_or_slightly_newer_format_is_read(version: str, wheel: Path) -> None:
    found = read_wheel(altered(wheel, replaced={f"{INFO}/WHEEL": f"Wheel-Version: {version}\n"}))
    assert found.unlike_record == (f"{INFO}/WHEEL",)


@pytest.mark.parametrize("size", [0, 3, 100, 900, -1, -30])
def test_a_cut_off_wheel_is_refused(size: int, wheel: Path) -> None:
    wheel.write_bytes(wheel.read_bytes()[:size])
    with pytest.raises(InvalidWheel, match=wheel.name):
        read_wheel(wheel)


def test_a_zip_behind_something_else_is_refused(wheel: Path) -> None:
    wheel.write_bytes(b"#!/bin/sh\nexit\n" + wheel.read_bytes())
    with pytest.raises(InvalidWheel, match=wheel.name):
        read_wheel(wheel)


def test_a_damaged_text_inside_is_refused(wheel: Path) -> None:
    content = bytearray(wheel.read_bytes())
    with zipfile.ZipFile(wheel) as archive:
        start = archive.getinfo(f"{INFO}/METADATA").header_offset + 30 + len(f"{INFO}/METADATA")
    content[start : start + 8] = b"\xff" * 8
    wheel.write_bytes(content)
    with pytest.raises(InvalidWheel, match=wheel.name):
        read_wheel(wheel)


@pytest.mark.parametrize(
    "filename", ["demo.whl", "demo-1.0.zip", "demo-x-py3-none-any.whl", "demo-1.0-py3-none-any/../../x.whl"]
)
def test_a_name_that_is_no_wheels_is_refused(filename: str, wheel: Path) -> None:
    with pytest.raises(InvalidWheel):
        read_wheel(wheel, filename=filename)


def test_source_is_read_in_its_own_encoding(tmp_path: Path) -> None:
    source = "# -*- coding: latin-1 -*-\nname = 'Müller'\n"
    wheel = make_wheel(tmp_path, "demo", files={"demo.py": source.encode("latin-1")})
    assert read_text(read_wheel(wheel), "demo.py") == source
