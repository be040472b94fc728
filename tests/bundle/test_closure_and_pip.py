"""The closure of any graph of dependencies is what pip would install."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement

from pexlite.bundle.closure import closure
from pexlite.errors import ClosureIncomplete
from pexlite.model import Root
from pexlite.resolve.pip_program import PipProgram
from pexlite.targets.interpreters import running_target
from pexlite.wheels.read import read_wheel
from tests.factories import make_wheel

PROJECTS = ("app", "big-one", "c", "d.e", "f")
EXTRAS = ("x", "y-z")
MARKERS = (
    "",
    "; python_version >= '3'",
    "; python_version < '3'",
    "; sys_platform == 'win32'",
    "; extra == 'x'",
    "; extra == 'Y_z'",
    "; extra == 'x' and python_version > '3'",
    "; extra == 'x' or sys_platform == 'linux'",
    "; (extra == 'x' or extra == 'y-z') and os_name == 'posix'",
)


@dataclass(frozen=True)
class Project:
    version: str
    requires: tuple[str, ...]
    requires_python: str | None


@st.composite
def requirements(draw: st.DrawFn, *, markers: bool = True) -> str:
    # Misspelt on purpose: names are compared in their normal form.
    name = draw(st.sampled_from([*(PROJECTS * 5), "Big_One", "D-e", "gone"]))
    extras = draw(st.lists(st.sampled_from([*EXTRAS, "X"]), max_size=2, unique=True))
    bound = draw(st.sampled_from(["", "", "", "", "", "", ">=1", "<3", "!=1.0"]))
    marker = draw(st.sampled_from(MARKERS)) if markers else ""
    return f"{name}{'[' + ','.join(extras) + ']' if extras else ''}{bound}{marker}"


PROJECT = st.builds(
    Project,
    st.sampled_from(["1.0", "1.0", "1.0", "2.1"]),
    st.lists(requirements(), min_size=1, max_size=4).map(tuple),
    st.sampled_from([None, None, None, None, None, ">=3.8", "<3.8"]),
)
GRAPHS = st.fixed_dictionaries(dict.fromkeys(PROJECTS, PROJECT))


def installed_by_pip(links: Path, roots: list[str]) -> set[str] | None:
    """The distributions that pip would install; None where it cannot."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "report.json")
        command = [*PipProgram().command, "install", "--quiet", "--dry-run", "--ignore-installed", "--no-index"]
        command += ["--disable-pip-version-check", "--find-links", str(links), "--report", str(report), *roots]
        plain = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
        environment = plain | {"PIP_CONFIG_FILE": os.devnull}
        if subprocess.run(command, env=environment, capture_output=True, check=False).returncode:
            return None
        found = json.loads(report.read_text())["install"]
        return {f"{entry['metadata']['name']} {entry['metadata']['version']}" for entry in found}


# A run of pip takes half a second. For a longer search, write a larger number here.
@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(GRAPHS, st.lists(requirements(markers=False), min_size=1, max_size=2))
def test_the_closure_is_what_pip_installs(graph: Mapping[str, Project], roots: list[str]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        paths = [
            make_wheel(
                Path(scratch),
                name,
                project.version,
                requires=project.requires,
                extras=EXTRAS,
                requires_python=project.requires_python,
            )
            for name, project in graph.items()
        ]
        wheels = {path: read_wheel(path) for path in paths}
        expected = installed_by_pip(Path(scratch), roots)
    event("pip cannot install it" if expected is None else f"pip installs {len(expected)}")
    try:
        asked = [Root(Requirement(root), "the test") for root in roots]
        found = closure(asked, list(wheels.values()), running_target())
    except ClosureIncomplete:
        assert expected is None
    else:
        names = dict(zip(paths, graph, strict=True))
        taken = {f"{names[path]} {wheel.version}" for path, wheel in wheels.items() if wheel in found}
        assert taken == expected
