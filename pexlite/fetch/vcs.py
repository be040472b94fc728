"""A lock's repositories: one commit of one repository, as a requirement that pip cannot misread."""

from __future__ import annotations

import os
import re
import subprocess

from packaging.pylock import Package, PackageVcs

from pexlite.errors import FetchError
from pexlite.files.programs import find_program
from pexlite.network.urls import parts_of
from pexlite.pylock.artifact import LOCK, Teller, inside

# Commit ids that can never name another commit, for each kind of repository. Those of git and hg are digests.
_COMMITS = {
    "git": re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}"),
    "hg": re.compile(r"[0-9a-f]{40}"),
    "svn": re.compile(r"[0-9]{1,12}"),
    "bzr": re.compile(r"[0-9]{1,12}"),
}
# Text that needs no quoting at the end of an address, and begins no other part of it.
_PLAIN = re.compile(r"[^\s#&?%@\\]*")
_SCHEMES = frozenset({"http", "https", "ssh", "git", "file", "svn", "sftp"})


def checkout_requirement(package: Package, source: PackageVcs, address: str, teller: Teller = LOCK) -> str:
    """The requirement on the commit that `source` names in the repository at `address`, of which `teller` says.

    Raises FetchError where the name may mean another commit tomorrow, or `address` is no repository's.
    """
    commits = _COMMITS.get(source.type)
    if commits is None:
        raise FetchError(
            f"{teller.name} has {package.name} in a repository of {source.type!r}, which pip does not know",
            causes=[f"it knows {', '.join(_COMMITS)}"],
        )
    if not commits.fullmatch(source.commit_id):
        raise FetchError(
            f"{teller.name} names {source.commit_id!r} of {package.name}, and that may be another commit tomorrow",
            causes=[f"a commit-id of {source.type} is written in full; a branch or a tag is none"],
            hint="lock again, which writes it in full: pexlite lock ." if teller is LOCK else None,
        )
    parts = parts_of(address, FetchError)
    # pip would take the text behind an @ after the # for the commit.
    if parts.scheme not in _SCHEMES or parts.fragment or "#" in address or not address.isprintable():
        raise FetchError(f"{teller.name} has {package.name} at {address!r}, which is no address of a repository")
    subdirectory = inside(package, source.subdirectory, teller)
    if not _PLAIN.fullmatch(subdirectory):
        raise FetchError(
            f"{teller.name} has {package.name} in {subdirectory!r}, which can be no part of an address"
        )
    part = f"#subdirectory={subdirectory}" if subdirectory else ""
    return f"{package.name} @ {source.type}+{address}@{source.commit_id}{part}"


def check_commit(package: Package, source: PackageVcs, address: str) -> None:
    """Raise FetchError where a branch or tag has the commit's name: pip would use that."""
    git = find_program("git") if source.type == "git" else None
    if git is None:
        return  # pip will report the fault better
    named = [f"refs/{kind}/{source.commit_id}" for kind in ("heads", "tags")]
    done = subprocess.run(
        [str(git), "ls-remote", "--", address, *named],
        env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0 and done.stdout.strip():
        raise FetchError(
            f"the repository of {package.name} has a branch or tag called {source.commit_id}",
            causes=["it would be taken for the commit of that name, which is another"],
            hint="tell who keeps the repository, and take another source",
        )
