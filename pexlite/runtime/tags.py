"""The Pythons that a file accepts, as tags: "cp39"; "cp310+", and every newer one; "pp311_pp73", with its ABI.

This module also parses and runs under Python 2.7 and 3.5.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Tuple

_AHEAD = 25  # minor versions that are looked for by name, where every newer one is accepted


def are_of(accepted, tag):  # type: (Sequence[str], str) -> bool
    """Whether `tag`, a Python's own, is one of those that are `accepted`."""
    kind, minor, free, abi, _ = _parts(tag)
    for one in accepted:
        its_kind, oldest, its_free, its_abi, newer = _parts(one)
        fits = minor == oldest or newer and minor > oldest
        if fits and (its_kind, its_free) == (kind, free) and its_abi in ("", abi):
            return True
    return False


def programs(accepted):  # type: (Sequence[str]) -> Iterator[str]
    """The names of programs that may be an accepted Python: CPython first, newer before older."""
    for kind, program in (("cp3", "python3."), ("pp3", "pypy3.")):
        for wanted in ("", "t"):
            for its_kind, oldest, free, _, newer in map(_parts, reversed(accepted)):
                if (its_kind, free) == (kind, wanted):
                    for minor in range(oldest + (_AHEAD if newer else 0), oldest - 1, -1):
                        yield "%s%d%s" % (program, minor, free)


def without_abi(accepted):  # type: (Sequence[str]) -> list[str]
    """The tags without their ABIs."""
    return [tag.partition("_")[0] for tag in accepted]


def _parts(tag):  # type: (str) -> Tuple[str, int, str, str, bool]
    """The parts of a tag: implementation and major version, minor version, "t" for free-threaded, ABI, plus."""
    name, _, abi = tag.rstrip("+").partition("_")
    version = name.rstrip("t")
    kind = version.rstrip("0123456789")
    number = version[len(kind) :]
    return kind + number[:1], int(number[1:] or 0), name[len(version) :], abi, tag[-1:] == "+"
