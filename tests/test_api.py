"""The pipeline as a Python function.

More than 400 lines, since what is not in one of its lists has to be in another.
"""

from __future__ import annotations

import inspect
import re
import rlcompleter
import subprocess
import sys
from dataclasses import fields
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

import pexlite
from pexlite import errors
from pexlite.cli.build import BUILD
from pexlite.errors import NotABundle, UsageError
from pexlite.model import (
    BuildOptions,
    BuildRequest,
    BuildResult,
    IndexSettings,
    InheritPath,
    LaunchOptions,
    LockOptions,
    Progress,
    Report,
)
from tests.cli.conftest import finished
from tests.factories import make_wheel


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[BuildRequest]:
    """The requests that reach the pipeline."""
    seen: list[BuildRequest] = []

    def build(request: BuildRequest, report: Report) -> BuildResult:
        seen.append(request)
        report(Progress("resolve", "x"))
        return finished(request.directory / (request.output or "app.pex"))

    monkeypatch.setattr("pexlite.pipeline.build.build", build)
    monkeypatch.chdir(tmp_path)
    return seen


def test_build_takes_what_the_command_line_takes(requests: list[BuildRequest], tmp_path: Path) -> None:
    result = pexlite.build(requirements=["requests"], entry_point="my_cli:main", output="my_cli.pex")
    assert requests == [
        BuildRequest(
            directory=tmp_path, requirements=("requests",), entry_point="my_cli:main", output=Path("my_cli.pex")
        )
    ]
    assert result.path == tmp_path / "my_cli.pex"


def test_every_field_of_a_request_can_be_given(requests: list[BuildRequest], tmp_path: Path) -> None:
    index = IndexSettings(no_index=True)
    launch = LaunchOptions(sh_boot=True)
    (tmp_path / "sub").mkdir()
    pexlite.build(
        requirements=["."],
        requirement_files=[Path("requirements.txt")],
        constraint_files=["constraints.txt"],
        source_directories=["src"],
        included=[".env"],
        venvs=[".venv"],
        executable="job.py",
        lock=Path("pylock.toml"),
        locked=True,
        ignore_locks=True,
        excluded=["x"],
        overrides=["y==1"],
        groups=["a"],
        extras=("b",),
        entry_point="m",
        script="s",
        scripts=["t", "u=m:f"],
        pythons=["3.12"],
        platforms=["linux_x86_64-cp-311-cp311"],
        target_files=["target.json"],
        hosts=["server"],
        python_from=["uv:3.12"],
        python_full=True,
        index=index,
        resolver="pip",
        launch=launch,
        trace_start=["--version"],
        eager=["x"],
        output=tmp_path / "x.pex",
        bytecode=True,
        allow_large=True,
        strict=True,
        build_properties=[("a", "1")],
        build_property_tables=['{"b": 2}'],
        record_git_state=True,
        sbom=True,
        zstd=True,
        dry_run=True,
        force=True,
        directory=tmp_path / "sub",
    )
    assert requests == [
        BuildRequest(
            directory=tmp_path / "sub",
            requirements=(".",),
            requirement_files=("requirements.txt",),
            constraint_files=("constraints.txt",),
            source_directories=(Path("src"),),
            included=(".env",),
            venvs=(Path(".venv"),),
            executable=Path("job.py"),
            lock=Path("pylock.toml"),
            locked=True,
            ignore_locks=True,
            excluded=("x",),
            overrides=("y==1",),
            groups=("a",),
            extras=("b",),
            script="s",
            scripts=("t", "u=m:f"),
            entry_point="m",
            pythons=("3.12",),
            platforms=("linux_x86_64-cp-311-cp311",),
            target_files=(Path("target.json"),),
            hosts=("server",),
            python_from=("uv:3.12",),
            python_full=True,
            index=index,
            resolver="pip",
            launch=launch,
            trace_start=("--version",),
            eager=("x",),
            output=tmp_path / "x.pex",
            bytecode=True,
            allow_large=True,
            strict=True,
            build_properties=(("a", "1"),),
            build_property_tables=('{"b": 2}',),
            record_git_state=True,
            sbom=True,
            zstd=True,
            dry_run=True,
            force=True,
        )
    ]
    # A field that is added to the request has to be added here.
    assert all(getattr(requests[0], name) for name in BuildRequest.__dataclass_fields__)


def test_the_fields_of_a_request_are_the_words_of_build() -> None:
    assert set(BuildOptions.__annotations__) == {field.name for field in fields(BuildRequest)}
    assert set(signature(pexlite.build).parameters) == {*BuildOptions.__annotations__, "on_progress"}
    assert set(signature(pexlite.lock).parameters) == {*LockOptions.__annotations__, "on_progress"}


def test_a_word_that_is_not_given_is_what_the_signature_says(requests: list[BuildRequest]) -> None:
    words = signature(pexlite.build).parameters.values()
    pexlite.build()
    pexlite.build(**{word.name: word.default for word in words})
    assert requests[0] == requests[1]


def test_help_names_every_word_with_its_type_and_its_default() -> None:
    shown = in_a_fresh_python("import pexlite, pydoc; print(pydoc.plain(pydoc.render_doc(pexlite.build)))")
    for text in (
        "requirements: 'Sequence[str]' = ()",
        "compress: 'bool' = True",
        "directory: 'str | PathLike[str]' =",
    ):
        assert text in shown


def test_a_word_of_another_function_or_of_none_is_refused(requests: list[BuildRequest]) -> None:
    with pytest.raises(TypeError, match=r"build\(\) got an unexpected keyword argument 'requirement'"):
        pexlite.build(requirement=["x"])  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"lock\(\) got an unexpected keyword argument 'strict'"):
        pexlite.lock(strict=True)  # type: ignore[call-arg]
    assert requests == []


def test_progress_comes_through_a_callback_and_nothing_is_printed(
    requests: list[BuildRequest], capsys: pytest.CaptureFixture[str]
) -> None:
    steps: list[Progress] = []
    pexlite.build(requirements=["requests"], on_progress=steps.append)
    assert steps == [Progress("resolve", "x")]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"requirements": "requests"}, "requirements takes several: write requirements=['requests']"),
        ({"requirement_files": Path("x")}, "requirement_files takes several: write requirement_files=['x']"),
        ({"extras": "x"}, "extras takes several: write extras=['x']"),
        ({"requirements": None}, "requirements is a list of texts, and not None"),
        ({"requirements": ["x", 1]}, "requirements is a list of texts, and not 1"),
        ({"requirements": {"x": "1"}}, "requirements is a list of texts, and not {'x': '1'}"),
        ({"pythons": [3.11]}, "pythons is a list of texts, and not 3.11"),
        ({"source_directories": [None]}, "source_directories is a list of paths, and not None"),
        ({"entry_point": 5}, "entry_point is a text or None, and not 5"),
        ({"bytecode": "no"}, "bytecode is True or False or None, and not 'no'"),
        ({"strict": 1}, "strict is True or False, and not 1"),
        ({"output": b"x"}, "output is a path or None, and not b'x'"),
        ({"directory": None}, "directory is a path, and not None"),
        ({"directory": "/nowhere at all"}, "there is no directory '/nowhere at all'"),
        ({"index": ["foo"]}, "index is made by pexlite.IndexSettings(…), and not ['foo']"),
        ({"launch": {"sh_boot": True}}, "launch is made by pexlite.LaunchOptions(…), and not {'sh_boot': True}"),
    ],
)
def test_a_value_that_a_field_cannot_have_is_named_and_the_field_too(
    wrong: dict[str, Any], said: str, requests: list[BuildRequest]
) -> None:
    with pytest.raises(UsageError) as raised:
        pexlite.build(**wrong)
    assert raised.value.message == said
    assert requests == []


@pytest.mark.parametrize(
    ("of", "wrong", "said"),
    [
        (LaunchOptions, {"inherit_path": "maybe"}, "is 'false', 'fallback' or 'prefer', and not 'maybe'"),
        (LaunchOptions, {"inherit_path": True}, "is 'false', 'fallback' or 'prefer', and not True"),
        (LaunchOptions, {"bin_path": "x"}, "is 'off', 'prepend' or 'append', and not 'x'"),
        (LaunchOptions, {"sh_boot": "yes"}, "is True or False, and not 'yes'"),
        (LaunchOptions, {"inject_args": "a b"}, "takes several: write inject_args=['a b']"),
        (LaunchOptions, {"pex_root": 3}, "is a text or None, and not 3"),
        (LaunchOptions, {"inject_env": {"A": "B"}}, "and not {'A': 'B'}: write inject_env=[('name', 'value')]"),
        (LaunchOptions, {"inject_env": "A=B"}, "is a list of pairs of texts, and not 'A=B': write inject_env="),
        (LaunchOptions, {"inject_env": ["A=B"]}, "is a list of pairs of texts, and not 'A=B': write inject_env="),
        (IndexSettings, {"pins": [("a",)]}, "is a list of pairs of texts, and not ('a',): write pins="),
        (IndexSettings, {"index_url": 4}, "is a text or None, and not 4"),
        (IndexSettings, {"timeout": "1"}, "is a number, and not '1'"),
        (IndexSettings, {"retries": True}, "is a whole number, and not True"),
        (IndexSettings, {"retries": 1.5}, "is a whole number, and not 1.5"),
    ],
)
def test_a_value_that_settings_cannot_have_is_named_before_anything_is_done(
    of: type[LaunchOptions | IndexSettings], wrong: dict[str, Any], said: str, requests: list[BuildRequest]
) -> None:
    settings: dict[str, Any] = {"launch" if of is LaunchOptions else "index": of(**wrong)}
    with pytest.raises(UsageError) as raised:
        pexlite.build(**settings)
    (name,) = wrong
    assert raised.value.message.startswith(f"{name} ")
    assert said in raised.value.message
    assert requests == []


def test_lists_and_texts_in_settings_are_what_the_command_line_makes_of_them(requests: list[BuildRequest]) -> None:
    launch: Any = {"inherit_path": "prefer", "inject_args": ["-v"], "inject_env": [["A", "B"]]}
    index: Any = {"certificate": "ca.pem", "timeout": 3, "find_links": [Path("wheels")]}
    pexlite.build(launch=LaunchOptions(**launch), index=IndexSettings(**index))
    assert requests[0].launch == LaunchOptions(
        inherit_path=InheritPath.PREFER, inject_args=("-v",), inject_env=(("A", "B"),)
    )
    assert requests[0].launch.inherit_path is InheritPath.PREFER
    assert requests[0].index == IndexSettings(certificate=Path("ca.pem"), timeout=3, find_links=("wheels",))


def test_build_takes_no_positional_arguments() -> None:
    with pytest.raises(TypeError):
        pexlite.build("requests")  # type: ignore[arg-type, call-arg]


def test_lock_gives_the_text_and_writes_it_where_it_is_told(
    tmp_path: Path, bare_machine: None, capsys: pytest.CaptureFixture[str]
) -> None:
    make_wheel(tmp_path, "little")
    index = IndexSettings(no_index=True, find_links=(str(tmp_path),))
    text = pexlite.lock(requirements=["little"], index=index, directory=tmp_path).text
    result = pexlite.lock(requirements=["little"], index=index, directory=tmp_path, output="pylock.toml")
    assert 'name = "little"' in text
    assert result.path == tmp_path / "pylock.toml"
    assert (tmp_path / "pylock.toml").read_text() == text
    assert capsys.readouterr() == ("", "")


def test_lock_takes_all_that_building_shares_with_it() -> None:
    ours, builds = (set(signature(function).parameters) for function in (pexlite.lock, pexlite.build))
    assert ours - builds == {"upgrade", "upgraded", "format"}
    only_of_a_file = {
        "source_directories",
        "included",
        "venvs",
        "build_properties",
        "build_property_tables",
        "record_git_state",
        "sbom",
        "lock",
        "locked",
        "ignore_locks",
        "python_from",
        "python_full",
        "entry_point",
        "script",
        "scripts",
        "launch",
        "trace_start",
        "eager",
    }
    assert builds - ours == only_of_a_file | {"bytecode", "compress", "zstd", "allow_large", "strict", "dry_run"}


def test_inspect_refuses_what_pexlite_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    with pytest.raises(NotABundle):
        pexlite.inspect(tmp_path / "x")


# -- finding one's way ---------------------------------------------------------------------------

# Of the command alone, which prints and shows.
_OF_THE_COMMAND = {"--json", "--no-progress", "--push", "-q", "--quiet", "-v", "--verbose"}


def documentation(*documented: object) -> str:
    return "\n".join(inspect.getdoc(one) or "" for one in documented)


def in_a_fresh_python(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_importing_it_imports_no_part_of_it() -> None:
    loaded = in_a_fresh_python("import pexlite, sys; print(*(name for name in sys.modules if 'pexlite' in name))")
    assert loaded.split() == ["pexlite.deferred", "pexlite.version", "pexlite"]


def test_dir_and_completion_show_all_there_is() -> None:
    kinds = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and value.__module__ == errors.__name__
    }
    assert {*pexlite.__all__, *kinds} <= set(dir(pexlite))
    assert {"activate", "build", "inspect", "lock", "verify", "errors"} <= set(pexlite.__all__)
    completed = rlcompleter.Completer({"pexlite": pexlite}).attr_matches("pexlite.b")
    assert [name.partition("(")[0] for name in completed] == ["pexlite.build"]
    # Seen before it is imported, and found by its name.
    shown = in_a_fresh_python("import pexlite; print(*dir(pexlite)); print(pexlite.errors.PexliteError.__name__)")
    assert set(dir(pexlite)) <= {*shown.split()}
    assert all(getattr(pexlite, name) is not None for name in dir(pexlite))


def test_help_is_about_its_use_not_about_its_rooms() -> None:
    shown = in_a_fresh_python("import pexlite, pydoc; print(pydoc.plain(pydoc.render_doc(pexlite)))")
    introduction = shown.partition("PACKAGE CONTENTS")[0]
    for name in (
        "build",
        "lock",
        "inspect",
        "verify",
        "activate",
        "PexliteError",
        "IndexSettings",
        "LaunchOptions",
    ):
        assert name in introduction
    assert "deciding" not in introduction
    assert re.search(r"^FUNCTIONS\n(.*\n)*    build\(", shown, flags=re.MULTILINE)


def test_every_word_is_explained_by_the_option_that_it_stands_for() -> None:
    ours = documentation(pexlite.build)
    words = set(re.findall(r"\b[a-z_]+\b", ours))
    assert set(signature(pexlite.build).parameters) <= words
    for settings in (IndexSettings, LaunchOptions):
        said = set(re.findall(r"\b[a-z_]+\b", documentation(settings)))
        assert {field.name for field in fields(settings)} <= said
    everywhere = documentation(pexlite.build, IndexSettings, LaunchOptions)
    options = {name for option in BUILD.params for name in option.opts if name.startswith("-")} - _OF_THE_COMMAND
    assert {option for option in options if not re.search(rf"(?<![\w-]){option}(?![\w-])", everywhere)} == set()


def test_values_show_themselves_in_a_line(tmp_path: Path, bare_machine: None) -> None:
    make_wheel(tmp_path, "little", files={"little.py": "x = 1\n" * 1000})
    index = IndexSettings(no_index=True, find_links=(str(tmp_path),))
    built = pexlite.build(requirements=["little"], index=index, directory=tmp_path)
    locked = pexlite.lock(requirements=["little"], index=index, directory=tmp_path)
    shown = {
        repr(value): value
        for value in (built, built.decision, locked, pexlite.inspect(built.path), pexlite.verify(built.path))
    }
    assert [line for line in shown if "\n" in line or len(line) > 900 or "x01" in line] == []
    assert repr(built).startswith(f"BuildResult(path='{tmp_path / 'little.pex'}', written=True, size=")
    assert "wheels=1" in repr(built)


def test_an_error_that_nobody_catches_shows_its_causes_and_its_hint(tmp_path: Path) -> None:
    program = "import pexlite; raise pexlite.UsageError('no', causes=['this', 'that'], hint='try pexlite --help')"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.stderr.splitlines()[-4:] == [
        "pexlite.errors.UsageError: no",
        "  this",
        "  that",
        "hint: try pexlite --help",
    ]
