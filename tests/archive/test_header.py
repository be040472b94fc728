"""The sh header: what is sealed in is there for the app, and a word is never taken for a command."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pexlite.archive.header import header
from pexlite.archive.runtime_files import LAYOUT
from pexlite.model import Bundle, EntryPoint, LaunchOptions, StartKind, Variant
from tests.factories import write_files
from tests.interpreters import Interpreter, supported

# The app's Python: tells its own name, its arguments and its variables.
TELLING = """#!/bin/sh
exec {python} -I -c 'import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ)]))' "$0" "$@"
"""


def bundle_of(launch: LaunchOptions, runs_on: str = "any") -> Bundle:
    return Bundle(
        wheels=(),
        variants=(Variant(("cp39", "pp39"), "any", None, None, ()),),
        trees=(),
        entry_point=EntryPoint(StartKind.FUNCTION, "app", "main"),
        launch=launch,
        requirements=(),
        startup_files=(),
        runs_on=runs_on,
    )


@pytest.mark.parametrize("python", supported(), ids=str)
@pytest.mark.parametrize("sh_boot", [False, True])
def test_a_python_that_reads_a_header_as_a_script_says_what_to_do(python: Interpreter, sh_boot: bool) -> None:
    content = header(bundle_of(LaunchOptions(sh_boot=sh_boot)))
    # No binary data: a PyPy decodes all of a pipe first.
    done = subprocess.run([python.path], input=content, capture_output=True, check=False)
    assert done.returncode == 1 and done.stdout == b""
    assert b"read from a pipe: copy the file here again, and start it by its name" in done.stderr


@pytest.mark.parametrize(
    "words",
    ["$(: >ran)", "`: >ran`", '"; : >ran #', "'; : >ran #", "\\", "${x:=y}", "CPython 3.9 on linux (glibc 2.17+)"],
)
def test_the_words_for_where_a_file_runs_are_shown_as_they_are(words: str, tmp_path: Path) -> None:
    (tmp_path / "app").write_bytes(header(bundle_of(LaunchOptions(sh_boot=True), words)))
    nothing = {"PATH": str(tmp_path / "nothing"), "HOME": str(tmp_path)}
    done = subprocess.run(["/bin/sh", "app"], cwd=tmp_path, env=nothing, capture_output=True, text=True)
    assert done.stderr.splitlines()[0] == f"error: app needs {words}, and there is none on PATH"
    assert not (tmp_path / "ran").exists()


def started(launch: LaunchOptions, home: Path, root: Path, **variables: str) -> tuple[list[str], dict[str, str]]:
    """The words and variables with which the header starts an app whose pointer is below `root`."""
    app = home / "unpacked"
    write_files(app, {"READY": "x", "script.py": "x"})
    for name in ("python", "start"):
        write_files(app, {f"bin/{name}": TELLING.format(python=shlex.quote(sys.executable))})
        (app / "bin" / name).chmod(0o755)
    others = f"{home}/others/bin/start\n{home}/script.py\n/lib/ld-of-another-machine.so.1\n"
    pointer = f"{app}/bin/start\n{app}/script.py\n/\n"
    apps = f"{LAYOUT}/apps/{'0' * 16}"
    write_files(root, {f"{apps}.cp310.{'1' * 10}.sh": others, f"{apps}.cp311.{'0' * 10}.sh": pointer})
    (home / "app").write_bytes(header(bundle_of(launch)))
    given = {"PATH": "/usr/bin:/bin", "HOME": str(home), **variables}
    done = subprocess.run(["/bin/sh", "app", "a b"], cwd=home, env=given, capture_output=True, check=True)
    words, told = json.loads(done.stdout)
    return words, told


@pytest.mark.parametrize(
    ("launch", "variables", "name", "found"),
    [
        ({"inject_env": (("GIVEN", "two words"),)}, {}, "GIVEN", "two words"),
        ({"inject_env": (("GIVEN", "$(: >ran)`: >ran`'\"\\"),)}, {}, "GIVEN", "$(: >ran)`: >ran`'\"\\"),
        ({"inject_env": (("GIVEN", "sealed"),)}, {"GIVEN": "now"}, "GIVEN", "now"),
        ({"inject_env": (("GIVEN", "sealed"),)}, {"GIVEN": ""}, "GIVEN", ""),
        ({"inject_env": (("OTHER", "1"), ("GIVEN", "2"))}, {}, "GIVEN", "2"),
        ({"bin_path": "prepend"}, {}, "PATH", "{home}/unpacked/bin:/usr/bin:/bin"),
        ({"bin_path": "append"}, {}, "PATH", "/usr/bin:/bin:{home}/unpacked/bin"),
        ({"bin_path": "off"}, {}, "PATH", "/usr/bin:/bin"),
    ],
)
def test_what_is_sealed_in_is_set_for_an_app_that_is_unpacked(
    launch: dict[str, Any], variables: dict[str, str], name: str, found: str, tmp_path: Path
) -> None:
    sealed = LaunchOptions(sh_boot=True, **launch)
    words, told = started(sealed, tmp_path, tmp_path / ".pex", **variables)
    assert told[name] == found.format(home=tmp_path)
    assert words == [f"{tmp_path}/unpacked/bin/start", f"{tmp_path}/unpacked/script.py", "app", "a b"]
    assert not (tmp_path / "ran").exists()


def test_a_variable_that_no_shell_can_set_is_left_to_python(tmp_path: Path) -> None:
    launch = LaunchOptions(sh_boot=True, inject_env=(("java.home", "/a"),), bin_path="prepend")
    words, told = started(launch, tmp_path, tmp_path / ".pex")
    assert words == [f"{tmp_path}/unpacked/bin/python", "app", "a b"]
    assert told["PATH"] == "/usr/bin:/bin"


@pytest.mark.parametrize(
    ("sealed", "place"),
    [
        (None, ".pex"),
        ("~", "."),
        ("~/my $(: >ran) cache", "my $(: >ran) cache"),
        ("{home}/it's ~ $HOME", "it's ~ $HOME"),
    ],
)
def test_the_sealed_root_is_where_the_header_looks_for_the_app(
    sealed: str | None, place: str, tmp_path: Path
) -> None:
    root = sealed.format(home=tmp_path) if sealed else None
    words, _ = started(LaunchOptions(sh_boot=True, pex_root=root), tmp_path, tmp_path / place)
    assert words[0] == f"{tmp_path}/unpacked/bin/start"
    assert not (tmp_path / "ran").exists()


def test_without_sh_boot_the_first_line_names_a_python() -> None:
    assert header(bundle_of(LaunchOptions())).startswith(b"#!/usr/bin/env python3\n")
