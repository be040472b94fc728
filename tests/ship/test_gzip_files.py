"""Members that are gzip files: a changed one is a difference of what is in it, and comes back byte for byte."""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from pexlite.cli.main import run
from pexlite.ship.gzip_files import content_of, gzip_file
from pexlite.ship.room import reassemble, reblocked
from tests import needs
from tests.bundles import bundle_file, function
from tests.factories import make_wheel
from tests.interpreters import Interpreter, supported
from tests.ship.conftest import noise, text
from tests.ssh_server import Server

BOTH = frozenset((6, 9))
LONG = text(12_000, 7).encode()
OLDEST_AND_NEWEST = [supported()[0], *supported()[-1:]]


def by_gzip(content: bytes, *options: str) -> bytes:
    """The content as GNU's gzip has it; a test is skipped where there is no such program."""
    program = needs.program("gzip")
    version = subprocess.run([program, "--version"], capture_output=True, check=False).stdout
    if b"Free Software Foundation" not in version:
        pytest.skip("this gzip is not GNU's")
    return subprocess.run([program, "-c", *options], input=content, capture_output=True, check=True).stdout


def named(content: bytes, name: bytes) -> bytes:
    """A gzip file with a name in it."""
    held = gzip.compress(content, 6)
    return held[:3] + b"\x08" + held[4:10] + name + b"\0" + held[10:]


MADE: dict[str, Callable[[], bytes]] = {
    "zlib's": lambda: gzip.compress(LONG, 6),
    "zlib's best": lambda: gzip.compress(LONG, 9),
    "named": lambda: named(LONG, b"model.json"),
    "gzip's": lambda: by_gzip(LONG),
    "gzip's best": lambda: by_gzip(LONG, "-9"),
    "gzip's, short": lambda: by_gzip(b"short\n"),
    "gzip's, of one letter": lambda: by_gzip(b"a" * 400_000),
    "gzip's, of text and noise": lambda: by_gzip(LONG + noise(2000, 1) + LONG),
}


@pytest.mark.parametrize("kind", MADE)
def test_it_is_made_again_of_its_parts(kind: str) -> None:
    file = MADE[kind]()
    content = content_of(file)
    assert content
    parts = gzip_file(file, content, BOTH, reblocking=True)
    assert parts is not None
    assert reassemble().gzipped(parts.head, parts.level, parts.blocks, parts.content) == file
    # Of all but a few bytes zlib knows by itself how they come about.
    assert len(parts.head) + sum(bits / 8 for _, bits, _ in parts.blocks) < 100 + len(file) / 100


def test_what_zlib_does_not_make_takes_its_blocks() -> None:
    file = by_gzip(LONG)
    parts = gzip_file(file, LONG, BOTH, reblocking=True)
    assert parts is not None and len(parts.blocks) > 1
    assert gzip_file(file, LONG, BOTH, reblocking=False) is None
    assert gzip_file(file, LONG, frozenset(), reblocking=True) is None


NONE = {
    "empty": b"",
    "no gzip file": b"PK\3\4" + LONG,
    "cut": gzip.compress(LONG)[:-1],
    "damaged": gzip.compress(LONG)[:-8] + bytes(8),
    "more behind it": gzip.compress(LONG) + b"more",
    "two": gzip.compress(LONG) * 2,
}


@pytest.mark.parametrize("kind", NONE)
def test_it_has_no_content(kind: str) -> None:
    assert content_of(NONE[kind]) is None


@pytest.mark.parametrize(
    "file",
    [
        gzip.compress(LONG)[:3] + b"\x10" + gzip.compress(LONG)[4:10] + b"a comment\0" + gzip.compress(LONG)[10:],
        gzip.compress(LONG, 0),
        gzip.compress(LONG, 1),
    ],
    ids=["with a comment", "stored", "by another level"],
)
def test_it_is_not_made_again(file: bytes) -> None:
    assert content_of(file) == LONG
    assert gzip_file(file, LONG, BOTH, reblocking=True) is None


def test_blocks_of_another_content_do_not_fit() -> None:
    held = zlib.compress(LONG, 6)[2:-4]
    [first, *others] = reblocked().heads_of(held)
    assert reblocked().reblocked(held, [first, *others]) == held
    head, bits, symbols = first
    wrong = [
        [*others, first, first],
        [(head, 0, symbols)],
        [(head, 1, symbols)],
        [(head, 40, symbols)],
        [(head ^ 2, bits, symbols)],
        [(0, bits, symbols)],
        [(5, bits, 1)],
    ]
    for blocks in wrong:
        # What comes out wrong is told by the sha256 of the whole.
        with contextlib.suppress(reassemble().Misfit):
            assert reblocked().reblocked(held, blocks) != held
    with pytest.raises(reassemble().Misfit):
        reblocked().reblocked(held, [*others, first, first])
    for cut in (b"", held[:1], held[:1000], b"\xff" * 100, bytes(100)):
        with pytest.raises(reassemble().Misfit):
            reblocked().heads_of(cut)


def file_with(place: Path, version: str, member: bytes) -> Path:
    """A built file of an application with a member that is a gzip file."""
    place.mkdir()
    app = make_wheel(place, "app", files={"app.py": "def main():\n    print('it runs')\n"})
    models = make_wheel(place, "models", version, files={"models/__init__.py": "", "models/model.json.gz": member})
    return bundle_file(place / "app.pex", [app, models], function("app", "main"))


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two versions, of which gzip has compressed the member: a line in it has changed."""
    place = tmp_path_factory.mktemp("gzip")
    changed = LONG.replace(b"value_6000 = ", b"value_6000 = 1")
    return file_with(place / "old", "1.0", by_gzip(LONG)), file_with(place / "new", "2.0", by_gzip(changed))


@pytest.mark.parametrize("python", OLDEST_AND_NEWEST, ids=lambda python: python.path.parent.parent.name)
def test_a_changed_line_takes_a_small_delta(
    python: Interpreter, versions: tuple[Path, Path], tmp_path: Path
) -> None:
    old, new = versions
    delta, file = tmp_path / "to-new.delta", Path(shutil.copy2(old, tmp_path / "app.pex"))
    assert run(["delta", str(old), str(new), "-o", str(delta)]) == 0
    assert delta.stat().st_size < 12_000 < new.stat().st_size / 10
    environment = {**os.environ, "PEX_TOOLS": "1", "PEX_ROOT": str(tmp_path / "root")}
    subprocess.run([python.path, file, "apply", delta], env=environment, check=True, capture_output=True)
    assert file.read_bytes() == new.read_bytes()


def test_a_changed_line_takes_a_small_push(server: Server, home: Path, versions: tuple[Path, Path]) -> None:
    old, new = versions
    shutil.copy2(old, home / "app.pex")
    done = server.run("pexlite", "push", new, f"{server.user}:{home}/app.pex", "-q")
    assert done.returncode == 0, done.stderr
    assert (home / "app.pex").read_bytes() == new.read_bytes()
