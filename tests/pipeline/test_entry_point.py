"""How a file starts, asked for in words that are nearly right, and the name that it has without -o."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from pexlite.cli.main import run as run_command
from tests.bundles import environment, run
from tests.factories import make_project, make_wheel

pytestmark = pytest.mark.usefixtures("bare_machine")

Output = pytest.CaptureFixture[str]
WEATHER = "def main():\n    print('sunny')\n"


@pytest.fixture
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The index, here a directory with rich and tool; the current directory has weather.py, quiet.py and pack."""
    (tmp_path / "here" / "src" / "pack").mkdir(parents=True)
    (tmp_path / "links").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    Path("weather.py").write_text(WEATHER)
    Path("quiet.py").write_text("print('rainy')\n")
    Path("src/pack/cli.py").write_text(WEATHER)
    make_wheel(tmp_path / "links", "rich", files={"rich/__init__.py": ""})
    scripts = {"console_scripts": {"tool": "tool.cli:main"}}
    make_wheel(
        tmp_path / "links", "tool", files={"tool/cli.py": WEATHER, "tool/__init__.py": ""}, entry_points=scripts
    )
    return tmp_path / "links"


def pexlite(links: Path, *arguments: str) -> int:
    return run_command([*arguments, "--no-index", "-f", str(links), "--no-progress"])


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("rich -e weather.py", "weather:main"),
        ("rich -e weather.main", "weather:main"),
        ("rich -c weather.py:main", "weather:main"),
        ("rich -c weather.py", "weather:main"),
        ("rich -c weather", "weather:main"),
        ("rich -c weather.main", "weather:main"),
        ("rich -e ./weather.py", "weather:main"),
        ("rich -e 'weather:main()'", "weather:main"),
        ("rich -e src/pack/cli.py:main", "pack.cli:main"),
        ("rich -e pack.cli.main", "pack.cli:main"),
        ("rich -e wheather.py", "weather:main"),
        ("rich -e wheather:main", "weather:main"),
        ("rich -c wether:main", "weather:main"),
        ("rich -c ./src/pak/cli.py:main", "pack.cli:main"),
        ("rich -e quiet.py", "-e quiet"),
        ("rich -c quiet", "-e quiet"),
        ("tool -e tool.cli.main", "tool.cli:main"),
        ("tool -c tool:cli.main", "tool.cli:main"),
    ],
)
def test_an_entry_point_that_is_nearly_right_is_put_right(
    typed: str, hint: str, links: Path, tmp_path: Path, capsys: Output
) -> None:
    assert pexlite(links, *shlex.split(typed), "-o", "x.pex") in (2, 4)
    assert capsys.readouterr().err.splitlines()[-1] == f"hint: did you mean {hint}?"
    # What the hint says works.
    words = hint.split() if hint.startswith("-e") else [typed.split()[1], hint]
    assert pexlite(links, typed.split()[0], *words, "-o", "x.pex") == 0
    assert run([Path("x.pex").absolute()], environment(tmp_path / "root")).stdout in ("sunny\n", "rainy\n")


@pytest.mark.parametrize("typed", ["-e weather.py", "-c weather.py:main", "-e ./weather.py:main"])
def test_the_name_of_a_file_is_told_before_anything_is_resolved(typed: str, links: Path, capsys: Output) -> None:
    assert pexlite(links, "there-is-no-such-project", *typed.split()) == 2
    assert "did you mean weather:main?" in capsys.readouterr().err


def test_a_script_may_be_called_like_a_file(links: Path, tmp_path: Path) -> None:
    make_wheel(links, "old", files={"old-1.0.data/scripts/weather.py": "#!python\nprint('snow')\n"})
    assert pexlite(links, "old", "-c", "weather.py", "-o", "x.pex") == 0
    assert run([Path("x.pex").absolute()], environment(tmp_path / "root")).stdout == "snow\n"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("rich -e weather:main", "weather.pex"),
        ("rich -c weather:main", "weather.pex"),
        ("rich -m quiet", "quiet.pex"),
        ("rich -e pack.cli:main", "pack.pex"),
        ("rich tool -c tool", "tool.pex"),
        ("rich tool -e tool.cli:main", "tool.pex"),
        ("rich -m json.tool", "json.pex"),
        ("weather.py rich", "weather.pex"),
        ("weather.py -e quiet", "quiet.pex"),
        ("./app", "go.pex"),
        ("./app -e app:main", "app.pex"),
        ("rich tool", "rich.pex"),
    ],
)
def test_without_an_output_the_file_is_called_after_what_it_starts(typed: str, name: str, links: Path) -> None:
    make_project(Path(), "app", files={"app.py": WEATHER}, scripts={"go": "app:main"})
    assert pexlite(links, *typed.split()) == 0
    assert [path.name for path in Path().glob("*.pex")] == [name]
