"""The runtime's tests, run by a Python of a machine: from the checkout that is shown there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from tests.programs.machines.inside import HOME, PATH
from tests.programs.machines.packages import CHECKOUT, python_with_pexlite
from tests.programs.machines.visit import NotAsExpectedError, Visit, last_words

_LONGEST = 3600  # seconds


def run_tests(visit: Visit, more: Sequence[str]) -> int:
    """Run the tests of the runtime, with `more` arguments of pytest, and return how many passed.

    Raises NotAsExpectedError where one failed, NotHereError on a Python that pexlite itself does not run on.
    """
    python = python_with_pexlite(visit)
    words = [python, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "--tb=line"]
    words += ["-m", "not network and not journey", "tests/runtime", *more]
    variables = {
        "ONLY_THIS_PYTHON": "1",
        "PYTHONPYCACHEPREFIX": f"{HOME}/bytecode",
        "PATH": f"{Path(python).parent}:{PATH}",
    }
    done = visit.inside.run(words, variables, directory=CHECKOUT, seconds=_LONGEST)
    passed = re.search(r"\b(\d+) passed", done.printed)
    if done.code or passed is None:
        failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", done.printed, flags=re.MULTILINE)
        summary = (done.printed.strip().splitlines() or [last_words(done)])[-1].strip("= ")
        raise NotAsExpectedError(f"{summary}: {', '.join(failed[:20]) or last_words(done)}")
    return int(passed[1])
