"""`python -m tests.programs.coverage`: which modules the tests hardly run, and whether tests/README.md says why.

It reads the data that COVERAGE_FILE names, as `coverage report` does. A module below LEAST without a reason in
that table is an error, and so is a reason that no longer has to be given. One that begins with "before Python
3.12: " is given on older Pythons alone; one for a folder ("pexlite/runtime/") is for every module in it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping

from tests.checkout import REPOSITORY

LEAST = 90
"""How many of a hundred lines and branches of a module the tests should run."""
_ROW = re.compile(r"^\| `(pexlite/[^`]+)` \| (?:before Python 3\.(\d+): )?(\S.*) \|$", re.MULTILINE)


def main() -> None:
    """Exit with a line for each module whose coverage and reason are not as they should be."""
    wrong = problems(measured(), reasons((REPOSITORY / "tests" / "README.md").read_text(encoding="utf-8")))
    sys.exit("\n".join(wrong))


def measured() -> dict[str, float]:
    """Of each module with a line to run, how many of a hundred lines and branches were run."""
    command = [sys.executable, "-m", "coverage", "json", "-q", "-o", "-"]
    told = json.loads(subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.PIPE, check=True).stdout)
    summaries = {name: module["summary"] for name, module in told["files"].items()}
    return {name: summary["percent_covered"] for name, summary in summaries.items() if summary["num_statements"]}


def reasons(readme: str, minor: int = sys.version_info[1]) -> dict[str, str]:
    """Why modules are below LEAST on Python 3.`minor`, as a table has it: | `pexlite/module.py` | because |."""
    return {name: why for name, before, why in _ROW.findall(readme) if not before or minor < int(before)}


def problems(covered: Mapping[str, float], given: Mapping[str, str]) -> list[str]:
    """Lines on what is wrong: a module too low without a reason, or a reason that no module needs."""
    low = {name: percent for name, percent in covered.items() if percent < LEAST}
    folders = tuple(name for name in given if name.endswith("/"))
    return [
        *(
            f"{name}: {percent:.1f} %, and tests/README.md gives no reason"
            for name, percent in sorted(low.items())
            if name not in given and not name.startswith(folders)
        ),
        *(
            f"{name}: {covered[name]:.1f} %, so tests/README.md need give no reason"
            if name in covered
            else f"{name}: tests/README.md gives a reason, and there is no such module"
            for name in sorted(set(given).difference(folders))
            if name not in low
        ),
        *(
            f"{folder}: all of it is run, so tests/README.md need give no reason"
            for folder in folders
            if not any(name.startswith(folder) for name in low.keys() - given.keys())
        ),
    ]


if __name__ == "__main__":
    main()
