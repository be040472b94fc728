from __future__ import annotations

import os
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from packaging.markers import Marker
from packaging.tags import compatible_tags

from pexlite.errors import FetchError, PexliteError
from pexlite.model import IndexSettings, LocalKind, LocalSource, Target, Wheel, no_report
from pexlite.resolve.pip import Pip
from pexlite.resolve.pip_program import PipProgram
from pexlite.resolve.resolvers import find_resolver
from pexlite.sources.local import local_wheels, loose_module, module_of
from pexlite.sources.workshop import Workshop
from pexlite.store.store import Store
from pexlite.wheels.read import read_text
from tests import needs
from tests.factories import make_project, make_wheel, written

NO_RESOLVER = Pip(PipProgram(("false",)))


def wheel_of(kind: LocalKind, path: Path, store: Store, target: Target) -> Wheel:
    (made,) = local_wheels(
        [LocalSource(kind, path, "the command line")],
        Workshop(store, IndexSettings(), NO_RESOLVER, (target,), no_report),
    )
    return made.wheel


def code_in(wheel: Wheel) -> list[str]:
    return sorted(file for file in wheel.files if ".dist-info/" not in file)


def test_a_package_goes_in_with_its_data_and_without_litter(store: Store, target: Target, tmp_path: Path) -> None:
    files = ["__init__.py", "cli.py", "data/table.csv", "sub/x.pyi", "py.typed"]
    litter = ["__pycache__/cli.cpython-311.pyc", "old.pyc", ".git/HEAD", "cli.py~", ".cli.py.swp", ".DS_Store"]
    litter += [".idea/x.xml", "data/.hidden", "venv/pyvenv.cfg", "venv/lib/x.py", ".mypy_cache/x", "#cli.py#"]
    package = written(tmp_path / "my_pkg", *files, *litter)
    wheel = wheel_of(LocalKind.PACKAGE, package, store, target)
    assert code_in(wheel) == sorted(f"my_pkg/{file}" for file in files)
    assert wheel.local
    assert [str(tag) for tag in wheel.tags] == ["py3-none-any"]
    assert wheel.name == "local-my-pkg"
    assert str(tmp_path).encode() not in wheel.path.read_bytes()


def test_a_tree_brings_all_that_is_importable_and_what_lies_beside_it(
    store: Store, target: Target, tmp_path: Path
) -> None:
    files = ["app.py", "config.json", "pkg/__init__.py", "pkg/t.html", "space/module.py", "templates/a.html"]
    litter = [".env", ".venv/pyvenv.cfg", ".venv/x.py", "old.pex", "x-1-py3-none-any.whl", "node_modules/x.py"]
    litter += ["app.egg-info/PKG-INFO", "__pycache__/app.pyc"]
    tree = written(tmp_path / "src", *files, *litter)
    assert code_in(wheel_of(LocalKind.TREE, tree, store, target)) == sorted(files)
    written(tree, "pyproject.toml", "setup.py", "build/lib/app.py", "dist/app.tar.gz")
    assert code_in(wheel_of(LocalKind.TREE, tree, store, target)) == sorted(files)


MODULES = {
    "tool.py": "tool",
    "my-tool.py": "my_tool",
    "my.tool.v2.py": "my_tool_v2",
    "tool": "tool",
    "2tool.py": "_2tool",
    "my tool.py": "my_tool",
    "größe.py": "größe",
    # The standard library's come first on sys.path.
    "test.py": "test_",
    "json.py": "json_",
    "class.py": "class_",
    "__main__.py": "__main___",
}


@pytest.mark.parametrize(("filename", "module"), MODULES.items())
def test_a_script_is_a_module_that_can_be_run_whatever_it_is_called(
    filename: str, module: str, store: Store, target: Target, tmp_path: Path
) -> None:
    (tmp_path / filename).write_text("print('hi')\n")
    wheel = wheel_of(LocalKind.MODULE, tmp_path / filename, store, target)
    assert module_of(wheel) == module
    assert code_in(wheel) == [f"{module}.py"]
    assert read_text(wheel, f"{module}.py") == "print('hi')\n"


def test_compiled_code_in_a_package_binds_it_to_the_target(store: Store, target: Target, tmp_path: Path) -> None:
    package = written(tmp_path / "fast", "__init__.py", "_fast.so")
    assert wheel_of(LocalKind.PACKAGE, package, store, target).tags == {target.tags[0]}


def test_links_within_are_followed(store: Store, target: Target, tmp_path: Path) -> None:
    package = written(tmp_path / "pkg", "__init__.py", "data/data.txt")
    (package / "shared").symlink_to("data")
    wheel = wheel_of(LocalKind.PACKAGE, package, store, target)
    assert code_in(wheel) == ["pkg/__init__.py", "pkg/data/data.txt", "pkg/shared/data.txt"]


def test_a_tree_is_the_same_whatever_its_directory_is_called(store: Store, target: Target, tmp_path: Path) -> None:
    made = [
        wheel_of(LocalKind.TREE, written(tmp_path / place, "app.py"), store, target) for place in ("a", "build-17")
    ]
    assert made[0].sha256 == made[1].sha256


def test_two_trees_of_one_name_are_two_projects(store: Store, target: Target, tmp_path: Path) -> None:
    trees = [written(tmp_path / place / "src", f"{place}.py") for place in ("a", "b")]
    sources = [LocalSource(LocalKind.TREE, path, "x") for path in (*trees, trees[0])]
    made = local_wheels(sources, Workshop(store, IndexSettings(), NO_RESOLVER, (target,), no_report))
    assert [entry.wheel.name for entry in made] == ["local-tree", "local-tree-2", "local-tree"]
    assert made[0].wheel.sha256 == made[2].wheel.sha256


def test_wheels_and_projects_go_through_as_well(store: Store, target: Target, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "demo", files={"demo.py": ""})
    project = make_project(tmp_path, "other", files={"other/__init__.py": ""})
    steps: list[str] = []
    sources = [
        LocalSource(LocalKind.WHEEL, wheel, "x"),
        LocalSource(LocalKind.PROJECT, project, "x", extras=frozenset({"net"})),
    ]
    made = local_wheels(
        sources,
        Workshop(store, IndexSettings(), find_resolver("auto"), (target,), lambda step: steps.append(step.stage)),
    )
    assert [(entry.source, entry.wheel.name, entry.wheel.local) for entry in made] == [
        (sources[0], "demo", False),
        (sources[1], "other", True),
    ]
    assert "local" in steps


def native_project(directory: Path) -> Path:
    """A project whose wheel fits only the Python that built it."""
    project = make_project(directory, "native", files={"native/__init__.py": ""})
    backend = project / "backend.py"
    tag = "cp%d%d-none-any"
    text = backend.read_text().replace('py3-none-any\\n"', f'{tag}\\n" % sys.version_info[:2]')
    text = text.replace('py3-none-any.whl"', f'{tag}.whl" % sys.version_info[:2]')
    backend.write_text("import sys\n" + text)
    return project


def test_a_project_that_fits_one_python_is_built_for_each(store: Store, target: Target, tmp_path: Path) -> None:
    newer = needs.several_pythons(fits=lambda found: needs.is_cpython(found) and found.version >= (3, 11))
    other = next(found for found in newer if found.tag != target.python)
    version = ".".join(map(str, other.version))
    second = replace(
        target,
        python=other.tag,
        tags=tuple(compatible_tags(other.version, interpreter=other.tag, platforms=["any"])),
        environment=target.environment | {"python_version": version},
        interpreter=other.path,
    )
    plain = make_project(tmp_path, "plain", files={"plain/__init__.py": ""})
    bound = Marker("extra != 'x'")
    made = local_wheels(
        [
            LocalSource(LocalKind.PROJECT, native_project(tmp_path), "x", marker=bound),
            LocalSource(LocalKind.PROJECT, plain, "x"),
        ],
        Workshop(store, IndexSettings(), find_resolver("auto"), (target, second), no_report),
    )
    names = [f"native-1.0-{one.python}-none-any.whl" for one in (target, second)]
    assert [entry.wheel.filename for entry in made] == [*names, "plain-1.0-py3-none-any.whl"]
    for entry, mine, theirs in ((made[0], target, second), (made[1], second, target)):
        assert entry.source.marker is not None
        here, there = ({name: str(value) for name, value in one.environment.items()} for one in (mine, theirs))
        assert entry.source.marker.evaluate(here | {"extra": ""})
        assert not entry.source.marker.evaluate(here | {"extra": "x"})
        assert not entry.source.marker.evaluate(there | {"extra": ""})
    assert made[2].source.marker is None


def test_all_sources_that_fail_are_named(store: Store, target: Target, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    sources = [
        LocalSource(LocalKind.PACKAGE, tmp_path / "empty", "x"),
        LocalSource(LocalKind.MODULE, tmp_path / "gone.py", "x"),
    ]
    with pytest.raises(PexliteError) as caught:
        local_wheels(sources, Workshop(store, IndexSettings(), NO_RESOLVER, (target,), no_report))
    told = "\n".join(caught.value.causes)
    assert "empty" in told
    assert "gone.py" in told
    with pytest.raises(FetchError, match=r"gone\.py"):
        wheel_of(LocalKind.MODULE, tmp_path / "gone.py", store, target)


@pytest.mark.parametrize(
    ("files", "found"),
    [
        (["app.py"], (LocalKind.MODULE, "app.py")),
        (["app/__init__.py"], (LocalKind.PACKAGE, "app")),
        (["app/x.py"], (LocalKind.PACKAGE, "app")),
        (["app/sub/x.py"], (LocalKind.PACKAGE, "app")),
        (["src/app.py"], (LocalKind.MODULE, "src/app.py")),
        (["src/app/__init__.py"], (LocalKind.PACKAGE, "src/app")),
        (["app.py", "src/app.py"], (LocalKind.MODULE, "app.py")),
        (["app/notes.txt", "src/app.py"], (LocalKind.MODULE, "src/app.py")),
        (["app/notes.txt"], None),
        (["other.py"], None),
        (["app.py/x.py"], None),
    ],
)
def test_a_loose_module_is_found_beside_or_in_src(
    files: list[str], found: tuple[LocalKind, str] | None, tmp_path: Path
) -> None:
    written(tmp_path, *files)
    source = loose_module("app", tmp_path)
    if found is None:
        assert source is None
    else:
        assert source is not None
        assert (source.kind, source.path) == (found[0], tmp_path / found[1])


LETTERS = some.characters(codec="utf-8", exclude_characters="/\\", exclude_categories=("Cc", "Cs"))
# Begun and ended by a letter, none of them is what tools leave behind: .x, x.pyc, x~.
NAMES = some.text(LETTERS, max_size=12).map("f{}f".format)
TREES = some.dictionaries(
    some.lists(NAMES, min_size=1, max_size=3).map("/".join),
    some.tuples(some.binary(max_size=200), some.booleans()),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60)
@given(tree=TREES)
def test_any_tree_that_goes_in_comes_out_and_gives_the_same_bytes(
    tree: dict[str, tuple[bytes, bool]], target: Target
) -> None:
    below = {"/".join(path.split("/")[:depth]) for path in tree for depth in range(1, path.count("/") + 1)}
    tree = {path: value for path, value in tree.items() if path not in below}
    expected = {path: value for path, value in tree.items() if not path.endswith("~")}
    digests = set()
    with tempfile.TemporaryDirectory() as scratch:
        for number, mask in enumerate((0o022, 0o077)):
            previous = os.umask(mask)
            try:
                package = Path(scratch, str(number), "pkg")
                package.mkdir(parents=True)
                (package / "__init__.py").write_bytes(b"")
                for path, (content, executable) in sorted(tree.items(), reverse=bool(number)):
                    (package / path).parent.mkdir(parents=True, exist_ok=True)
                    (package / path).write_bytes(content)
                    (package / path).chmod(0o700 if executable else 0o600)
                    os.utime(package / path, (1e9 * number, 1e9 * number))
                store = Store(Path(scratch, f"store{number}"))
                wheel = wheel_of(LocalKind.PACKAGE, package, store, replace(target))
            finally:
                os.umask(previous)
            digests.add((wheel.sha256, wheel.filename))
            with zipfile.ZipFile(wheel.path) as archive:
                for path, (content, executable) in expected.items():
                    assert archive.read(f"pkg/{path}") == content
                    mode = archive.getinfo(f"pkg/{path}").external_attr >> 16
                    assert mode == (0o100755 if executable else 0o100644)
            assert len(code_in(wheel)) == len(expected) + 1
    assert len(digests) == 1
