"""Verify a built file: every byte of it against what a build writes, and its wheels against a lock.

The wheels are compared with their digests, everything else is made again of them and of the settings in PEX-INFO.
So a file that passes is one that a build could have written; which one, a lock and a signature say.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pexlite.archive.frame import Frame, read_frame
from pexlite.archive.reader import read_manifest
from pexlite.archive.trees import problems_of_trees
from pexlite.contents.carried_bill import problems_of_bill
from pexlite.errors import VerificationFailed
from pexlite.files.places import store_place
from pexlite.model import Manifest, Wheel
from pexlite.signatures.check import is_signed, signer_of
from pexlite.signatures.embedded import taken_out
from pexlite.signatures.sigstore_bundle import CertifiedSigner, check_bundle
from pexlite.signatures.ssh_keygen import Signers
from pexlite.store.store import Store
from pexlite.tools.bill import unchecked_in_bill
from pexlite.tools.held_wheels import Held, held_wheels, problems_of_pythons
from pexlite.tools.recompiled import compiled_start, is_of_a_python_of_its, recompiled, workshop
from pexlite.tools.remade import BuiltFile, remade
from pexlite.tools.vouched import Vouched, digests_in, read_lock


@dataclass(frozen=True)
class Verified:
    """A file that was found to be right."""

    path: Path
    build_id: str
    wheels: int
    files: int
    """The number of files in all wheels together."""
    by_name: tuple[str, ...] = ()
    """Wheels that the lock names without a digest: built from an sdist, a repository or a directory."""
    own: tuple[str, ...] = ()
    """Wheels of local code that the lock does not name."""
    own_digests: Mapping[str, str] = field(default_factory=dict)
    """The sha256 of each of them."""
    unchecked: tuple[str, ...] = ()
    """The parts that could not be looked at here, in words."""
    signer: str | None = None
    """The one who has signed it, as the file of signers names them; None where that was not asked."""
    certified: str | None = None
    """The one who has signed it, as the certificate in its sigstore bundle says; None where that was not asked."""


def verify_file(
    path: Path,
    lock: Path | None = None,
    *,
    strict: bool = False,
    signers: Signers | None = None,
    certified: CertifiedSigner | None = None,
) -> Verified:
    """Check the file at `path`; return the counts of what was checked, and what was not.

    Raises NotABundle, and VerificationFailed with a line for everything that is wrong. With `lock`, every wheel
    has to be named in this pylock.toml (PEP 751), and all bytecode is compiled again. With `strict`, anything that
    could not be checked is wrong too. With `signers`, one of them has to have signed it; with `certified`, that
    one by Sigstore.
    """
    locked = read_lock(lock) if lock else None
    manifest = read_manifest(path)
    signer = signer_of(path, signers) if signers else None
    if certified:
        check_bundle(path, certified)
    digests = digests_in(locked) if locked else frozenset()
    held = held_wheels(path, manifest.wheels, digests, Store(store_place().root).facts)
    problems = [*(line for one in held for line in one.problems), *problems_of_pythons(path, manifest.own_pythons)]
    own, unchecked = _own_parts(path, manifest, held, all_of_it=strict or locked is not None)
    problems += [*own, *problems_of_bill(path, manifest)]
    unchecked += unchecked_in_bill(path)
    unmade = {one.wheel.filename: one.unchecked for one in held if one.wheel is not None and one.unchecked}
    unchecked += [f"of which wheel {name} was made: {reason}" for name, reason in unmade.items()]
    if signers is None and is_signed(path):
        unchecked.append("its signature: --signers has to say whose may be there")
    if problems:
        problems += problems_of_trees(path, manifest)
        raise VerificationFailed(f"{path} is not what was built", causes=problems, hint="copy it here again")
    vouched = Vouched(manifest, locked, unmade) if locked else None
    if vouched and vouched.problems:
        raise VerificationFailed(
            f"{path} is not what {lock} says", causes=vouched.problems, hint="build it again from this lock"
        )
    found = Verified(
        path=path,
        build_id=manifest.build_id,
        wheels=len(manifest.wheels),
        files=sum(one.files for one in held),
        by_name=tuple(vouched.by_name) if vouched else (),
        own=tuple(wheel.filename for wheel in vouched.own) if vouched else (),
        own_digests={wheel.filename: wheel.sha256 for wheel in vouched.own} if vouched else {},
        unchecked=tuple(unchecked),
        signer=signer,
        certified=certified.identity if certified else None,
    )
    if strict:
        _check_all_was_checked(found)
    return found


def _own_parts(
    path: Path, manifest: Manifest, held: Sequence[Held], *, all_of_it: bool
) -> tuple[list[str], list[str]]:
    """A line for everything in the file beside its wheels that no build writes, and for what was not looked at."""
    with path.open("rb") as file:
        try:
            unsigned, _ = taken_out(file)
            frame: Frame = read_frame(unsigned, manifest)
        except zipfile.BadZipFile as problem:
            return [str(problem)], []
        built = BuiltFile(path, unsigned, manifest, frame)
        problems = list(built.unreadable())
        wheels: list[Wheel] = [one.wheel for one in held if one.wheel is not None]
        if problems or len(wheels) < len(held):
            return problems, []
        with workshop() as store:
            if built.is_of_this_version and not is_of_a_python_of_its(built):
                problems.append("its start was compiled by a Python that it is not for")
            again = remade(built, wheels, lambda bundle: compiled_start(built, bundle, store))
            compiled = recompiled(built, wheels, store, all_of_it=all_of_it)
    return [*problems, *again.problems, *compiled.problems], [*again.unchecked, *compiled.unchecked]


def _check_all_was_checked(found: Verified) -> None:
    unchecked = [*found.unchecked]
    unchecked += [f"{name}: built from source, the lock has no digest of it" for name in found.by_name]
    if unchecked:
        raise VerificationFailed(
            f"not everything in {found.path} could be looked at",
            causes=unchecked,
            hint="verify it where it was built, with the same Pythons, or leave --strict out",
        )
