"""The kinds of failure: for each its sentence, the lines that tell more, and what to type.

Each gets the failure and the match of a row's pattern, whose named groups are what the resolver named.
"""

from __future__ import annotations

import re
import sys

from packaging.utils import canonicalize_name

from pexlite.addresses import mask
from pexlite.errors import ResolutionError
from pexlite.indexes.formats import how_to_allow_sources
from pexlite.resolve.explain.failure import Failure
from pexlite.resolve.explain.near_names import near_name
from pexlite.resolve.explain.wheel_missing import wheel_missing
from pexlite.resolve.job import is_foreign, requirement_name

_OTHER_PYTHON = re.compile(r"requested Python version|current Python version|requires? a different python", re.I)
_ABSENT = re.compile(
    r"Because (?P<uv>[\w.-]+) was not found in the|satisfies the requirement (?P<pip>\S+).*\(from versions: none\)"
)

# -- the index -----------------------------------------------------------------------------------


def untrusted(failure: Failure, _found: re.Match[str]) -> ResolutionError:
    """The server has a certificate that nobody here vouches for."""
    return ResolutionError(
        f"{_asked_for(failure)}'s certificate is not trusted",
        causes=failure.causes[-3:],
        hint="name the authority's certificate: PIP_CERT=/path/to/ca.pem",
    )


def without_ssl(failure: Failure, _found: re.Match[str]) -> ResolutionError:
    """The Python that pip runs on was made without OpenSSL."""
    python = failure.job.target.interpreter or sys.executable
    return ResolutionError(
        f"{python} has no module ssl, so that pip, which runs on it, reaches no index by https",
        causes=failure.causes[-3:],
        hint="take uv, which needs none: --resolver uv; or a Python that has it: --python /path/to/python",
    )


def open_to_others(_failure: Failure, found: re.Match[str]) -> ResolutionError:
    """The resolver asks no index without encryption."""
    host = found["host"]
    return ResolutionError(
        f"pip does not ask {host}, which it would reach without encryption",
        hint=f"name its https:// address, or trust it all the same: --trusted-host {host}",
    )


def refused(failure: Failure, _found: re.Match[str]) -> ResolutionError:
    """The server wants another user and password, or any."""
    return ResolutionError(
        f"{_asked_for(failure)} refuses access",
        causes=failure.causes[-3:],
        hint="give it a user and a password: in ~/.netrc, in pip's configuration, or by a keyring",
    )


def unreachable(failure: Failure, _found: re.Match[str]) -> ResolutionError:
    """The index, or the server of an address that was asked for, cannot be talked to."""
    url = _direct_in(failure)
    if url is not None:
        return ResolutionError(
            f"{url} cannot be reached",
            causes=failure.causes[-3:],
            hint="check the address, the network and the proxy",
        )
    hosts = dict.fromkeys(re.findall(r"(?:https?://(?:\*{4}@)?|host=')([\w.-]+)", failure.text))
    where = f": no connection to {', '.join(hosts)}" if hosts else ""
    return ResolutionError(
        f"the package index cannot be reached{where}",
        causes=failure.causes[-3:],
        hint="check the network and the proxy, or build from wheels at hand: --no-index --find-links DIR",
    )


# -- what is at an address -----------------------------------------------------------------------


def misnamed(failure: Failure, found: re.Match[str]) -> ResolutionError:
    """The project at an address has another name (`proper`) than was asked for (`given`)."""
    given, proper = found["given"], found["proper"]
    urls = _urls_of(failure, given)
    where = mask(urls[0]) if urls else "its URL"
    return ResolutionError(
        f"the project at {where} is called {proper}, not {given}", hint=f"write '{proper} @ {where}'"
    )


def misnamed_if_asked_for(failure: Failure, found: re.Match[str]) -> ResolutionError | None:
    """`misnamed` where it was asked for by its address; None where an index has it, whose file is at fault."""
    return misnamed(failure, found) if _urls_of(failure, found["given"]) else None


def bad_wheel(failure: Failure, found: re.Match[str]) -> ResolutionError:
    """A file (`file`), or the one of a project (`project`), is no wheel; or its METADATA has another name."""
    named = found.groupdict()
    file = (named.get("file") or "").rpartition("/")[2]
    project = " ".join(filter(None, (named.get("project"), named.get("version"))))
    inside = f"its METADATA has the {named.get('what')} {named.get('inside')}"
    return ResolutionError(
        f"{file or f'what is there of {project}'} is not a wheel that can be read",
        causes=[inside] if named.get("what") else failure.causes[-2:],
        hint="take another version of it, or have its publisher build it again",
    )


def checkout(failure: Failure, _found: re.Match[str]) -> ResolutionError:
    """A repository, or the commit in it, cannot be had."""
    urls = [mask(root.requirement.url or "") for root in failure.job.roots]
    urls = [url for url in urls if "+" in url[:4]]
    where = next((url for url in urls if url.partition("+")[2].partition("@")[0] in failure.text), "a repository")
    said = [line for line in failure.causes if re.search(r"fatal:|did not match any", line)]
    return ResolutionError(
        f"{where} cannot be checked out",
        causes=said or failure.causes[-3:],
        hint="check its address and its branch, tag or commit, and that git gets at it: git ls-remote URL",
    )


def nothing_there(failure: Failure, _found: re.Match[str]) -> ResolutionError | None:
    """An address that was asked for does not exist; None where the 404 is about another."""
    gone = _direct_in(failure)
    if gone is None:
        return None
    return ResolutionError(f"there is nothing at {gone}", causes=["the server says 404"], hint="check the address")


def _asked_for(failure: Failure) -> str:
    """The thing that a server was asked for: the address of a requirement, or the index."""
    return _direct_in(failure) or "the package index"


def _direct_in(failure: Failure) -> str | None:
    """The address of a requirement that the failure's text names, without credentials; None without any."""
    urls = [root.requirement.url or "" for root in failure.job.roots]
    plain = [re.sub(r"//[^/]*@", "//", url).partition("#")[0] for url in urls if url.startswith("http")]
    return next((url for url in plain if url in re.sub(r"//[^/\s]*@", "//", failure.text)), None)


# -- hashes --------------------------------------------------------------------------------------


def other_hash(failure: Failure, _found: re.Match[str]) -> ResolutionError:
    """No file has a hash that was asked for."""
    names = re.findall(r"^\s*([\w.-]+)(?:==\S+)? from http", failure.text, re.MULTILINE) or [failure.asked]
    return ResolutionError(
        f"no file of {', '.join(names)} has a hash that was asked for",
        causes=[line for line in failure.causes if line.startswith("Expected ")],
        hint="make the requirements file anew, or find out why the index serves other files",
    )


def unhashed(failure: Failure, _found: re.Match[str]) -> ResolutionError:
    """Some requirements have hashes, and others none."""
    return ResolutionError(
        "some requirements have hashes, so all of them need one",
        causes=[line for line in failure.causes if "--require-hashes" not in line],
        hint="add --hash to these lines, with their dependencies, or take all hashes out",
    )


# -- projects and versions -----------------------------------------------------------------------


def without_tools(failure: Failure, found: re.Match[str]) -> ResolutionError:
    """The build requirements of a `project` are not to be had."""
    absent = _ABSENT.search(failure.text)
    return ResolutionError(
        f"what it takes to build {found['project']} is not to be had",
        causes=[f"there is no {requirement_name(absent['uv'] or absent['pip'])}"] if absent else failure.causes,
        hint=f"name an index or --find-links that has it, or a wheel of {found['project']}",
    )


def unbuilt(failure: Failure, found: re.Match[str]) -> ResolutionError:
    """The backend of a `project` fails before it says what that needs, whichever resolver asks."""
    project = found["project"].partition(" ")[0]
    urls = _urls_of(failure, canonicalize_name(requirement_name(project)))
    return ResolutionError(
        f"{project} could not be built to learn what it needs",
        causes=failure.causes,
        hint="take another version of it, or see all that its backend says: pip wheel --no-deps "
        + (mask(urls[0]) if urls else project),
    )


def no_wheel_there(failure: Failure, _found: re.Match[str]) -> ResolutionError | None:
    """A project that the failure names has no wheel for the target, as indexes tell; None where they do not."""
    return wheel_missing(failure.resolver, failure.job, failure.text)


def absent(failure: Failure, found: re.Match[str]) -> ResolutionError | None:
    """No index has the `project`; None where it has, for another Python."""
    if _OTHER_PYTHON.search(failure.text):
        return None
    settings, name = failure.job.settings, requirement_name(found["project"])
    guess = near_name(name, settings)
    hint = "check the spelling, or name the index that has it: --index-url URL"
    if settings.no_index:
        hint = "check the spelling, leave out --no-index, or name a directory that has it: -f DIR"
    return ResolutionError(
        f"there is no project {name} in {'--find-links' if settings.no_index else 'the package index'}",
        causes=[line for line in failure.causes if "depends on" in line and name in line],
        hint=f"did you mean {guess}?" if guess else hint,
    )


def other_python(failure: Failure, _found: re.Match[str]) -> ResolutionError:
    """All versions that would do are for another Python."""
    version = failure.job.target.environment["python_full_version"]
    return ResolutionError(
        f"{_subjects(failure, failure.asked)} cannot be had for Python {version}",
        causes=failure.causes,
        hint="build for a Python that it takes (--python 3.X), or ask for another version of it",
    )


def without_wheel(failure: Failure, found: re.Match[str]) -> ResolutionError:
    """A `project` has no wheel that may be taken."""
    name = found["project"] or failure.asked
    hint = f"build on that platform, or point at a wheel built there: --find-links DIR with a wheel of {name}"
    if not is_foreign(failure.job.target):
        hint = how_to_allow_sources(name)
    return ResolutionError(f"{name} has no wheel for {failure.job.target.name}", causes=failure.causes, hint=hint)


def contradiction(failure: Failure, found: re.Match[str]) -> ResolutionError | None:
    """Two requirements on one project (`first`, `second`) exclude each other; None for two projects."""
    if requirement_name(found["first"]) != requirement_name(found["second"]):
        return None
    return _conflict(failure, f"{found['first']} and {found['second']}")


def conflict(failure: Failure, found: re.Match[str]) -> ResolutionError:
    """The requirements that pip names (`what`) do not fit together."""
    return _conflict(failure, found["what"])


def proven_conflict(failure: Failure, _found: re.Match[str]) -> ResolutionError | None:
    """The requirements that uv's proof is about do not fit together; None where it is about no dependency."""
    required = failure.required()
    if not required or not re.search(r"\bdepends? on\b", failure.text):
        return None
    return _conflict(failure, f"what {required[0]} needs" if len(required) == 1 else " and ".join(required))


def no_version(failure: Failure, found: re.Match[str]) -> ResolutionError:
    """No version satisfies a requirement (`wanted`, or those that were asked for)."""
    what = found.groupdict().get("wanted") or _subjects(failure, failure.asked)
    return ResolutionError(
        f"no version of {requirement_name(what)} satisfies {what}",
        causes=failure.causes,
        hint="ask for a version that is there; --pre lets in pre-releases",
    )


def _urls_of(failure: Failure, name: str) -> list[str]:
    roots = [root.requirement for root in failure.job.roots]
    return [root.url for root in roots if root.url and canonicalize_name(root.name) == name]


def _conflict(failure: Failure, what: str) -> ResolutionError:
    return ResolutionError(
        f"no versions of {what} fit together",
        causes=failure.causes,
        hint="loosen one of the version bounds, or leave one out",
    )


def _subjects(failure: Failure, otherwise: str) -> str:
    pip = re.search(r"Could not find a version that satisfies the requirement (\S+)", failure.text)
    return " and ".join(failure.required()) or (pip[1] if pip else otherwise)
