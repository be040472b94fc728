"""The meaning of a bare word while something of its name is here, typed and built."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from pexlite.cli.main import run as run_command
from tests.bundles import environment, run
from tests.factories import make_project, make_wheel

pytestmark = pytest.mark.usefixtures("bare_machine")

Output = pytest.CaptureFixture[str]
MAIN = "def run():\n    print('from here')\n"
# Tells that it has been run, and what the output has said by then.
TELLTALE = "import pathlib\npathlib.Path({told!r}).write_text('run')\nprint('THE BACKEND RUNS')\n"


@pytest.fixture
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The index, here a directory; the current directory is another one."""
    (tmp_path / "here").mkdir()
    (tmp_path / "links").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "links"


def project(told: Path, name: str, *, table: str = "") -> Path:
    """A project in the current directory whose build backend leaves the file `told`."""
    made = make_project(Path(), name, files={f"{name}/main.py": MAIN})
    backend = made / "backend.py"
    backend.write_text(TELLTALE.format(told=str(told)) + backend.read_text())
    with (made / "pyproject.toml").open("a") as file:
        file.write(table)
    return made


def pexlite(links: Path, *arguments: str) -> int:
    return run_command([*arguments, "--no-index", "-f", str(links), "--no-progress"])


@pytest.mark.parametrize("table", ["", '\n[tool.pexlite]\nentry-point = "web.main:run"\n'])
def test_a_project_that_may_not_be_meant_runs_nothing(
    table: str, links: Path, tmp_path: Path, capsys: Output
) -> None:
    project(tmp_path / "told", "web", table=table)
    make_wheel(links, "web", files={"web/main.py": "def run():\n    print('from the index')\n"})
    assert pexlite(links, "web", "-o", "x.pex") == 2
    assert not (tmp_path / "told").exists() and not Path("x.pex").exists()
    local, index = (
        shlex.split(command)[1:] for command in re.findall("`(.*?)`", capsys.readouterr().err.splitlines()[-1])
    )
    for words, printed in ((index, "from the index\n"), (local, "from here\n")):
        assert (tmp_path / "told").exists() is False
        assert pexlite(links, *words, "-e", "web.main:run", "-o", "x.pex") == 0
        assert run([Path("x.pex").absolute()], environment(tmp_path / "root")).stdout == printed


def test_the_note_comes_before_the_project_is_built(links: Path, tmp_path: Path, capfd: Output) -> None:
    made = project(tmp_path / "told", "web")
    made.joinpath("backend.py").write_text("raise SystemExit('it got this far')\n")
    assert pexlite(links, "web", "-e", "web.main:run", "-o", "x.pex") == 3
    told = capfd.readouterr().err
    assert told.index("note: web is the directory here") < told.index("it got this far")


@pytest.mark.parametrize("more", [[], ["-q"], ["--no-progress"], ["-v"]])
def test_the_note_is_told_once(more: list[str], links: Path, tmp_path: Path, capsys: Output) -> None:
    Path("web").mkdir()
    Path("web/main.py").write_text(MAIN)
    arguments = ["web", "-e", "web.main:run", "-o", "x.pex", "--no-index", "-f", str(links)]
    assert run_command([*arguments, *more]) == 0
    assert capsys.readouterr().err.count("web is the directory here") == (0 if "-q" in more else 1)
    assert run([Path("x.pex").absolute()], environment(tmp_path / "root")).stdout == "from here\n"


def test_a_directory_named_like_a_command_is_meant_by_its_entry_point(links: Path, tmp_path: Path) -> None:
    Path("exec").mkdir()
    Path("exec/main.py").write_text(MAIN)
    assert pexlite(links, "exec", "-e", "exec.main:run", "-o", "x.pex") == 0
    assert run([Path("x.pex").absolute()], environment(tmp_path / "root")).stdout == "from here\n"


def test_the_table_of_a_project_that_is_meant_counts(links: Path, tmp_path: Path) -> None:
    project(tmp_path / "told", "web", table='\n[tool.pexlite]\ninject-args = "--here"\n')
    Path("web/web/main.py").write_text("import sys\n\n\ndef run():\n    print(sys.argv[1:])\n")
    assert pexlite(links, "web", "-e", "web.main:run", "-o", "x.pex") == 0
    assert run([Path("x.pex").absolute()], environment(tmp_path / "root")).stdout == "['--here']\n"


def test_an_output_named_like_the_project_is_written_twice(links: Path, tmp_path: Path) -> None:
    make_wheel(links, "web", files={"web.py": MAIN})
    for _ in range(2):
        assert pexlite(links, "web", "-e", "web:run", "-o", "web") == 0
    assert run([Path("web").absolute()], environment(tmp_path / "root")).stdout == "from here\n"
