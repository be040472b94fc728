"""The files that carry a project, here and on other hosts."""

from __future__ import annotations

import functools
import json
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from pexlite.errors import HostError, NotABundle, PexliteError, UsageError
from pexlite.files.paths import expanded, is_there
from pexlite.files.programs import find_program
from pexlite.parallel import Stop, run_all
from pexlite.tools import carried

_ASKED = "ASKED = ()  # type: tuple[str, ...]\n"
# As ssh takes it, and never an option of ssh: user@host, an alias, ssh://user@host:2222; then where to look.
_HOST = re.compile(
    r"(?P<host>ssh://[^/]+|(?:\w[\w.+-]*@)?(?:\[[\w:%.]+\]|\w[\w.-]*))(?::(?P<place>.*))?", re.DOTALL
)
_SECONDS = 1800
"""A home may have many files."""
_AT_ONCE = 16  # hosts, which mostly have us wait


@dataclass(frozen=True)
class Carrier:
    """A file that carries the project."""

    host: str
    """The host as it was named; "" for this machine."""
    path: str
    versions: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    """The answer of all places."""

    carriers: tuple[Carrier, ...]
    unread: tuple[str, ...]
    """Sentences on files that could not be looked into."""
    failures: tuple[PexliteError, ...]
    """The hosts that gave no answer, and places that are not there."""


def who(asked: str, places: Sequence[str]) -> Found:
    """The files at `places` that carry a version that the requirement `asked` lets in.

    A place is a file, a directory, or a host as ssh takes it, perhaps with a path behind a colon: USER@HOST:PATH.
    Raises UsageError for what is no requirement.
    """
    try:
        requirement = Requirement(asked)
    except InvalidRequirement as failure:
        raise UsageError(
            f"{asked!r} is no requirement",
            causes=[str(failure).splitlines()[0]],
            hint="write it as 'certifi<2026.1'",
        ) from failure
    jobs = [functools.partial(_answer, place, requirement) for place in places]
    results = run_all(jobs, workers=_AT_ONCE, stop=Stop())
    answers = [result for result in results if isinstance(result, Found)]
    return Found(
        tuple(carrier for answer in answers for carrier in answer.carriers),
        tuple(sentence for answer in answers for sentence in answer.unread),
        tuple(failure for answer in answers for failure in answer.failures),
    )


def _answer(place: str, requirement: Requirement) -> Found:
    """The answer of one place."""
    here = expanded(Path(place))
    project = canonicalize_name(requirement.name)
    try:
        if place and is_there(here):
            lines: list[tuple[str, list[str], str]] = []
            carried.look(str(here), project, lambda path, found, problem: lines.append((path, found, problem)))
            return _let_in(Found((), (), ()), "", lines, requirement)
        host, where = _host_in(place)
        return _let_in(Found((), (), ()), host, _ask(host, where, project), requirement)
    except PexliteError as failure:
        return Found((), (), (failure,))


def _let_in(
    found: Found, host: str, lines: Sequence[tuple[str, Sequence[str], str]], requirement: Requirement
) -> Found:
    """`found` with the carriers among `lines` whose versions `requirement` lets in."""
    for path, versions, problem in lines:
        shown = f"{host}:{path}" if host else path
        kept = tuple(version for version in versions if _is_let_in(version, requirement))
        if kept:
            found = replace(found, carriers=(*found.carriers, Carrier(host, path, kept)))
        if problem:
            found = replace(found, unread=(*found.unread, f"{shown} cannot be looked into: {problem}"))
    return found


def _is_let_in(version: str, requirement: Requirement) -> bool:
    """Whether `requirement` is about `version`; one that cannot be understood may be any."""
    try:
        return requirement.specifier.contains(Version(version), prereleases=True)
    except InvalidVersion:
        return True


def _host_in(place: str) -> tuple[str, str]:
    """The host that `place` names, and the path there. Raises NotABundle where it is neither."""
    found = _HOST.fullmatch(place)
    if found is None or ("/" in place and ":" not in place):
        raise NotABundle(f"there is no {place}", hint="name a file, a directory, or a host: user@host:/srv")
    return found["host"], found["place"] or "~"


def _ask(host: str, place: str, project: str) -> list[tuple[str, list[str], str]]:
    """The answer of `host` about `place` there. Raises HostError where none comes, or not all of it."""
    ssh = find_program("ssh")
    if ssh is None:
        raise HostError("ssh cannot be run: it is not on PATH", hint="install OpenSSH's client")
    program = Path(carried.__file__).read_text(encoding="utf-8")
    assert program.count(_ASKED) == 1
    # The shell there is given fixed words: what is asked stands in the program, which Python reads from stdin.
    program = program.replace(_ASKED, f"ASKED = ({place!a}, {project!a})\n")
    # BatchMode: one question for a password among many hosts would stop them all.
    command = [str(ssh), "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=15", "--", host, "python3 -I -S -"]
    try:
        done = subprocess.run(command, input=program.encode(), capture_output=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise HostError(f"{host} gave no answer", causes=[str(failure)]) from failure
    said = done.stdout.decode("utf-8", "replace").splitlines()
    answers = [line.removeprefix(carried.MARK) for line in said if line.startswith(carried.MARK)]
    if not answers or answers[-1] != "null":
        told = [line.strip() for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
        raise HostError(
            f"{host} does not say what it has",
            causes=told[-3:] or [f"ssh ended with code {done.returncode}"],
            hint=f"try by hand: ssh {host} python3 --version",
        )
    return [_checked(host, line) for line in answers[:-1]]


def _checked(host: str, line: str) -> tuple[str, list[str], str]:
    """A host's answer about one file. Raises HostError for anything else."""
    try:
        path, versions, problem = json.loads(line)
        if isinstance(path, str) and isinstance(problem, str) and all(isinstance(one, str) for one in versions):
            return path, list(versions), problem
    except (ValueError, TypeError):
        pass
    raise HostError(f"{host} answers what cannot be understood", causes=[line[:100]])
