"""A bundle of Sigstore says who has signed a file, and no other bundle, name, root or file passes for it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("sigstore", reason="sigstore is not installed: pip install 'pexlite[sigstore]'")
from sigstore.models import Bundle
from sigstore.oidc import IdentityToken
from sigstore.sign import SigningContext

from pexlite.cli.main import run
from pexlite.signatures import sigstore_bundle
from tests.sigstore_instance import SigstoreInstance

ADA, ISSUER = "ada@example.org", "https://issuer.example"
WORKFLOW = "https://forge.example/ada/app/.ci/release.yml@refs/tags/v1"


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SigstoreInstance:
    """An instance whose trusted root lies in the current directory; the library has an empty home."""
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    made = SigstoreInstance()
    Path("root.json").write_text(made.trusted_root())
    return made


def bundled(file: Path, instance: SigstoreInstance, identity: str = ADA) -> dict[str, Any]:
    """The bundle of the file, which is beside it now."""
    bundle = instance.bundle(file.read_bytes(), identity, ISSUER)
    file.with_name(file.name + ".sigstore.json").write_text(json.dumps(bundle))
    return bundle


def verified(file: Path, *more: str, identity: str = ADA, issuer: str = ISSUER) -> int:
    words = ["--cert-identity", identity, "--cert-oidc-issuer", issuer, "--trusted-root", "root.json", *more]
    return run(["verify", str(file), *words])


@pytest.mark.parametrize("identity", [ADA, WORKFLOW])
def test_who_has_signed_it_is_said(
    identity: str, file: Path, instance: SigstoreInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    bundled(file, instance, identity)
    assert verified(file, identity=identity) == 0
    assert capsys.readouterr().out.splitlines()[1] == f"  signed by {identity}, says Sigstore"
    file.with_name("app.pex.sigstore.json").rename("elsewhere")
    assert verified(file, "--bundle", "elsewhere", "--json", identity=identity) == 0
    assert json.loads(capsys.readouterr().out)["certified"] == identity


def test_a_signature_of_openssh_in_the_file_changes_nothing(file: Path, instance: SigstoreInstance) -> None:
    if shutil.which("ssh-keygen") is None:
        pytest.skip("there is no ssh-keygen")
    bundled(file, instance)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "id"], check=True)
    assert run(["sign", str(file), "--key", "id", "--embed"]) == 0
    assert verified(file) == 0


def _changed(path: str, value: Any) -> Callable[[Any], str]:
    def change(bundle: Any) -> str:
        *places, last = path.split(".")
        inside = bundle
        for place in places:
            inside = inside[int(place) if place.isdigit() else place]
        inside[last] = value
        return json.dumps(bundle)

    return change


LOGGED = "verificationMaterial.tlogEntries.0"
WRONG: dict[str, tuple[Callable[[Any], str], str]] = {
    "empty": (lambda _: "", "is no bundle of Sigstore"),
    "no JSON": (lambda _: "PK\3\4", "is no bundle of Sigstore"),
    "a number": (lambda _: "1", "is no bundle of Sigstore"),
    "nothing in it": (lambda _: "{}", "is no bundle of Sigstore"),
    "nested without end": (lambda _: "[" * 500_000, "is no bundle of Sigstore"),
    "too large": (lambda bundle: json.dumps({**bundle, "more": "x" * (2 << 20)}), "is no bundle of Sigstore"),
    "another format": (_changed("mediaType", "text/plain"), "is no bundle of Sigstore"),
    "no entry in the log": (_changed("verificationMaterial.tlogEntries", []), "is no bundle of Sigstore"),
    "no promise of the log": (_changed(f"{LOGGED}.inclusionPromise", None), "is no bundle of Sigstore"),
    "another time": (_changed(f"{LOGGED}.integratedTime", "1700000000"), "is not signed by ada@example.org"),
    "another root of the log": (_changed(f"{LOGGED}.inclusionProof.rootHash", "AAAA"), "is not signed by"),
    "another signature": (_changed("messageSignature.signature", "MAYCAQECAQE="), "is not signed by"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_bundle_is_refused(
    kind: str, file: Path, instance: SigstoreInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    change, words = WRONG[kind]
    file.with_name("app.pex.sigstore.json").write_text(change(bundled(file, instance)))
    assert verified(file) == 6
    error, *_ = capsys.readouterr().err.splitlines()
    assert words in error


def test_the_bundle_of_another_file_is_refused(
    file: Path, instance: SigstoreInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = file.read_bytes()
    file.write_bytes(whole + b"\n")
    bundled(file, instance)
    file.write_bytes(whole)
    assert verified(file) == 6
    assert "digest mismatch" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("identity", "issuer"),
    [("eve@example.org", ISSUER), (ADA, "https://other.example"), ("ADA@example.org", ISSUER)],
)
def test_another_name_or_issuer_is_refused(
    identity: str, issuer: str, file: Path, instance: SigstoreInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    bundled(file, instance)
    assert verified(file, identity=identity, issuer=issuer) == 6
    assert f"is not signed by {identity} of {issuer}" in capsys.readouterr().err


def test_another_instance_vouches_for_nothing(
    file: Path, instance: SigstoreInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    bundled(file, SigstoreInstance())
    assert verified(file) == 6
    words = ["verify", str(file), "--cert-identity", ADA, "--cert-oidc-issuer", ISSUER]
    bundled(file, instance)
    assert run(words) == 6  # the public servers have not certified it
    assert capsys.readouterr().err.count(f"error: {file} is not signed by {ADA}") == 2


def test_a_file_without_a_bundle_is_refused(
    file: Path, instance: SigstoreInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verified(file) == 6
    assert f"{file} has no bundle of Sigstore" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--cert-identity", ADA], "needs --cert-oidc-issuer"),
        (["--cert-oidc-issuer", ISSUER], "--cert-oidc-issuer belongs to --cert-identity"),
        (["--bundle", "x"], "--bundle belongs to --cert-identity"),
        (["--trusted-root", "x"], "--trusted-root belongs to --cert-identity"),
        (
            ["--cert-identity", ADA, "--cert-oidc-issuer", ISSUER, "--trusted-root", "missing.json"],
            "the trusted root missing.json cannot be read",
        ),
    ],
)
def test_half_a_question_is_a_usage_error(
    words: list[str], said: str, file: Path, instance: SigstoreInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    bundled(file, instance)
    assert run(["verify", str(file), *words]) == 2
    assert said in capsys.readouterr().err


def test_servers_that_cannot_be_reached_are_an_error(
    file: Path, instance: SigstoreInstance, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert run(["sign", str(file), "--sigstore"]) == 3
    assert capsys.readouterr().err.startswith(f"error: Sigstore's servers did not sign {file}\n")
    assert not file.with_name("app.pex.sigstore.json").exists()


def test_what_the_servers_sign_is_written_beside_the_file(
    file: Path, instance: SigstoreInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Signer:
        """Stands in for the servers: signs as Ada."""

        def __enter__(self) -> Signer:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def sign_artifact(self, digest: Any) -> Bundle:
            assert digest.digest == sigstore_bundle._digest(file).digest
            return Bundle.from_json(json.dumps(instance.bundle(file.read_bytes(), ADA, ISSUER)))

    config = SimpleNamespace(signing_config=SimpleNamespace(get_oidc_url=lambda: ISSUER))
    monkeypatch.setattr("sigstore.models.ClientTrustConfig.production", lambda: config)
    monkeypatch.setattr("sigstore.oidc.detect_credential", lambda: "a token")
    monkeypatch.setattr(IdentityToken, "__init__", lambda self, raw: None)
    context = SimpleNamespace(signer=lambda token: Signer())
    monkeypatch.setattr(SigningContext, "from_trust_config", lambda config: context)
    for _ in range(2):
        assert run(["sign", str(file), "--sigstore"]) == 0
        assert verified(file) == 0


def test_nothing_else_is_overwritten(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    beside = file.with_name("app.pex.sigstore.json")
    beside.write_text("{}")
    assert run(["sign", str(file), "--sigstore"]) == 5
    assert (beside.read_text(), "and no bundle" in capsys.readouterr().err) == ("{}", True)


@pytest.mark.parametrize("words", [["--sigstore", "--key", "id"], ["--sigstore", "--embed"], []])
def test_a_key_or_sigstore_signs(words: list[str], file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sign", str(file), *words]) == 2
    assert "sigstore" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("push", "app.pex", "nowhere.invalid:app.pex"), 7),
        (("delta", "old.pex", "app.pex", "-o", "to-new.delta"), 0),
    ],
)
def test_no_other_file_is_sent(
    words: tuple[str, ...], code: int, file: Path, instance: SigstoreInstance, capsys: pytest.CaptureFixture[str]
) -> None:
    assert file.parent == Path.cwd()
    shutil.copy2(file, "old.pex")
    who = ["--cert-identity", ADA, "--cert-oidc-issuer", ISSUER, "--trusted-root", "root.json"]
    assert run([*words, *who]) == 6
    assert "has no bundle of Sigstore" in capsys.readouterr().err
    bundled(file, instance, "eve@example.org")
    assert run([*words, *who]) == 6
    assert f"is not signed by {ADA}" in capsys.readouterr().err
    assert run([*words, *who[:2]]) == 2
    assert not Path("to-new.delta").exists()
    bundled(file, instance)
    capsys.readouterr()
    # What is signed is gone on with: by push, to a host that nobody can reach, if there is an ssh at all.
    assert run([*words, *who]) == code
    assert ("cannot be r" if code else "wrote to-new.delta") in capsys.readouterr().err


def test_a_rollback_sends_no_file_that_could_be_signed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["push", "--rollback", "nowhere.invalid:app.pex", "--cert-identity", ADA]) == 2
    assert "--rollback takes no --cert-identity" in capsys.readouterr().err
