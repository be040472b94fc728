"""The example of docs/python.md runs as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.tables import page
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
