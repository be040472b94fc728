"""Each target of a file gets one of the Pythons that it carries, and each of these is for one target."""

from __future__ import annotations

import sys
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from pexlite.errors import TargetError
from pexlite.model import no_report
from pexlite.own_python.find import packed_python
from pexlite.own_python.match import one_for_each
from pexlite.own_python.selection import Wanted
from pexlite.own_python.source import PythonSource, source_of
from pexlite.store.store import Store
from pexlite.targets.platforms import platform_target

SHORT = f"3{sys.version_info[1]}"


@pytest.fixture(scope="module")
def other(foreign: Path, shared_store: Store) -> PythonSource:
    return source_of(str(foreign), shared_store)


def test_the_facts_of_another_machine_s_python_are_read_off_its_files(
    other: PythonSource, source: PythonSource
) -> None:
    assert not other.runs_here and other.version == source.version
    assert other.target.name == f"cp{SHORT} on linux_aarch64"
    assert other.target.interpreter is None
    assert other.target.environment["platform_machine"] == "aarch64"


def test_each_target_gets_its_own(source: PythonSource, other: PythonSource) -> None:
    there = platform_target(f"manylinux_2_28_aarch64-cp-{SHORT}-cp{SHORT}")
    assert one_for_each([source.target, there], [other, source]) == (source, other)


def test_one_of_another_machine_without_zlib_is_refused(foreign: Path, tmp_path: Path, store: Store) -> None:
    without = tmp_path / "without.tar.gz"
    with tarfile.open(foreign) as whole, tarfile.open(without, "w:gz", compresslevel=1) as made:
        members = [member for member in whole if not Path(member.name).name.startswith("zlib.")]
        if len(members) == len(whole.getmembers()):
            pytest.skip("zlib is a part of this Python's program")
        for member in members:
            made.addfile(member, whole.extractfile(member) if member.isfile() else None)
    with pytest.raises(TargetError, match="has no zlib"):
        packed_python(source_of(str(without), store), Wanted(), store, no_report)


@pytest.mark.parametrize(
    ("targets", "sources", "words"),
    [
        (["own", "linux_aarch64-cp-39-cp39"], ["own"], "the file is for cp39 on linux_aarch64, and no Python of"),
        (["own"], ["own", "other"], "and the file is for"),
        (["own"], ["own", "own"], "two Pythons are for"),
        (["musllinux_1_2_aarch64-cp-{short}-cp{short}"], ["other"], "no Python of --python-from is"),
    ],
)
def test_what_does_not_fit_is_told_in_a_line(
    targets: list[str], sources: list[str], words: str, source: PythonSource, other: PythonSource
) -> None:
    known = {"own": source, "other": other}
    wanted = [
        known[name].target if name in known else platform_target(name.format(short=SHORT)) for name in targets
    ]
    given = [replace(known[name], word=f"{name}-{number}") for number, name in enumerate(sources)]
    with pytest.raises(TargetError) as refused:
        one_for_each(wanted, given)
    assert words in refused.value.message and refused.value.hint
