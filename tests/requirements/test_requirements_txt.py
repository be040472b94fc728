"""A requirements file asks for what pip would read in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pexlite.model import IndexSettings
from pexlite.requirements.requirements_txt import logical_lines, read_requirements
from tests.factories import make_wheel

DIGEST = "sha256:" + "0" * 64


def read(directory: Path, text: str) -> list[str]:
    """The requirements of a file with this text; any problem fails the test."""
    (directory / "requirements.txt").write_text(text)
    found = read_requirements(str(directory / "requirements.txt"), directory)
    assert found.problems == ()
    return [str(root.requirement) for root in found.roots]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\nb\n", [(1, "a"), (2, "b")]),
        ("# all\na # some\n\nb#c\n", [(2, "a"), (4, "b#c")]),
        ("a==1 \\\n  --hash=x \\\n  --hash=y\nb", [(1, "a==1   --hash=x   --hash=y"), (4, "b")]),
        ("a \\", [(1, "a")]),
        (
            "a @ https://${WHO}@x.example/\nb ${nobody}",
            [(1, "a @ https://someone@x.example/"), (2, "b ${nobody}")],
        ),
        ("a ${ABSENT_HERE}", [(1, "a ${ABSENT_HERE}")]),
    ],
)
def test_lines_are_joined_and_filled_in(
    monkeypatch: pytest.MonkeyPatch, text: str, lines: list[tuple[int, str]]
) -> None:
    monkeypatch.setenv("WHO", "someone")
    assert list(logical_lines(text)) == lines


@pytest.mark.parametrize(
    ("line", "settings"),
    [
        ("--index-url https://a.example/simple", IndexSettings(index_url="https://a.example/simple")),
        ("-i https://a.example/simple", IndexSettings(index_url="https://a.example/simple")),
        ("--extra-index-url=https://a.example", IndexSettings(extra_index_urls=("https://a.example",))),
        ("--no-index", IndexSettings(no_index=True)),
        ("--pre", IndexSettings(prereleases=True)),
        ("--trusted-host a.example", IndexSettings(trusted_hosts=("a.example",))),
        ("--only-binary a,b", IndexSettings(only_binary=("a", "b"))),
        ("--no-binary :all:", IndexSettings(no_binary=(":all:",))),
        ("-f https://a.example/links", IndexSettings(find_links=("https://a.example/links",))),
        ("--require-hashes", IndexSettings(require_hashes=True)),
    ],
)
def test_options_become_index_settings(tmp_path: Path, line: str, settings: IndexSettings) -> None:
    (tmp_path / "requirements.txt").write_text(line)
    found = read_requirements(str(tmp_path / "requirements.txt"), tmp_path)
    assert found.problems == ()
    assert found.index == settings


def test_nested_files_are_found_beside_the_file_that_names_them(tmp_path: Path) -> None:
    nested = tmp_path / "nested"
    (nested / "links").mkdir(parents=True)
    (nested / "more.txt").write_text("idna\n-c constraints.txt\n-r deep.txt\n-f links")
    (nested / "deep.txt").write_text("certifi")
    (nested / "constraints.txt").write_text("idna<4")
    (tmp_path / "requirements.txt").write_text("-r nested/more.txt\nclick")
    found = read_requirements(str(tmp_path / "requirements.txt"), tmp_path)
    assert [(root.requirement.name, root.origin) for root in found.roots] == [
        ("idna", "more.txt line 1"),
        ("certifi", "deep.txt line 1"),
        ("click", "requirements.txt line 2"),
    ]
    assert found.constraints == (str(nested / "constraints.txt"),)
    assert found.index.find_links == (str(nested / "links"),)


def test_files_that_name_each_other_are_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("-r b.txt")
    (tmp_path / "b.txt").write_text("-r a.txt")
    (problem,) = read_requirements(str(tmp_path / "a.txt"), tmp_path).problems
    assert "a.txt reads b.txt reads a.txt" in problem.message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_encoding_with_its_mark_is_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "requirements.txt").write_bytes("click # Grüße".encode(encoding))
    (root,) = read_requirements(str(tmp_path / "requirements.txt"), tmp_path).roots
    assert root.requirement.name == "click"


def test_a_coding_line_is_heeded(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes("# -*- coding: latin-1 -*-\nclick # Grüße".encode("latin-1"))
    (root,) = read_requirements(str(tmp_path / "requirements.txt"), tmp_path).roots
    assert root.requirement.name == "click"


def test_hashes_stay_with_their_requirement(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(
        f"click==8.5.1 \\\n --hash={DIGEST} \\\n --hash {DIGEST[:-1]}1\nidna"
    )
    click, idna = read_requirements(str(tmp_path / "requirements.txt"), tmp_path).roots
    assert click.hashes == (DIGEST, DIGEST[:-1] + "1")
    assert idna.hashes == ()


def test_a_local_wheel_is_checked_against_its_hash(tmp_path: Path) -> None:
    make_wheel(tmp_path, "little")
    (tmp_path / "requirements.txt").write_text(f"./little-1.0-py3-none-any.whl --hash={DIGEST}")
    (problem,) = read_requirements(str(tmp_path / "requirements.txt"), tmp_path).problems
    assert "none of the hashes" in problem.message


def test_markers_and_extras_are_kept(tmp_path: Path) -> None:
    assert read(tmp_path, 'requests[socks]>=2 ; python_version < "4"  # why') == [
        'requests[socks]>=2; python_version < "4"'
    ]


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("foo = 3", "line 1: 'foo = 3' is no requirement", "write foo==3"),
        ("bar 1.2", "line 1: 'bar 1.2' is no requirement", "write bar==1.2"),
        ("--find-link x", "line 1: '--find-link x': there is no option --find-link", "did you mean --find-links?"),
        ("--index-url", "line 1: '--index-url': --index-url needs a value", None),
        ("-r absent.txt", "absent.txt, which requirements.txt names, cannot be read", None),
        (
            "-c constraint.txt",
            "line 1: there is no constraints file constraint.txt",
            "did you mean constraints.txt?",
        ),
        ("a --hash=md5:00", "line 1: --hash=md5:00 is no hash", "write --hash=sha256: and 64 hexadecimal digits"),
        ("./absent", "line 1: there is no absent", "paths are relative to"),
        ("a 'b", "line 1: ", ""),
    ],
)
def test_a_problem_names_file_line_and_text(tmp_path: Path, line: str, message: str, hint: str | None) -> None:
    (tmp_path / "requirements.txt").write_text(line)
    (tmp_path / "constraints.txt").write_text("")
    (problem,) = read_requirements(str(tmp_path / "requirements.txt"), tmp_path).problems
    assert message in problem.message
    assert (hint or "") in (problem.hint or "")
