"""Imports of own code are in the wheels or in the standard library, or a sentence says which are not."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from packaging.requirements import Requirement

from pexlite.bundle.missing_modules import _ADDED, _REMOVED, missing_modules
from pexlite.bundle.plan import Surroundings, plan_bundle
from pexlite.model import Amendments, EntryPoint, Import, LaunchOptions, StartKind
from tests.bundle.values import roots, target, wheel
from tests.interpreters import Interpreter, interpreters

FILES = [
    "weather.py",
    "plain.py",
    "package/__init__.py",
    "package/inner.py",
    "native.cpython-311-x86_64-linux-gnu.so",
    "stable.abi3.so",
    "compiled.pyc",
    "google/cloud/storage/__init__.py",
    "google/auth.py",
]


def said(
    *imports: Import, minors: tuple[int, ...] = (11,), exclude: str = "", files: list[str] = FILES
) -> list[str]:
    surroundings = [Surroundings(target(minor), ()) for minor in minors]
    amendments = Amendments(excluded=(Requirement(exclude),) if exclude else ())
    start = EntryPoint(StartKind.MODULE, module="weather")
    bundle = plan_bundle(roots("w"), [wheel("w-1", files=files)], surroundings, start, LaunchOptions(), amendments)
    return list(missing_modules(bundle, imports, lambda name: name == "helper"))


@pytest.mark.parametrize(
    "module",
    [
        "plain",
        "package",
        "package.inner",
        "package.made.at.run.time",
        "native",
        "stable",
        "compiled",
        "os.path",
        "json",
        "winreg",
        "__future__",
        "google",
        "google.cloud",
        "google.cloud.storage.anything",
        "google.auth",
        "distutils",
    ],
)
def test_a_module_that_is_there(module: str) -> None:
    assert said(Import("weather.py", module)) == []


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("yaml", "yaml, which no wheel here has"),
        ("yaml.nodes", "yaml, which no wheel here has"),
        ("google.pubsub.v1", "google.pubsub, which no wheel here has"),
        ("helper", "helper, which lies here and is not bundled"),
    ],
)
def test_a_module_that_is_not_there(module: str, told: str) -> None:
    assert said(Import("weather.py", module)) == [f"weather.py imports {told}"]


def test_names_are_looked_for_in_packages_that_have_no_file_of_their_own() -> None:
    assert said(Import("weather.py", "google.cloud", ("storage",)), Import("weather.py", "package", ("x",))) == []
    told = said(Import("weather.py", "google.cloud", ("storage", "bigquery")), Import("weather.py", "google"))
    assert told == ["weather.py imports google.cloud.bigquery, which no wheel here has"]


def test_what_stands_in_for_a_module_is_needed_where_that_is_missing() -> None:
    assert said(Import("weather.py", "ujson", (), (("plain",),))) == []
    assert said(Import("weather.py", "tomli", (), (("tomllib",),)), minors=(11, 12)) == []
    [told] = said(Import("weather.py", "tomli", (), (("tomllib",),)), minors=(10, 12))
    assert told == "weather.py imports tomli, which no wheel here has"
    assert said(Import("weather.py", "c", (), (("a",), ("plain",)))) == []
    assert len(said(Import("weather.py", "c", (), (("a", "plain"), ("b",))))) == 1


@pytest.mark.parametrize("name", ["pyspark", "PySpark>=3", "python-pyspark"])
def test_an_excluded_project_is_named_as_such(name: str) -> None:
    told = said(Import("weather.py", "pyspark"), Import("weather.py", "yaml"), exclude=name)
    assert told == [
        "weather.py imports pyspark, which --exclude leaves out",
        "weather.py imports yaml, which no wheel here has",
    ]


def test_pyyaml_has_yaml() -> None:
    [told] = said(Import("weather.py", "yaml"), exclude="PyYAML")
    assert told.endswith("--exclude leaves out")


def test_the_standard_library_is_that_of_each_python() -> None:
    imports = [Import("weather.py", name) for name in ("tomllib", "zoneinfo", "cgi")]
    assert said(*imports, minors=(11, 12)) == []
    assert said(*imports, minors=(8, 10, 14)) == [
        "weather.py imports tomllib, which the standard library of CPython 3.8, 3.10 has not",
        "weather.py imports zoneinfo, which the standard library of CPython 3.8 has not",
        "weather.py imports cgi, which the standard library of CPython 3.14 has not",
    ]


def test_setuptools_has_a_distutils_for_pythons_without() -> None:
    distutils = Import("weather.py", "distutils.core")
    assert len(said(distutils, minors=(12,))) == 1
    assert said(distutils, minors=(12,), files=[*FILES, "_distutils_hack/__init__.py"]) == []


def test_of_many_files_a_few_are_shown() -> None:
    told = said(*(Import(f"m{number}.py", f"x{number}") for number in range(6)))
    assert len(told) == 5
    assert told[-1] == "and more files import what is not here: x4, x5"


_HAS = "import json, sys; print(json.dumps(sorted(sys.stdlib_module_names)))"


_TELLING = [python for python in interpreters() if python.version >= (3, 10) and python.tag.startswith("cp")]


@pytest.mark.parametrize("python", _TELLING, ids=str)
def test_the_tables_of_the_standard_library_are_true(python: Interpreter) -> None:
    known = set(json.loads(subprocess.check_output([python.path, "-c", _HAS])))
    minor = python.version[1]
    tables = {name for name in (*_ADDED, *_REMOVED) if _ADDED.get(name, 0) <= minor < _REMOVED.get(name, 99)}
    assert tables <= known
    gone = {*_ADDED, *_REMOVED} - tables
    assert gone & known == set()
    # What came and went since is in the tables.
    public = {name for name in known ^ set(sys.stdlib_module_names) if not name.startswith("_")}
    assert public <= {*_ADDED, *_REMOVED}
