"""`verify --cache` finds what others have put into an app for its Python to run, and `--repair` takes it away."""

from __future__ import annotations

import marshal
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import supported

PYTHON = next(python for python in supported() if python.version == sys.version_info[:2])
PWNED = "print('PWNED')\n"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[tuple[Path, Path, dict[str, str]]]:
    """A file, the directory of its app, and the environment that it was started in."""
    wheel = make_wheel(
        tmp_path,
        "app",
        files={
            "app.py": "def main():\n    import helper.more\n",
            "helper/__init__.py": "",
            "helper/more.py": "x = 1\n",
        },
    )
    file = bundle_file(tmp_path / "app.pex", [wheel], function("app", "main"))
    env = environment(tmp_path / "root")
    run([PYTHON.path, file], env)
    (place,) = (tmp_path / "root").glob("lite-2/apps/*-*")
    yield file, place, {**env, "PEX_TOOLS": "1"}


def packages(place: Path) -> Path:
    (found,) = place.glob("lib/*/site-packages")
    return found


def bytecode(place: Path) -> None:
    (path,) = packages(place).glob("helper/__pycache__/more.*.pyc")
    head, code = path.read_bytes()[:16], marshal.dumps(compile(PWNED, "x", "exec"))
    path.unlink()
    path.write_bytes(head + code)


def linked(path: Path, elsewhere: Path) -> None:
    """Put a link to a copy of the file in its place."""
    elsewhere.write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(elsewhere)


def another_python(place: Path) -> None:
    (place / "bin" / "python3").unlink()
    (place / "bin" / "python3").symlink_to("/bin/true")


def launcher(place: Path) -> None:
    path = place / "_pexlite_launch"
    content = path.read_bytes()
    held = marshal.loads(content[4:])
    held["run"] = PWNED.encode() + held["run"]
    path.unlink()
    path.write_bytes(content[:4] + marshal.dumps(held))


CHANGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a .pth": (lambda place: (packages(place) / "more.pth").write_text("import os\n"), "more.pth is a file of no"),
    "a module": (lambda place: (packages(place) / "requests.py").write_text(PWNED), "requests.py is a file of no"),
    "sitecustomize": (
        lambda place: (packages(place) / "sitecustomize.py").write_text(PWNED),
        "is a file of no wheel",
    ),
    "a module without its source": (
        lambda place: (packages(place) / "helper" / "other.pyc").write_bytes(b""),
        "helper/other.pyc is a file of no wheel",
    ),
    "a compiled module": (
        lambda place: (packages(place) / "helper" / "more.abi3.so").write_bytes(b""),
        "more.abi3.so is a file of no wheel",
    ),
    "a package elsewhere": (
        lambda place: (packages(place) / "more").symlink_to("/tmp"),
        "more is a link that leads elsewhere",
    ),
    "a file elsewhere": (
        lambda place: linked(packages(place) / "helper" / "more.py", place.parents[3] / "elsewhere.py"),
        "helper/more.py is a link that leads elsewhere",
    ),
    "another Python": (another_python, "bin/python3 leads to another Python"),
    "bytecode of other code": (bytecode, "is bytecode of another source"),
    "a launcher that starts something else": (launcher, "_pexlite_launch has changed"),
}


@pytest.mark.skipif(os.name == "nt", reason="links are made")
@pytest.mark.parametrize("kind", CHANGES)
def test_it_is_found_and_taken_away(kind: str, app: tuple[Path, Path, dict[str, str]]) -> None:
    file, place, env = app
    command: list[str | Path] = [PYTHON.path, file, "verify", "--cache"]
    assert " is whole" in run(command, env).stdout.splitlines()[1]
    change, told = CHANGES[kind]
    change(place)
    done = run(command, env, check=False)
    assert done.returncode == 6
    assert told in done.stdout
    run([*command, "--repair"], env)
    assert " is whole" in run(command, env).stdout.splitlines()[1]


def test_what_an_app_writes_for_itself_and_pip_has_installed_is_no_fault(
    app: tuple[Path, Path, dict[str, str]],
) -> None:
    file, place, env = app
    (packages(place) / "helper" / "notes.txt").write_text("mine")
    (packages(place) / "plugin.py").write_text("")
    info = packages(place) / "plugin-1.0.dist-info"
    info.mkdir()
    (info / "INSTALLER").write_text("pip\n")
    (info / "RECORD").write_text("plugin.py,,\nplugin-1.0.dist-info/RECORD,,\n")
    assert " is whole" in run([PYTHON.path, file, "verify", "--cache"], env).stdout.splitlines()[1]
