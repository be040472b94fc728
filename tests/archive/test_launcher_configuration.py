"""A file that begins with the static launcher starts its app as one that begins with a program of sh."""

from __future__ import annotations

import dataclasses
import json
import platform
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pexlite.archive.header import header
from pexlite.archive.runtime_files import LAYOUT
from pexlite.errors import UsageError, WriteError
from pexlite.launcher import MACHINES, launcher
from pexlite.model import Bundle, EntryPoint, LaunchOptions, OwnPython, StartKind, Variant
from pexlite.outputs import Kind, Output
from tests.factories import write_files

# The app's Python: tells its own name, its arguments and its variables.
TELLING = """#!/bin/sh
exec {python} -I -c 'import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ)]))' "$0" "$@"
"""


def own(machine: str = "", path: str = "x") -> OwnPython:
    return OwnPython(
        path=Path(path), sha256="0123456789abcdef" * 4, crc32=0, size=1000, unpacked=5000, version="3.11.9",
        tag="cp311", platform=f"linux_{machine or platform.machine()}", libc=("glibc", (2, 17)),
        loader="/lib64/ld-linux-x86-64.so.2", program="bin/python3.11", source="x",
    )  # fmt: skip


def bundle_of(launch: LaunchOptions, *pythons: OwnPython, start: StartKind = StartKind.FUNCTION) -> Bundle:
    in_process = start is StartKind.FUNCTION
    return Bundle(
        wheels=(),
        variants=(Variant(("cp311",), "any", None, None, ()),),
        trees=(),
        entry_point=EntryPoint(start, "app", "main") if in_process else EntryPoint(start, script="tool"),
        launch=launch,
        requirements=(),
        startup_files=(),
        runs_on="CPython 3.11",
        own_pythons=pythons,
    )  # fmt: skip


def machine_here() -> str:
    if platform.machine() not in MACHINES:
        pytest.skip(f"there is no launcher for {platform.machine()}")
    return platform.machine()


def both(bundle: Bundle, home: Path) -> list[Path]:
    """Files that begin with a program of sh and with the launcher, each named app, in directories of their own."""
    files = []
    for kind in ("sh", "elf"):
        launch = dataclasses.replace(bundle.launch, launcher=kind, sh_boot=True)
        content = header(dataclasses.replace(bundle, launch=launch, own_pythons=(own(machine_here()),)))
        (home / kind).mkdir()
        (home / kind / "app").write_bytes(content)
        (home / kind / "app").chmod(0o755)
        files.append(home / kind / "app")
    return files


def unpack(home: Path, root: Path) -> None:
    app = home / "unpacked"
    write_files(app, {"READY": "x", "script.py": "x"})
    for name in ("python", "start"):
        write_files(app, {f"bin/{name}": TELLING.format(python=shlex.quote(sys.executable))})
        (app / "bin" / name).chmod(0o755)
    pointer = f"{app}/bin/start\n{app}/script.py\n/\n{app}\nREADY\n"
    write_files(root, {f"{LAYOUT}/apps/{'0' * 16}.cp311.{'0' * 10}.sh": pointer})


def told_by(file: Path, words: tuple[str, ...], variables: dict[str, str]) -> Any:
    given = {"PATH": "/usr/bin:/bin", "HOME": str(file.parent.parent), "PWD": str(file.parent), **variables}
    done = subprocess.run(["./app", *words], cwd=file.parent, env=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told, environment = json.loads(done.stdout)
    # Variables of the shell itself, which scripts of sh cannot help.
    return told, {
        name: text for name, text in environment.items() if name not in ("PWD", "OLDPWD", "_", "LC_CTYPE")
    }


@pytest.mark.parametrize(
    ("launch", "start", "words", "variables"),
    [
        ({}, StartKind.FUNCTION, (), {}),
        ({}, StartKind.FUNCTION, ("a b", "", "$(: >ran)", "\n", "é"), {"PEX_TOOLS": "", "PEX_KEEP_DAYS": "1"}),
        ({"inject_env": (("GIVEN", "100 %\n\t'\"$(: >ran)"), ("OTHER", ""))}, StartKind.FUNCTION, (), {}),
        ({"inject_env": (("GIVEN", "sealed"),)}, StartKind.FUNCTION, (), {"GIVEN": "now"}),
        ({"inject_env": (("GIVEN", "sealed"),)}, StartKind.FUNCTION, (), {"GIVEN": ""}),
        ({"inject_env": (("java.home", "/a"),), "bin_path": "prepend"}, StartKind.FUNCTION, ("a",), {}),
        ({"bin_path": "prepend"}, StartKind.FUNCTION, (), {}),
        ({"bin_path": "append"}, StartKind.FUNCTION, (), {}),
        ({"inject_python_args": ("-W", "ignore", "-u")}, StartKind.FUNCTION, ("a",), {}),
        ({"inject_args": ("two words", "%41")}, StartKind.SCRIPT, ("a",), {}),
        ({"inject_args": ("two words",)}, StartKind.FUNCTION, ("a",), {}),
        ({"inject_args": ("{pex.env.HOME}",)}, StartKind.SCRIPT, ("a",), {}),
        ({"pex_root": "~/my %20 $HOME cache"}, StartKind.FUNCTION, (), {}),
        ({"pex_root": "/nowhere"}, StartKind.FUNCTION, (), {"PEX_ROOT": "{home}/elsewhere"}),
        ({}, StartKind.FUNCTION, ("-m", "x"), {"PYTHON_WORKER_FACTORY_PORT": "1"}),
    ],
)
def test_both_start_an_unpacked_app_with_the_same_words_and_variables(
    launch: dict[str, Any], start: StartKind, words: tuple[str, ...], variables: dict[str, str], tmp_path: Path
) -> None:
    roots = {"~/my %20 $HOME cache": tmp_path / "my %20 $HOME cache", "/nowhere": tmp_path / "elsewhere"}
    unpack(tmp_path, roots.get(launch.get("pex_root", ""), tmp_path / ".pex"))
    asked = {name: text.format(home=tmp_path) for name, text in variables.items()}
    told = [
        told_by(file, words, asked) for file in both(bundle_of(LaunchOptions(**launch), start=start), tmp_path)
    ]
    for found, kind in zip(told, ("sh", "elf"), strict=True):
        assert found[1].pop("PEX") == f"{tmp_path}/{kind}/app"
    assert told[0] == told[1]
    assert told[0][0][0].startswith(f"{tmp_path}/unpacked/bin/")
    assert not list(tmp_path.rglob("ran"))


def test_a_file_has_as_many_bytes_before_the_zip_whatever_its_build_id_and_places() -> None:
    bundle = bundle_of(LaunchOptions(launcher="elf", sh_boot=True), own("x86_64"), own("x86_64"))
    lengths = {len(header(bundle, name, at)) for name in ("0" * 16, "f" * 16) for at in ((0, 0), (1, 10**14))}
    assert len(lengths) == 1


@pytest.mark.parametrize("machine", MACHINES)
def test_a_file_begins_with_the_launcher_of_its_machine(machine: str) -> None:
    content = header(bundle_of(LaunchOptions(launcher="elf", sh_boot=True), own(machine)))
    assert content.startswith(launcher(machine))


@pytest.mark.parametrize(
    ("pythons", "words"),
    [
        ((own("x86_64"), own("aarch64")), "and the file is for linux_aarch64, linux_x86_64"),
        ((own("riscv64"),), "and the file is for linux_riscv64"),
    ],
)
def test_one_program_is_not_for_several_machines(pythons: tuple[OwnPython, ...], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        header(bundle_of(LaunchOptions(launcher="elf", sh_boot=True), *pythons))


def test_more_than_the_launcher_reads_is_refused() -> None:
    launch = LaunchOptions(launcher="elf", sh_boot=True, inject_env=(("GIVEN", "x" * 70_000),))
    with pytest.raises(UsageError, match="--launcher elf reads 65536 bytes"):
        header(bundle_of(launch, own("x86_64")))


def test_a_file_that_was_cut_off_is_still_known_as_ours(tmp_path: Path) -> None:
    file = tmp_path / "app.pex"
    file.write_bytes(header(bundle_of(LaunchOptions(launcher="elf", sh_boot=True), own("x86_64"))))
    Output(file, Kind.APPLICATION, force=False).check()
    file.write_bytes(launcher("x86_64"))
    with pytest.raises(WriteError):
        Output(file, Kind.APPLICATION, force=False).check()
