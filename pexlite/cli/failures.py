"""Failures in words: `error: what happened`, its causes, `hint: what to type`, and the exit code."""

from __future__ import annotations

import contextlib
import errno
import json
import sys
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click

from pexlite.addresses import mask
from pexlite.cli.pex_options import in_pexlite
from pexlite.cli.say import flush, say, write
from pexlite.errors import PexliteError, WriteError

# Any write may meet a full or write-protected disk: to a cache, a temporary directory or the output.
_WHAT_HELPS = {
    errno.ENOSPC: "make room there; TMPDIR and PEXLITE_CACHE_DIR name other places to work in",
    errno.EDQUOT: "make room there; TMPDIR and PEXLITE_CACHE_DIR name other places to work in",
    errno.EROFS: "name a place that can be written, with -o, TMPDIR or PEXLITE_CACHE_DIR",
    errno.EACCES: "check who may read and write it and the directories above it: ls -ld",
    errno.EPERM: "check who may read and write it and the directories above it: ls -ld",
    errno.EMFILE: "let more files be open: ulimit -n 4096",
    errno.EFBIG: "let files be larger: ulimit -f unlimited",
    errno.EAGAIN: "let more processes run: ulimit -u",
    errno.ENOMEM: "end other programs, or let this one have more memory: ulimit -v unlimited",
}


@dataclass(frozen=True)
class Manner:
    """How to report a failure, read from the raw arguments: parsing them may be what failed."""

    verbose: bool
    json: bool

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Manner:
        """The manner for `arguments`, even if they cannot be parsed."""
        return cls(verbose="-v" in arguments or "--verbose" in arguments, json="--json" in arguments)


@dataclass(frozen=True)
class Failure:
    """A failure in words, ready to be shown."""

    error: str
    causes: tuple[str, ...]
    hint: str | None
    exit_code: int


def show(failure: Exception, manner: Manner) -> int:
    """Print `failure` on stderr and, with --json, on stdout; return its exit code."""
    if manner.verbose and not isinstance(failure, click.ClickException):
        trace = traceback.TracebackException.from_exception(failure)
        trace.__notes__ = None  # causes and hint come below
        say(*"".join(trace.format()).splitlines(), err=True)
    return _tell(in_words(failure), manner)


def show_interruption(manner: Manner) -> int:
    """Print that Ctrl-C ended the command; return 130."""
    return _tell(Failure("interrupted", (), None, 130), manner)


def in_words(failure: Exception) -> Failure:
    """`failure` as a sentence, its causes, a hint and an exit code."""
    found = _in_words(failure)
    return replace(found, error=mask(found.error), hint=found.hint and mask(found.hint))


def _in_words(failure: Exception) -> Failure:
    if isinstance(failure, PexliteError):
        return Failure(failure.message, failure.causes, failure.hint, failure.exit_code)
    if isinstance(failure, click.NoSuchOption):
        return _unknown_option(failure)
    if isinstance(failure, click.ClickException):
        return Failure(_as_ours(failure.format_message()), (), _how_to_get_help(failure), failure.exit_code)
    if isinstance(failure, OSError) and failure.errno is not None:
        return _of_the_system(failure)
    if isinstance(failure, ModuleNotFoundError) and failure.name in sys.stdlib_module_names:
        return _without_module(failure.name.lstrip("_"))
    if isinstance(failure, MemoryError):
        return Failure("there is not enough memory", (), _WHAT_HELPS[errno.ENOMEM], WriteError.exit_code)
    first_line = (str(failure).splitlines() or [""])[0]
    return Failure(
        f"a bug in pexlite: {type(failure).__name__}: {first_line}",
        (),
        "run it again with -v and report the traceback",
        1,
    )


def _without_module(name: str) -> Failure:
    """The failure of a Python that was made without a part of its standard library."""
    return Failure(
        f"{sys.executable} has no module {name}, which pexlite needs",
        ("a Python has none where the library for it was missing when it was made",),
        "install pexlite for another Python, one of those here: pexlite probe --list",
        1,
    )


def _of_the_system(failure: OSError) -> Failure:
    """A failure of the operating system, in the system's own words."""
    if isinstance(failure, FileNotFoundError) and _directory_is_gone():
        return Failure("the current directory is not there any more", (), "change to one that is: cd", 2)
    place = f": {failure.filename}" if failure.filename else ""
    hint = _WHAT_HELPS.get(failure.errno or 0)
    return Failure(f"{(failure.strerror or 'failed').lower()}{place}", (), hint, WriteError.exit_code)


def _directory_is_gone() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False


def _unknown_option(failure: click.NoSuchOption) -> Failure:
    hint = _how_to_get_help(failure)
    if failure.possibilities:
        hint = f"did you mean {failure.possibilities[0]}?"
    return Failure(
        f"there is no option {failure.option_name}",
        (),
        in_pexlite(failure.option_name) or hint,
        failure.exit_code,
    )


def _how_to_get_help(failure: click.ClickException) -> str:
    context = failure.ctx if isinstance(failure, click.UsageError) else None
    return f"{context.command_path if context else 'pexlite'} --help"


def _as_ours(message: str) -> str:
    """Click's "Option '-o' requires an argument." in our style: no capital, no full stop."""
    return message[:1].lower() + message[1:].removesuffix(".")


def _tell(failure: Failure, manner: Manner) -> int:
    lines = [f"error: {failure.error}", *(f"  {cause}" for cause in failure.causes)]
    lines += [f"hint: {failure.hint}"] if failure.hint else []
    # Flush stdout first, so that lines keep their order; a failure to write it has been reported already.
    with contextlib.suppress(OSError, PexliteError):
        flush()
    say(*lines, err=True)
    with contextlib.suppress(OSError, PexliteError):
        if manner.json:
            write(json.dumps(asdict(failure), indent=2))
            flush()
    return failure.exit_code
