"""The lock that `pexlite lock` finds where it is to write one, and how much of it stays."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field

from packaging.pylock import Pylock, PylockValidationError, is_valid_pylock_path
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from pexlite.errors import UsageError
from pexlite.listed import listed
from pexlite.model import LockTerms
from pexlite.outputs import Kind, Output, is_of_kind
from pexlite.pylock.commits import Commits, kept_commits
from pexlite.pylock.earlier import kept_versions
from pexlite.requirements.lock_lines import read_requirements_text


@dataclass(frozen=True)
class EarlierLock:
    """The lock that is there already, and what a new one takes over from it."""

    lock: Pylock | None = None
    """None where there is none."""
    preferred: Pylock | None = None
    """The versions that stay wherever they fit; None where all is resolved anew."""
    commits: Commits = field(default_factory=dict)
    """The commits of repositories that stay wherever the same revision is asked for."""
    constraint_lines: tuple[str, ...] = ()
    """The versions that projects are upgraded to, where these are named."""
    notices: tuple[str, ...] = ()


def earlier_lock(output: Output | None, terms: LockTerms) -> EarlierLock:
    """The lock at `output`, with what stays of it by `terms`.

    Raises UsageError for one that cannot be read, unless nothing of it is to stay, and for projects to upgrade
    that are written in another way than NAME or NAME==VERSION.
    """
    upgraded = [_project(text) for text in terms.upgraded]
    lines = tuple(str(one) for one in upgraded if one.specifier)
    found = _read(output, terms) if output is not None else None
    if found is None:
        idle = ("--upgrade-package has no lock to act on: all is resolved",) if upgraded and not lines else ()
        return EarlierLock(constraint_lines=lines, notices=idle)
    if terms.upgrade:
        return EarlierLock(found, constraint_lines=lines)
    assert output is not None
    names = {canonicalize_name(one.name) for one in upgraded}
    unknown = sorted(names - {package.name for package in found.packages})
    notices = (f"--upgrade-package: {listed(unknown)} is not in the lock that is there",) if unknown else ()
    commits = kept_commits(found, names, output.path.parent)
    return EarlierLock(found, kept_versions(found, names), commits, lines, notices)


def replaceable(output: Output, terms: LockTerms) -> Output:
    """`output`, which `--upgrade` lets take the place of a damaged lock too."""
    if terms.upgrade and is_valid_pylock_path(output.path):
        return Output(output.path, output.kind, force=True)
    return output


def _read(output: Output, terms: LockTerms) -> Pylock | None:
    try:
        text = output.path.read_bytes().decode()
        if output.kind is Kind.REQUIREMENTS:
            return read_requirements_text(text) if is_of_kind(output.path, output.kind) else None
        return Pylock.from_dict(tomllib.loads(text)) if text.strip() else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, PylockValidationError) as problem:
        # What has another name was never a lock: that it is in the way is told where the output is checked.
        if terms.upgrade or output.force or not is_valid_pylock_path(output.path):
            return None
        raise UsageError(
            f"{output.path.name} is there and cannot be read as a lock, so its versions cannot stay",
            causes=[str(problem)],
            hint="resolve all anew: pexlite lock … --upgrade",
        ) from problem


def _project(text: str) -> Requirement:
    try:
        found = Requirement(text)
    except InvalidRequirement:
        found = None
    if found is None or found.url or found.extras or found.marker:
        raise UsageError(
            f"--upgrade-package {text!r} names no project",
            hint="write its name, or name and version: --upgrade-package click, --upgrade-package click==8.1.7",
        )
    return found
