"""A file is signed by a key of OpenSSH, and whose signature it has is found out, here and by the file itself."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pexlite.cli.main import run
from pexlite.signatures.embedded import put_in, taken_out
from tests.bundles import environment
from tests.bundles import run as run_program
from tests.interpreters import supported

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="there is no ssh-keygen")
ALICE = "alice@example.org"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two keys, and files of signers that name the first of them."""
    place = tmp_path_factory.mktemp("keys")
    for name, words in (("id", ""), ("other", ""), ("closed", "secret" + " words")):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", words, "-f", place / name], check=True)
    public = (place / "id.pub").read_text()
    (place / "signers").write_text(f"{ALICE} {public}bob@example.org {(place / 'other.pub').read_text()}")
    (place / "expired").write_text(f'{ALICE} valid-before="20200101" {public}')
    (place / "for-others").write_text(f'{ALICE} namespaces="git" {public}')
    (place / "none").write_text("")
    return place


def signed(file: Path, keys: Path, *words: str) -> Path:
    assert run(["sign", str(file), "--key", str(keys / "id"), *words]) == 0
    return file


def verified(file: Path, keys: Path, *words: str, by: str = "signers") -> int:
    return run(["verify", str(file), "--strict", "--signers", str(keys / by), *words])


@pytest.mark.parametrize("words", [(), ("--embed",)], ids=["beside it", "in it"])
def test_who_has_signed_it_is_said(
    words: tuple[str, ...], file: Path, keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    signed(file, keys, *words)
    assert file.with_name("app.pex.sig").exists() != bool(words)
    assert verified(file, keys) == verified(file, keys, "--identity", ALICE) == 0
    assert capsys.readouterr().out.count(f"  signed by {ALICE}") == 2
    for python in (supported()[0], supported()[-1]):
        command: list[str | Path] = [python.path, file, "verify", "--signers", keys / "signers"]
        done = run_program(command, environment(tmp_path / "root", PEX_TOOLS="1"))
        assert done.stdout.splitlines()[0] == f"signed by {ALICE}"
    assert run_program([supported()[0].path, file], environment(tmp_path / "root")).stdout == "well\n"


def test_openssh_alone_can_check_it(file: Path, keys: Path) -> None:
    signed(file, keys)
    words = f"-Y verify -n pexlite -I {ALICE}".split()
    with file.open("rb") as content:
        command: list[str | Path] = ["ssh-keygen", *words, "-f", keys / "signers", "-s", f"{file}.sig"]
        subprocess.run(command, stdin=content, check=True)


def test_a_signature_in_the_file_changes_nothing_that_is_signed(file: Path, keys: Path) -> None:
    before = file.read_bytes()
    signed(file, keys, "--embed")
    once = file.read_bytes()
    signed(file, keys, "--embed")
    assert file.read_bytes() == once != before
    with file.open("rb") as opened:
        content, signature = taken_out(opened)
        assert (content.read(), signature is None) == (before, False)


REFUSED = {
    "nobody of them": ((), "none", "is not signed by anybody of"),
    "another one of them": (("--identity", "bob@example.org"), "signers", "is not signed by bob@example.org of"),
    "one who is not there": (("--identity", "eve"), "signers", "is not signed by eve of"),
    "a key that is not valid any more": ((), "expired", "is not valid at this time"),
    "a key for other things": ((), "for-others", "is not signed by"),
    "a key that is revoked": (("--revoked", "{keys}/id.pub"), "signers", "is revoked by"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_it_is_refused_for(kind: str, file: Path, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words, by, told = REFUSED[kind]
    signed(file, keys)
    assert verified(file, keys, *(word.format(keys=keys) for word in words), by=by) == 6
    assert told in capsys.readouterr().err


def test_a_file_of_signers_that_is_missing_is_told(
    file: Path, keys: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verified(signed(file, keys), keys, by="nowhere") == 2
    assert "there is no" in capsys.readouterr().err


def test_a_file_without_a_signature_is_told(file: Path, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verified(file, keys) == 6
    assert "app.pex is not signed" in capsys.readouterr().err


def in_front(content: bytes, at: int) -> bytes:
    return b"#" + content


CHANGES: dict[str, Callable[[bytes, int], bytes]] = {
    "a byte of a wheel": lambda content, at: content[:400] + bytes([content[400] ^ 1]) + content[401:],
    "bytes in front": in_front,
    "bytes behind": lambda content, at: content + b"more",
    "bytes before the signature": lambda content, at: content[:at] + b"more" + content[at:],
    "another zip behind": lambda content, at: content + content[-22:],
    "its last byte": lambda content, at: content[:-1],
    "the signature": lambda content, at: content.replace(b"U1NIU0lH", b"U1NIU0lI"),
    "words beside the signature": lambda content, at: content.replace(b"-----END", b"#####END"),
}


@pytest.mark.parametrize("kind", CHANGES)
@pytest.mark.parametrize("words", [(), ("--embed",)], ids=["beside it", "in it"])
def test_what_was_changed_since_is_refused(kind: str, words: tuple[str, ...], file: Path, keys: Path) -> None:
    place = file.stat().st_size - 500
    signed(file, keys, *words)
    changed = file if "signature" not in kind or words else file.with_name("app.pex.sig")
    before = changed.read_bytes()
    changed.write_bytes(CHANGES[kind](before, place if changed == file else 20))
    assert changed.read_bytes() != before
    assert verified(file, keys) == 6


def test_a_signature_of_another_file_is_refused(
    file: Path, keys: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.pex"
    content = file.read_bytes()
    signed(file, keys, "--embed")
    with file.open("rb") as opened:
        _, signature = taken_out(opened)
    assert signature is not None
    other.write_bytes(content.replace(b"env python3", b"env python2", 1))
    with other.open("rb") as opened:
        begin, end = put_in(opened, signature)
        other.write_bytes(opened.read(0) + other.read_bytes()[:begin] + end)
    assert verified(other, keys) == 6
    assert "is not what was signed" in capsys.readouterr().err


def test_a_key_that_cannot_sign_is_told(
    file: Path, keys: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sign", str(file), "--key", str(keys / "nowhere")]) == 2
    assert "there is no key" in capsys.readouterr().err
    monkeypatch.setenv("SSH_ASKPASS", "/bin/false")
    monkeypatch.setenv("SSH_ASKPASS_REQUIRE", "force")
    assert run(["sign", str(file), "--key", str(keys / "closed")]) == 2
    assert "it has a passphrase: sign at a terminal" in capsys.readouterr().err
    assert not file.with_name("app.pex.sig").exists()


def test_an_agent_signs_by_the_public_key_alone(file: Path, keys: Path, tmp_path: Path) -> None:
    (tmp_path / "id.pub").write_bytes((keys / "id.pub").read_bytes())
    sign = f"{sys.executable} -m pexlite sign {file} --key {tmp_path / 'id.pub'}"
    script = f"ssh-add -q {keys / 'id'} && exec {sign}"
    done = subprocess.run(["ssh-agent", "sh", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert verified(file, keys) == 0


@pytest.mark.parametrize(
    ("program", "told"),
    [(None, "there is no ssh-keygen on PATH"), ("echo 'unknown option -- Y' >&2; exit 1", "cannot sign")],
)
def test_an_ssh_keygen_that_is_missing_or_old_is_told(
    program: str | None,
    told: str,
    file: Path,
    keys: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    signed(file, keys)
    (tmp_path / "bin").mkdir()
    if program:
        (tmp_path / "bin" / "ssh-keygen").write_text(f"#!/bin/sh\n{program}\n")
        (tmp_path / "bin" / "ssh-keygen").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert verified(file, keys) == 2
    assert told in capsys.readouterr().err
