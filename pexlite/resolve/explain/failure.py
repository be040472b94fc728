"""A failed run of a resolver as a value, with the words that its explanations share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from packaging.utils import canonicalize_name

from pexlite.addresses import mask
from pexlite.errors import ResolutionError
from pexlite.listed import listed
from pexlite.resolve.job import Job
from pexlite.resolve.resolver import Resolver
from pexlite.resolve.run import Outcome
from pexlite.resolve.stderr import clean_lines, essential_lines


@dataclass(frozen=True)
class Failure:
    """A failed run: what was to be resolved, and what the resolver wrote."""

    job: Job
    resolver: Resolver
    text: str
    """All that was written, in clean lines."""
    causes: tuple[str, ...]
    """The lines of it that tell most."""

    @classmethod
    def of(cls, job: Job, resolver: Resolver, outcome: Outcome) -> Failure:
        """The failure that `outcome` was."""
        told = _telling_lines(outcome.stdout)
        text = _readable(job, "\n".join([*clean_lines(outcome.stderr), *told]))
        causes = _causes([*told, *essential_lines(outcome.stderr)])
        return cls(job, resolver, text, tuple(_readable(job, line) for line in causes))

    @property
    def asked(self) -> str:
        """The names of the projects that were asked for."""
        return listed(list(dict.fromkeys(root.requirement.name for root in self.job.roots)))

    def required(self) -> list[str]:
        """The requirements that uv's explanation mentions, as the builder wrote them."""
        lines = [line for line in self.text.splitlines() if re.search(r"you require|we can conclude", line)]
        words = set(map(canonicalize_name, re.findall(r"[A-Za-z0-9][\w.-]*(?<![.-])", " ".join(lines))))
        asked = [root.requirement for root in self.job.roots if canonicalize_name(root.requirement.name) in words]
        return list(dict.fromkeys(f"{requirement.name}{requirement.specifier}" for requirement in asked))


Kind = Callable[[Failure, re.Match[str]], ResolutionError | None]
"""A kind of failure: its error, or None where a pattern fits and the kind does not."""


@dataclass(frozen=True)
class Row:
    """Words of a resolver, and the kind of failure that they tell of."""

    name: str
    kind: Kind
    pattern: re.Pattern[str]
    """Its named groups are what the kind reads."""
    seen: str
    """The versions of the resolver that were seen to write so."""
    sample: str
    """Lines that they wrote."""
    unprovoked: str = ""
    """The reason why no test makes a resolver write so; "" where one does."""


def row(name: str, kind: Kind, pattern: str, seen: str, sample: str, unprovoked: str = "") -> Row:
    """A row of a table, its `pattern` as text in which case does not matter."""
    return Row(name, kind, re.compile(pattern, re.IGNORECASE), seen, sample, unprovoked)


def _causes(lines: list[str]) -> list[str]:
    # uv's hints name uv's own options; only their facts about wheels are useful here.
    dropped = re.compile(r"ResolutionImpossible|^No solution found|^hint: .*`?--|^Ignored the following yanked")
    kept = [line.strip().removeprefix("hint: ") for line in lines if not dropped.search(line)]
    return [line for line in kept if line][-10:]


def _telling_lines(stdout: str) -> list[str]:
    """The lines about a failure that pip writes to stdout and to its log.

    The conflict is caused by:
        The user requested werkzeug<2
        flask 3.0.0 depends on Werkzeug>=3.0.0
    2026-11-20T23:41:49,000 Could not fetch URL https://…: connection error: … - skipping
    """
    found = re.search(r"^The conflict is caused by:\n((?: {4}.+\n)+)", mask(stdout), re.MULTILINE)
    unfetched = re.findall(r"Could not fetch URL (?!.*\b404\b).+", mask(stdout))
    misnamed = re.findall(r"Requested \S+ from .* has inconsistent (?:name|version): .+", mask(stdout))
    return [
        *dict.fromkeys([*unfetched, *misnamed]),
        *([line.strip() for line in found[1].splitlines()] if found else []),
    ]


def _readable(job: Job, text: str) -> str:
    """`text` with requirements in place of "-r requirements.in (line N)", and without the temporary path."""

    def asked(found: re.Match[str]) -> str:
        number = int(found[1])
        return mask(str(job.roots[number - 1].requirement)) if number <= len(job.roots) else "the constraints"

    text = re.sub(r"-[rc] \S*requirements\.in \(line (\d+)\)", asked, text)
    return re.sub(r"\S*pexlite-resolve-\w+\S*", "the requirements", text)
