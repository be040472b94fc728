"""Looking at a file runs nothing of what is in it, and writes nowhere but where it should."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pexlite.cli.main import run
from pexlite.errors import VerificationFailed
from pexlite.tools.runtime_tools import make_venv
from pexlite.tools.verify import verify_file
from tests.bundles import bundle_file, function
from tests.factories import make_wheel
from tests.hostile import Parts, with_parts


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    """The file that everything in a hostile file writes when it runs."""
    return tmp_path / "ran"


@pytest.fixture
def hostile(tmp_path: Path, ran: Path) -> Path:
    """A file whose boot, room, `.pth` files and modules that Python imports by itself all write `ran`."""
    attack = f"open({str(ran)!r}, 'w').close()\n"
    files = {
        "app.py": attack,
        "sitecustomize.py": attack,
        "usercustomize.py": attack,
        "app.pth": f"import os; {attack}",
    }
    wheel = make_wheel(tmp_path, "app", files=files, data={"scripts/tool": f"#!python\n{attack}"})
    file = bundle_file(tmp_path / "plain.pex", [wheel], function("app", "main"))

    def change(parts: Parts) -> None:
        parts.pop("__main__.pyc")
        parts["__main__.py"] = attack.encode() + parts["__main__.py"]
        room = parts["__pexlite__.txt"].decode().split("\f")
        parts["__pexlite__.txt"] = "\f".join(
            name + "\n" + attack + rest for name, _, rest in (part.partition("\n") for part in room)
        ).encode()

    return with_parts(file, tmp_path / "hostile.pex", change)


@pytest.mark.usefixtures("caches")
@pytest.mark.parametrize(
    "arguments",
    [
        ["info"],
        ["info", "--json"],
        ["verify"],
        ["extract", "out"],
        ["venv", "out"],
        ["venv", "out", "--compile"],
        ["venv", "out.tar.gz", "--compile"],
        ["venv", "out", "--scope", "deps"],
    ],
    ids=" ".join,
)
def test_looking_at_a_file_runs_nothing_of_it(
    arguments: list[str], hostile: Path, ran: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command, *rest = arguments
    # Only verify says of it that no build writes such a boot.
    assert run([command, str(hostile), *rest]) == (6 if command == "verify" else 0)
    assert not ran.exists()


def test_starting_it_runs_what_is_in_it(hostile: Path, ran: Path) -> None:
    subprocess.run([sys.executable, hostile], check=False)
    assert ran.exists()


@pytest.mark.usefixtures("caches")
def test_the_pexlite_that_makes_a_venv_writes_its_programs(hostile: Path, ran: Path, tmp_path: Path) -> None:
    make_venv(hostile, tmp_path / "venv")
    assert str(ran) not in (tmp_path / "venv" / "pex").read_text()
    assert str(ran) in next((tmp_path / "venv").rglob("app.py")).read_text()


@pytest.mark.usefixtures("caches")
@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("!0\napp:main ../../mark\n", "'bin/../../mark', which is no file name"),
        ("!0\napp:main {here}/mark\n", "which is no file name"),
        ("!0\napp:main a\rb\n", "which would be written elsewhere"),
        ("!0\nos;x:y tool2\n", "calls 'os;x:y', and that is no function"),
        ("/0 lib/../../../..\n1 mark\n", "which would be written elsewhere"),
        ("/0 data/..\n1 mark\n", "which would be written elsewhere"),
        ("/0 lib\n1 ..\n", "which would be written elsewhere"),
        ("/0 elsewhere\n1 mark\n", "elsewhere is no directory of an unpacked wheel"),
        ("/7 lib\n1 mark\n", "names a wheel that is not there"),
        ("/x lib\n", "/x names no wheel"),
        ("1 mark\n", "a tree begins with no wheel"),
        ("/0 lib\n" + "1 x\n" * 600_000, "is longer than that of any app"),
        ("!0\napp:main ../../mark", "the last line of a tree has no end"),
    ],
)
def test_a_tree_leads_nowhere_else(lines: str, words: str, file: Path, tmp_path: Path) -> None:
    tree = lines.replace("{here}", str(tmp_path)).encode()
    odd = with_parts(file, tmp_path / "odd.pex", lambda parts: parts.update({".trees/0": tree}))
    for look in (lambda: make_venv(odd, tmp_path / "a" / "b" / "venv"), lambda: verify_file(odd)):
        with pytest.raises(VerificationFailed) as failure:
            look()
        assert any(words in cause for cause in failure.value.causes)
    assert list(tmp_path.rglob("mark")) == []


@pytest.mark.usefixtures("caches")
def test_a_file_and_a_place_that_look_like_options_are_none(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file.rename(tmp_path / "-c")
    make_venv(Path("-c"), Path("--compile"))
    assert (tmp_path / "--compile" / "bin" / "python").exists()
