"""Decides what can be sealed into a file about its start, before anything is resolved."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from pexlite.errors import UsageError
from pexlite.model import LaunchOptions

VARIABLE = re.compile("[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
"""The names of variables that every shell can set."""

# Java programs have dots in theirs; a digit in front, a space or a quotation mark is a slip.
_NAME = re.compile("[A-Za-z_][A-Za-z0-9_.-]*", re.ASCII)
_LONGEST_SHEBANG = 125  # bytes, after "#!"
# Python's own options that only change how it runs, by whether a value follows (python --help).
_ALONE = frozenset("bBdEiIOPqRsSuvx")
_WITH_VALUE = frozenset("WX")
_LONG = frozenset({"--check-hash-based-pycs"})


def check_launch(launch: LaunchOptions) -> None:
    """Raise UsageError for options on the start that contradict each other, or that no start could follow."""
    shebang_of(launch)
    if launch.sh_boot and len(_python_words(launch)) > 1:
        raise UsageError(
            f"--sh-boot starts {_python_words(launch)[0]} without the options that --python-shebang has for it",
            hint=f"--inject-python-args '{' '.join(_python_words(launch)[1:])}'",
        )
    for option, text in launch.texts():
        if "\0" in text:
            raise UsageError(f"{option} has a character that no program can be given (NUL)")
    if launch.pex_root is not None and not launch.pex_root.strip():
        raise UsageError("--runtime-pex-root names no directory", hint="--runtime-pex-root /var/cache/pex")
    for name, _ in launch.inject_env:
        _check_variable(name)
    _check_python_arguments(launch.inject_python_args)


def shebang_of(launch: LaunchOptions) -> str:
    """The words after `#!`. Raises UsageError for a line that no kernel could read, or that starts no Python."""
    shebang = launch.shebang.removeprefix("#!").strip()
    if not shebang or "\n" in shebang or len(shebang.encode()) > _LONGEST_SHEBANG:
        raise UsageError(
            f"{launch.shebang!r} is no line that a kernel can start a file with",
            causes=["it has to be one line of at most 127 bytes"],
            hint="--python-shebang '/usr/bin/env python3'",
        )
    program, *words = shebang.split()
    name = program.rpartition("/")[2]
    if not program.startswith("/") or not any("py" in word for word in (words if name == "env" else [name])):
        raise UsageError(
            f"#!{shebang} starts no Python",
            causes=[
                f"a kernel takes {program} as the program, whose name should be that of a Python, with its path"
            ],
            hint="--python-shebang '/usr/bin/env python3', or /path/to/python3 (blanks in it end the path)",
        )
    return shebang


def python_of(launch: LaunchOptions) -> str:
    """The Python that `shebang_of` starts: a path, or a name to look for on PATH."""
    return _python_words(launch)[0]


def identifying_line(launch: LaunchOptions) -> str:
    """As much of the shebang as the first bytes of a file show, so that it can be read back from them.

    A launcher knows no more of it than the Python.
    """
    return line_for(python_of(launch)) if launch.sh_boot or launch.launcher else shebang_of(launch)


def line_for(python: str) -> str:
    """The shebang that starts `python`: a path, or a name to look for on PATH."""
    return python if "/" in python else f"/usr/bin/env {python}"


def _python_words(launch: LaunchOptions) -> list[str]:
    """The words of the shebang from the Python on, as env reads them too."""
    program, *words = shebang_of(launch).split()
    if program.rpartition("/")[2] != "env":
        return [program, *words]
    return list(itertools.dropwhile(lambda word: word[:1] == "-" or "=" in word, words))


def unread_variables(launch: LaunchOptions) -> tuple[str, ...]:
    """A notice about sealed variables that Python reads before the file can set them."""
    names = [name for name, _ in launch.inject_env if name.startswith("PYTHON")]
    if not names or launch.sh_boot:
        return ()
    are = "is" if len(names) == 1 else "are"
    return (
        f"{', '.join(names)} {are} set for child processes alone, since Python reads such variables when it "
        "starts; --inject-python-args or --sh-boot reaches the app itself",
    )


def _check_variable(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name of a variable", hint="write --inject-env NAME=VALUE")
    if name == "PEX" or name.startswith("PEX_"):
        instead = " (--runtime-pex-root says where the cache is)" if name == "PEX_ROOT" else ""
        raise UsageError(
            f"--inject-env {name} would come too late: a start reads it before it sets what is sealed in",
            hint=f"set it where the file is started: {name}=… ./app.pex{instead}",
        )


def _check_python_arguments(words: Sequence[str]) -> None:
    """Raise UsageError for a word that is none of the options that change how Python runs."""
    rest = iter(words)
    for word in rest:
        if word in _LONG:
            next(rest, None)
            continue
        letters = word[1:] if word[:1] == "-" else ""
        alone = letters[: len(letters) - len(letters.lstrip("".join(_ALONE)))]
        left = letters[len(alone) :]
        fine = bool(letters) and (not left or left[0] in _WITH_VALUE)
        if fine and left and len(left) == 1:
            fine = next(rest, None) is not None
        if not fine:
            raise UsageError(
                f"--inject-python-args: {word!r} is no option of Python that the app could be started with",
                causes=["the app follows these words, so -c, -m and names of files would take its place"],
                hint="write them as in --inject-python-args '-W ignore -u'",
            )
