"""The requirement that lacks a wheel: the resolver's output tells where to look, the indexes tell the truth.

uv's output is a proof, and pip, limited to wheels, does not see other files. So each project that a failure
mentions is looked up on the indexes, and the first without a wheel for the target is reported.
"""

from __future__ import annotations

import re

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from pexlite.errors import WheelMissing
from pexlite.indexes.formats import WHEEL, how_to_allow_sources, only_format
from pexlite.resolve.explain.index_files import index_files
from pexlite.resolve.explain.no_wheel import Wanted, no_wheel
from pexlite.resolve.job import Job
from pexlite.resolve.resolver import Resolver

_OF_WHEELS = re.compile(
    r"\bno (?:usable )?wheels\b|no wheels with a matching|requested Python version|current Python version"
    r"|requires? a different [Pp]ython|requires Python [<>=~!]"
)
# numpy>=2.3, <3   numpy==1.0   all versions of numpy
_NAMED = re.compile(
    r"(?:all versions of |only )?(?P<name>[A-Za-z0-9][\w.-]*?)(?P<bounds>(?:,?[=<>!~]=?[\w.*+!]+)+)"
    r"|(?:all versions of|you require|depends? on) (?P<bare>[A-Za-z0-9][\w.-]*)"
)
_DEPENDS = re.compile(r"(?P<by>[\w.+!=-]+) depends? on (?P<name>[\w.-]+?)(?P<bounds>[=<>!~][^\s]*)?(?=[\s,]|$)")
# … that satisfies the requirement numpy>=2 (from pandas) (from versions: …, 1.26.3, 1.26.4)
_OF_PIP = re.compile(
    r"satisfies the requirement (?P<wanted>[^\s(]+)(?: \(from (?P<by>[^)]*)\))?"
    r".*\(from versions: (?P<versions>.*)\)"
)
_MOST_LOOKED_UP = 4


def wheel_missing(resolver: Resolver, job: Job, text: str) -> WheelMissing | None:
    """The error for the first project in a resolver's `text` that has no wheel for the job's target, else None."""
    if job.universal:
        return None
    for wanted in _mentioned(resolver, job, text)[:_MOST_LOOKED_UP]:
        forbidden = _is_wheel_only(wanted.project, job)
        can_build = wanted.project in job.from_source or not (forbidden or resolver.takes_wheels_only(job))
        files = index_files(wanted.project, job.settings)
        lifted = how_to_allow_sources(wanted.project) if forbidden else ""
        found = no_wheel(wanted, job.target, files, can_build=can_build, lifted=lifted)
        if found is not None:
            return found
    return None


def _mentioned(resolver: Resolver, job: Job, text: str) -> list[Wanted]:
    """The requirements that `text` mentions, each project once and as it was requested."""
    pip = _OF_PIP.search(text)
    if pip:
        wanted = _wanted(pip["wanted"], pip["by"] or "")
        if pip["versions"] != "none" or resolver.takes_wheels_only(job):
            return [wanted] if wanted else []
        if wanted and _is_wheel_only(wanted.project, job):
            return [wanted]
    if not _OF_WHEELS.search(text):
        return []
    found: dict[str, Wanted] = {}
    roots = {canonicalize_name(root.requirement.name): root.requirement for root in job.roots}
    asked = {canonicalize_name(each["name"]): each for each in _DEPENDS.finditer(text)}
    for named in _NAMED.finditer(text):
        name = canonicalize_name(named["name"] or named["bare"])
        if name in roots:
            found.setdefault(name, Wanted(roots[name].name, roots[name].specifier))
        elif name in asked:
            wanted = _wanted(f"{name}{asked[name]['bounds'] or ''}", asked[name]["by"])
            if wanted:
                found.setdefault(name, wanted)
    return list(found.values())


def _is_wheel_only(project: str, job: Job) -> bool:
    """Whether a setting forbids source distributions of `project`."""
    return only_format(project, job.settings.only_binary, job.settings.no_binary) == WHEEL


def _wanted(requirement: str, asked_by: str) -> Wanted | None:
    try:
        read = Requirement(requirement.rstrip(","))
    except InvalidRequirement:
        return None
    return Wanted(read.name, read.specifier, asked_by)
