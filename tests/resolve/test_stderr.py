"""The output of uv and pip is shortened, and never shows a password."""

from __future__ import annotations

import pytest

from pexlite.resolve.stderr import clean_lines, essential_lines


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Failed to build `/tmp/pexlite-project-lvjm2grp/be_flit`", "Failed to build `be_flit`"),
        ("`/tmp/pexlite-project-lvjm2grp/pexlite-root/pexlite-parent/pexlite-parent/my.app`", "`my.app`"),
        ("Failed to build 'file:///var/tmp/pexlite-project-dl4q3yte/be' when", "Failed to build 'be' when"),
        (
            "git clone -q file:///srv/app /tmp/pip-install-67de0nbs/app_09e83f01e8354b1985794b633b1166ef",
            "git clone -q file:///srv/app app",
        ),
        ("at /tmp/pexlite-resolve-1234abcd/pip-req-build-a1_b2_c3/setup.py", "at setup.py"),
        ("at /tmp/my-pip-tool/pexlite-app/setup.py", "at /tmp/my-pip-tool/pexlite-app/setup.py"),
    ],
)
def test_a_temporary_directory_is_not_shown(said: str, kept: str) -> None:
    assert essential_lines(said) == [kept]


def test_a_sentence_that_uv_broke_is_joined_again() -> None:
    said = (
        "  \x1b[31m×\x1b[0m No solution found when resolving dependencies:\n"
        "  ╰─▶ Because flask==3.0.0 depends on werkzeug>=3.0.0 and you require\n"
        "      flask==3.0.0, you need werkzeug>=3.0.0.\n"
        "      And because you require werkzeug<2, your requirements are\n"
        "      unsatisfiable.\n"
    )
    assert [line.strip() for line in clean_lines(said)] == [
        "No solution found when resolving dependencies:",
        "Because flask==3.0.0 depends on werkzeug>=3.0.0 and you require flask==3.0.0, you need werkzeug>=3.0.0.",
        "And because you require werkzeug<2, your requirements are unsatisfiable.",
    ]


def test_of_a_traceback_only_the_exception_is_kept() -> None:
    said = (
        "error: subprocess-exited-with-error\n"
        "      Traceback (most recent call last):\n"
        '        File "backend.py", line 3, in build_wheel\n'
        "          raise_it(here)\n"
        "          ^^^^^^^^^^^^^^\n"
        '        File "<string>", line 1, in <module>\n'
        "      ModuleNotFoundError: No module named 'numpy'\n"
        "      [end of output]\n"
    )
    assert essential_lines(said) == ["ModuleNotFoundError: No module named 'numpy'"]


def test_a_long_list_of_versions_is_cut() -> None:
    versions = ", ".join(f"1.{minor}" for minor in range(40))
    (line,) = clean_lines(f"ERROR: Could not find x==9 (from versions: {versions})")
    assert line == "Could not find x==9 (from versions: …, 1.35, 1.36, 1.37, 1.38, 1.39)"


def test_that_pip_tried_again_is_no_explanation() -> None:
    said = (
        "      Looking in links: /somewhere/wheels\n"
        "      WARNING: Retrying (Retry(total=4)) after connection broken by 'x': /simple/flit-core/\n"
        "      ERROR: No matching distribution found for flit_core>=3.2\n"
    )
    assert [line.strip() for line in essential_lines(said)] == [
        "No matching distribution found for flit_core>=3.2"
    ]
