"""Files made by somebody who means ill are told in a line, with exit code 6, in little memory and time."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pexlite.cli.main import run
from tests.bundles import bundle_file, function
from tests.checkout import clean_environment
from tests.factories import make_wheel
from tests.hostile import Parts, repeated, with_info, with_parts

MOST_MEMORY = 200_000  # kB
MOST_TIME = 8.0  # of what the same processor takes just then for five million additions; most take one or two


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("built")
    wheels = [
        make_wheel(place, "app", files={"app.py": "def main():\n    pass\n"}, data={"scripts/tool": "#!python\n"}),
        make_wheel(place, "helper", "2.5", files={"helper/__init__.py": "", "helper.pth": ""}),
    ]
    return bundle_file(place / "app.pex", wheels, function("app", "main"))


def told(command: str, file: Path) -> tuple[int, str]:
    """The exit code and stderr of `pexlite COMMAND FILE`, which wrote to a directory beside the file."""
    out, err = io.StringIO(), io.StringIO()
    more = [str(file.with_name("out"))] if command in ("extract", "venv") else []
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([command, str(file), *more])
    return code, err.getvalue()


def assert_in_words(command: str, file: Path) -> None:
    code, said = told(command, file)
    assert code in (0, 6), (command, code, said)
    assert "a bug in" not in said and "Traceback" not in said
    assert code == 0 or said.startswith("error: ")


_TELLING = [b"\0\0\0\0", b"\xff\xff\xff\xff", b"PK\5\6", b"PK\1\2"]

# -- any value in the place of any other ---------------------------------------------------------

odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.sampled_from([1 << 31, 1 << 32, 1 << 63, 1 << 70, -(1 << 70), 1e308, -0.5]),
    st.text(st.characters(exclude_categories=()), max_size=20),
    st.sampled_from(["../x", "/x", ".", "", "a\nb", "\x1b[31m", "\ud800", "x" * 300, "%s%n", "-r", "cp311"]),
    st.lists(st.integers(-2, 5), max_size=4),
    st.lists(st.text(max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(-2, 5), max_size=3),
)


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in `value`."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here, *(place for key, entry in inside for place in places(entry, (*here, key)))]


def replaced(info: Any, place: tuple[Any, ...], value: Any) -> None:
    *way, last = place
    for key in way:
        info = info[key]
    info[last] = value


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_in_pex_info(data: st.DataObject, built: Path, tmp_path: Path) -> None:
    def change(info: Any) -> None:
        for _ in range(data.draw(st.integers(1, 3))):
            place = data.draw(st.sampled_from([place for place in places(info) if place]))
            replaced(info, place, data.draw(odd))

    file = with_info(built, tmp_path / "odd.pex", change)
    for command in ("info", "verify", "extract"):
        assert_in_words(command, file)
    outside = {entry.name for entry in tmp_path.iterdir()} - {"odd.pex", "out"}
    assert outside == set()


@pytest.mark.usefixtures("caches")
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_where_only_a_venv_looks(data: st.DataObject, built: Path, tmp_path: Path) -> None:
    def change(info: Any) -> None:
        name = data.draw(st.sampled_from(["inject_env", "inject_args", "inherit_path", "pex_root"]))
        info[name] = data.draw(odd)
        if data.draw(st.booleans()):
            name = data.draw(st.sampled_from(["directory_crc32", "unpacked"]))
            info["pexlite"]["wheels"][0][name] = data.draw(odd)

    assert_in_words("venv", with_info(built, tmp_path / "odd.pex", change))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bytes_in_the_zip(data: st.DataObject, built: Path, tmp_path: Path) -> None:
    content = bytearray(built.read_bytes())
    with zipfile.ZipFile(built) as opened:
        directory = opened.start_dir
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.sampled_from([0, directory, len(content) - 22]))
        place = data.draw(st.integers(start, len(content) - 4))
        four = st.sampled_from(_TELLING) | st.binary(min_size=4, max_size=4)
        content[place : place + 4] = data.draw(four)
    file = tmp_path / "odd.pex"
    file.write_bytes(content[: data.draw(st.sampled_from([len(content), len(content) - 1, directory + 10]))])
    for command in ("info", "verify", "extract"):
        assert_in_words(command, file)


# -- what would take much ------------------------------------------------------------------------


def of_spaces(parts: Parts) -> None:
    parts["PEX-INFO"] = repeated(b" " * (1 << 20), 700)


def of_lists(parts: Parts) -> None:
    parts["PEX-INFO"] = b"[" + b"[]," * 1_390_000 + b"[]]"


def of_wheels(parts: Parts) -> None:
    info = json.loads(parts["PEX-INFO"])
    wheel = info["pexlite"]["wheels"][0]
    info["pexlite"]["wheels"] = [
        {**wheel, "name": f"a{number}-1-py3-none-any.whl", "size": 0, "scripts": {}} for number in range(15_000)
    ]
    info["pexlite"]["variants"] = [{**info["pexlite"]["variants"][0], "wheels": []}] * 5_000
    parts["PEX-INFO"] = json.dumps(info, separators=(",", ":")).encode()


def of_a_tree(parts: Parts) -> None:
    parts[".trees/0"] = b"/0 lib\n" + b"1 x\n" * 4_000_000


def of_another_part(parts: Parts) -> None:
    parts["more"] = repeated(bytes(1 << 20), 700)


def of_members(parts: Parts) -> None:
    parts.update({f"{number:x}": b"" for number in range(60_000)})


@pytest.mark.unmeasured
@pytest.mark.parametrize("command", ["info", "verify"])
@pytest.mark.parametrize("change", [of_spaces, of_lists, of_wheels, of_a_tree, of_another_part, of_members])
def test_a_file_takes_little_whatever_it_holds(
    change: Callable[[Parts], object], command: str, built: Path, tmp_path: Path
) -> None:
    assert_takes_little(command, with_parts(built, tmp_path / "bomb.pex", change))


def zip_of(count: int, directory: int) -> bytes:
    """A zip with nothing in it but the end of a directory of that many entries and bytes."""
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 0, 0, 0x21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, directory, 0, 0)
    return entry * (directory // len(entry)) + end


@pytest.mark.parametrize(("count", "directory"), [(65_535, 46 * 65_535), (3, 46_000_000), (65_535, 13_800_000)])
def test_a_directory_of_many_entries_takes_little(count: int, directory: int, tmp_path: Path) -> None:
    (tmp_path / "bomb.pex").write_bytes(zip_of(count, directory))
    assert_takes_little("info", tmp_path / "bomb.pex")


@pytest.mark.parametrize("record", [b"\n" * (200 << 20), b"a,,\n" * 3_000_000, b'"' * (10 << 20)], ids=len)
def test_a_record_takes_little(record: bytes, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "app", files={"app.py": "def main():\n    pass\n"})
    with zipfile.ZipFile(wheel) as source:
        content = {name: source.read(name) for name in source.namelist()}
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as changed:
        for name, text in content.items():
            if not name.endswith("RECORD"):
                changed.writestr(name, text)
        changed.writestr("app-1.0.dist-info/RECORD", content["app-1.0.dist-info/RECORD"])
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"))
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as changed:
        for name, text in content.items():
            changed.writestr(name, record if name.endswith("RECORD") else text)
    assert_takes_little("verify", with_other_wheel(file, wheel, tmp_path / "bomb.pex"))


def with_other_wheel(file: Path, wheel: Path, output: Path) -> Path:
    """`file` whose first wheel is `wheel`, in a place behind all others, with its right sha256."""
    content = wheel.read_bytes()

    def change(parts: Parts) -> None:
        parts["more"] = content

    with_parts(file, output, change)
    whole = output.read_bytes()
    # As a part it is deflated, so it is found by being stored once more in front of the directory.
    with zipfile.ZipFile(output) as opened:
        start = opened.start_dir
    moved = whole[:start] + content + whole[start:-6] + struct.pack("<IH", start + len(content), 0)
    output.write_bytes(moved)

    def point(info: Any) -> None:
        digest = hashlib.sha256(content).hexdigest()
        info["pexlite"]["wheels"][0].update(offset=start, size=len(content), sha256=digest)

    assert zlib.crc32(output.read_bytes()[start : start + len(content)]) == zlib.crc32(content)
    return with_info_in_place(output, point)


def with_info_in_place(file: Path, change: Callable[[Any], object]) -> Path:
    """`file` with its PEX-INFO as `change` leaves it, in front of the directory; all else stays where it is."""
    whole = file.read_bytes()
    with zipfile.ZipFile(file) as opened:
        info, start = json.loads(opened.read("PEX-INFO")), opened.start_dir
        entries = [entry for entry in opened.infolist() if entry.filename != "PEX-INFO"]
    change(info)
    text = json.dumps(info).encode()
    local = (20, 0, 0, 0, 0x21, zlib.crc32(text), len(text), len(text), 8, 0)
    member = struct.pack("<4s5H3I2H", b"PK\3\4", *local) + b"PEX-INFO" + text
    directory = b""
    for entry, offset in [*((entry, entry.header_offset) for entry in entries), (None, start)]:
        if entry is None:
            name, values = b"PEX-INFO", (0, 0, 0x21, zlib.crc32(text), len(text), len(text))
        else:
            name = entry.filename.encode()
            values = (entry.compress_type, 0, 0x21, entry.CRC, entry.compress_size, entry.file_size)
        fields = (20 | 3 << 8, 20, 0, *values, len(name), 0, 0, 0, 0)
        directory += struct.pack("<4s6H3I5H2I", b"PK\1\2", *fields, 0o100644 << 16, offset) + name
    count = len(entries) + 1
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(directory), start + len(member), 0)
    file.write_bytes(whole[:start] + member + directory + end)
    return file


# Of the process itself: what a parent's rusage says of a child includes the parent's own memory.
_MEASURED = """
import resource, sys, time
from pexlite.cli.main import run
code = run(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_SELF)
with open("/proc/self/status") as status:
    memory = next(line.split()[1] for line in status if line.startswith("VmHWM:"))
began, total = time.process_time(), 0
for number in range(5_000_000):
    total += number
times = (used.ru_utime + used.ru_stime) / (time.process_time() - began)
print("\\nused", memory, times, file=sys.stderr)
sys.exit(code)
"""


def assert_takes_little(command: str, file: Path) -> None:
    """Run `pexlite COMMAND FILE` in a process of its own: it ends in words, and in little memory and time."""
    if not Path("/proc/self/status").exists():
        pytest.skip("this system does not say how much memory a process takes")
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, command, str(file)],
        env=clean_environment(file.parent),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode in (0, 6) and "a bug in" not in done.stderr, done.stderr
    _, memory, times = done.stderr.splitlines()[-1].split()
    assert int(memory) < MOST_MEMORY
    assert float(times) < MOST_TIME
