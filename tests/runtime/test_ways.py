"""A file may come and go, have any name, and be started in any way."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter
from tests.runtime.trials import judged

LASTING = """
import subprocess, sys


def main():
    print("up", flush=True)
    sys.stdin.readline()
    import late
    code = "import late; print(late.x)"
    print(late.x, subprocess.check_output([sys.executable, "-c", code]).decode(), flush=True)
    import not_there
"""


@pytest.mark.parametrize("how", ["replaced", "overwritten", "cut", "deleted"])
def test_a_running_app_goes_on_whatever_becomes_of_its_file(how: str, python: Interpreter, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "lasting", files={"lasting.py": LASTING, "late.py": "x = 'one'\n"})
    file = bundle_file(tmp_path / "app.pex", [wheel], function("lasting", "main"))
    wheel = make_wheel(tmp_path, "lasting", "2.0", files={"lasting.py": LASTING, "late.py": "x = 'two'\n"})
    second = bundle_file(tmp_path / "second.pex", [wheel], function("lasting", "main"))
    with subprocess.Popen(
        [python.path, file],
        env=environment(tmp_path / "root"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        if how == "replaced":
            second.replace(file)
        elif how == "overwritten":
            file.write_bytes(second.read_bytes())
        elif how == "cut":
            os.truncate(file, 1000)
        else:
            file.unlink()
        output, errors = process.communicate("\n", timeout=60)
    assert output == "one one\n\n"
    assert errors.endswith("No module named 'not_there'\n") and "damaged" not in errors


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="no /dev/fd")
@pytest.mark.parametrize("deleted", [False, True])
def test_a_file_runs_by_its_descriptor(deleted: bool, newest: Interpreter, slow: Path, tmp_path: Path) -> None:
    copy = tmp_path / "app.pex"
    shutil.copy(slow, copy)
    with copy.open("rb") as opened:
        if deleted:
            copy.unlink()
        number = opened.fileno()
        for _ in range(2):
            done = subprocess.run(
                [newest.path, f"/dev/fd/{number}"],
                env=environment(tmp_path / "root"),
                pass_fds=[number],
                capture_output=True,
                text=True,
                check=False,
            )
            judged(done)


def test_a_pipe_says_that_it_takes_a_file(python: Interpreter, slow: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [python.path], env=environment(tmp_path), input=slow.read_bytes(), capture_output=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout == b""
    if python.tag.startswith("cp"):  # PyPy decodes all of it before it looks at any line
        assert b"damaged, or read from a pipe: copy the file here again" in done.stderr


NAMES = ["plain", "name.py", "name.zip", "-x", "with space", "new\nline", "__main__.py", "json.py", "x" * 250]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_will_do_for_the_file(name: str, newest: Interpreter, slow: Path, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    shutil.copy(slow, tmp_path / "here" / name)
    for _ in range(2):
        judged(run([newest.path, f"./{name}"], environment(tmp_path / "r"), cwd=tmp_path / "here", check=False))
