"""A failed resolution explained: one sentence, the resolver's essential lines, and a hint."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial

from packaging.utils import canonicalize_name

from pexlite.addresses import mask
from pexlite.errors import ResolutionError
from pexlite.listed import listed
from pexlite.resolve.explain.near_names import near_name
from pexlite.resolve.explain.wheel_missing import wheel_missing
from pexlite.resolve.job import Job, is_foreign, requirement_name
from pexlite.resolve.resolver import Resolver
from pexlite.resolve.run import Outcome
from pexlite.resolve.stderr import clean_lines, essential_lines

_UNREACHABLE = re.compile(
    r"dns error|name resolution|getaddrinfo|NameResolutionError|NewConnectionError|ConnectTimeout"
    r"|Connection refused"
    r"|client error \(Connect\)|Network is unreachable|Connection reset|operation timed out|Could not connect"
    r"|Network connectivity is disabled",
    re.IGNORECASE,
)
_REFUSED = re.compile(r"\b(?:401|403)\b.*(?:Unauthorized|Forbidden|Client Error)|credentials", re.IGNORECASE)
_CERTIFICATE = re.compile(r"certificate|SSLError|UnknownIssuer", re.IGNORECASE)
_INSECURE = re.compile(
    r"The repository located at (?P<host>\S+) is not a trusted or secure host and is being ignored"
)
_ABSENT = re.compile(
    r"Because (?P<uv>[\w.-]+) was not found in the (?:package registry|provided package locations|cache)"
    r"|Could not find a version that satisfies the requirement (?P<pip>\S+).*\(from versions: none\)"
)
_OTHER_NAME = re.compile(
    r"Package metadata name `(?P<uv>[^`]+)` does not match given name `(?P<uv_given>[^`]+)`"
    r"|inconsistent name: expected '(?P<pip_given>[^']+)', but metadata has '(?P<pip>[^']+)'"
)
_BAD_WHEEL = re.compile(
    r"Failed to extract archive: (?P<archive>\S+\.whl)"
    r"|Failed to (?:download|read|extract)[^`]*`(?P<package>[^`]+)`\s+failed to open file"
    r"|The structure of `(?P<name>[^`]+)` \(v(?P<version>[^)]+)\) was invalid"
    r"|Wheel '[^']+' located at (?P<place>\S+) is invalid"
    r"|Requested .* from (?P<link>\S+?\.whl)\S* .*has inconsistent (?P<what>name|version): "
    r"expected '(?P<expected>[^']+)', but metadata has '(?P<inside>[^']+)'"
)
_NO_WHEEL = re.compile(
    r"(?:all versions of )?(?P<name>[\w.-]+)(?:[=<>!~]=?[^\s,]+)? (?:has|have) no (?:usable )?wheels"
    r"|no wheels with a matching"
)
_NO_VERSION = re.compile(
    r"there is no version of (?P<uv>[^\s,]+)|only (?P<only>[^,]+?) (?:is|are) available"
    r"|Could not find a version that satisfies the requirement (?P<pip>\S+)"
)
_OTHER_PYTHON = re.compile(
    r"requested Python version|current Python version|require a different python version"
    r"|requires a different Python"
)
_TOGETHER = re.compile(
    r"Cannot install (?P<what>.+?) because these package versions have conflicting dependencies"
    r"|Because you require (?P<first>\S+) and (?P<second>\S+), we can conclude that your requirements"
)
_TO_BUILD = re.compile(
    r"Failed to (?:download and )?build `(?P<uv>[^`]+)`\s+Failed to resolve requirements from"
    r"|installing build dependencies for (?P<pip>\S+)"
)
_NOTHING_THERE = re.compile(r"HTTP status client error \(404|HTTP error 404 while getting")
_CHECKOUT = re.compile(
    r"Git operation failed|\b(?:git|hg|svn|bzr) (?:clone|checkout|fetch|update|co|branch)\b.* did not run success"
)


def explain(job: Job, outcome: Outcome, resolver: Resolver) -> ResolutionError:
    """The error that explains a failed run of `resolver` for `job`."""
    lines = [*clean_lines(outcome.stderr), *_telling_lines(outcome.stdout)]
    text = _readable(job, "\n".join(lines))
    causes = [_readable(job, line) for line in _causes(outcome)]
    error = _of_the_index(text, causes)
    for kind in (
        _misnamed,
        _bad_wheel,
        _hashes,
        _checkout,
        _nothing_there,
        _without_tools,
        partial(_unserved, resolver),
        _absent,
        _other_python,
        _without_wheel,
        _conflict,
        _without_version,
    ):
        error = error or kind(job, text, causes)
    return error or ResolutionError(
        f"{resolver.name} could not resolve {_asked(job)} for {job.target.name}",
        causes=causes or [f"it ended with code {outcome.code}"],
        hint=f"try the other resolver: --resolver {resolver.instead}",
    )


# -- the kinds of failure, the most certain first ------------------------------------------------


def _of_the_index(text: str, causes: Sequence[str]) -> ResolutionError | None:
    if _CERTIFICATE.search(text):
        return ResolutionError(
            "the package index's certificate is not trusted",
            causes=causes[-3:],
            hint="name the authority's certificate: PIP_CERT=/path/to/ca.pem",
        )
    insecure = _INSECURE.search(text)
    if insecure:
        host = insecure["host"]
        return ResolutionError(
            f"pip does not ask {host}, which it would reach without encryption",
            hint=f"name its https:// address, or trust it all the same: --trusted-host {host}",
        )
    if _REFUSED.search(text):
        return ResolutionError(
            "the package index refuses access",
            causes=causes[-3:],
            hint="give it a user and a password: in ~/.netrc, in pip's configuration, or by a keyring",
        )
    if not _UNREACHABLE.search(text):
        return None
    hosts = dict.fromkeys(re.findall(r"(?:https?://(?:\*{4}@)?|host=')([\w.-]+)", text))
    where = f": no connection to {', '.join(hosts)}" if hosts else ""
    return ResolutionError(
        f"the package index cannot be reached{where}",
        causes=causes[-3:],
        hint="check the network and the proxy, or build from wheels at hand: --no-index --find-links DIR",
    )


def _misnamed(job: Job, text: str, _causes: Sequence[str]) -> ResolutionError | None:
    found = _OTHER_NAME.search(text)
    if not found:
        return None
    given, proper = found["uv_given"] or found["pip_given"], found["uv"] or found["pip"]
    urls = [root.requirement.url for root in job.roots if canonicalize_name(root.requirement.name) == given]
    if found["pip"] and not any(urls):
        return None
    where = mask(urls[0]) if urls and urls[0] else "its URL"
    return ResolutionError(
        f"the project at {where} is called {proper}, not {given}", hint=f"write '{proper} @ {where}'"
    )


def _bad_wheel(_job: Job, text: str, causes: Sequence[str]) -> ResolutionError | None:
    found = _BAD_WHEEL.search(text)
    if not found:
        return None
    file = (found["archive"] or found["place"] or found["link"] or "").rpartition("/")[2]
    project = found["package"] or f"{found['name']} {found['version']}"
    told = [f"its METADATA has the {found['what']} {found['inside']}"] if found["what"] else causes[-2:]
    return ResolutionError(
        f"{file or f'what is there of {project}'} is not a wheel that can be read",
        causes=told,
        hint="take another version of it, or have its publisher build it again",
    )


def _hashes(job: Job, text: str, causes: Sequence[str]) -> ResolutionError | None:
    if "DO NOT MATCH THE HASHES" in text:
        names = re.findall(r"^\s*([\w.-]+)(?:==\S+)? from http", text, re.MULTILINE) or [_asked(job)]
        return ResolutionError(
            f"no file of {', '.join(names)} has a hash that was asked for",
            causes=[line for line in causes if line.startswith("Expected ")],
            hint="make the requirements file anew, or find out why the index serves other files",
        )
    if "In --require-hashes mode" not in text and "Hashes are required" not in text:
        return None
    return ResolutionError(
        "some requirements have hashes, so all of them need one",
        causes=[line for line in causes if "--require-hashes" not in line],
        hint="add --hash to these lines, with their dependencies, or take all hashes out",
    )


def _checkout(job: Job, text: str, causes: Sequence[str]) -> ResolutionError | None:
    if not _CHECKOUT.search(text):
        return None
    urls = [mask(str(root.requirement.url)) for root in job.roots if "+" in (root.requirement.url or "")[:4]]
    where = next((url for url in urls if url.partition("+")[2].partition("@")[0] in text), "a repository")
    said = [line for line in causes if re.search(r"fatal:|did not match any", line)]
    return ResolutionError(
        f"{where} cannot be checked out",
        causes=said or causes[-3:],
        hint="check its address and its branch, tag or commit, and that git gets at it: git ls-remote URL",
    )


def _nothing_there(job: Job, text: str, _causes: Sequence[str]) -> ResolutionError | None:
    urls = [root.requirement.url for root in job.roots if (root.requirement.url or "").startswith("http")]
    plain = [re.sub(r"//[^/]*@", "//", url).partition("#")[0] for url in urls if url]
    gone = next((url for url in plain if url in re.sub(r"//[^/\s]*@", "//", text)), None)
    if gone is None or not _NOTHING_THERE.search(text):
        return None
    return ResolutionError(f"there is nothing at {gone}", causes=["the server says 404"], hint="check the address")


def _without_tools(_job: Job, text: str, causes: Sequence[str]) -> ResolutionError | None:
    found = _TO_BUILD.search(text)
    if not found:
        return None
    absent = _ABSENT.search(text)
    name = found["uv"] or found["pip"]
    return ResolutionError(
        f"what it takes to build {name} is not to be had",
        causes=[f"there is no {requirement_name(absent['uv'] or absent['pip'])}"] if absent else causes,
        hint=f"name an index or --find-links that has it, or a wheel of {name}",
    )


def _unserved(resolver: Resolver, job: Job, text: str, _causes: Sequence[str]) -> ResolutionError | None:
    return wheel_missing(resolver, job, text)


def _absent(job: Job, text: str, causes: Sequence[str]) -> ResolutionError | None:
    found = _ABSENT.search(text)
    if not found or _OTHER_PYTHON.search(text):
        return None
    name = requirement_name(found["uv"] or found["pip"])
    message = f"there is no project {name} in {'--find-links' if job.settings.no_index else 'the package index'}"
    guess = near_name(name, job.settings)
    hint = "check the spelling, or name the index that has it: --index-url URL"
    return ResolutionError(message, causes=_why(name, causes), hint=f"did you mean {guess}?" if guess else hint)


def _without_wheel(job: Job, text: str, causes: Sequence[str]) -> ResolutionError | None:
    found = _NO_WHEEL.search(text)
    if not found:
        return None
    name = found["name"] or _asked(job)
    hint = f"build on that platform, or point at a wheel built there: --find-links DIR with a wheel of {name}"
    if not is_foreign(job.target):
        hint = f"let it be built from source: leave {name} out of --only-binary"
    return ResolutionError(f"{name} has no wheel for {job.target.name}", causes=causes, hint=hint)


def _other_python(job: Job, text: str, causes: Sequence[str]) -> ResolutionError | None:
    if not _OTHER_PYTHON.search(text):
        return None
    version = job.target.environment["python_full_version"]
    return ResolutionError(
        f"{_subjects(job, text)} cannot be had for Python {version}",
        causes=causes,
        hint="build for a newer Python (--python 3.X), or ask for an older version of it",
    )


def _conflict(job: Job, text: str, causes: Sequence[str]) -> ResolutionError | None:
    together = _TOGETHER.search(text)
    required = _required(job, text)
    if not together and not ("unsatisfiable" in text and re.search(r"\bdepends? on\b", text) and required):
        return None
    if (
        together
        and not together["what"]
        and requirement_name(together["first"]) != requirement_name(together["second"])
    ):
        together = None
    what = " and ".join(required)
    if together:
        what = together["what"] or f"{together['first']} and {together['second']}"
    if len(required) == 1 and not together:
        what = f"what {what} needs"
    return ResolutionError(
        f"no versions of {what} fit together",
        causes=causes,
        hint="loosen one of the version bounds, or leave one out",
    )


def _without_version(job: Job, text: str, causes: Sequence[str]) -> ResolutionError | None:
    found = _NO_VERSION.search(text)
    if not found:
        return None
    what = found["uv"] or found["pip"] or _subjects(job, text)
    return ResolutionError(
        f"no version of {requirement_name(what)} satisfies {what}",
        causes=causes,
        hint="ask for a version that is there; --pre lets in pre-releases",
    )


# -- words ---------------------------------------------------------------------------------------


def _causes(outcome: Outcome) -> list[str]:
    lines = [*_telling_lines(outcome.stdout), *essential_lines(outcome.stderr)]
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


def _subjects(job: Job, text: str) -> str:
    found = _NO_VERSION.search(text)
    return " and ".join(_required(job, text)) or (found["pip"] if found and found["pip"] else _asked(job))


def _required(job: Job, text: str) -> list[str]:
    """The requirements that uv's explanation mentions, as the builder wrote them."""
    explanation = " ".join(line for line in text.splitlines() if re.search(r"you require|we can conclude", line))
    words = set(map(canonicalize_name, re.findall(r"[A-Za-z0-9][\w.-]*(?<![.-])", explanation)))
    asked = [root.requirement for root in job.roots if canonicalize_name(root.requirement.name) in words]
    return list(dict.fromkeys(f"{requirement.name}{requirement.specifier}" for requirement in asked))


def _readable(job: Job, text: str) -> str:
    """`text` with requirements in place of "-r requirements.in (line N)", and without the temporary path."""

    def asked(found: re.Match[str]) -> str:
        number = int(found[1])
        return mask(str(job.roots[number - 1].requirement)) if number <= len(job.roots) else "the constraints"

    text = re.sub(r"-[rc] \S*requirements\.in \(line (\d+)\)", asked, text)
    return re.sub(r"\S*pexlite-resolve-\w+\S*", "the requirements", text)


def _asked(job: Job) -> str:
    names = list(dict.fromkeys(root.requirement.name for root in job.roots))
    return listed(names)


def _why(name: str, causes: Sequence[str]) -> list[str]:
    """The causes that show which distribution depends on `name`."""
    return [line for line in causes if "depends on" in line and name in line]
