"""Settings and options that a build does not heed are named once."""

from __future__ import annotations

from pathlib import Path

import pytest

from pexlite.indexes.ignored_settings import unheeded
from pexlite.model import BuildRequest
from pexlite.requirements.read import read_request
from pexlite.resolve.pip import Pip
from pexlite.resolve.pip_program import PipProgram
from pexlite.resolve.uv import Uv
from pexlite.resolve.uv_program import UvProgram

UV, PIP = Uv(UvProgram(("uv",))), Pip(PipProgram(("pip",)))

BY_UV = "where uv resolves (--resolver pip)"
ROWS: list[tuple[dict[str, str], list[str], list[str]]] = [
    ({"index-url": "https://a.test", "only-binary": ":all:", "require-hashes": "1"}, [], []),
    ({"no-cache-dir": "1", "user": "1", "disable-pip-version-check": "1"}, [], []),
    (
        {"prefer-binary": "1"},
        ["a setting of pip is not heeded where uv resolves (--resolver pip): prefer-binary"],
        [],
    ),
    ({"prefer-binary": "0", "no-deps": "false"}, [], []),
    (
        {"no-deps": "1", "platform": "any"},
        ["settings of pip are not heeded: no-deps, platform"],
        ["settings of pip are not heeded: no-deps, platform"],
    ),
    (
        {"build-constraint": "c.txt", "some-setting": "x", "abi": "cp39"},
        [
            "a setting of pip is not heeded: abi",
            f"settings of pip are not heeded {BY_UV}: build-constraint, some-setting",
        ],
        ["a setting of pip is not heeded: abi"],
    ),
]


@pytest.mark.parametrize(("said", "with_uv", "with_pip"), ROWS)
def test_a_setting_is_named_unless_it_is_heeded_or_about_pip_alone(
    said: dict[str, str], with_uv: list[str], with_pip: list[str]
) -> None:
    assert list(unheeded(said, "uv", hears_pip=False)) == with_uv
    assert list(unheeded(said, "pip", hears_pip=True)) == with_pip


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("--prefer-binary", "--prefer-binary"),
        ("--use-feature=fast-deps", "--use-feature"),
        ("click --config-settings=a=b", "--config-settings"),
        ("click --global-option=-v", "--global-option"),
    ],
)
def test_an_option_of_a_requirements_file_is_named_once(line: str, option: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(f"{line}\n{line}\n")
    asked = read_request(BuildRequest(directory=tmp_path, requirement_files=("requirements.txt",)))
    assert asked.notices == (f"requirements.txt says {option}, which is not heeded",)


def test_options_that_are_heeded_are_not_named(tmp_path: Path) -> None:
    lines = ["--require-hashes", "--pre", "--only-binary :all:", "-i https://a.test", "--trusted-host a.test"]
    (tmp_path / "requirements.txt").write_text("\n".join(lines))
    assert read_request(BuildRequest(directory=tmp_path, requirement_files=("requirements.txt",))).notices == ()
