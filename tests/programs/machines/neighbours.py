"""Rows of machines that share a home, and of one that has no Python at all."""

from __future__ import annotations

import re

from tests.programs.machines.inside import HOME
from tests.programs.machines.visit import NotAsExpectedError, Visit, expect, last_words, told

SHARED = "--sh-boot on a home shared by two machines"
NO_PYTHON = "the words where there is no Python"


def shared_home(visit: Visit, other: Visit) -> None:
    """Start one file with an sh header on both machines in turn, with one home: each starts its own app."""
    file = visit.put(visit.files.of_both([(one.machine, one.python) for one in (other, visit)]))
    answers = []
    for one in (visit, other, visit, other):
        for word in ("facts", "native"):
            answers.append(told(one.inside.run([file, word], directory=HOME)))
    for number in range(4):
        expect(answers[number], answers[number + 4], "a warm start and a cold one")
    ours, _, others, _ = answers[:4]
    assert isinstance(ours, dict) and isinstance(others, dict)
    if (ours["machine"], ours["bits"]) == (others["machine"], others["bits"]):
        raise NotAsExpectedError(f"both started the app of {ours['machine']}")
    for kind, wanted in (("*.sh", 2), ("*/READY", 2)):
        found = sorted(path.name for path in (visit.home / ".pex").glob(f"lite-*/apps/{kind}"))
        expect(len(found), wanted, f"pointers and apps, {found}")


def no_python(visit: Visit) -> None:
    """Start a file with an sh header, and one without, where no Python is."""
    with_sh = visit.put(visit.files.with_sh())
    done = visit.inside.run([with_sh, "facts"], directory=HOME)
    if done.code in (0, 7, -1) or not re.search(r"(?s)error: .*[Pp]ython.*hint: ", done.complained):
        raise NotAsExpectedError(f"with an sh header: exit code {done.code}, {last_words(done)}")
    without = visit.put(visit.files.pure())
    done = visit.inside.run([without, "facts"], directory=HOME)
    # These are the words of the system's `env`, before any byte of the file is read.
    if done.code != 127 or "python3" not in done.complained:
        raise NotAsExpectedError(f"without: exit code {done.code}, {last_words(done)}")
