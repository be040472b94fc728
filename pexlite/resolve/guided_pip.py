"""pip, resolving for a Python that is not the one that runs it, or with requirements of wheels replaced.

pip's --platform and --python-version choose wheels for another Python, yet its markers stay those of the
running one; and it cannot be told that a wheel asks for too much. This file is run as a program, and knows pip
only: `guided_pip.py ORDERS.json ARGUMENT...` is pip with those arguments after it has been given what is in the
file:

    {"pip": "/directory/of/pip's/package", "environment": {"sys_platform": "darwin", …} or null,
     "excluded": ["pyspark"], "overrides": ["click==8.1.7"],
     "listing": "/where/to/note/every/file/of/an/index.json" or null}
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any


def main() -> int:
    """The exit code of pip."""
    orders = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.meta_path.insert(0, _PipAlone(orders["pip"]))
    from pip._internal.cli.main import main as pip_main

    if orders["environment"] is not None:
        from pip._vendor.packaging import markers

        markers.default_environment = orders["environment"].copy
        _allow_sources()
    _amend(orders["excluded"], orders["overrides"])
    noted = _noted_files() if orders["listing"] else []
    code = pip_main(sys.argv[2:])
    if orders["listing"]:
        Path(orders["listing"]).write_text(json.dumps(noted), encoding="utf-8")
    return code


class _PipAlone:
    """Finds pip in one directory, and nothing that lies beside it there."""

    def __init__(self, directory: str) -> None:
        self.directory = directory

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:  # noqa: ARG002
        return PathFinder.find_spec(name, [self.directory]) if name == "pip" else None


def _amend(excluded: list[str], overrides: list[str]) -> None:
    """Let distributions ask for none of the `excluded`, and for the `overrides` in place of their projects."""
    from pip._internal.metadata import select_backend
    from pip._vendor.packaging.requirements import Requirement
    from pip._vendor.packaging.utils import canonicalize_name

    instead: dict[str, list[Requirement]] = {canonicalize_name(name): [] for name in excluded}
    for text in overrides:
        requirement = Requirement(text)
        instead.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    distribution: Any = select_backend().Distribution
    asked_for = distribution.iter_dependencies

    def iter_dependencies(self: object, extras: Any = ()) -> Iterator[Requirement]:
        for requirement in asked_for(self, extras):
            yield from instead.get(canonicalize_name(requirement.name), [requirement])

    distribution.iter_dependencies = iter_dependencies


def _allow_sources() -> None:
    """Let --no-binary stand beside --platform: a source distribution may well be pure Python."""
    from pip._internal.cli import cmdoptions

    cmdoptions.check_dist_restriction = lambda *_arguments, **_options: None


def _noted_files() -> list[dict[str, Any]]:
    """Where each file that pip looks at will be noted; pip passes over all of them."""
    from pip._internal.index.package_finder import LinkEvaluator, LinkType

    noted: list[dict[str, Any]] = []

    def evaluate_link(_self: object, link: Any) -> tuple[Any, str]:
        yanked = link.yanked_reason is not None
        noted.append({"filename": link.filename, "requires_python": link.requires_python, "yanked": yanked})
        return LinkType.different_project, "noted"

    evaluator: Any = LinkEvaluator
    evaluator.evaluate_link = evaluate_link
    return noted


if __name__ == "__main__":
    # Beside this file lie modules called pip and uv.
    sys.path[:] = [entry for entry in sys.path if entry != str(Path(__file__).parent)]
    sys.exit(main())
