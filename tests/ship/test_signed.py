"""Files that must be signed: pushed, made a delta of, and made by one, or nothing is sent and nothing changes."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from pexlite.cli.main import run
from tests.interpreters import supported
from tests.ship.conftest import Pair
from tests.ssh_server import Server

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="there is no ssh-keygen")
PYTHONS = [supported()[0], *supported()[-1:]]


@dataclass(frozen=True)
class Signed:
    """Versions of an application: the old one, and new ones by how they are signed."""

    old: Path
    embedded: Path
    beside: Path
    by_another: Path
    unsigned: Path
    signers: Path


@pytest.fixture(scope="module")
def versions(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> Signed:
    place = tmp_path_factory.mktemp("signed")
    for name in ("id", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place / name], check=True)
    (place / "signers").write_text(f"alice@example.org {(place / 'id.pub').read_text()}")
    made = {name: Path(shutil.copy2(pair.new, place / f"{name}.pex")) for name in ("embedded", "beside", "other")}
    assert run(["sign", str(made["embedded"]), "--key", str(place / "id"), "--embed"]) == 0
    assert run(["sign", str(made["beside"]), "--key", str(place / "id")]) == 0
    assert run(["sign", str(made["other"]), "--key", str(place / "other"), "--embed"]) == 0
    return Signed(pair.old, made["embedded"], made["beside"], made["other"], pair.new, place / "signers")


@pytest.mark.parametrize("kind", ["embedded", "beside"])
def test_a_signed_file_is_pushed(server: Server, home: Path, versions: Signed, kind: str) -> None:
    file = getattr(versions, kind)
    words: list[str | Path] = ["--signers", versions.signers, "--identity", "alice@example.org"]
    done = server.run("pexlite", "push", file, f"{server.user}:{home}/app.pex", *words)
    assert done.returncode == 0, done.stderr
    assert (home / "app.pex").read_bytes() == file.read_bytes()


@pytest.mark.parametrize("kind", ["by_another", "unsigned"])
def test_a_file_that_is_not_signed_by_them_is_not_pushed(
    server: Server, home: Path, versions: Signed, kind: str
) -> None:
    shutil.copy2(versions.old, home / "app.pex")
    file, place = getattr(versions, kind), f"{server.user}:{home}/app.pex"
    done = server.run("pexlite", "push", file, place, "--signers", versions.signers)
    assert done.returncode == 6 and b"is not signed" in done.stderr
    assert [path.name for path in home.iterdir()] == ["app.pex"]
    assert (home / "app.pex").read_bytes() == versions.old.read_bytes()
    # Nothing is left of it anywhere that would let the next push pass.
    assert server.run("pexlite", "push", file, place, "--signers", versions.signers).returncode == 6


@pytest.mark.parametrize("kind", ["by_another", "unsigned"])
def test_no_delta_leads_to_a_file_that_is_not_signed_by_them(
    versions: Signed, kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [str(versions.old), str(getattr(versions, kind)), "-o", str(tmp_path / "delta")]
    assert run(["delta", *words, "--signers", str(versions.signers)]) == 6
    assert "is not signed" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("python", PYTHONS, ids=lambda python: python.path.parent.parent.name)
@pytest.mark.parametrize(
    ("kind", "words", "told"),
    [
        ("embedded", (), ""),
        ("embedded", ("--identity", "alice@example.org"), ""),
        ("beside", (), ""),
        ("embedded", ("--identity", "eve"), "is not signed by eve"),
        ("by_another", (), "is not signed by anybody"),
        ("unsigned", (), "is not signed"),
    ],
)
def test_a_delta_makes_only_a_file_that_is_signed_by_them(
    python: object, kind: str, words: tuple[str, ...], told: str, versions: Signed, tmp_path: Path
) -> None:
    new = getattr(versions, kind)
    file, delta = Path(shutil.copy2(versions.old, tmp_path / "app.pex")), tmp_path / "to-new.delta"
    assert run(["delta", str(file), str(new), "-o", str(delta)]) == 0
    if kind == "beside":
        shutil.copy2(f"{new}.sig", f"{delta}.sig")
    before = sorted(path.name for path in tmp_path.iterdir())
    environment = {**os.environ, "PEX_TOOLS": "1", "PEX_ROOT": str(tmp_path / "root")}
    command = [python.path, file, "apply", delta, "--signers", versions.signers, *words]  # type: ignore[attr-defined]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == (6 if told else 0), done.stderr
    assert told in done.stderr
    assert file.read_bytes() == (versions.old if told else new).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "root") == before
