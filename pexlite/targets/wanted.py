"""A word that names a Python (`--python 3.12`), read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pexlite.model import Target

# 3, 3.12, 3.12.4, 3.15.0rc1, 3.13t, python3.12, pypy, pypy3.11
_WORD = re.compile(
    r"(?P<program>python|pypy)?(?:(?P<version>\d(?:\.\d+){0,2}(?:(?:a|b|rc)\d+)?)(?P<threads>t?))?", re.ASCII
)
# cp312, cp313t, pp311
_TAG = re.compile(r"(?P<kind>cp|pp)(?P<major>\d)(?P<minor>\d+)(?P<threads>t?)", re.ASCII)
_PROGRAM = re.compile(r"(?P<program>python|pypy)(?:(?P<version>\d(?:\.\d+)?)(?P<threads>t?))?", re.ASCII)


@dataclass(frozen=True)
class WantedPython:
    """A Python as a word names it."""

    kind: str
    """"cp" or "pp" where the word says so, else ""."""
    version: str
    """As much of the version as the word says: "", "3", "3.12", "3.12.4"."""
    free_threaded: bool
    named: bool
    """Whether the word is a program's name: on PATH that program is meant, whatever its version."""

    @property
    def program(self) -> str:
        """The name that its program has on PATH: "python3.12", "pypy3.11"."""
        minor = ".".join(self.version.split(".")[:2])
        return f"{'pypy' if self.kind == 'pp' else 'python'}{minor}{'t' if self.free_threaded else ''}"

    @property
    def programs(self) -> tuple[str, ...]:
        """The names under which it may be on PATH, the most exact first."""
        if self.named:
            return (self.program,)
        short = ("pypy3", "pypy") if self.kind == "pp" else ("python3", "python")
        return tuple(dict.fromkeys((self.program, *short)))

    def fits(self, target: Target) -> bool:
        """Whether `target` is such a Python."""
        if not self.version:
            return target.python.startswith(self.kind)
        full = target.environment["python_full_version"]
        return (
            target.python.startswith(self.kind)
            and (full == self.version or full.startswith(self.version + "."))
            and target.python.endswith("t") == self.free_threaded
        )

    def may_be(self, program: Path) -> bool:
        """Whether `program` may be such a Python, judged by its name once links are followed."""
        found = _PROGRAM.fullmatch(program.resolve().name)
        if found is None or found["version"] is None:
            return True
        # PyPy's directory also has a python3.11.
        if found["program"] == "pypy" and self.kind == "cp":
            return False
        if not self.version:
            return True
        if found["threads"] and not self.free_threaded:
            return False
        return all(map(str.__eq__, found["version"].split("."), self.version.split(".")))


def wanted_python(word: str) -> WantedPython | None:
    """The Python that `word` names; None where it names none."""
    tag = _TAG.fullmatch(word)
    if tag:
        return WantedPython(tag["kind"], f"{tag['major']}.{tag['minor']}", bool(tag["threads"]), named=False)
    found = _WORD.fullmatch(word)
    if not found or not word:
        return None
    version = found["version"] or ""
    kind = "pp" if found["program"] == "pypy" else ""
    named = found["program"] is not None and version.count(".") < 2 and not re.search("[abr]", version)
    return WantedPython(kind, version, bool(found["threads"]), named)


def word_for(target: Target) -> str:
    """The most exact word that names `target`'s Python: "3.12.4", "3.13.0t", "pypy3.11"."""
    if target.python.startswith("pp"):
        return f"pypy{target.environment['python_version']}"
    return target.environment["python_full_version"] + ("t" if target.python.endswith("t") else "")


def is_program_name(name: str) -> bool:
    """Whether a program called `name` is a Python, as far as its name tells."""
    return _PROGRAM.fullmatch(name) is not None
