"""The secrets in addresses: the one place that knows where a password or a token can be in one.

https://someone:secret@host/simple git+https://token@host/x.git https://host/x.whl?X-Amz-Signature=…
someone:secret@proxy:3128
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

_ADDRESS = re.compile(r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*)://(?P<rest>[^\s'\"`<>]*)")
# A proxy's address, without a scheme.
_BARE = re.compile(r"(?<![\w/@:.+-])[\w.%+~-]+:[^\s/@'\"`<>]+@(?=[\w\[])")
# In a path without its host, as in messages of urllib3 and servers.
_PARAMETER = re.compile(r"(?<=\S)([?&])([\w.%~-]+=[^\s&;'\"`<>)]+)")
_WITH_PORT = re.compile(r"(?:\[[^\]]*\]|[^:]*)(?::\d*)?")
_NUMBER = re.compile(r"\d{0,4}", re.ASCII)
_HIDDEN = "****"
# Parameters that identify a file. Any other may be a token or a signature, whatever its name.
_PLAIN = frozenset(
    {"archive", "branch", "commit", "download", "egg", "export", "file", "filename", "format", "inline", "path"}
    | {"raw", "ref", "rev", "revision", "subdirectory", "tag", "version"}
    | {"md5", "sha1", "sha224", "sha256", "sha384", "sha512"}
)


def without_secrets(address: str) -> str:
    """`address` for storing: without user and password, and without parameters that may be secret.

    The user that ssh needs stays, without a password. Text that is no address stays as it is.
    """
    scheme, found, rest = address.partition("://")
    return scheme + found + _cleaned(scheme, rest, lambda _: "", lambda _: "") if found else address


def has_secret_parameters(address: str) -> bool:
    """Whether `without_secrets` removes parameters from `address`, which may be useless without them."""
    return _query(address) != _query(without_secrets(address))


def mask(text: str) -> str:
    """`text` for showing: with `****` for everything that may be secret in the addresses in it."""

    def masked(found: re.Match[str]) -> str:
        return f"{found['scheme']}://" + _cleaned(
            found["scheme"], found["rest"], lambda _: f"{_HIDDEN}@", _as_hidden
        )

    if "@" not in text and "?" not in text and "#" not in text:
        return text
    without = _BARE.sub(f"{_HIDDEN}@", _ADDRESS.sub(masked, text))
    return _PARAMETER.sub(lambda found: found[1] + "".join(_parameters(found[2], _as_hidden)), without)


def _cleaned(scheme: str, rest: str, user: Callable[[str], str], parameter: Callable[[str], str]) -> str:
    """The `rest` after `://`, with `user(…)` for the user and `parameter(name)` for each secret parameter."""
    if scheme.lower() == "file":
        return rest
    name, rest = _parted(rest)
    if name:
        person = name.partition(":")[0]
        only_named = scheme.lower().endswith("ssh") and person not in ("", _HIDDEN)
        name = f"{person}@" if only_named else user(name)
    before, hash_, fragment = rest.partition("#")
    path, mark, query = before.partition("?")
    query = "&".join(_parameters(query, parameter))
    fragment = "&".join(_parameters(fragment, parameter)) if "=" in fragment else fragment
    return name + path + (mark + query if query else "") + (hash_ + fragment if fragment else "")


def _parted(rest: str) -> tuple[str, str]:
    """User and password, and the text after them.

    A password that should have been quoted may contain a slash: unless a port follows the colon, the password
    extends to the next @.
    """
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        end = authority.rindex("@")
    elif not _WITH_PORT.fullmatch(authority) and "@" in rest:
        end = rest.index("@")
    else:
        return "", rest
    return rest[:end], rest[end + 1 :]


def _as_hidden(name: str) -> str:
    return f"{name}={_HIDDEN}"


def _query(address: str) -> str:
    return address.partition("#")[0].partition("?")[2]


def _parameters(query: str, parameter: Callable[[str], str]) -> Iterator[str]:
    for part in filter(None, re.split("[&;]", query)):
        name, found, value = part.partition("=")
        plain = name.lower() in _PLAIN or (found and _NUMBER.fullmatch(value))
        shown = part if plain else parameter(name if found else "")
        if shown:
            yield shown
