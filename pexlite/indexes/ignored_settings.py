"""Notices about pip's settings that a build ignores, so that nobody relies on them."""

from __future__ import annotations

from collections.abc import Mapping

from pexlite.indexes.environment import diverts

# Settings that `indexes.settings` reads.
HEEDED = frozenset(
    {
        *("index-url", "pypi-url", "extra-index-url", "find-links", "no-index", "pre", "uploaded-prior-to"),
        *("only-binary", "no-binary", "require-hashes", "trusted-host", "cert", "client-cert", "proxy"),
        *("timeout", "default-timeout", "retries", "keyring-provider", "constraint"),
    }
)
# Settings of pip's output, cache and installation, which do not concern a build.
_OF_PIP_ALONE = frozenset(
    {
        *("verbose", "quiet", "debug", "no-color", "progress-bar", "log", "log-file", "local-log", "help"),
        *(
            "no-input",
            "version",
            "disable-pip-version-check",
            "no-python-version-warning",
            "no-warn-script-location",
        ),
        *("no-warn-conflicts", "root-user-action", "break-system-packages", "require-virtualenv", "require-venv"),
        *("cache-dir", "no-cache-dir", "no-clean", "resume-retries", "exists-action", "src", "source", "report"),
        *("user", "target", "prefix", "root", "upgrade", "upgrade-strategy", "force-reinstall", "dry-run", "dest"),
        *("ignore-installed", "compile", "no-compile", "wheel-dir", "format", "json", "path", "editable"),
    }
)
_OFF = frozenset({"0", "false", "no", "off", "n", "f", ""})


def unheeded(said: Mapping[str, str], resolver: str, *, hears_pip: bool) -> tuple[str, ...]:
    """A notice for the settings in `said`, by pip's long names, that a build by the `resolver` ignores.

    pip itself, or a resolver that `hears_pip`, still follows those that do not divert it.
    """
    names = [name for name in sorted(said) if said[name].lower() not in _OFF]
    names = [name for name in names if name not in HEEDED | _OF_PIP_ALONE]
    never = [name for name in names if diverts(name)]
    unheard = [] if hears_pip else [name for name in names if name not in never]
    notices = []
    if never:
        notices.append(f"{_settings(never)} not heeded: {', '.join(never)}")
    if unheard:
        where = f"where {resolver} resolves (--resolver pip)"
        notices.append(f"{_settings(unheard)} not heeded {where}: {', '.join(unheard)}")
    return tuple(notices)


def unheeded_by_lock(said: Mapping[str, str]) -> tuple[str, ...]:
    """A notice for the settings in `said` that would choose other versions, where a lock has chosen them."""
    names = [name for name in ("constraint", "pre", "uploaded-prior-to") if said.get(name, "").lower() not in _OFF]
    return (f"{_settings(names)} not heeded where a lock is followed: {', '.join(names)}",) if names else ()


def _settings(names: list[str]) -> str:
    return "a setting of pip is" if len(names) == 1 else "settings of pip are"
