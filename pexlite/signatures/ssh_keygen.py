"""ssh-keygen, asked to sign and to check (`ssh-keygen -Y`); its answers in words of ours.

$ ssh-keygen -Y verify -n pexlite -f allowed_signers -I alice@example.org -s app.pex.sig < app.pex
Good "pexlite" signature for alice@example.org with ED25519 key SHA256:cYytyVb9o7GOGErtDlsSv+OkMEr73FDV04CR1h6wd5c
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from pexlite.errors import UsageError, VerificationFailed
from pexlite.files.programs import find_program

NAMESPACE = "pexlite"
_GET = "install OpenSSH 8.1 or newer, of which ssh-keygen is a part"


def signed(content: BinaryIO, key: Path) -> bytes:
    """The armored signature of `content` by `key`: a private key, or a public one whose other half an agent has.

    ssh-keygen asks for a passphrase or a touch itself. Raises UsageError.
    """
    if not key.exists():
        raise UsageError(f"there is no key {key}", hint="ssh-keygen -t ed25519 makes one; --key ~/.ssh/id_ed25519")
    # Its words are shown where it fails, and its questions at once: they go to the terminal, not to stderr.
    done = _run(["-Y", "sign", "-n", NAMESPACE, "-f", str(key.absolute())], content)
    if done.returncode or not done.stdout.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        said = _words(done)
        hint = f"try the key alone: ssh-keygen -y -f {key}"
        if "passphrase" in said or "askpass" in said:
            hint = f"it has a passphrase: sign at a terminal, or let an agent hold it: ssh-add {key}"
        raise UsageError(f"{key} cannot sign", causes=[said], hint=hint)
    return done.stdout


class Signers:
    """A file of allowed signers (see ssh-keygen's manual), and who of them is meant."""

    def __init__(self, path: Path, identity: str | None = None, revoked: Path | None = None) -> None:
        self.path = path
        self.identity = identity
        self.revoked = revoked

    def check_files(self) -> None:
        """Raise UsageError where there is nothing to compare with."""
        for path in (self.path, *([self.revoked] if self.revoked else [])):
            if not path.is_file():
                raise UsageError(
                    f"there is no {path}",
                    hint="a line of it is a name and a public key: alice@example.org ssh-ed25519 AAAA…",
                )

    def check(self, content: BinaryIO, signature: bytes, name: str) -> str:
        """The one who has signed `content`, as the file of signers names them.

        Raises VerificationFailed for anybody else, and UsageError where there is nothing to compare with. `name`
        is that of the file in messages.
        """
        self.check_files()
        with tempfile.TemporaryDirectory(prefix="pexlite-") as place:
            held = Path(place, "signature")
            held.write_bytes(signature)
            signers = str(self.path.absolute())
            identity = self.identity or self._found(held, name)
            options = ["-n", NAMESPACE, "-f", signers, f"-I{identity}", "-s", str(held)]
            done = _run(["-Y", "verify", *options], content)
            if self.revoked and not done.returncode:
                # Asked for both at once, it does not say which of them was the reason.
                done = _run(["-Y", "verify", *options, "-r", str(self.revoked.absolute())], content)
                if done.returncode:
                    raise VerificationFailed(
                        f"the key that signed {name} is revoked by {self.revoked}",
                        hint="have it signed by another key",
                    )
        if done.returncode:
            raise _refused(name, identity, _words(done), self)
        return identity

    def _found(self, held: Path, name: str) -> str:
        """The first of the signers whose key has made the signature."""
        done = _run(["-Y", "find-principals", "-f", str(self.path.absolute()), "-s", str(held)], None)
        lines = done.stdout.decode("utf-8", "replace").splitlines()
        if done.returncode or not lines:
            raise _refused(name, "", _words(done), self)
        return lines[0].split(",")[0]


def _refused(name: str, identity: str, said: str, signers: Signers) -> VerificationFailed:
    """The error for a signature that ssh-keygen does not accept, by its words."""
    path, who = signers.path, identity or "anybody"
    if "incorrect signature" in said:
        return VerificationFailed(
            f"{name} is not what was signed",
            causes=["the signature is that of other bytes"],
            hint="copy the file and its signature here again",
        )
    if "expired" in said or "not yet valid" in said:
        return VerificationFailed(
            f"the key that signed {name} is not valid at this time",
            causes=[said],
            hint=f"have it signed by another key, or see valid-before in {path}",
        )
    causes = [said] if said and "Could not verify" not in said and "No principal" not in said else []
    return VerificationFailed(
        f"{name} is not signed by {who} of {path}",
        causes=causes,
        hint=f"see whose key it is: ssh-keygen -Y find-principals -f {path} -s {name}.sig",
    )


def _run(arguments: Sequence[str], content: BinaryIO | None) -> subprocess.CompletedProcess[bytes]:
    program = find_program("ssh-keygen")
    if program is None:
        raise UsageError("there is no ssh-keygen on PATH", hint=_GET)
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            [program, *arguments],
            stdin=subprocess.PIPE if content else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            env={**os.environ, "LC_ALL": "C"},
        )
        assert process.stdout is not None
        if content is not None and process.stdin is not None:
            content.seek(0)
            try:
                shutil.copyfileobj(content, process.stdin, 1 << 20)
                process.stdin.close()
            except BrokenPipeError:
                pass  # it has failed already, and says why
        output = process.stdout.read()
        code = process.wait()
        said.seek(0)
        errors = said.read()
    if code and any(words in errors for words in (b"unknown option", b"illegal option", b"invalid option")):
        raise UsageError("the ssh-keygen here cannot sign", causes=[f"at {program}"], hint=_GET)
    return subprocess.CompletedProcess(arguments, code, output, errors)


def _words(done: subprocess.CompletedProcess[bytes]) -> str:
    """The words of ssh-keygen, in a line."""
    lines = (done.stderr + done.stdout).decode("utf-8", "replace").splitlines()
    stripped = [re.sub(r"^Enter passphrase[^:]*: ?", "", line.strip()) for line in lines]
    kept = [line for line in stripped if line and not line.startswith("Signing data")]
    told = [line.rstrip(".") for line in kept if "Could not verify" not in line] or kept
    return "; ".join(told[:3])
