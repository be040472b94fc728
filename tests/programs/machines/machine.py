"""A machine: a root file system of one architecture and C library, and the Pythons in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Python:
    """A Python by its `tag`, as in wheel tags, and the path of its program inside."""

    tag: str
    program: str
    abi: str = ""
    """Of a PyPy, which has another name for it: "pypy311_pp80"."""
    compiled: bool = False
    """Whether no package has it: it is compiled here, and shown inside below /opt."""

    @property
    def version(self) -> tuple[int, int]:
        digits = self.tag[2:].rstrip("t")
        return int(digits[0]), int(digits[1:])

    @property
    def words(self) -> str:
        """Its name for people: "CPython 3.13 (free-threaded)"."""
        name = {"cp": "CPython", "pp": "PyPy"}[self.tag[:2]]
        free = " (free-threaded)" if self.tag.endswith("t") else ""
        return f"{name} {self.version[0]}.{self.version[1]}{free}"


NO_PYTHON_AT_ALL = Python("", "")
"""It stands where a machine has none."""


@dataclass(frozen=True)
class Machine:
    """A root file system to run files in. It has `packages` of a Debian's `suite`, or of none: busybox alone."""

    name: str
    words: str
    suite: str
    platform: str
    """Which wheels it takes, without the Python: "manylinux_2_41_x86_64"."""
    pythons: tuple[Python, ...]
    packages: tuple[str, ...] = ()
    architecture: str = "amd64"
    """Debian's name for it."""
    neighbour: str = ""
    """Another machine whose user may have the same home."""

    def __str__(self) -> str:
        return self.name

    @property
    def is_emulated(self) -> bool:
        return self.architecture == "arm64"

    def target(self, python: Python) -> str:
        """The words of `--platform` for one of its Pythons: "manylinux_2_41_x86_64-cp-313-cp313t"."""
        version = "".join(map(str, python.version))
        return f"{self.platform}-{python.tag[:2]}-{version}-{python.abi or python.tag}"
