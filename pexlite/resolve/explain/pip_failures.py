"""The words of pip where it fails, those of its log among them; the surest come first."""

from __future__ import annotations

from pexlite.resolve.explain import kinds
from pexlite.resolve.explain.failure import row

ROWS = (
    row(
        "no ssl",
        kinds.without_ssl,
        r"The 'ssl' module is unavailable|the ssl module (?:in Python )?is not available",
        "26.3",
        "Could not fetch URL https://index.example/simple/core/: There was a problem confirming the ssl "
        "certificate: The 'ssl' module is unavailable but required for HTTPS URLs - skipping",
    ),
    row(
        "certificate",
        kinds.untrusted,
        r"certificate|SSLError",
        "26.3",
        "Could not fetch URL https://index.example/simple/core/: There was a problem confirming the ssl "
        "certificate: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed - skipping",
    ),
    row(
        "no encryption",
        kinds.open_to_others,
        r"The repository located at (?P<host>\S+) is not a trusted or secure host and is being ignored",
        "26.3",
        "WARNING: The repository located at index.example is not a trusted or secure host and is being ignored.",
        unprovoked="an index without encryption is refused before pip runs, a link on a page is not",
    ),
    row(
        "unauthorized",
        kinds.refused,
        r"\b401\b.*(?:Unauthorized|Client Error)|credentials",
        "26.3",
        "Could not fetch URL https://index.example/simple/core/: 401 Client Error: Unauthorized for url: "
        "https://index.example/simple/core/ - skipping",
    ),
    row(
        "forbidden",
        kinds.refused,
        r"\b403\b.*(?:Forbidden|Client Error)",
        "26.3",
        "Could not fetch URL https://index.example/simple/core/: 403 Client Error: Forbidden for url: "
        "https://index.example/simple/core/ - skipping",
    ),
    row(
        "no connection",
        kinds.unreachable,
        r"Connection (?:refused|reset)|NewConnectionError|ConnectTimeout|Network is unreachable|Could not connect",
        "26.3",
        "Could not fetch URL https://index.example/simple/core/: connection error: [Errno 111] Connection refused "
        "- skipping",
    ),
    row(
        "no such host",
        kinds.unreachable,
        r"Failed to resolve IP address|NameResolutionError|name resolution|getaddrinfo|Name or service not known",
        "26.3",
        "Could not fetch URL https://index.invalid/simple/core/: connection error: Failed to resolve IP address "
        "for 'index.invalid' ([Errno -2] Name or service not known) - skipping",
    ),
    row(
        "other project",
        kinds.misnamed_if_asked_for,
        r"inconsistent name: expected '(?P<given>[^']+)', but metadata has '(?P<proper>[^']+)'",
        "26.3",
        "Requested proper from file:///src/proper has inconsistent name: expected 'core', but metadata has "
        "'proper'",
    ),
    row(
        "no archive",
        kinds.bad_wheel,
        r"Wheel '[^']+' located at (?P<file>\S+) is invalid",
        "26.3",
        "ERROR: Wheel 'core' located at /wheels/core-1.0-py3-none-any.whl is invalid.",
    ),
    row(
        "bad structure",
        kinds.bad_wheel,
        r"(?P<project>\S+) has an invalid wheel, ",
        "26.3",
        "ERROR: core has an invalid wheel, .dist-info directory 'other-1.0.dist-info' does not start with 'core'",
    ),
    row(
        "other metadata",
        kinds.bad_wheel,
        r"Requested .* from (?P<file>\S+?\.whl)\S* .*has inconsistent (?P<what>name|version): "
        r"expected '[^']+', but metadata has '(?P<inside>[^']+)'",
        "26.3",
        "Requested core from file:///wheels/core-1.0-py3-none-any.whl (from app) has inconsistent version: "
        "expected '1.0', but metadata has '2.0'",
    ),
    row(
        "other hash",
        kinds.other_hash,
        r"DO NOT MATCH THE HASHES",
        "26.3",
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n"
        "    core==1.0 from https://index.example/core-1.0-py3-none-any.whl:\n        Expected sha256 0000",
    ),
    row(
        "no hash",
        kinds.unhashed,
        r"In --require-hashes mode|Hashes are required",
        "26.3",
        "ERROR: In --require-hashes mode, all requirements must have their versions pinned with ==. These do "
        "not:\n"
        "    app from https://index.example/app-1.0-py3-none-any.whl",
    ),
    row(
        "no checkout",
        kinds.checkout,
        r"\b(?:git|hg|svn|bzr) (?:clone|checkout|fetch|update|co|branch)\b.* did not run success",
        "26.3",
        "× git clone --filter=blob:none --quiet file:///srv/gone /tmp/pip-install-9hg_gmbo/core did not run "
        "successfully.",
    ),
    row(
        "not found",
        kinds.nothing_there,
        r"HTTP error 404 while getting",
        "26.3",
        "ERROR: HTTP error 404 while getting https://host.example/core-1.0-py3-none-any.whl",
    ),
    row(
        "build requirements",
        kinds.without_tools,
        r"installing build dependencies for (?P<project>\S+)",
        "26.3",
        "× installing build dependencies for core did not run successfully.",
    ),
    row(
        "build",
        kinds.unbuilt,
        r"Failed to build '(?P<project>[^']+)' when ",
        "26.3",
        "ERROR: Failed to build 'core' when getting requirements to build wheel",
    ),
    row(
        "no wheel",
        kinds.no_wheel_there,
        r"satisfies the requirement|requires? a different python",
        "26.3",
        "ERROR: Could not find a version that satisfies the requirement core>=2 (from versions: 1.0, 1.5)",
    ),
    row(
        "no such project",
        kinds.absent,
        r"Could not find a version that satisfies the requirement (?P<project>\S+).*\(from versions: none\)",
        "26.3",
        "ERROR: Could not find a version that satisfies the requirement core (from app) (from versions: none)",
    ),
    row(
        "other python",
        kinds.other_python,
        r"requires? a different python",
        "26.3",
        "ERROR: Package 'core' requires a different Python: 3.11.7 not in '>=3.99'",
    ),
    row(
        "conflict",
        kinds.conflict,
        r"Cannot install (?P<what>.+?) because these package versions have conflicting dependencies",
        "26.3",
        "ERROR: Cannot install strict and core>=1.5 because these package versions have conflicting dependencies.",
    ),
    row(
        "no version",
        kinds.no_version,
        r"Could not find a version that satisfies the requirement (?P<wanted>\S+)",
        "26.3",
        "ERROR: Could not find a version that satisfies the requirement core>=3 (from versions: 1.0, 1.5)",
    ),
)
