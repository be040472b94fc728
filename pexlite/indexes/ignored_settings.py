"""Settings of pip that a build does not heed, named so that nobody counts on them."""

from __future__ import annotations

from collections.abc import Mapping

from pexlite.indexes.arguments import diverts
from pexlite.model.installer import Installer

# What `resolve.index` reads.
HEEDED = frozenset(
    {
        *("index-url", "pypi-url", "extra-index-url", "find-links", "no-index", "pre", "uploaded-prior-to"),
        *("only-binary", "no-binary", "require-hashes", "trusted-host", "cert", "client-cert", "proxy"),
        *("timeout", "default-timeout", "retries", "keyring-provider", "constraint"),
    }
)
# What pip shows and keeps, and where and over what it would install: a build has nothing to do with it.
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


def unheeded(said: Mapping[str, str], installer: Installer) -> tuple[str, ...]:
    """A notice for the settings in `said`, by pip's long names, that a build by `installer` does not heed.

    pip, where it resolves, still hears those that would not divert it.
    """
    names = [name for name in sorted(said) if said[name].lower() not in _OFF]
    names = [name for name in names if name not in HEEDED | _OF_PIP_ALONE]
    never = [name for name in names if diverts(name)]
    by_uv = [name for name in names if name not in never] if installer.name == "uv" else []
    notices = []
    if never:
        notices.append(f"{_settings(never)} not heeded: {', '.join(never)}")
    if by_uv:
        notices.append(f"{_settings(by_uv)} not heeded where uv resolves (--resolver pip): {', '.join(by_uv)}")
    return tuple(notices)


def unheeded_by_lock(said: Mapping[str, str]) -> tuple[str, ...]:
    """A notice for the settings in `said` that would choose other versions, where a lock has chosen them."""
    names = [name for name in ("constraint", "pre", "uploaded-prior-to") if said.get(name, "").lower() not in _OFF]
    return (f"{_settings(names)} not heeded where a lock is followed: {', '.join(names)}",) if names else ()


def _settings(names: list[str]) -> str:
    return "a setting of pip is" if len(names) == 1 else "settings of pip are"
