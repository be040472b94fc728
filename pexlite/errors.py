"""Every failure that a person can cause: one class each, with its exit code and hint.

An error is a sentence in lower case that names the thing, `causes` that explain it line by line, and a `hint` with
what to type. The exit codes are those of docs/commands.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pexlite.addresses import mask


class PexliteError(Exception):
    """A failure that a person can mend: `message`, `causes` (one line each) and `hint` (what to type).

    Secrets in their addresses are masked. Causes and hint are notes of the exception too, which a traceback shows.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, causes: Sequence[str] = (), hint: str | None = None) -> None:
        self.message = mask(message)
        super().__init__(self.message)
        self.causes = tuple(map(mask, causes))
        self.hint = hint and mask(hint)
        for line in [*(f"  {cause}" for cause in self.causes), *([f"hint: {self.hint}"] if hint else [])]:
            self.add_note(line)


class UsageError(PexliteError):
    """The request contradicts itself, or names something that does not exist."""

    exit_code = 2


class ResolutionError(PexliteError):
    """No set of distributions satisfies the requirements."""

    exit_code = 3


class WheelMissing(ResolutionError):
    """A project has no wheel for a target.

    `source_of` names the project if a suitable version exists as a source distribution, which may build a pure
    wheel.
    """

    source_of: str | None = None


class IndexConfigurationError(PexliteError):
    """The index settings (options, pip's configuration, environment) cannot be read or used."""

    exit_code = 3


class FetchError(PexliteError):
    """A distribution could not be downloaded, or is not the one that the lock names."""

    exit_code = 3


class HashMismatch(FetchError):
    """A downloaded file has another digest or size than the lock has."""


class ProjectBuildError(PexliteError):
    """A project or source distribution could not be built into a wheel."""

    exit_code = 3


class InvalidWheel(PexliteError):
    """A wheel differs from its name, or breaks the wheel specification."""

    exit_code = 4


class TargetError(PexliteError):
    """A target interpreter or platform is unknown, or gave no answer."""

    exit_code = 2


class ClosureIncomplete(PexliteError):
    """The wheels at hand do not satisfy the requirements on a target."""

    exit_code = 4


class EntryPointMissing(PexliteError):
    """The entry point is in no wheel of the bundle."""

    exit_code = 4


class Unplaceable(PexliteError):
    """An app's directory has no place for files of some wheels, so that no start could ever succeed."""

    exit_code = 4


class CollisionError(PexliteError):
    """Two wheels have different files of one name."""

    exit_code = 4


class WriteError(PexliteError):
    """The output could not be written."""

    exit_code = 5


class NotABundle(PexliteError):
    """The file was not written by pexlite, or is damaged."""

    exit_code = 6


class VerificationFailed(PexliteError):
    """A built file has changed since it was built, or differs from a lock."""

    exit_code = 6


class HostError(PexliteError):
    """Another machine does not answer, or its answer is unexpected."""

    exit_code = 7
