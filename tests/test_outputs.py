"""An output of a command destroys no source, and nothing that its own kind did not make.

Longer than 400 lines, since every kind of output and of what may lie in its place stands in one table.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipapp
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pexlite.cli.main import run
from pexlite.errors import UsageError, WriteError
from pexlite.outputs import Kind, Output, is_of_kind
from tests.bundles import bundle_file, function
from tests.factories import make_project, make_wheel, write_files

Said = pytest.CaptureFixture[str]
SOURCE = "is a source of this, and cannot be its output as well"


@pytest.fixture
def work(bare_machine: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with every kind of source in it, which is the current one."""
    place = tmp_path / "desk"
    files = {
        "job.py": "print('job')\n",
        "requirements.txt": "-r nested.txt\n-c constraints.txt\n",
        "nested.txt": "app\n",
        "constraints.txt": "-c deeper.txt\n",
        "deeper.txt": "app<9\n",
        "package/__init__.py": "",
        "package/cli.py": "def main():\n    print('hello')\n",
        "package/data.txt": "data",
        "tree/loose.py": "def main():\n    print('loose')\n",
        "mine.txt": "nobody can make this again\n",
    }
    write_files(place, files)
    (place / "links").mkdir()
    make_wheel(place / "links", "app", files={"app.py": "def main():\n    print('app')\n"})
    make_project(place, "project", files={"project.py": "def main(): print('project')\n", "notes.txt": "notes"})
    (place / "project" / "alias.py").symlink_to("../mine.txt")
    os.link(place / "job.py", place / "hard.py")
    (place / "soft.py").symlink_to("job.py")
    (place / "way").symlink_to(".")
    monkeypatch.chdir(place)
    return place


def contents(directory: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()}


NO_INDEX = ("--no-index", "-f", "links", "--no-progress")


@pytest.mark.parametrize("force", [(), ("--force",)])
@pytest.mark.parametrize(
    ("arguments", "output"),
    [
        (("job.py",), "job.py"),
        (("job.py",), "./job.py"),
        (("job.py",), "../desk/job.py"),
        (("job.py",), "hard.py"),
        (("job.py",), "soft.py"),
        (("soft.py",), "job.py"),
        (("job.py",), "way/job.py"),
        (("--exe", "job.py"), "job.py"),
        (("-r", "requirements.txt"), "requirements.txt"),
        (("-r", "requirements.txt"), "nested.txt"),
        (("-r", "requirements.txt"), "constraints.txt"),
        (("-r", "requirements.txt"), "deeper.txt"),
        (("app", "--constraint", "constraints.txt"), "constraints.txt"),
        (("app", "--constraint", "constraints.txt"), "deeper.txt"),
        (("links/app-1.0-py3-none-any.whl",), "links/app-1.0-py3-none-any.whl"),
        (("app",), "links/app-1.0-py3-none-any.whl"),
        (("./package", "-e", "package.cli:main"), "package/cli.py"),
        (("./package", "-e", "package.cli:main"), "package/data.txt"),
        (("-e", "package.cli:main"), "package/data.txt"),
        (("-D", "tree", "-e", "loose:main"), "tree/loose.py"),
        (("./project",), "project/pyproject.toml"),
        (("./project",), "project/notes.txt"),
        (("./project",), "mine.txt"),
        (("-r", "project/pyproject.toml"), "project/pyproject.toml"),
    ],
)  # fmt: skip
def test_a_source_is_never_the_output(
    arguments: tuple[str, ...], output: str, force: tuple[str, ...], work: Path, capsys: Said
) -> None:
    before = contents(work)
    code = run([*arguments, *NO_INDEX, "-o", output, *force])
    told = capsys.readouterr().err
    assert code == 2 if force else code in (2, 5), told
    assert not force or SOURCE in told or "may be a source" in told
    assert contents(work) == before


@pytest.mark.parametrize("by_variable", [False, True])
@pytest.mark.parametrize("as_address", [False, True])
def test_a_distribution_is_a_source_however_its_directory_is_named(
    by_variable: bool, as_address: bool, work: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(work)
    links = (work / "links").as_uri() if as_address else str(work / "links")
    if by_variable:
        monkeypatch.setenv("PIP_FIND_LINKS", links)
    named = [] if by_variable else ["-f", links]
    wheel = "links/app-1.0-py3-none-any.whl"
    assert run(["app", "--no-index", "--no-progress", *named, "-o", wheel, "--force"]) == 2
    assert "may be a source" in capsys.readouterr().err
    assert contents(work) == before


def test_a_lock_that_is_followed_and_a_target_that_is_read_are_sources_too(work: Path, capsys: Said) -> None:
    assert run(["lock", "app", *NO_INDEX]) == 0
    assert run(["probe", "-o", "here.json"]) == 0
    before = contents(work)
    for option, name in (("--lock", "pylock.toml"), ("--target", "here.json")):
        assert run(["app", option, name, *NO_INDEX, "-o", name, "--force"]) == 2
        assert SOURCE in capsys.readouterr().err
    assert contents(work) == before


@pytest.mark.parametrize("command", [("lock", "-r", "nested.txt"), ("lock", "./project"), ("lock", "job.py")])
def test_a_lock_is_written_over_no_source_either(command: tuple[str, ...], work: Path, capsys: Said) -> None:
    before = contents(work)
    name = {"nested.txt": "nested.txt", "./project": "project/pyproject.toml", "job.py": "job.py"}[command[-1]]
    assert run([*command, *NO_INDEX, "-o", name, "--force"]) == 2
    assert SOURCE in capsys.readouterr().err
    assert contents(work) == before


@pytest.mark.parametrize(
    "command",
    [("app", *NO_INDEX), ("lock", "app", *NO_INDEX), ("probe",)],
    ids=["build", "lock", "probe"],
)
def test_what_the_command_did_not_make_is_replaced_only_by_force(
    command: tuple[str, ...], work: Path, capsys: Said
) -> None:
    before = (work / "mine.txt").read_bytes()
    assert run([*command, "-o", "mine.txt"]) == 5
    told = capsys.readouterr().err
    assert "mine.txt is there already, and is not" in told
    assert "--force" in told.splitlines()[-1]
    assert "resolving" not in told
    assert (work / "mine.txt").read_bytes() == before
    assert run([*command, "-o", "mine.txt", "--force"]) == 0
    assert run([*command, "-o", "mine.txt"]) == 0  # it is one of its kind by now
    (work / "empty").touch()
    assert run([*command, "-o", "empty"]) == 0


def test_a_name_that_nobody_chose_is_guarded_as_well(work: Path, capsys: Said) -> None:
    (work / "job.pex").write_text("mine")
    assert run(["job.py", *NO_INDEX]) == 5
    assert "job.pex is there already" in capsys.readouterr().err
    assert run(["job.py", *NO_INDEX, "--dry-run"]) == 5
    assert (work / "job.pex").read_text() == "mine"


def test_a_file_may_be_built_again_and_again_within_its_project(work: Path) -> None:
    (work / "project").joinpath("notes.txt").unlink()
    for _ in range(2):
        assert run(["./project", *NO_INDEX, "-o", "project/job.py", "-e", "project:main"]) == 0
        assert run(["lock", "./project", *NO_INDEX, "-o", "project/pylock.toml"]) == 0
    done = subprocess.run([sys.executable, "project/job.py"], cwd=work, capture_output=True, text=True, check=True)
    assert done.stdout == "project\n"


# -- kinds ---------------------------------------------------------------------------------------


def made_by_zipapp(directory: Path) -> Path:
    (directory / "source").mkdir()
    (directory / "source" / "__main__.py").write_text("print('zipapp')\n")
    zipapp.create_archive(directory / "source", directory / "app.pyz", interpreter="/usr/bin/env python3")
    return directory / "app.pyz"


def made_as_pex_does(directory: Path) -> Path:
    """A zip behind a shell header, as with pex --sh-boot; shiv's differ only in what is inside."""
    path = directory / "x.pex"
    path.write_bytes(b"#!/bin/sh\nexec python3 $0\n")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("__main__.py", "")
        archive.writestr("PEX-INFO", "{}")
    return path


def made_by_pexlite(directory: Path) -> Path:
    wheel = make_wheel(directory, "app", files={"app.py": "def main(): pass\n"})
    return bundle_file(directory / "app.pex", [wheel], function("app", "main"))


def cut_off(directory: Path) -> Path:
    path = made_by_pexlite(directory)
    path.write_bytes(path.read_bytes()[:5000])
    return path


def wheel_with_a_main(directory: Path) -> Path:
    return make_wheel(directory, "app", files={"__main__.py": ""})


def text(content: str) -> Callable[[Path], Path]:
    def make(directory: Path) -> Path:
        (directory / "file").write_text(content)
        return directory / "file"

    return make


@pytest.mark.parametrize(
    ("make", "kinds"),
    [
        (made_by_zipapp, {Kind.APPLICATION}),
        (made_as_pex_does, {Kind.APPLICATION}),
        (made_by_pexlite, {Kind.APPLICATION}),
        (cut_off, {Kind.APPLICATION}),
        (wheel_with_a_main, {Kind.WHEEL}),
        (text("#!/usr/bin/env python3\nprint(1)\n"), set()),
        (text('lock-version = "1.0"\ncreated-by = "x"\npackages = []\n'), {Kind.LOCK}),
        (text('version = 1\n[[package]]\nname = "x"\n'), set()),
        (text('{"pexlite_target": 1}'), {Kind.TARGET}),
        (text('{"name": "a package of another language"}'), set()),
        (text("[]"), set()),
    ],
)
def test_a_file_is_known_by_its_content(make: Callable[[Path], Path], kinds: set[Kind], tmp_path: Path) -> None:
    path = make(tmp_path)
    assert {kind for kind in Kind if is_of_kind(path, kind)} == kinds


# -- before anything is resolved -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("-o", "dangling/app.pex"), 5, "Not a directory"),
        (("-o", "job.py/deep/app.pex"), 5, "Not a directory"),
        (("-o", "app-{python}.pex"), 2, "-o app-{python}.pex has {python}"),
        (("-o", "job.py/app.pex"), 5, "Not a directory"),
        (("-o", "package"), 5, "is a directory"),
        (("-o", "/dev/null"), 5, "is no file that could be replaced"),
        (("-o", "x" * 300), 5, "File name too long"),
        (("-o", "loop"), 5, "symbolic links"),
        (("-o", "new/"), 2, "'new/' names no file"),
        (("-o", ""), 2, "'' names no file"),
        (("-o", "-"), 2, "-o - names no file"),
        (("-o", "a.pex", "--python-shebang", "x" * 200), 2, "is no line that a kernel can start"),
        (("-o", "a.pex", "-c", "app", "-e", "app:main"), 2, "a file starts in one way"),
        (("-o", "a.pex", "-c", "app", "-c", "app"), 2, "-c names app twice"),
        (("-o", "a.pex", "-e", "app-main"), 2, "is no entry point"),
        (("-o", "a.pex", "-e", ""), 2, "is no entry point"),
        (("-o", "a.pex", "--sh-boot", "--python-shebang", "/usr/bin/python3 -u"), 2, "--inject-python-args"),
    ],
)  # fmt: skip
def test_what_needs_no_network_is_checked_before_anything_is_resolved(
    arguments: tuple[str, ...], code: int, told: str, work: Path, capsys: Said
) -> None:
    (work / "loop").symlink_to("loop")
    (work / "dangling").symlink_to("nowhere")
    assert run(["app", "--no-progress", *arguments, "-i", "http://127.0.0.1:1/"]) == code
    said = capsys.readouterr().err
    assert told in said
    assert "resolving" not in said


def test_the_directory_of_an_output_is_made_with_it(work: Path) -> None:
    assert run(["app", *NO_INDEX, "-o", "new/a b/app.pex", "-q"]) == 0
    assert run(["lock", "app", *NO_INDEX, "-o", "locks/deep/pylock.toml", "-q"]) == 0
    assert run(["probe", "-o", "targets/here.json"]) == 0
    made = [path for name in ("new", "locks", "targets") for path in work.glob(f"{name}/**/*.*")]
    assert [str(path.relative_to(work)) for path in made] == [
        "new/a b/app.pex",
        "locks/deep/pylock.toml",
        "targets/here.json",
    ]


@pytest.mark.parametrize("arguments", [("nowhere",), ("app", "--dry-run"), ("app", "-c", "none")])
def test_a_build_that_writes_nothing_leaves_no_directory(arguments: tuple[str, ...], work: Path) -> None:
    run([*arguments, *NO_INDEX, "-o", "new/deep/app.pex", "-q"])
    assert not (work / "new").exists()


def test_a_directory_that_was_made_in_vain_goes_again_and_what_others_put_there_stays(tmp_path: Path) -> None:
    output = Output(tmp_path / "new" / "deep" / "app.pex", Kind.APPLICATION)
    with pytest.raises(KeyboardInterrupt), output.replaced():
        assert (tmp_path / "new" / "deep").is_dir()
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(KeyboardInterrupt), output.replaced():
        (tmp_path / "new" / "other").touch()
        raise KeyboardInterrupt
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["other"]


def test_the_tag_of_the_file_takes_the_place_of_platform(work: Path, capsys: Said) -> None:
    build = ["app", *NO_INDEX, "-o", "{platform}/app-{platform}.pex"]
    assert run(build) == 0
    assert "wrote py3-none-any/app-py3-none-any.pex" in capsys.readouterr().err
    assert run([*build, "--json", "--dry-run"]) == 0
    assert json.loads(capsys.readouterr().out)["path"].endswith("py3-none-any/app-py3-none-any.pex")
    # A decision that is recalled has it too.
    assert run(["lock", "app", *NO_INDEX, "-q"]) == 0
    for _ in range(2):
        assert run(["--lock", "pylock.toml", "--no-progress", "-o", "x-{platform}.pex"]) == 0
        (work / "x-py3-none-any.pex").unlink()


def test_an_output_whose_name_only_its_tag_tells_takes_no_place_of_others(work: Path, capsys: Said) -> None:
    (work / "x-py3-none-any").write_text("mine")
    assert run(["app", *NO_INDEX, "-o", "x-{platform}"]) == 5
    assert "is there already" in capsys.readouterr().err
    assert (work / "x-py3-none-any").read_text() == "mine"
    (work / "package" / "any.py").write_text("")
    (work / "y-py3-none-any").write_text("core\n")
    assert run(["app", *NO_INDEX, "-r", "y-py3-none-any", "-o", "y-{platform}", "--force"]) in (2, 3)
    assert (work / "y-py3-none-any").read_text() == "core\n"


def test_a_directory_that_may_not_be_written_is_told_first(
    work: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    # Root may write anywhere: whoever runs the tests, it is asked as one who may not.
    monkeypatch.setattr(os, "access", lambda path, mode: mode == os.R_OK)
    for output in ((), ("-o", "a.pex")):
        assert run(["app", "--no-progress", *output, "-i", "http://127.0.0.1:1/"]) == 5
        assert "Permission denied" in capsys.readouterr().err


# -- the old file stays until the new one is whole -----------------------------------------------


def test_a_link_is_replaced_and_not_what_it_leads_to(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.touch()
    link.symlink_to(target)
    with Output(link, Kind.LOCK).replaced() as file:
        file.write(b"new")
    assert (link.is_symlink(), link.read_bytes(), target.read_bytes()) == (False, b"new", b"")


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    output = tmp_path / ("x" * 250)
    output.touch()
    with pytest.raises(WriteError, match="cannot write"), Output(output, Kind.LOCK).replaced() as file:
        file.write(b"half")
        raise OSError(28, "No space left on device")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b""]


def test_a_file_that_came_while_the_content_was_made_is_seen(tmp_path: Path) -> None:
    output = Output(tmp_path / "a", Kind.LOCK)
    output.check()
    output.path.write_text("mine")
    with pytest.raises(WriteError, match="is there already"), output.replaced():
        pass
    with pytest.raises(UsageError, match=SOURCE):
        Output(output.path, Kind.LOCK, force=True).check([tmp_path / "." / "a"])
    assert output.path.read_text() == "mine"


# -- what a project's table may name ---------------------------------------------------------------


@pytest.mark.parametrize(
    "output",
    ["../elsewhere.pex", "/tmp/elsewhere.pex", "~/elsewhere.pex", "out/elsewhere.pex", ".git/hooks/pre-commit"],
)
def test_a_project_names_no_output_outside_of_itself(output: str, work: Path, capsys: Said) -> None:
    project = work / "project"
    (project / "out").symlink_to(work, target_is_directory=True)
    (project / ".git" / "hooks").mkdir(parents=True)
    with (project / "pyproject.toml").open("a") as file:
        file.write(f"[tool.pexlite]\noutput = {json.dumps(output)}\n")
    before = contents(work)
    assert run(["./project", *NO_INDEX]) == 2
    told = capsys.readouterr().err
    assert "[tool.pexlite] in project/pyproject.toml: output is" in told
    assert contents(work) == before
    assert run(["./project", *NO_INDEX, "-o", "mine.pex"]) == 0


# -- what is made of a file --------------------------------------------------------------------------


def test_extract_replaces_wheels_and_nothing_else(work: Path, capsys: Said) -> None:
    assert run(["app", *NO_INDEX, "-o", "app.pex"]) == 0
    taken = work / "out" / "app-1.0-py3-none-any.whl"
    taken.parent.mkdir()
    taken.write_text("mine")
    for tool in (["pexlite"], ["carried"]):
        assert extract(work, tool, "out") == 5
        assert taken.read_text() == "mine"
    assert "app-1.0-py3-none-any.whl is there already" in capsys.readouterr().err
    assert extract(work, ["pexlite"], "out", "--force") == 0
    for tool in (["pexlite"], ["carried"]):
        assert extract(work, tool, "out") == 0


def extract(work: Path, tool: list[str], *arguments: str) -> int:
    if tool == ["pexlite"]:
        return run(["extract", "app.pex", *arguments])
    command = [sys.executable, "app.pex", "extract", *arguments]
    return subprocess.run(command, cwd=work, env={**os.environ, "PEX_TOOLS": "1"}, check=False).returncode


def test_venv_adds_to_what_it_made_and_to_nothing_else(work: Path, capsys: Said) -> None:
    assert run(["app", *NO_INDEX, "-o", "app.pex"]) == 0
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "own"], check=True)
    (work / "own.tar.gz").write_text("mine")
    (work / "app.tar.gz").write_bytes((work / "app.pex").read_bytes())
    before = contents(work)
    for file, place in (("app.pex", "own"), ("app.pex", "own.tar.gz"), ("app.tar.gz", "app.tar.gz")):
        assert run(["venv", file, place]) == 2
    assert run(["venv", "app.tar.gz", "app.tar.gz", "--force"]) == 2
    told = capsys.readouterr().err
    for words in ("own is a venv that pexlite did not make", "own.tar.gz is there already", "is the file itself"):
        assert words in told
    assert contents(work) == before
    for place in ("own", "own.tar.gz"):
        assert run(["venv", "app.pex", place, "--force"]) == 0
    for place in ("new", "own.tar.gz"):
        assert run(["venv", "app.pex", place]) == 0
        assert run(["venv", "app.pex", place]) == 0


@pytest.mark.parametrize(("place", "leads_to"), [("gone/app.pex", "mkdir -p"), ("app.pex", "can be written")])
def test_a_directory_is_to_be_made_only_where_it_is_not_there(place: str, leads_to: str, tmp_path: Path) -> None:
    # Some directories take no file, and say that it is not there: /proc.
    failure = Output(tmp_path / place, Kind.APPLICATION).cannot_be_written(FileNotFoundError())
    assert failure.hint and leads_to in failure.hint
