"""The words of uv where it fails; the surest come first."""

from __future__ import annotations

from pexlite.resolve.explain import kinds
from pexlite.resolve.explain.failure import row

_WHEELS = (
    r"\bno (?:usable )?wheels\b|requested Python version|current Python version|requires? a different python"
    r"|requires Python [<>=~!]"
)

ROWS = (
    row(
        "certificate",
        kinds.untrusted,
        r"certificate|SSLError|UnknownIssuer",
        "0.13.9",
        "cause: client error (Connect)\n  cause: invalid peer certificate: UnknownIssuer",
    ),
    row(
        "forbidden",
        kinds.refused,
        r"\b403\b.*(?:Forbidden|Client Error)",
        "0.13.9",
        "hint: An index (https://index.example/simple/) returned a 403 Forbidden error.",
    ),
    row(
        "unauthorized",
        kinds.refused,
        r"\b401\b.*Unauthorized|credentials",
        "0.13.9",
        "hint: An index URL (https://index.example/simple/) could not be queried due to a lack of valid "
        "authentication credentials (401 Unauthorized)",
    ),
    row(
        "no connection",
        kinds.unreachable,
        r"Connection (?:refused|reset)|Network is unreachable|operation timed out|Could not connect",
        "0.13.9",
        "cause: client error (Connect)\n  cause: tcp connect error\n  cause: Connection refused (os error 111)",
    ),
    row(
        "no such host",
        kinds.unreachable,
        r"dns error|name resolution|client error \(Connect\)",
        "0.13.9",
        "cause: client error (Connect)\n  cause: dns error\n  cause: error resolving DNS",
    ),
    row(
        "offline",
        kinds.unreachable,
        r"Network connectivity is disabled|network was disabled|was not found in the cache",
        "0.13.9",
        "cause: Because core was not found in the cache and you require core, we can conclude that your "
        "requirements are unsatisfiable.",
    ),
    row(
        "other project",
        kinds.misnamed,
        r"Package metadata name `(?P<proper>[^`]+)` does not match given name `(?P<given>[^`]+)`",
        "0.13.9",
        "error: Failed to build `core @ file:///src/proper`\n"
        "  cause: Package metadata name `proper` does not match given name `core`",
    ),
    row(
        "no archive",
        kinds.bad_wheel,
        r"Failed to extract archive: (?P<file>\S+\.whl)",
        "0.13.9",
        "cause: Failed to extract archive: core-1.0-py3-none-any.whl\n  cause: Invalid zip file structure",
    ),
    row(
        "no metadata",
        kinds.bad_wheel,
        r"Failed to (?:download|read|extract)[^`]*`(?P<project>[^`]+)`\s+failed to open file",
        "before 0.13",
        "error: Failed to download `core==1.0`\n  cause: failed to open file `/cache/core-1.0.dist-info/METADATA`",
        unprovoked="uv tells of the structure instead since 0.13",
    ),
    row(
        "other directory",
        kinds.bad_wheel,
        r"Failed to read `(?P<project>[^` ]+)[^`]*`\s+Failed to read metadata",
        "0.13.9",
        "error: Failed to read `core @ file:///wheels/core-1.0-py3-none-any.whl`\n"
        "  cause: Failed to read metadata: /cache/adnMdFp3Tr6jLQ8z\n"
        "  cause: The .dist-info directory `other-1.0` does not start with the normalized package name: core",
    ),
    row(
        "bad structure",
        kinds.bad_wheel,
        r"The structure of `(?P<project>[^`]+)` \(v(?P<version>[^)]+)\) was invalid",
        "0.13.9",
        "hint: The structure of `core` (v1.0) was invalid:\n  Failed to read from zip file",
    ),
    row(
        "no checkout",
        kinds.checkout,
        r"Git operation failed",
        "0.13.9",
        "error: Failed to download and build `core @ git+file:///srv/gone@main`\n  cause: Git operation failed",
    ),
    row(
        "not found",
        kinds.nothing_there,
        r"HTTP status client error \(404",
        "0.13.9",
        "cause: HTTP status client error (404 Not Found) for url (https://host.example/core-1.0-py3-none-any.whl)",
    ),
    row(
        "build requirements",
        kinds.without_tools,
        r"Failed to (?:download and )?build `(?P<project>[^`]+)`\s+Failed to resolve requirements from",
        "0.13.9",
        "error: Failed to build `core @ file:///src/core`\n"
        "  cause: Failed to resolve requirements from `build-system.requires`",
    ),
    row(
        "build",
        kinds.unbuilt,
        r"Failed to (?:download and )?build `(?P<project>[^`]+)`\s+The build backend returned an error",
        "0.13.9",
        "error: Failed to build `core==1.0`\n  cause: The build backend returned an error",
    ),
    row(
        "no wheel",
        kinds.no_wheel_there,
        _WHEELS,
        "0.13.9",
        "cause: Because core==1.0 has no wheels with a matching Python implementation tag (e.g., `cp311`) and "
        "only core==1.0 is available, we can conclude that all versions of core cannot be used.",
    ),
    row(
        "no such project",
        kinds.absent,
        r"Because (?P<project>[\w.-]+) was not found in the (?:package registry|provided package locations)",
        "0.13.9",
        "cause: Because core was not found in the package registry and you require core, we can conclude that "
        "your requirements are unsatisfiable.",
    ),
    row(
        "other python",
        kinds.other_python,
        r"requested Python version|current Python version|requires Python [<>=~!]",
        "0.13.9",
        "cause: Because the requested Python version (>=3.11) does not satisfy Python>=3.99 and core==1.0 depends "
        "on Python>=3.99, we can conclude that core==1.0 cannot be used.",
    ),
    row(
        "no wheel to take",
        kinds.without_wheel,
        r"(?:all versions of )?(?P<project>[\w.-]+)(?:[=<>!~]=?[^\s,]+)? (?:has|have) no (?:usable )?wheels",
        "0.13.9",
        "cause: Because core==1.0 has no usable wheels and you require core==1.0, we can conclude that your "
        "requirements are unsatisfiable.",
    ),
    row(
        "contradiction",
        kinds.contradiction,
        r"Because you require (?P<first>\S+) and (?P<second>\S+), we can conclude that your requirements",
        "0.13.9",
        "cause: Because you require core==1.0 and core==1.5, we can conclude that your requirements are "
        "unsatisfiable.",
    ),
    row(
        "conflict",
        kinds.proven_conflict,
        r"unsatisfiable",
        "0.13.9",
        "cause: Because all versions of strict depend on core<1.5 and you require strict, we can conclude that "
        "you require core<1.5.\n         And because you require core>=1.5, we can conclude that your "
        "requirements are unsatisfiable.",
    ),
    row(
        "no version",
        kinds.no_version,
        r"there is no version of (?P<wanted>[^\s,]+)",
        "0.13.9",
        "cause: Because there is no version of core==7 and you require core==7, we can conclude that your "
        "requirements are unsatisfiable.",
    ),
    row(
        "only others",
        kinds.no_version,
        r"only [^,]+? (?:is|are) available",
        "0.13.9",
        "cause: Because only core<=1.5 is available and you require core>=3, we can conclude that your "
        "requirements are unsatisfiable.",
    ),
)
