"""`[tool.pexlite]` of the local project gives defaults, and the command line wins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pexlite.cli.main import run
from pexlite.model import IndexSettings, InheritPath, LaunchOptions
from tests.cli.conftest import Pipeline

Output = pytest.CaptureFixture[str]


def write(directory: Path, text: str) -> None:
    directory.mkdir(exist_ok=True)
    (directory / "pyproject.toml").write_text(f'[project]\nname = "x"\n[tool.pexlite]\n{text}\n')


ROWS: list[tuple[str, dict[str, Any]]] = [
    ('script = "cli"', {"script": "cli"}),
    ('console-script = ["cli"]', {"script": "cli"}),
    ('entry-point = "m:f"', {"entry_point": "m:f"}),
    ('python = ["3.11", "3.12"]', {"pythons": ("3.11", "3.12")}),
    ("sh-boot = true", {"launch": LaunchOptions(sh_boot=True)}),
    ("sh-boot = false", {}),
    ('inherit-path = "prefer"', {"launch": LaunchOptions(inherit_path=InheritPath.PREFER)}),
    ('lazy-imports = "all"', {"launch": LaunchOptions(lazy_imports="all")}),
    ('not-lazy = ["app.more"]', {"launch": LaunchOptions(not_lazy=("app.more",))}),
    ('inject-args = "-v --level 2"', {"launch": LaunchOptions(inject_args=("-v", "--level", "2"))}),
    ('inject-env = ["A=1"]', {"launch": LaunchOptions(inject_env=(("A", "1"),))}),
    ('inject-env = { A = "1", B = "" }', {"launch": LaunchOptions(inject_env=(("A", "1"), ("B", "")))}),
    ('exclude = ["pyspark"]', {"excluded": ("pyspark",)}),
    ('override = "a==1"', {"overrides": ("a==1",)}),
    ('extra = "web"', {"extras": ("web",)}),
    ("strict = true", {"strict": True}),
    ("no-lock = true", {"ignore_locks": True}),
    ('index-url = "https://a.test/simple"', {"index": IndexSettings(index_url="https://a.test/simple")}),
    ('output = "dist/x.pex"', {"output": Path("app/dist/x.pex")}),
    ('requirement = "more.txt"', {"requirement_files": ("app/more.txt",)}),
    ('requirement = "https://a.test/r.txt"', {"requirement_files": ("https://a.test/r.txt",)}),
    ('sources-directory = "."', {"source_directories": (Path("app"),)}),
    ('find-links = ["wheels"]', {"index": IndexSettings(find_links=("app/wheels",))}),
]


@pytest.mark.parametrize(("text", "expected"), ROWS)
def test_the_long_names_of_options_are_keys(
    text: str, expected: dict[str, Any], pipeline: Pipeline, tmp_path: Path
) -> None:
    write(tmp_path / "app", text)
    (tmp_path / "app" / "more.txt").write_text("")
    (tmp_path / "app" / "dist").mkdir()
    assert run(["./app", "-q"]) == 0
    assert run(["./app[web]", "-q", "--no-lock"]) == 0
    [request, _] = pipeline.requests
    changed = {name for name in expected if getattr(request, name) != expected[name]}
    assert not changed, [getattr(request, name) for name in changed]


def test_what_is_typed_takes_the_place_of_the_default(pipeline: Pipeline, tmp_path: Path) -> None:
    write(tmp_path, 'python = ["3.11", "3.12"]\nscript = "a"\nresolver = "pip"\noutput = "a.pex"')
    assert run([".", "--python", "3.13", "-o", "b.pex", "--resolver", "auto", "-q"]) == 0
    [request] = pipeline.requests
    assert (request.pythons, request.script, request.resolver) == (("3.13",), "a", "auto")
    assert request.output == Path("b.pex")


@pytest.mark.parametrize("inputs", [["requests"], [], ["-r", "pyproject.toml"]])
def test_without_a_local_project_there_are_none(inputs: list[str], pipeline: Pipeline, tmp_path: Path) -> None:
    write(tmp_path, 'script = "a"')
    run([*inputs, "-e", "m", "-q"])
    assert pipeline.requests[0].script is None


WRONG = [
    ('skript = "a"', "there is no key skript", "did you mean script?"),
    ('entry_point = "a"', "there is no key entry_point", "did you mean entry-point?"),
    ("json = true", "there is no key json", None),
    ("dry-run = true", "there is no key dry-run", None),
    ('sh-boot = "yes"', "sh-boot is 'yes', and it is true or false", "write sh-boot = true"),
    ("python = 3.11", "python is 3.11, and it is a text or a list of texts", None),
    ('entry-point = ["a"]', "entry-point is ['a'], and it is a text", None),
    ('inherit-path = "maybe"', "inherit-path: 'maybe' is not one of", None),
    ('inject-env = "A"', "inject-env: 'A' is not NAME=VALUE", None),
    ('lock = "gone.toml"', "lock: file 'gone.toml' does not exist", None),
]


@pytest.mark.parametrize(("text", "message", "hint"), WRONG)
def test_what_is_no_option_is_an_error(
    text: str, message: str, hint: str | None, pipeline: Pipeline, tmp_path: Path, capsys: Output
) -> None:
    write(tmp_path, text)
    assert run([".", "-q"]) == 2
    said = capsys.readouterr().err
    assert f"error: [tool.pexlite] in pyproject.toml: {message}" in said
    assert hint is None or f"hint: {hint}" in said
    assert pipeline.requests == []


def test_two_projects_that_both_say_how_are_an_error(pipeline: Pipeline, tmp_path: Path, capsys: Output) -> None:
    write(tmp_path / "a", 'script = "a"')
    write(tmp_path / "b", 'script = "b"')
    assert run(["./a", "./b", "-q"]) == 2
    assert "2 projects have a [tool.pexlite]" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["[tool.pexlite", "\xff"])
def test_what_cannot_be_read_is_left_to_the_build(text: str, pipeline: Pipeline, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(text.encode("latin-1"))
    assert run([".", "-q"]) == 0
