"""Why a server gave no content, in words, and whether another attempt may help."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from urllib3.exceptions import (
    ConnectTimeoutError,
    LocationParseError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    SSLError,
)

from pexlite.addresses import mask
from pexlite.errors import FetchError
from pexlite.network.credentials import shown_server

_Found = TypeVar("_Found")
_TRY_AGAIN = frozenset({408, 425, 429})
_LONGEST_PAUSE = 30.0  # seconds, even if Retry-After is longer

UNREACHABLE_HINT = "check the network, the proxy (PIP_PROXY) and the index settings (pip config list)"


class NoContentError(Exception):
    """A server gave no content. The message tells why, continuing a sentence that begins with the wanted thing."""

    def __init__(self, reason: str, *, causes: Sequence[str] = (), hint: str | None = None) -> None:
        super().__init__(reason)
        self.causes = tuple(causes)
        self.hint = hint

    def of(self, wanted: str, hint: str | None = None) -> FetchError:
        """The error for a person who wanted `wanted`, a file or an address; `hint` replaces ours."""
        return FetchError(f"{wanted} was not fetched: {self}", causes=self.causes, hint=hint or self.hint)


class AccessRefusedError(NoContentError):
    """A server requires credentials, or other credentials."""


class GoneError(NoContentError):
    """A server has nothing at that address."""


class UnreachableError(NoContentError):
    """No attempt reached the server."""


class ExhaustedError(NoContentError):
    """The server was reached, and every attempt failed."""


class AttemptError(NoContentError):
    """An attempt failed in a way that may not happen again."""

    def __init__(self, reason: str, *, pause: float | None = None, reached: bool = True) -> None:
        super().__init__(reason)
        self.pause = pause
        """The seconds that the server wants to be left alone for."""
        self.reached = reached

    def after(self, failures: int, url: str) -> NoContentError:
        """The error after so many attempts."""
        causes = [f"tried {'once' if failures == 1 else f'{failures} times'} from {url}"]
        if self.reached:
            return ExhaustedError(str(self), causes=causes, hint="try again later")
        return UnreachableError(str(self), causes=causes, hint=UNREACHABLE_HINT)


def attempts(
    attempt: Callable[[], _Found], url: str, retries: int, wait: Callable[[float], object] = time.sleep
) -> _Found:
    """The result of `attempt`, which requests `url`; after an AttemptError it is called again `retries` times.

    Raises an attempt's NoContentError, or one that counts all attempts.
    """
    failures = 0
    while True:
        try:
            return attempt()
        except AttemptError as problem:
            failures += 1
            if failures > retries:
                raise problem.after(failures, url) from problem
            wait(min(0.2 * 2**failures if problem.pause is None else problem.pause, _LONGEST_PAUSE))


def broken(url: str, problem: Exception) -> NoContentError:
    """The error for a connection to the server of `url` that failed with `problem`."""
    reason = problem.reason if isinstance(problem, MaxRetryError) and problem.reason else problem
    host = shown_server(url)
    if is_distrust(reason):
        return NoContentError(
            f"the certificate of {host} is not trusted",
            causes=[mask(str(reason))],
            hint="PIP_CERT=FILE names the authorities to trust; --trusted-host HOST does without",
        )
    if isinstance(reason, LocationParseError):
        return NoContentError(f"{mask(url)} is no web address")
    if isinstance(reason, ProxyError):
        return AttemptError(f"the proxy does not answer for {host}", reached=False)
    if isinstance(reason, NameResolutionError):
        return AttemptError(f"no address is known for {host}", reached=False)
    if isinstance(reason, (NewConnectionError, ConnectTimeoutError)):
        return AttemptError(f"{host} does not answer", reached=False)
    return AttemptError(f"the connection to {host} broke ({type(reason).__name__})")


def is_distrust(problem: Exception) -> bool:
    """Whether a connection failed because no trusted authority signed the server's certificate."""
    reason = problem.reason if isinstance(problem, MaxRetryError) else problem
    return isinstance(reason, (SSLError, ssl.SSLError)) and "CERTIFICATE_VERIFY_FAILED" in str(reason)


def refused(url: str, status: int, wish: str, *, authorized: bool) -> NoContentError:
    """The error for an answer with another `status` than 200; `wish` is its Retry-After."""
    if status in _TRY_AGAIN or status >= 500:
        return AttemptError(f"the server answered {status}", pause=float(wish) if wish.isdecimal() else None)
    if status in (401, 403):
        said = "refuses the credentials it was given" if authorized else "wants credentials and got none"
        return AccessRefusedError(
            f"{shown_server(url)} {said}",
            causes=[f"status {status} for {url}"],
            hint="put them into the index URL (https://user:password@host/…), into netrc, "
            "or into a keyring (PIP_KEYRING_PROVIDER=subprocess)",
        )
    kind = GoneError if status in (404, 410) else NoContentError
    return kind(f"the server answered {status}", causes=[f"for {url}"])
