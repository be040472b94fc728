"""Where the launcher looks, what it sets, and what it takes no notice of: as the sh header."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.launcher.files import BUILD_ID, TELLING, Given, archive_of, file_of, name_of

APPS = f"lite-2/apps/{BUILD_ID}"


def started(file: Path, *words: str, called: str = "", **variables: str) -> list[str]:
    """The words of the app that was started."""
    given = {"PATH": "/usr/bin:/bin", "HOME": str(file.parent), **variables}
    done = subprocess.run(
        [called or f"./{file.name}", *words], cwd=file.parent, env=given, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.rstrip("\n").split("|")


def unpack(root: Path, name: str = "cp311.0000000000", more: str = "") -> Path:
    """An app that is unpacked below `root`, with its pointer."""
    app = root / f"lite-2/apps/{BUILD_ID}-{name.replace('.', '-')}"
    (app / "bin").mkdir(parents=True)
    (app / "READY").write_text("x")
    (app / "run.py").write_text("x")
    for program in ("python", "start"):
        (app / "bin" / program).write_bytes(TELLING)
        (app / "bin" / program).chmod(0o755)
    on = f"{app}\nREADY\n"
    (root / f"{APPS}.{name}.sh").write_text(f"{app}/bin/start\n{app}/run.py\n/\n{more or on}")
    return app


def test_an_app_that_is_unpacked_starts_without_the_files_python(tmp_path: Path) -> None:
    app = unpack(tmp_path / ".pex")
    sealed = ("set GIVEN=two%20words%25", "bin_path prepend", "option -u", "itself 1")
    told = started(file_of(tmp_path / "app", Given(archive_of(), sealed=sealed)), "a", "b c", PYTHONHOME="/x")
    path = f"PATH={app}/bin:/usr/bin:/bin"
    assert told == [f"{app}/bin/start", f"-u {app}/run.py ./app a b c", f"PEX={tmp_path}/app",
                    "GIVEN=two words%", path, "TOOLS=", "HOME="]  # fmt: skip
    assert not (tmp_path / ".pex/lite-2/interpreters").exists()


@pytest.mark.parametrize(
    ("sealed", "variables", "found"),
    [
        (("set GIVEN=1",), {"GIVEN": "now"}, "GIVEN=now"),
        (("set GIVEN=1",), {"GIVEN": ""}, "GIVEN="),
        (("bin_path append",), {}, "PATH=/usr/bin:/bin:{app}/bin"),
        (("argument two%20words",), {}, "{app}/run.py two words last"),
        (("by_python 1", "set GIVEN=1"), {}, "./app last"),
        (("by_python 1", "set GIVEN=1"), {}, "GIVEN="),
    ],
)
def test_what_is_sealed_in_is_there(
    sealed: tuple[str, ...], variables: dict[str, str], found: str, tmp_path: Path
) -> None:
    app = unpack(tmp_path / ".pex")
    told = started(file_of(tmp_path / "app", Given(archive_of(), sealed=sealed)), "last", **variables)
    assert found.format(app=app) in told


def _nothing(root: Path, app: Path) -> None:
    pass


def _no_loader(root: Path, app: Path) -> None:
    pointer = root / f"{APPS}.cp311.0000000000.sh"
    pointer.write_text(pointer.read_text().replace("\n/\n", "\n/lib/ld-of-another.so.1\n"))


def _empty_ready(root: Path, app: Path) -> None:
    (app / "READY").write_text("")


def _no_program(root: Path, app: Path) -> None:
    (app / "run.py").unlink()


def _cut_pointer(root: Path, app: Path) -> None:
    (root / f"{APPS}.cp311.0000000000.sh").write_text(f"{app}/bin/start\n")


def _lacks_what_it_needs(root: Path, app: Path) -> None:
    pointer = root / f"{APPS}.cp311.0000000000.sh"
    pointer.write_text(pointer.read_text().replace("\nREADY\n", "\nREADY lib/encodings.py\n"))


def _has_changed_since(root: Path, app: Path) -> None:
    os.utime(app / "READY")
    os.utime(root / f"{APPS}.cp311.0000000000.sh", (1, 1))


def _on_a_damaged_python(root: Path, app: Path) -> None:
    (app / "DAMAGED").touch()


def _on_a_python_of_the_host(root: Path, app: Path) -> None:
    (root / f"{APPS}.cp311.0000000000.sh").write_text(f"{app}/bin/start\n{app}/run.py\n/\n")


def _of_another_account(root: Path, app: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can give a file to another account")
    os.chown(app, 12345, 12345)


@pytest.mark.parametrize(
    ("change", "is_warm"),
    [(_nothing, True), (_no_loader, False), (_empty_ready, False), (_no_program, False), (_cut_pointer, False),
     (_lacks_what_it_needs, False), (_has_changed_since, False),
     (_on_a_damaged_python, False), (_on_a_python_of_the_host, False),
     (_of_another_account, False)],
)  # fmt: skip
def test_only_an_app_that_is_whole_and_ones_own_is_started(change: object, is_warm: bool, tmp_path: Path) -> None:
    app = unpack(tmp_path / ".pex")
    assert callable(change)
    change(tmp_path / ".pex", app)
    file = file_of(tmp_path / "app", given := Given(archive_of()))
    own = f"{tmp_path}/.pex/lite-2/interpreters/{name_of(given)}/bin/python3.11"
    assert started(file)[0] == (f"{app}/bin/start" if is_warm else own)


@pytest.mark.parametrize(
    ("words", "variables", "is_warm"),
    [
        ((), {"PEX_TOOLS": "1"}, False),
        ((), {"PEX_TOOLS": ""}, True),
        (("-m", "x"), {}, True),
        (("-m", "x"), {"PYTHON_WORKER_FACTORY_SECRET": "x"}, False),
        (("-VV",), {}, False),
        (("-VV", "x"), {}, False),
        (("-V",), {}, True),
        (("-c", "import sys; print(sys.path)"), {}, False),
        (("-c", "x; import pkg_resources"), {}, False),
        (("-c", "x"), {}, True),
        (("/spark/bin/find_spark_home.py",), {}, False),
        ((), {"PYSPARK_GATEWAY_PORT": "1234"}, False),
    ],
)
def test_switches_and_what_may_be_sparks_lead_to_the_files_python(
    words: tuple[str, ...], variables: dict[str, str], is_warm: bool, tmp_path: Path
) -> None:
    app = unpack(tmp_path / ".pex")
    told = started(file_of(tmp_path / "app"), *words, **variables)
    assert (told[0] == f"{app}/bin/start") == is_warm
    assert told[1].endswith(" ".join(words))


@pytest.mark.parametrize(
    ("sealed", "variables", "root"),
    [
        ((), {}, "{home}/.pex"),
        (("root ~/my%20cache",), {}, "{home}/my cache"),
        (("root {home}/sealed",), {}, "{home}/sealed"),
        (("root {home}/sealed",), {"PEX_ROOT": "{home}/x/../asked"}, "{home}/asked"),
        ((), {"PEX_ROOT": "relative"}, "{home}/relative"),
        ((), {"PEX_ROOT": "~/tilde"}, "{home}/tilde"),
    ],
)
def test_the_cache_is_where_the_runtime_has_it(
    sealed: tuple[str, ...], variables: dict[str, str], root: str, tmp_path: Path
) -> None:
    lines = tuple(line.format(home=tmp_path) for line in sealed)
    asked = {name: text.format(home=tmp_path) for name, text in variables.items()}
    told = started(file_of(tmp_path / "app", given := Given(archive_of(), sealed=lines)), **asked)
    place = root.format(home=tmp_path)
    assert told[0] == f"{place}/lite-2/interpreters/{name_of(given)}/bin/python3.11"


@pytest.mark.parametrize(
    ("called", "variables", "pex"),
    [
        ("./app", {}, "{here}/app"),
        ("../a b/app", {}, "{here}/../a b/app"),
        ("{here}/app", {}, "{here}/app"),
        ("./app", {"PWD": "{link}"}, "{link}/app"),
        ("./app", {"PWD": "/nowhere"}, "{here}/app"),
    ],
)
def test_the_app_is_told_the_files_path_as_it_was_called(
    called: str, variables: dict[str, str], pex: str, tmp_path: Path
) -> None:
    place, link = tmp_path / "a b", tmp_path / "link"
    place.mkdir()
    link.symlink_to(place)
    unpack(place / ".pex")
    names = {"here": place, "link": link}
    file = file_of(place / "app")
    asked = {name: text.format(**names) for name, text in variables.items()}
    told = started(file, called=called.format(**names), **asked)
    assert told[2] == "PEX=" + pex.format(**names)


def test_a_file_started_by_its_descriptor_finds_itself(tmp_path: Path) -> None:
    file = file_of(tmp_path / "app")
    descriptor = os.open(file, os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    done = subprocess.run([f"/proc/self/fd/{descriptor}"], pass_fds=[descriptor], env={"HOME": str(tmp_path)},
                          capture_output=True, text=True)  # fmt: skip
    assert done.stdout.split("|")[1] == str(file), done.stderr


@pytest.mark.parametrize(
    ("mode", "words"),
    [(0o777, "may be written by others (mode 777)"), (0o775, "may be written by others (mode 775)")],
)
def test_a_cache_that_others_may_write_is_not_used(mode: int, words: str, tmp_path: Path) -> None:
    file, root, private = file_of(tmp_path / "app"), tmp_path / ".pex", tmp_path / "private"
    root.mkdir()
    root.chmod(mode)
    made = private / f"pexlite-{os.geteuid()}-x"
    made.mkdir(mode=0o700, parents=True)
    (private / f"pexlite-{os.geteuid()}-a").mkdir(mode=0o755)  # closed to nobody
    given = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "TMPDIR": str(private)}
    for _ in range(2):
        done = subprocess.run([file], env=given, capture_output=True, text=True)
        assert done.stderr == f"pexlite: {root} {words}: using {made}\n"
        assert done.stdout.startswith(f"{made}/lite-2/interpreters/")
    assert list(root.iterdir()) == []


def test_a_python_that_is_asked_for_is_taken_and_no_other(tmp_path: Path) -> None:
    other = tmp_path / "other python"
    other.write_bytes(TELLING)
    other.chmod(0o755)
    file = file_of(tmp_path / "app")
    assert started(file, PEX_PYTHON=str(other))[0] == str(other)
    assert not (tmp_path / ".pex").exists()
    done = subprocess.run(
        [file], env={"PEX_PYTHON": str(tmp_path / "none"), "PATH": ""}, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        1,
        "error: app needs CPython 3.11, and there is none on PATH",
    )


def test_a_python_of_the_host_comes_first_where_it_is_preferred(tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    sealed = ("prefer_host 1", "python python3.98", "python python3.99")
    file = file_of(tmp_path / "app", given := Given(archive_of(), sealed=sealed))
    (programs / "python3.98").write_text("#!/bin/sh\nexit 1\n")
    (programs / "python3.99").write_bytes(TELLING)
    for program in programs.iterdir():
        program.chmod(0o755)
    assert started(file, PATH=f"{programs}:/bin")[0] == f"{programs}/python3.99"
    own = f"{tmp_path}/.pex/lite-2/interpreters/{name_of(given)}/bin/python3.11"
    assert started(file, PATH=f"{programs}:/bin", PEX_CHOSEN_PYTHON="own")[0] == own
    assert started(file, PATH="/bin")[0] == own
