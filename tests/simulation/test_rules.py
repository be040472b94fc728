"""The rules of the protocol are told from what is allowed, change by change."""

from __future__ import annotations

import fcntl
import os

import pytest

from tests.programs.simulation.disk import Disk
from tests.programs.simulation.process import Process
from tests.programs.simulation.rules import Rules
from tests.programs.simulation.scheduler import Faults, Scheduler
from tests.programs.simulation.system import System

_CACHE = "/cache/lite-2"
_APP = f"{_CACHE}/apps/0123456789abcdef-cp311-0123456789"
_WHEEL = f"{_CACHE}/wheels/{'0' * 32}"
_ASIDE = f"{_CACHE}/apps/.0123456789abcdef-cp311-0123456789-1-2-01234567"
_TEMPORARY = f"{_APP}/.pyvenv.cfg-1-2-01234567"


def judged(
    call: str, *paths: str, alone: bool = False, beside_a_pruner: bool = False, at_the_app: bool = True
) -> str:
    """The number of the rule that a process breaks by this call, "" for none."""
    disk = Disk()
    disk.put(f"{_CACHE}/locks/prune", b"")
    disk.put(_APP.replace("/apps/", "/locks/"), b"")
    disk.put(f"{_APP}/READY", b"ready")
    scheduler = Scheduler("", disk, Faults(kinds=(), chance=0.0), 1)
    one, other = (
        Process(name, number, scheduler, lambda process: None, {}, 0) for number, name in enumerate("ab")
    )
    prune, app = f"{_CACHE}/locks/prune", _APP.replace("/apps/", "/locks/")
    for process, path, holds in ((one, prune, alone), (other, prune, beside_a_pruner), (one, app, at_the_app)):
        if holds:
            System(process).flock(System(process).open(path, os.O_RDWR), fcntl.LOCK_EX)
    return Rules(_CACHE).broken_by(one, call, paths).partition(":")[0]


@pytest.mark.parametrize(
    ("call", "paths"),
    [
        ("rename", (_TEMPORARY, f"{_APP}/pyvenv.cfg")),
        ("rename", (_ASIDE, _APP)),
        ("unlink", (f"{_ASIDE}/READY",)),
        ("create", (_TEMPORARY,)),
        ("create", (f"{_APP}/_pexlite_checked",)),
        ("unlink", (f"{_APP}/lib/__pycache__/a.cpython-311.pyc",)),
        ("create", (f"{_CACHE}/locks/prune",)),
        ("unlink", ("/tmp/it",)),
        ("utime", (f"{_APP}/READY",)),
    ],
)
def test_a_start_may_add(call: str, paths: tuple[str, ...]) -> None:
    assert judged(call, *paths) == ""


@pytest.mark.parametrize(
    ("rule", "call", "paths"),
    [
        ("1", "create", (f"{_APP}/pyvenv.cfg",)),
        ("1", "write", (f"{_WHEEL}/lib/a.py",)),
        ("1", "link", (f"{_APP}/lib/a.py",)),
        ("1", "rename", ("/cache/lite-2/wheels/.a-1-2-3", f"{_APP}/a")),
        ("3", "rename", (f"{_APP}/READY", f"{_APP}/.READY")),
        ("3", "rename", (_APP, f"{_CACHE}/apps/old")),
        ("4", "rename", (_WHEEL, f"{_CACHE}/wheels/.old")),
        ("4", "unlink", (f"{_APP}/READY",)),
        ("4", "rmdir", (_WHEEL,)),
        ("4", "unlink", (f"{_CACHE}/locks/prune",)),
    ],
)
def test_a_start_may_not_remove_or_write_in_place(rule: str, call: str, paths: tuple[str, ...]) -> None:
    assert judged(call, *paths) == rule


def test_a_pruner_renames_aside_and_unlinks_only_small_things() -> None:
    assert judged("rename", _WHEEL, f"{_CACHE}/wheels/.old", alone=True) == ""
    assert judged("unlink", f"{_CACHE}/apps/0123456789abcdef.sh", alone=True) == ""
    assert judged("unlink", f"{_APP}/READY", alone=True) == "4"


@pytest.mark.parametrize(
    ("call", "paths"), [("utime", (f"{_APP}/READY",)), ("mkdir", (_ASIDE,)), ("rename", (_ASIDE, _APP))]
)
def test_while_a_pruner_is_alone_nobody_else_changes_anything(call: str, paths: tuple[str, ...]) -> None:
    assert judged(call, *paths, beside_a_pruner=True) == "4"


@pytest.mark.parametrize("call", ["create", "mkdir", "rename"])
def test_an_app_is_mended_under_its_lock(call: str) -> None:
    paths = (_TEMPORARY, f"{_APP}/pyvenv.cfg") if call == "rename" else (_TEMPORARY,)
    assert judged(call, *paths, at_the_app=False) == "2"
