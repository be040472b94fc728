"""Words that name a Python are read, and compared with Pythons."""

from __future__ import annotations

from pathlib import Path

import pytest

from pexlite.targets.platforms import platform_target
from pexlite.targets.wanted import wanted_python, word_for

CP312 = "linux_x86_64-cp-3.12.4-cp312"
CP313T = "linux_x86_64-cp-3.13.1-cp313t"
PP311 = "linux_x86_64-pp-3.11.11-pypy311_pp73"
ALL = (CP312, CP313T, PP311)


@pytest.mark.parametrize(
    ("word", "fitting"),
    [
        ("3", [CP312, PP311]),
        ("3.12", [CP312]),
        ("3.12.4", [CP312]),
        ("3.12.5", []),
        ("3.1", []),
        ("3.13", []),
        ("3.13t", [CP313T]),
        ("3.13.1t", [CP313T]),
        ("3.11", [PP311]),
        ("cp312", [CP312]),
        ("cp311", []),
        ("cp313t", [CP313T]),
        ("pp311", [PP311]),
        ("pypy3.11", [PP311]),
        ("pypy3.10", []),
        ("pypy", [PP311]),
        ("python3.12", [CP312]),
        ("python", list(ALL)),
    ],
)
def test_a_word_fits_these_pythons(word: str, fitting: list[str]) -> None:
    wanted = wanted_python(word)
    assert wanted
    assert [platform for platform in ALL if wanted.fits(platform_target(platform))] == fitting


@pytest.mark.parametrize(
    "word", ["", "t", "312", "py312", "python312", "3.x", "python-3.12", "cpython3.12", "pip3"]
)
def test_other_words_name_no_python(word: str) -> None:
    assert wanted_python(word) is None


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("3.12", ("python3.12", "python3", "python")),
        ("3.12.4", ("python3.12", "python3", "python")),
        ("python3.12", ("python3.12",)),
        ("python3.12.4", ("python3.12", "python3", "python")),
        ("cp313t", ("python3.13t", "python3", "python")),
        ("pp311", ("pypy3.11", "pypy3", "pypy")),
        ("pypy", ("pypy",)),
        ("3", ("python3", "python")),
    ],
)
def test_it_is_looked_for_on_path_by_these_names(word: str, names: tuple[str, ...]) -> None:
    wanted = wanted_python(word)
    assert wanted
    assert wanted.programs == names


@pytest.mark.parametrize(
    ("word", "name", "may_be"),
    [
        ("3.12", "python3.12", True),
        ("3.12", "python3.13", False),
        ("3.12", "python3.12t", False),
        ("3.12.4", "python3.12", True),
        ("3.12", "python", True),
        ("pypy3.11", "python3.11", True),
        ("cp311", "pypy3.11", False),
        ("3", "python3.9", True),
    ],
)
def test_a_programs_name_may_rule_it_out(word: str, name: str, may_be: bool, tmp_path: Path) -> None:
    wanted = wanted_python(word)
    assert wanted
    assert wanted.may_be(tmp_path / name) == may_be


@pytest.mark.parametrize(("platform", "word"), [(CP312, "3.12.4"), (CP313T, "3.13.1t"), (PP311, "pypy3.11")])
def test_the_word_for_a_python_names_it(platform: str, word: str) -> None:
    target = platform_target(platform)
    assert word_for(target) == word
    wanted = wanted_python(word)
    assert wanted
    assert wanted.fits(target)
