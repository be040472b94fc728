"""pip with other markers than those of the Python that runs it, or with other requirements than wheels have.

pip's --platform and --python-version choose wheels for another Python, yet its markers stay those of the
running one; and it cannot be told that a wheel asks for too much. This file is run as a program and imports only
pip: `patched_pip.py ORDERS.json ARGUMENT...` runs pip with the arguments, changed as the file says:

    {"pip": "/directory/of/pip's/package", "environment": {"sys_platform": "darwin", …} or null,
     "excluded": ["pyspark"], "overrides": ["click==8.1.7"], "prefer_pure": false,
     "ranked": {"general": ["https://…"], "first": true, "pinned": {"corp": "https://…"}} or null,
     "preferred": {"click": "8.1.7"},
     "listing": "/where/to/note/every/file/of/an/index.json" or null}

pip promises nothing about its insides. So all that is used of them stands in `PARTS`, and is looked for before
anything is changed.
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

# The versions of pip that this was tried with, oldest first.
TRIED = ("25.1", "25.2", "25.3", "26.0", "26.1", "26.2", "26.3")
# The exit code where this pip has other parts, which stderr then names as JSON.
UNLIKE = 70
# Module, part, and the parameters that it begins with where it is called or replaced here.
PARTS = (
    ("pip._internal.cli.cmdoptions", "check_dist_restriction", ""),
    ("pip._internal.cli.main", "main", "args"),
    ("pip._internal.exceptions", "InstallationError", ""),
    ("pip._internal.index.collector", "LinkCollector.fetch_response", "self location"),
    ("pip._internal.index.collector", "_handle_get_simple_fail", "link reason meth"),
    ("pip._internal.index.package_finder", "CandidateEvaluator._sort_key", "self candidate"),
    ("pip._internal.index.package_finder", "LinkEvaluator.__init__", "self project_name"),
    ("pip._internal.index.package_finder", "LinkEvaluator.evaluate_link", "self link"),
    ("pip._internal.index.package_finder", "LinkType.different_project", ""),
    ("pip._internal.index.package_finder", "PackageFinder.__init__", "self link_collector"),
    ("pip._internal.index.package_finder", "PackageFinder.process_project_url", "self project_url link_evaluator"),
    ("pip._internal.index.package_finder", "canonicalize_name", "name"),
    ("pip._internal.metadata", "select_backend().Distribution.iter_dependencies", "self extras"),
    ("pip._internal.models.index", "PyPI.simple_url", ""),
    ("pip._internal.models.link", "Link.filename", ""),
    ("pip._internal.models.link", "Link.requires_python", ""),
    ("pip._internal.models.link", "Link.yanked_reason", ""),
    ("pip._internal.models.search_scope", "SearchScope.get_index_urls_locations", "self project_name"),
    ("pip._internal.models.target_python", "TargetPython.get_sorted_tags", "self"),
    ("pip._internal.network.auth", "MultiDomainBasicAuth.__init__", "self prompting index_urls"),
    ("pip._internal.req.req_install", "Requirement", "requirement_string"),
)


def main() -> int:
    """Run pip as ordered, and return its exit code."""
    orders = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.meta_path.insert(0, _PipAlone(orders["pip"]))
    absent = absent_parts()
    if absent:
        json.dump({"pip": pip_version(), "absent": absent}, sys.stderr)
        return UNLIKE
    from pip._internal.cli.main import main as pip_main

    if orders["environment"] is not None:
        _module_of_markers().default_environment = orders["environment"].copy
        _allow_sources()
    _amend(orders["excluded"], orders["overrides"])
    if orders["ranked"] is not None:
        _rank(**orders["ranked"])
    if orders["prefer_pure"]:
        _prefer_pure()
    if orders["preferred"]:
        _prefer(orders["preferred"])
    noted = _noted_files() if orders["listing"] else []
    code = pip_main(sys.argv[2:])
    if orders["listing"]:
        Path(orders["listing"]).write_text(json.dumps(noted), encoding="utf-8")
    return code


def absent_parts(within: str = "pip") -> list[str]:
    """The parts `within` a module that pip lacks or has with other parameters, as `module.part`."""
    looked_for = [row for row in PARTS if row[0].startswith(within)]
    absent = [
        f"{module}.{part}" for module, part, parameters in looked_for if not _is_there(module, part, parameters)
    ]
    if within == "pip" and not absent and not hasattr(_module_of_markers(), "default_environment"):
        absent.append("default_environment of its markers")
    return absent


def pip_version() -> str:
    """The version of the pip that runs here."""
    import pip

    return pip.__version__


def default_index() -> str:
    """The address of the index that pip asks by default."""
    from pip._internal.models.index import PyPI

    return str(PyPI.simple_url)


def _is_there(module: str, name: str, parameters: str) -> bool:
    try:
        found = _part(module, name)
        names = parameters.split()
        return not names or list(inspect.signature(found).parameters)[: len(names)] == names
    except (ImportError, AttributeError, TypeError, ValueError):
        return False


def _part(module: str, name: str) -> Any:
    found: Any = importlib.import_module(module)
    for step in name.split("."):
        found = getattr(found, step[:-2])() if step.endswith("()") else getattr(found, step)
    return found


def _module_of_markers() -> Any:
    """Pip's own copy of the module `packaging.markers`, wherever pip keeps it."""
    requirements = sys.modules[_part("pip._internal.req.req_install", "Requirement").__module__]
    return sys.modules[requirements.Marker.__module__]


class _PipAlone:
    """A finder for pip in one directory that finds nothing else there."""

    def __init__(self, directory: str) -> None:
        self.directory = directory

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:  # noqa: ARG002
        return PathFinder.find_spec(name, [self.directory]) if name == "pip" else None


def _amend(excluded: list[str], overrides: list[str]) -> None:
    """Make distributions require the `overrides` in place of their projects, and nothing of the `excluded`."""
    from pip._internal.metadata import select_backend

    canonicalize_name = _part("pip._internal.index.package_finder", "canonicalize_name")
    requirement_of = _part("pip._internal.req.req_install", "Requirement")
    instead: dict[str, list[Any]] = {canonicalize_name(name): [] for name in excluded}
    for text in overrides:
        requirement = requirement_of(text)
        instead.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    distribution: Any = select_backend().Distribution
    asked_for = distribution.iter_dependencies

    def iter_dependencies(self: object, extras: Any = ()) -> Iterator[Any]:
        for requirement in asked_for(self, extras):
            yield from instead.get(canonicalize_name(requirement.name), [requirement])

    distribution.iter_dependencies = iter_dependencies


def _allow_sources() -> None:
    """Let --no-binary stand beside --platform: a source distribution may well be pure Python."""
    from pip._internal.cli import cmdoptions

    cmdoptions.check_dist_restriction = lambda *_arguments, **_options: None


def _rank(general: list[str], pinned: dict[str, str], *, first: bool) -> None:
    """Make pip ask for each project the index that it is pinned to, else those in `general`.

    "" is pip's default. With `first` a project comes from the first of `general` that has it. An index that does
    not answer ends pip: another could have another project of that name.
    """
    from pip._internal.exceptions import InstallationError
    from pip._internal.index import collector
    from pip._internal.models.search_scope import SearchScope
    from pip._internal.network.auth import MultiDomainBasicAuth

    canonicalize_name = _part("pip._internal.index.package_finder", "canonicalize_name")
    default = default_index()
    general = [url or default for url in general]

    def locations(_self: object, project_name: str) -> list[str]:
        name = canonicalize_name(project_name)
        urls = [pinned[name]] if name in pinned else general
        return [f"{url.rstrip('/')}/{name}/" for url in urls]

    def fail(link: Any, reason: Any, meth: Any = None) -> None:  # noqa: ARG001
        response = getattr(reason, "response", None)
        if getattr(response, "status_code", None) not in (404, 410):
            raise InstallationError(f"Could not fetch URL {link}: {reason}")

    scope: Any = SearchScope
    pages: Any = collector
    scope.get_index_urls_locations = locations
    pages._handle_get_simple_fail = fail
    # Credentials for files are those of the indexes that pip was started with.
    authentication: Any = MultiDomainBasicAuth
    start = authentication.__init__

    def know_all(self: Any, *arguments: Any, **options: Any) -> None:
        start(self, *arguments, **options)
        self.index_urls = [*(self.index_urls or ()), *pinned.values()]

    authentication.__init__ = know_all
    if first:
        _take_from_the_first_page()


def _take_from_the_first_page() -> None:
    """Make pip pass over a project's pages once one is there."""
    from pip._internal.index.package_finder import PackageFinder

    canonicalize_name = _part("pip._internal.index.package_finder", "canonicalize_name")
    having: dict[str, str] = {}
    finder: Any = PackageFinder
    look = finder.process_project_url

    def process_project_url(self: Any, project_url: Any, link_evaluator: Any) -> Any:
        name = canonicalize_name(link_evaluator.project_name)
        if having.get(name, project_url.url) != project_url.url:
            return []
        fetch = self._link_collector.fetch_response

        def noted(*arguments: Any, **options: Any) -> Any:
            found = fetch(*arguments, **options)
            if found is not None:
                having.setdefault(name, project_url.url)
            return found

        self._link_collector.fetch_response = noted
        try:
            return look(self, project_url, link_evaluator)
        finally:
            self._link_collector.fetch_response = fetch

    finder.process_project_url = process_project_url


def _prefer_pure() -> None:
    """Let pip take pure wheels before all others, as if the target liked their tags best."""
    from pip._internal.models.target_python import TargetPython

    python: Any = TargetPython
    usual = python.get_sorted_tags

    def get_sorted_tags(self: object) -> list[Any]:
        return sorted(usual(self), key=lambda tag: tag.abi != "none" or tag.platform != "any")

    python.get_sorted_tags = get_sorted_tags


def _prefer(versions: dict[str, str]) -> None:
    """Let pip try these `versions` of projects before all others, newer ones too."""
    from pip._internal.index.package_finder import CandidateEvaluator

    canonicalize_name = _part("pip._internal.index.package_finder", "canonicalize_name")
    evaluator: Any = CandidateEvaluator
    usual = evaluator._sort_key

    def sort_key(self: object, candidate: Any) -> tuple[Any, ...]:
        # The first part says whether the hash is one that is allowed, which no preference outweighs.
        allowed, *rest = usual(self, candidate)
        preferred = versions.get(canonicalize_name(candidate.name)) == str(candidate.version)
        return (allowed, preferred, *rest)

    evaluator._sort_key = sort_key


def _noted_files() -> list[dict[str, Any]]:
    """A list that fills with every file that pip looks at; pip is made to choose none of them."""
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
