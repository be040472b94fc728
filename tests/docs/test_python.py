"""The example of docs/python.md runs as it stands, and its keywords are those of the functions."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from pexlite.cli.build import BUILD
from pexlite.model import BuildRequest, IndexSettings, LaunchOptions
from tests.docs.tables import page, table
from tests.factories import make_wheel


def test_the_python_example_runs(tmp_path: Path, bare_machine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    [example] = re.findall(r"^```python\n(.*?)^```$", page("python"), flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "index").mkdir()
    make_wheel(tmp_path / "index", "requests", files={"requests.py": ""})
    (tmp_path / "my_cli.py").write_text("import requests\ndef main(): print('hello')\n")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    program = f"{example}\nimport my_cli, requests\nassert 'lite-2' in my_cli.__file__, my_cli.__file__\n"
    (tmp_path / "elsewhere").mkdir()
    script = tmp_path / "elsewhere" / "example.py"
    script.write_text(program)
    ran = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert subprocess.run([tmp_path / "my_cli.pex"], capture_output=True, text=True).stdout == "hello\n"


# Taken together with another option, by a field of that one's name.
_TAKEN_WITH = {"wheels": "find_links", "scripts": "script"}
_HOMES = {
    BuildRequest: "{}",
    IndexSettings: "index=IndexSettings({}=…)",
    LaunchOptions: "launch=LaunchOptions({}=…)",
}


def _keywords() -> Iterator[tuple[set[str], str, str]]:
    """The names of each option, the field that it sets, and how a program writes that."""
    for option in BUILD.params:
        name = _TAKEN_WITH.get(option.name or "", option.name or "")
        for home, written in _HOMES.items():
            if name in {one.name for one in fields(home)}:
                yield {word for word in option.opts if word.startswith("--")}, name, written.format(name)


def test_the_keywords_that_are_called_otherwise_than_their_options_are_listed() -> None:
    listed = {option.strip("`"): keyword.strip("`") for option, keyword in table("python", "keywords")}
    otherwise = {
        option: written
        for options, name, written in _keywords()
        if options and name not in {option[2:].replace("-", "_") for option in options}
        for option in options
    }
    assert listed == otherwise


def test_what_is_no_part_of_the_settings_is_a_keyword_of_its_own() -> None:
    homes = {name: written for _, name, written in _keywords()}
    starts = {_TAKEN_WITH.get(one.name or "", one.name) for one in BUILD.sections["How it starts"]}
    indexes = {_TAKEN_WITH.get(one.name or "", one.name) for one in BUILD.sections["Indexes"]}
    alone = {"eager", "entry_point", "script", "trace_start"}
    assert {name for name in starts if homes[str(name)] == name} == alone
    assert {name for name in indexes if homes[str(name)] == name} == {"resolver"}
