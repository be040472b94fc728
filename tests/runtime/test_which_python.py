"""A file finds the right Python, asks few programs for it, and says so when none fits."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pexlite.model import LaunchOptions, Libc, Variant
from pexlite.runtime.unpack import variant
from pexlite.targets.interpreters import running_target
from tests import needs
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter, interpreters, supported

ABLE = [found for found in supported() if found.tag.startswith("cp")]
APP = "import sys\ndef main():\n    print('%d.%d' % sys.version_info[:2])\n"


def logged(directory: Path, name: str, python: Path, log: Path) -> Path:
    """A program that records that it was asked, and then is `python`."""
    program = directory / name
    program.write_text(f'#!/bin/sh\necho {name} "$3" >>{log}\nexec {python} "$@"\n')
    program.chmod(0o755)
    return program


class Programs:
    """A PATH made for one test, whose programs record each run."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "bin"
        self.directory.mkdir()
        self.log = directory / "log"
        self.env = environment(directory / "root", PATH=str(self.directory))

    def add(self, name: str, python: Path) -> None:
        logged(self.directory, name, python, self.log)

    def asked(self) -> list[str]:
        """The programs that were asked since the last call."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.write_text("")
        return [line.split()[0] for line in lines if line.endswith(" -c")]


@pytest.fixture
def path(tmp_path: Path) -> Programs:
    return Programs(tmp_path)


@pytest.fixture
def others_app(tmp_path: Path) -> Path:
    """A file that runs on all Pythons here but the first."""
    needs.several_pythons(3, needs.is_cpython)
    wheel = make_wheel(tmp_path, "version", files={"version.py": APP})
    pythons = [found.tag for found in reversed(ABLE[1:])]
    return bundle_file(tmp_path / "app.pex", [wheel], function("version", "main"), pythons=pythons)


def words(python: Interpreter) -> str:
    return f"{python.version[0]}.{python.version[1]}\n"


def test_one_program_is_asked_and_later_none(path: Programs, others_app: Path) -> None:
    here, *able = ABLE
    for python in able:
        path.add(f"python{python.version[0]}.{python.version[1]}", python.path)
    path.add("python3", here.path)
    best = f"python{able[0].version[0]}.{able[0].version[1]}"
    done = run([here.path, others_app], path.env)
    assert done.stdout == words(able[0])
    [told] = done.stderr.splitlines()
    assert told.startswith("pexlite: app.pex needs CPython 3.") and len(told) <= 200
    assert f"; this is {here.words}, so " in told
    assert told.endswith(f"{path.directory / best} runs it")
    assert path.asked() == [best]
    assert run([here.path, others_app], path.env).stdout == words(able[0])
    assert path.asked() == []


def test_what_is_asked_for_by_name_takes_over_in_silence(path: Programs, others_app: Path) -> None:
    here, first = ABLE[:2]
    asked = run([here.path, others_app], {**path.env, "PEX_PYTHON": str(first.path)})
    assert (asked.stdout, asked.stderr) == (words(first), "")


def test_every_newer_python_fits_a_rule(path: Programs, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "version", files={"version.py": APP})
    able = needs.several_pythons(2, lambda found: needs.is_cpython(found) and not found.tag.endswith("t"))
    oldest, *newer = sorted(able, key=lambda found: found.version)
    rule = f"cp3{oldest.version[1] + 1}+"
    file = bundle_file(tmp_path / "app.pex", [wheel], function("version", "main"), pythons=[rule])
    path.add("python3", newer[-1].path)
    for python in newer:
        done = run([python.path, file], path.env)
        assert (done.stdout, done.stderr) == (words(python), "")
    done = run([oldest.path, file], path.env)
    assert done.stdout == words(newer[-1]) and " and newer" in done.stderr


def test_a_wrong_memory_is_harmless(path: Programs, others_app: Path) -> None:
    here, first, second = ABLE[:3]
    name = f"python{first.version[0]}.{first.version[1]}"
    path.add(name, first.path)
    path.add("python3", second.path)
    assert run([here.path, others_app], path.env).stdout == words(first)
    (path.directory / name).write_text("#!/bin/sh\necho 'version not installed' >&2\nexit 127\n")
    assert run([here.path, others_app], path.env).stdout == words(second)
    (path.directory / "python3").unlink()
    path.add("python3", first.path)
    assert run([here.path, others_app], path.env).stdout == words(first)
    memory = Path(path.env["PEX_ROOT"]) / "lite-2" / "pythons"
    memory.write_bytes(b"\xff\0 what somebody else wrote\n" * 3)
    assert run([here.path, others_app], path.env).stdout == words(first)


@pytest.mark.parametrize(
    "shim", ["echo 'no such version' >&2; exit 127", "exit 0", "echo cp399", "kill $$", "exec /"]
)
def test_a_broken_shim_is_passed_over(shim: str, path: Programs, others_app: Path) -> None:
    here, first, second = ABLE[:3]
    broken = path.directory / f"python{first.version[0]}.{first.version[1]}"
    broken.write_text(f"#!/bin/sh\n{shim}\n")
    broken.chmod(0o755)
    path.add("python3", second.path)
    assert run([here.path, others_app], path.env).stdout == words(second)


def test_a_link_whose_name_tells_is_not_asked(path: Programs, others_app: Path, tmp_path: Path) -> None:
    here, first = ABLE[:2]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    unfit = logged(elsewhere, "python3.1", here.path, path.log)
    (path.directory / "python3").symlink_to(unfit)
    path.add("python", first.path)
    assert run([here.path, others_app], path.env).stdout == words(first)
    assert path.asked() == ["python"]


def test_the_sh_header_passes_over_a_broken_shim_and_takes_what_is_asked_for(
    path: Programs, tmp_path: Path
) -> None:
    first, second, *_ = needs.several_pythons(2, needs.is_cpython)
    wheel = make_wheel(tmp_path, "version", files={"version.py": APP})
    launch = LaunchOptions(sh_boot=True)
    file = bundle_file(tmp_path / "app.pex", [wheel], function("version", "main"), launch=launch)
    shim = path.directory / "python3"
    shim.write_text("#!/bin/sh\necho 'no such version' >&2\nexit 127\n")
    shim.chmod(0o755)
    none = run(["/bin/sh", file], path.env, check=False)
    error, hint = none.stderr.splitlines()
    assert none.returncode == 1 and error.startswith("error: app.pex needs ") and "PEX_PYTHON" in hint
    asked = {**path.env, "PEX_PYTHON": str(second.path)}
    assert run(["/bin/sh", file], asked).stdout == words(second)
    (path.directory / f"python{first.version[0]}.{first.version[1]}").symlink_to(first.path)
    fresh = {**path.env, "PEX_ROOT": str(tmp_path / "another")}
    assert run(["/bin/sh", file], fresh).stdout == words(first)
    behind = tmp_path / "behind"
    behind.mkdir()
    shim.rename(path.directory / "kept")
    for name in list(path.directory.glob("python*")):
        name.unlink()
    (path.directory / "kept").rename(shim)
    (behind / "python3").symlink_to(first.path)
    covered = {**path.env, "PATH": f"{path.env['PATH']}:{behind}", "PEX_ROOT": str(tmp_path / "a third")}
    assert run(["/bin/sh", file], covered).stdout == words(first)


# What the machine may be and is not; what the first line then says of this one.
ELSEWHERE = [
    ("linux_riscv64", None),
    ("linux_x86_64", Libc("musl", (9, 99))),
    ("linux_x86_64", Libc("glibc", (9, 99))),
    ("win_amd64", None),
    ("macosx_arm64", None),
]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the words are those of Linux")
@pytest.mark.parametrize(("platform", "libc"), ELSEWHERE, ids=str)
def test_a_platform_that_does_not_fit_is_told_beside_the_one_that_is(
    platform: str, libc: Libc | None, newest: Interpreter, tmp_path: Path
) -> None:
    wheel = make_wheel(tmp_path, "version", files={"version.py": APP})
    variant = Variant((newest.tag,), platform, libc, None, (0,))
    file = bundle_file(tmp_path / "app.pex", [wheel], function("version", "main"), variants=(variant,))
    done = run([newest.path, file], environment(tmp_path / "root"), check=False)
    error, hint = done.stderr.splitlines()
    assert done.returncode == 1 and done.stdout == ""
    kind = newest.words.split()[0]
    assert error.startswith(f"error: app.pex needs {kind} 3.") and len(error) <= 120
    here = error.rpartition(f"; this is {kind} 3.")[2]
    assert " on linux " in here and ("glibc" in here or "musl" in here)
    assert hint.startswith("hint: ")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the words are those of Linux")
def test_a_long_name_does_not_take_the_place_of_what_does_not_fit(newest: Interpreter, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "version", files={"version.py": APP})
    here = running_target().libc
    libc = Libc("glibc", (2, 17)) if here and here.name == "musl" else Libc("musl", (1, 2))
    variant = Variant((newest.tag,), "linux_aarch64", libc, None, (0,))
    output = tmp_path / "an-application-for-our-servers.pex"
    file = bundle_file(output, [wheel], function("version", "main"), variants=(variant,))
    done = run([newest.path, file], environment(tmp_path / "root"), check=False)
    error = done.stderr.splitlines()[0]
    assert (
        error.startswith("error: an-")
        and f"on linux aarch64 ({libc.name} {libc.version[0]}.{libc.version[1]}+); this is" in error
    )


@pytest.mark.parametrize(
    ("told", "version"),
    [
        ("musl libc (x86_64)\nVersion 1.2.5\nDynamic Program Loader", (1, 2)),
        ("Version 1.2", None),  # its first line names musl
        ("no musl", None),
    ],
)
def test_musls_version_is_asked_of_its_loader(told: str, version: tuple[int, int] | None, tmp_path: Path) -> None:
    assert variant._musl_version(str(tmp_path)) is None
    loader = tmp_path / "ld-musl-x86_64.so.1"
    loader.write_text(f"#!/bin/sh\necho '{told}' >&2\nexit 1\n")
    loader.chmod(0o755)
    assert variant._musl_version(str(tmp_path)) == version


def test_the_first_line_is_short_whatever_the_names(teller_wheels: list[Path], tmp_path: Path) -> None:
    tags = [f"cp3{minor}" for minor in range(80, 90)] + ["pp399"]
    file = bundle_file(tmp_path / ("x" * 240 + ".pex"), teller_wheels, function("teller", "main"), pythons=tags)
    for here in interpreters():
        done = run([here.path, file], environment(tmp_path / "root", PATH=str(tmp_path)), check=False)
        error = done.stderr.splitlines()[0]
        assert len(error) <= 120 and "..." in error and f"{here.version[0]}.{here.version[1]}" in error


@pytest.mark.parametrize("place", ["", "."])
@pytest.mark.parametrize("start", ["python", "sh"])
def test_no_program_of_the_current_directory_is_started(
    start: str, place: str, path: Programs, tmp_path: Path
) -> None:
    needs.several_pythons(1, needs.is_cpython)
    wheel = make_wheel(tmp_path, "version", files={"version.py": APP})
    launch = LaunchOptions(sh_boot=start == "sh")
    file = bundle_file(tmp_path / "app.pex", [wheel], function("version", "main"), launch=launch)
    (tmp_path / "checkout").mkdir()
    log = tmp_path / "strangers"
    for name in ("python3", *(f"python{found.version[0]}.{found.version[1]}" for found in ABLE), "mine"):
        logged(tmp_path / "checkout", name, ABLE[0].path, log)
    path.add("python3", ABLE[0].path)
    starter: list[str | Path] = ["/bin/sh", file] if start == "sh" else [ABLE[0].path, file]
    env = {**path.env, "PATH": f"{place}:{path.directory}"}
    assert run(starter, env, cwd=tmp_path / "checkout").stdout == words(ABLE[0])
    fresh = {**env, "PEX_ROOT": str(tmp_path / "another"), "PEX_PYTHON": "mine"}
    run(starter, fresh, cwd=tmp_path / "checkout", check=False)
    assert not log.exists()
    named = {**fresh, "PEX_PYTHON": "./mine"}
    assert run(starter, named, cwd=tmp_path / "checkout").stdout == words(ABLE[0])
    assert log.exists()
