"""Each command that looks at a file, or makes something of it, knows the Python in it, for both launchers."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

import pexlite
from pexlite.cli.main import run
from pexlite.errors import VerificationFailed
from pexlite.model import IndexSettings, LaunchOptions
from pexlite.own_python.find import PackedPython
from pexlite.store.store import Store
from tests.factories import make_wheel

Output = pytest.CaptureFixture[str]
VERSION = sys.version.split()[0]


@dataclass(frozen=True)
class Made:
    """Two versions of a file that brings a Python, and one without any, for the same app."""

    old: Path
    new: Path
    without: Path
    links: Path


@pytest.fixture(scope="module", params=["sh", "elf"])
def made(
    request: pytest.FixtureRequest,
    archive: Path,
    packed: PackedPython,
    shared_store: Store,
    tmp_path_factory: pytest.TempPathFactory,
) -> Made:
    assert packed, "so that no build packs it again"
    place = tmp_path_factory.mktemp(str(request.param))
    (links := place / "links").mkdir()
    scripts = {"console_scripts": {"hello": "app:main"}}
    make_wheel(links, "app", files={"app.py": "def main():\n    print('hello')\n"}, entry_points=scripts)
    launch = LaunchOptions(launcher="elf") if request.param == "elf" else LaunchOptions()

    def build(name: str, *pythons: Path) -> Path:
        return pexlite.build(
            requirements=["app"],
            index=IndexSettings(no_index=True, find_links=(str(links),)),
            entry_point="app:main",
            launch=launch if pythons else LaunchOptions(),
            python_from=[str(path) for path in pythons],
            output=place / name,
            directory=place,
        ).path

    with pytest.MonkeyPatch.context() as change:
        change.setenv("PEXLITE_CACHE_DIR", str(shared_store.root))
        old, without = build("old.pex", archive), build("without.pex")
        make_wheel(links, "app", "2.0", files={"app.py": "def main():\n    print('2')\n"}, entry_points=scripts)
        return Made(old, build("new.pex", archive), without, links)


@pytest.fixture(autouse=True)
def _store(shared_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEXLITE_CACHE_DIR", str(shared_store.root))


def told(capsys: Output, *words: str | Path, code: int = 0) -> str:
    """The command's stdout, once it has ended with `code`."""
    capsys.readouterr()
    ended = run([str(word) for word in words])
    said = capsys.readouterr()
    assert ended == code, said.err
    return said.out


def damaged(file: Path, place: Path) -> Path:
    """A copy of `file` with a bit of its Python changed."""
    own = pexlite.inspect(file).own_pythons[0]
    content = bytearray(file.read_bytes())
    content[own.offset + own.size // 3] ^= 4
    (place / "damaged.pex").write_bytes(content)
    return place / "damaged.pex"


def test_info_names_its_version_source_and_licence(made: Made, capsys: Output) -> None:
    (line,) = [line for line in told(capsys, "info", made.old).splitlines() if line.startswith("  python ")]
    assert f"CPython {VERSION} for linux_" in line and "cpython.tar.gz" in line and "PSF-2.0" in line
    (own,) = json.loads(told(capsys, "info", made.old, "--json"))["own_pythons"]
    held = pexlite.inspect(made.old).own_pythons[0]
    assert (own["version"], own["sha256"], own["size"]) == (VERSION, held.sha256, held.size)


def test_verify_sees_that_it_has_changed(made: Made, capsys: Output, tmp_path: Path) -> None:
    assert told(capsys, "verify", made.old)
    capsys.readouterr()
    assert run(["verify", str(damaged(made.old, tmp_path))]) == VerificationFailed.exit_code
    assert f"its own CPython {VERSION}" in capsys.readouterr().err


def test_diff_names_what_has_changed_and_a_python_that_has_gone(made: Made, capsys: Output) -> None:
    changed = told(capsys, "diff", made.old, made.new, code=1)
    assert "app" in changed and "2.0" in changed and "CPython" not in changed
    assert f"CPython {VERSION}" in told(capsys, "diff", made.old, made.without, code=1)
    assert told(capsys, "diff", made.old, made.old) and "CPython" not in told(capsys, "diff", made.old, made.old)


def test_report_has_it_among_the_sizes(made: Made, capsys: Output, tmp_path: Path) -> None:
    told(capsys, "report", made.old, "-o", tmp_path / "report.html")
    assert f"CPython {VERSION}" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_bill_of_materials_has_it_with_its_digest(made: Made, capsys: Output) -> None:
    bill = json.loads(told(capsys, "sbom", made.old))
    own = pexlite.inspect(made.old).own_pythons[0]
    found = [one for one in bill["components"] if one["version"] == VERSION and "ython" in one["name"]]
    assert [{"alg": "SHA-256", "content": own.sha256}] in [one["hashes"] for one in found]


def test_extract_writes_its_archive(made: Made, capsys: Output, tmp_path: Path) -> None:
    told(capsys, "extract", made.old, tmp_path / "out")
    own = pexlite.inspect(made.old).own_pythons[0]
    (archive,) = (tmp_path / "out").glob("cpython-*")
    content = made.old.read_bytes()
    assert archive.read_bytes() == content[own.offset : own.offset + own.size]
    assert archive.name == f"cpython-{VERSION}-{own.platform}.tar.{own.form}"
    assert own.form == ("xz" if content.startswith(b"\x7fELF") else "gz")
    told(capsys, "extract", made.old, tmp_path / "out")
    with tarfile.open(archive) as members:
        assert own.program in members.getnames()


def test_a_venv_of_it_stands_on_it(made: Made, capsys: Output, tmp_path: Path) -> None:
    told(capsys, "venv", made.old, tmp_path / "venv")
    code = "import app, sys; print(sys.base_prefix)"
    command: list[str | Path] = [tmp_path / "venv/bin/python", "-c", code]
    done = subprocess.run(command, env={}, capture_output=True, text=True, check=True)
    assert done.stdout == f"{tmp_path}/venv/python\n"


def test_patch_leaves_it_as_it_is_and_the_file_starts(made: Made, capsys: Output, tmp_path: Path) -> None:
    file = tmp_path / "new.pex"
    file.write_bytes(made.old.read_bytes())
    file.chmod(0o755)
    told(capsys, "patch", file, "app==2.0", "--no-index", "--find-links", made.links)
    before, after = (pexlite.inspect(path).own_pythons[0] for path in (made.old, file))
    assert (before.sha256, before.size) == (after.sha256, after.size)
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([file], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "2\n"
    assert [path.name for path in (tmp_path / ".pex/lite-2/interpreters").iterdir()] == [before.sha256[:32]]


def test_a_difference_of_two_files_does_not_have_it(made: Made, capsys: Output, tmp_path: Path) -> None:
    told(capsys, "delta", made.old, made.new, "-o", tmp_path / "delta")
    assert (tmp_path / "delta").stat().st_size < 200_000 < pexlite.inspect(made.old).own_pythons[0].size
    copy = tmp_path / "app.pex"
    copy.write_bytes(made.old.read_bytes())
    copy.chmod(0o755)
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PEX_TOOLS": "1"}
    command: list[str | Path] = [copy, "apply", tmp_path / "delta", "-o", tmp_path / "made.pex"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "made.pex").read_bytes() == made.new.read_bytes()
