"""PEX_TOOLS=1 ./app venv: an ordinary venv, and an archive of one that works wherever it lies.

Longer than 400 lines, since a venv, an archive and their options are tried on one file, made once.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import pytest

from pexlite.model import EntryPoint, LaunchOptions, StartKind
from tests import needs
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter

APP = """
import json, os, sys

def main():
    import helper
    said = {"argv": sys.argv, "prefix": sys.prefix, "helper": helper.__file__, "sealed": os.environ.get("SEALED")}
    print(json.dumps(said))
    return 3
"""


BLOB = bytes(range(256))  # which cannot be packed any smaller


@pytest.fixture
def tools(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path / "root", PEX_TOOLS="1")


@pytest.fixture
def wheels(tmp_path: Path) -> list[Path]:
    app = make_wheel(
        tmp_path,
        "app",
        files={"app.py": APP, "both/one.py": "who = 'app'\n"},
        data={
            "scripts/tool": "#!python\nimport sys\nprint('tool', sys.prefix)\n",
            "scripts/native": "#!/bin/sh\necho native\n",
            "data/share/doc/x": "y",
            "headers/x.h": "int x;\n",
        },
        entry_points={"console_scripts": {"hi": "app:main"}},
    )
    helper: dict[str, str | bytes] = {
        "helper/__init__.py": "",
        "both/two.py": "",
        "both/one.py": "who = 'helper'\n",
        "bad.py": "print 1\n",
    }
    helper |= {"helper/blob": BLOB}
    return [app, make_wheel(tmp_path, "helper", files=helper)]


@pytest.fixture
def file(tmp_path: Path, wheels: list[Path]) -> Path:
    return bundle_file(tmp_path / "app.pex", wheels, function("app", "main"), local=wheels[:1])


def test_a_venv_of_every_python_needs_neither_file_nor_cache(
    python: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    venv = tmp_path / "a place" / "venv"
    made = run([python.path, file, "venv", venv, "--compile"], tools)
    assert (made.stdout, made.stderr) == (f"{venv}\n", "")
    assert not (tmp_path / "root").exists()
    file.unlink()
    env = environment(tmp_path / "nowhere")
    for program in (venv / "bin" / "hi", venv / "pex"):
        done = run([program, "a b"], env, check=False)
        said = json.loads(done.stdout)
        assert done.returncode == 3
        assert said["argv"] == [str(program), "a b"]
        assert said["prefix"] == str(venv)
        assert said["helper"].startswith(f"{venv}/lib/")
    assert run([venv / "bin" / "tool"], env).stdout == f"tool {venv}\n"
    assert run([venv / "bin" / "native"], env).stdout == "native\n"
    assert (venv / "share" / "doc" / "x").read_text() == "y"
    assert list(venv.glob("include/site/*/app/x.h"))
    assert len(list(venv.glob("lib/**/__pycache__/*.pyc"))) == 4  # of five: one is no Python 3
    assert not [path for path in venv.rglob("*") if path.is_symlink() and str(tmp_path) in str(path.readlink())]
    code = "import both.one, sys; print(both.one.who, [entry for entry in sys.path if '-packages' in entry])"
    (site_packages,) = [path for path in venv.glob("lib/*/site-packages") if not path.parent.is_symlink()]
    assert run([venv / "bin" / "python", "-c", code], env).stdout == f"helper ['{site_packages}']\n"
    assert list((tmp_path / "nowhere").parent.glob("nowhere")) == []


def test_installers_find_every_file_in_its_record(
    newest: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    venv = tmp_path / "venv"
    run([newest.path, file, "venv", venv], tools)
    code = (
        "import base64, hashlib, importlib.metadata as m\n"
        "for name in 'app', 'helper':\n"
        "    for file in m.files(name):\n"
        "        content = file.locate().read_bytes()\n"
        "        print(file.locate().resolve(), not file.hash or file.hash.value == base64.urlsafe_b64encode("
        "hashlib.sha256(content).digest()).decode().rstrip('='))\n"
        "    print(m.distribution(name).read_text('INSTALLER').strip())\n"
    )
    lines = run([venv / "bin" / "python", "-c", code], environment(tmp_path)).stdout.splitlines()
    assert lines.count("pexlite") == 2
    recorded = {Path(line.split()[0]) for line in lines if line != "pexlite"}
    assert [line for line in lines if not line.endswith(("True", "pexlite"))] == []
    assert recorded >= {venv / "bin" / name for name in ("hi", "tool", "native")}
    assert venv / "share" / "doc" / "x" in recorded


def test_layers_of_others_code_and_of_ones_own(
    newest: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    venv = tmp_path / "venv"
    run([newest.path, file, "venv", venv, "--scope", "deps"], tools)
    assert list(venv.glob("lib/*/site-packages/helper")) and not list(venv.glob("lib/*/site-packages/app.py"))
    assert not (venv / "bin" / "hi").exists() and not (venv / "pex").exists()
    for _ in range(2):  # the second time as when the code has changed
        run([newest.path, file, "venv", venv, "--scope", "srcs"], tools)
        assert run([venv / "bin" / "hi"], environment(tmp_path), check=False).returncode == 3
    run([newest.path, file, "venv", tmp_path / "own", "--scope", "srcs"], tools)
    assert not list((tmp_path / "own").glob("lib/*/site-packages/helper"))


def test_what_is_there_already_and_is_no_venv_stays(
    newest: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    run([newest.path, file, "venv", place], tools)
    other = needs.several_pythons()[1]
    done = run([other.path, file, "venv", place], tools, check=False)
    error = f"error: {place} is a venv of another Python (--force makes it anew)\n"
    assert (done.returncode, done.stderr) == (2, error)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes").write_text("mine")
    for taken in (tmp_path / "full", tmp_path / "full" / "notes"):
        done = run([newest.path, file, "venv", taken], tools, check=False)
        assert (done.returncode, done.stderr) == (2, f"error: {taken} is there already and is no venv\n")
    assert (tmp_path / "full" / "notes").read_text() == "mine"


def test_a_failure_leaves_nothing(newest: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path) -> None:
    content = bytearray(file.read_bytes())
    content[content.index(BLOB) + 10] ^= 0xFF
    file.write_bytes(content)
    before = sorted(tmp_path.iterdir())
    for name in ("venv", "venv.tar.gz"):
        done = run([newest.path, file, "venv", tmp_path / name], tools, check=False)
        assert done.returncode == 6 and len(done.stderr.splitlines()) == 1
    assert sorted(tmp_path.iterdir()) == before


def test_an_archive_works_wherever_it_is_unpacked(
    python: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    archive = tmp_path / "out" / "env.tar.gz"
    run([python.path, file, "venv", archive, "--compile"], tools)
    assert [path.name for path in archive.parent.iterdir()] == ["env.tar.gz"]
    places = [tmp_path / "one", tmp_path / "two words" / "deep"]
    for place in places:
        shutil.unpack_archive(archive, place)
    shutil.rmtree(places[0])
    place = places[1]
    env = environment(tmp_path / "nowhere", PATH="/usr/bin:/bin")
    for command in (["bin/hi"], ["bin/python", "-m", "helper"], ["./pex"]):
        done = run(command, env, cwd=place, check=False)
        if command[-1] == "helper":
            assert "'helper' is a package" in done.stderr
        else:
            assert json.loads(done.stdout)["prefix"] == str(place)
    (tmp_path / "link").symlink_to(place / "bin" / "tool")
    assert run([tmp_path / "link"], env).stdout == f"tool {place}\n"
    activated = run([needs.program("bash"), "-c", ". bin/activate && tool && echo $VIRTUAL_ENV"], env, cwd=place)
    assert activated.stdout == f"tool {place}\n{place}\n"
    named = [path for path in place.rglob("*") if path.is_file() and str(tmp_path).encode() in path.read_bytes()]
    assert [path for path in named if path.suffix != ".pyc"] == []


def archive_of(python: Interpreter, file: Path, tools: dict[str, str], directory: Path, *options: str) -> Path:
    archive = directory / "env.tar.gz"
    run([python.path, file, "venv", archive, *options], tools)
    return archive


def programs_of(venv: Path) -> list[str]:
    """The names of the venv's Python."""
    names = [path.name for path in (venv / "bin").iterdir() if re.fullmatch("(python|pypy)[0-9.]*", path.name)]
    return sorted(names, key=lambda name: (len(name), name))


WHERE = "import os, sys; print(sys.prefix); print(sys.executable)"


@pytest.mark.parametrize("options", [[], ["--copies"]])
def test_an_archive_is_taken_by_whatever_refuses_links_that_lead_outside(
    options: list[str], python: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    if not hasattr(tarfile, "data_filter"):
        pytest.skip("this Python's tarfile refuses no links yet: it does since 3.11.4")
    venv = tmp_path / "a 'venv'"
    with tarfile.open(archive_of(python, file, tools, tmp_path, *options)) as archive:
        entries = archive.getmembers()
        archive.extractall(venv, filter="data")
    assert {entry.mode for entry in entries if not entry.issym()} == {0o644, 0o755}
    assert all(entry.isreg() or entry.isdir() or entry.issym() for entry in entries)
    for name in programs_of(venv):
        prefix, program = run([venv / "bin" / name, "-c", WHERE], environment(tmp_path)).stdout.splitlines()
        assert prefix == str(venv)
        if not options:
            made = Path(program)
            assert made.parent == venv / "bin" and made.name.endswith("-here") and made.readlink().is_absolute()


def test_many_first_starts_make_one_link(
    newest: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    venv = tmp_path / "venv"
    shutil.unpack_archive(archive_of(newest, file, tools, tmp_path), venv)
    before = {path.name for path in (venv / "bin").iterdir()}
    with ThreadPoolExecutor() as pool:
        starts = [pool.submit(run, ["bin/python", "-c", WHERE], environment(tmp_path), cwd=venv) for _ in range(8)]
    assert len({start.result().stdout for start in starts}) == 1
    assert len({path.name for path in (venv / "bin").iterdir()} - before) == 1


def test_where_no_link_can_be_made_the_python_starts_all_the_same(
    python: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    needs.shell_of_its_own()  # busybox's has ln and the rest in it
    shutil.unpack_archive(archive_of(python, file, tools, tmp_path), tmp_path / "venv")
    program = tmp_path / "venv" / "bin" / "python"
    # Root can write in any directory, but not without the program for it.
    env = environment(tmp_path, PATH=str(tmp_path / "nothing"), SEEN="kept")
    tell = "import os, sys; print(sys.prefix, sys.argv[1:], os.environ['SEEN'], sys.flags.isolated)"
    done = run([program, "-c", tell, "a b", "-x"], env)
    assert done.stdout == f"{tmp_path / 'venv'} ['a b', '-x'] kept 0\n"
    assert not list(program.parent.glob("*-here"))


def test_a_link_to_its_python_makes_nothing_elsewhere(
    newest: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    shutil.unpack_archive(archive_of(newest, file, tools, tmp_path), tmp_path / "venv")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(tmp_path / "venv" / "bin" / "python")
    assert run([tmp_path / "bin" / "python", "-c", "print(1)"], environment(tmp_path)).stdout == "1\n"
    assert [path.name for path in (tmp_path / "bin").iterdir()] == ["python"]


def test_an_archive_for_a_python_that_is_not_there_says_so(
    newest: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    shutil.unpack_archive(archive_of(newest, file, tools, tmp_path), tmp_path / "venv")
    made = (tmp_path / "venv" / "bin" / "python").resolve()
    made.write_text(re.sub("(?m)^python=.*", "python='/not/there/python3'", made.read_text()))
    done = run([tmp_path / "venv" / "bin" / "python", "-c", ""], environment(tmp_path), check=False)
    assert done.returncode == 127
    assert "is for machines that have /not/there/python3, and this one has not" in done.stderr
    assert "--python" in done.stderr


def test_the_same_file_makes_the_same_archive(
    newest: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    digests = set()
    for name in ("one.tar.gz", "two/three.tgz"):
        run([newest.path, file, "venv", tmp_path / name], tools)
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (EntryPoint(StartKind.FUNCTION, "starts", "Deep.main"), "function ['sealed', 'x'] value"),
        (EntryPoint(StartKind.MODULE, "starts"), "module ['sealed', 'x'] value"),
        (EntryPoint(StartKind.SCRIPT, script="starter"), "function ['sealed', 'x'] value"),
    ],
)
def test_its_pex_starts_what_the_file_starts(
    start: EntryPoint, said: str, newest: Interpreter, tools: dict[str, str], tmp_path: Path
) -> None:
    code = (
        "import os, sys\nclass Deep:\n    @staticmethod\n    def main(kind='function'):\n"
        "        print(kind, sys.argv[1:], os.environ['NAME'])\n"
        "if __name__ == '__main__':\n    Deep.main('module')\n"
    )
    scripts = {"console_scripts": {"starter": "starts:Deep.main"}}
    wheel = make_wheel(tmp_path, "starts", files={"starts.py": code}, entry_points=scripts)
    sealed = LaunchOptions(inject_args=("sealed",), inject_env=(("NAME", "value"),))
    file = bundle_file(tmp_path / "app.pex", [wheel], start, launch=sealed)
    run([newest.path, file, "venv", tmp_path / "venv"], tools)
    assert run([tmp_path / "venv" / "pex", "x"], environment(tmp_path)).stdout == f"{said}\n"


def test_without_an_entry_point_its_pex_is_python(
    newest: Interpreter, wheels: list[Path], tools: dict[str, str], tmp_path: Path
) -> None:
    file = bundle_file(tmp_path / "env.pex", wheels, EntryPoint(StartKind.INTERPRETER))
    run([newest.path, file, "venv", tmp_path / "venv"], tools)
    assert run([tmp_path / "venv" / "pex", "-c", "import helper; print(1)"], environment(tmp_path)).stdout == "1\n"


# -- options ---------------------------------------------------------------------------------------

SEEN = "import sys; print([entry for entry in sys.path if entry.endswith('-packages')])"


def test_options_of_a_new_venv(newest: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    options = ["--copies", "--system-site-packages", "--prompt", "my app"]
    run([newest.path, file, "venv", venv, *options], tools)
    assert not any((venv / "bin" / name).is_symlink() for name in ("python", "python3"))
    settings = (venv / "pyvenv.cfg").read_text()
    assert "include-system-site-packages = true\n" in settings and "prompt = 'my app'\n" in settings
    assert "my app" in (venv / "bin/activate").read_text()
    hosts = run([newest.path, "-I", "-c", SEEN], environment(tmp_path)).stdout
    own, *others = eval(run([venv / "bin/python", "-I", "-c", SEEN], environment(tmp_path)).stdout)
    assert own.startswith(str(venv)) and others == eval(hosts)
    assert run([venv / "bin/hi"], environment(tmp_path), check=False).returncode == 3


def test_pip_of_the_python_or_of_the_file(
    python: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    theirs = needs.wheel_of_pip(python)
    bundled = make_wheel(
        tmp_path, "pip", "99.0", files={"pip/__init__.py": "", "pip/__main__.py": "print('ours')\n"}
    )
    with_pip = bundle_file(tmp_path / "b.pex", [bundled], EntryPoint(StartKind.INTERPRETER))
    env = environment(tmp_path, PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INDEX="1", PYTHONWARNINGS="ignore")
    for _ in range(2):  # the second time it is there already
        run([python.path, file, "venv", tmp_path / "a b", "--pip"], tools)
    said = run([tmp_path / "a b/bin/pip", "--version"], env).stdout
    assert said.startswith(f"pip {theirs.name.split('-')[1]} from {tmp_path / 'a b'}")
    run([tmp_path / "a b/bin/python", "-m", "pip", "uninstall", "-y", "pip"], env)
    assert [path.name for path in (tmp_path / "a b/bin").glob("pip*")] == []
    run([python.path, with_pip, "venv", tmp_path / "ours", "--pip"], tools)
    assert run([tmp_path / "ours/bin/python", "-m", "pip"], env).stdout == "ours\n"


def test_pip_in_an_archive_moves_with_it(
    newest: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    needs.wheel_of_pip(newest)
    run([newest.path, file, "venv", tmp_path / "env.tgz", "--pip"], tools)
    shutil.unpack_archive(tmp_path / "env.tgz", tmp_path / "else where")
    said = run([tmp_path / "else where/bin/pip", "--version"], environment(tmp_path)).stdout
    assert f"from {tmp_path / 'else where'}/lib" in said


@pytest.mark.parametrize(
    ("sealed", "said", "before", "after"),
    [("off", "prepend", True, False), ("off", "append", False, True), ("prepend", "off", False, False)],
)
def test_its_pex_puts_the_scripts_on_path(
    sealed: Literal["off", "prepend"],
    said: str,
    before: bool,
    after: bool,
    newest: Interpreter,
    tools: dict[str, str],
    tmp_path: Path,
) -> None:
    wheel = make_wheel(
        tmp_path, "path", files={"path.py": "import os\ndef main():\n    print(os.environ['PATH'])\n"}
    )
    launch = LaunchOptions(bin_path=sealed)
    file = bundle_file(tmp_path / "a.pex", [wheel], function("path", "main"), launch=launch)
    run([newest.path, file, "venv", tmp_path / "venv", "--bin-path", said], tools)
    found = run([tmp_path / "venv/pex"], environment(tmp_path, PATH="/usr/bin:/bin")).stdout.rstrip()
    own = str(tmp_path / "venv/bin")
    assert (found.startswith(f"{own}:"), found.endswith(f":{own}")) == (before, after)


def test_force_makes_a_venv_anew(newest: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    run([newest.path, "-m", "venv", "--without-pip", venv], environment(tmp_path))
    (venv / "notes").write_text("mine")
    refused = run([newest.path, file, "venv", venv], tools, check=False)
    assert (refused.returncode, "--force makes it anew" in refused.stderr) == (2, True)
    run([newest.path, file, "venv", venv, "--force", "--prompt", "new"], tools)
    assert not (venv / "notes").exists() and "prompt = 'new'" in (venv / "pyvenv.cfg").read_text()
    refused = run([newest.path, file, "venv", venv, "--prompt", "newer"], tools, check=False)
    assert (
        refused.stderr
        == f"error: {venv} is there already, and --prompt is for a new one (--force makes it anew)\n"
    )
    assert sorted(path.name for path in tmp_path.glob(".*")) == []


def test_force_takes_nothing_but_a_venv_that_is_free(
    newest: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/notes").write_text("mine")
    venv = tmp_path / "venv"
    run([newest.path, "-m", "venv", "--without-pip", venv], environment(tmp_path))
    (tmp_path / "link").symlink_to(venv)
    inside = venv / "app.pex"
    shutil.copy(file, inside)
    commands: list[tuple[list[str | Path], Path]] = [
        ([newest.path, file, "venv", tmp_path / "full"], tmp_path),
        ([newest.path, file, "venv", tmp_path / "link"], tmp_path),
        ([newest.path, inside, "venv", venv], tmp_path),
        ([newest.path, file, "venv", venv], venv / "bin"),
    ]
    for command, directory in commands:
        done = run([*command, "--force"], tools, cwd=directory, check=False)
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, done.stderr
    assert (tmp_path / "full/notes").exists() and inside.exists()


def test_a_venv_that_could_not_be_made_anew_is_there_as_before(
    newest: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    venv = tmp_path / "venv"
    run([newest.path, file, "venv", venv], tools)
    content = bytearray(file.read_bytes())
    content[content.index(BLOB) + 10] ^= 0xFF
    file.write_bytes(content)
    assert run([newest.path, file, "venv", venv, "--force"], tools, check=False).returncode == 6
    assert run([venv / "bin/hi"], environment(tmp_path), check=False).returncode == 3
    assert sorted(path.name for path in tmp_path.glob(".*")) == []


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--prompt", "a$(id)"], "--prompt 'a$(id)'"),
        (["--prompt", "a\nb"], "--prompt "),
        (["--scope", "deps", "--bin-path", "append"], "--bin-path is for the venv's program pex"),
    ],
)
def test_what_cannot_be_done_is_refused(
    options: list[str], error: str, newest: Interpreter, file: Path, tools: dict[str, str], tmp_path: Path
) -> None:
    done = run([newest.path, file, "venv", tmp_path / "venv", *options], tools, check=False)
    assert done.returncode == 2 and done.stderr.startswith(f"error: {error}")
    assert not (tmp_path / "venv").exists()
