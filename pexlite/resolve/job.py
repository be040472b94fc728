"""One resolution as a job: the resolver's input for one target, and the files it reads."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.pylock import Pylock
from packaging.requirements import Requirement

from pexlite.files.paths import is_file
from pexlite.model import Amendments, IndexSettings, Root, Target
from pexlite.network.urls import local_path
from pexlite.requirements.lines import requirement_line, write_lines


@dataclass(frozen=True)
class Job:
    """The input of a resolver for one target: requirements, the target, indexes."""

    roots: tuple[Root, ...]
    constraints: tuple[str, ...]
    """Paths of constraint files."""
    pins: tuple[str, ...]
    """`name==version` lines that the result must satisfy: versions chosen for another target."""
    target: Target
    settings: IndexSettings
    amendments: Amendments = field(default_factory=Amendments)
    """Changes to the requirements of wheels; those of the roots are made already."""
    universal: bool = False
    """Whether the result must hold on every platform and every Python from the target's on; uv only."""
    constraint_lines: tuple[str, ...] = ()
    """Constraints that pexlite has read, as lines for uv and pip."""
    is_trial: bool = False
    """Whether it only matters if there is a result: nobody reads why there is none."""
    from_source: tuple[str, ...] = ()
    """Projects that may be source distributions although only wheels are accepted otherwise: they may be pure."""
    preferred: Pylock | None = None
    """The versions to take wherever they fit: those of an earlier lock."""
    with_dependencies: bool = False
    """Whether the lock is to record what each package depends on."""
    with_what_they_need: bool = True
    """Whether what the roots need is resolved too; else they are the whole lock."""

    @property
    def hashed(self) -> bool:
        """Whether everything except local code needs a hash: as in pip, a single hash requires all of them."""
        return self.settings.require_hashes or any(root.hashes for root in self.roots)


def is_foreign(target: Target) -> bool:
    """Whether this machine has no interpreter for `target`, so that nothing can be built for it."""
    return target.interpreter is None


def is_local(root: Root) -> bool:
    """Whether `root` is a wheel made of local code, which needs no hash."""
    return (root.requirement.url or "").startswith("file:") and not root.hashes


def write_inputs(job: Job, directory: Path) -> tuple[Path, list[str]]:
    """Write a requirements file into `directory`; return its path, and arguments for the job's constraints.

    Everything is passed in files: URLs may contain passwords, and `ps` shows arguments.
    """
    lines = [_line(root.requirement, root.hashes, job.hashed) for root in job.roots]
    requirements = write_lines(directory / "requirements.in", lines)
    files = [str(path) for path in map(local_path, job.constraints) if path is not None]
    if job.pins or job.constraint_lines:
        lines = [*map(requirement_line, job.pins), *job.constraint_lines]
        files.append(str(write_lines(directory / "constraints.in", lines)))
    return requirements, [word for file in files for word in ("-c", file)]


def _line(requirement: Requirement, hashes: Sequence[str], hashes_needed: bool) -> str:
    """One line of requirements.txt; a local wheel gets its own hash where hashes are needed."""
    path = local_path(requirement.url) if requirement.url else None
    if hashes_needed and not hashes and path is not None and is_file(path):
        with path.open("rb") as file:
            hashes = [f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"]
    return requirement_line(str(requirement), hashes)


def requirement_name(text: str) -> str:
    """The project's name at the start of `text`: "flask" of "flask==3.0.0"."""
    found = re.match(r"[A-Za-z0-9][\w.-]*", text)
    return found[0] if found else text
