"""A project's command is built into the store and run at once; again, nothing is resolved."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from tests.bundles import run
from tests.factories import make_wheel

TELL = """
import os, sys

def main():
    print({name!r}, os.path.basename(sys.argv[0]), sys.argv[1:])
    return 3
"""


@pytest.fixture
def env(bare_machine: None, tmp_path: Path) -> dict[str, str]:
    """The environment of a machine whose only wheels are here: a project of two commands, and one of one."""
    links = tmp_path / "links"
    links.mkdir()
    for name, commands in (("teller", ("teller", "other")), ("plain", ("say",)), ("many", ("one", "two"))):
        files = {f"{name}_code.py": TELL.format(name=name)}
        scripts = dict.fromkeys(commands, f"{name}_code:main")
        make_wheel(links, name, files=files, entry_points={"console_scripts": scripts})
    return {**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(links)}


def pexlite(env: dict[str, str], *words: str | Path) -> tuple[int, str, str]:
    done = run([sys.executable, "-m", "pexlite", *words], env, check=False)
    return done.returncode, done.stdout, done.stderr


RUNS = {
    "called as its project": (["teller", "-t", "a b"], "teller teller ['-t', 'a b']"),
    "named behind": (["teller", "-c", "other", "--", "-c", "x"], "teller other ['-c', 'x']"),
    "named before": (["-c", "other", "teller", "--json"], "teller other ['--json']"),
    "the only one": (["plain"], "plain say []"),
    "of another": (["--with", "teller", "plain", "-c", "other"], "teller other []"),
}


@pytest.mark.parametrize("case", RUNS)
def test_the_command_that_is_meant_runs_with_its_exit_code(case: str, env: dict[str, str]) -> None:
    words, told = RUNS[case]
    code, out, _ = pexlite(env, "run", "-q", *words)
    assert (code, out) == (3, f"{told}\n")


def test_again_nothing_is_resolved_within_a_day_or_offline(env: dict[str, str], tmp_path: Path) -> None:
    assert pexlite(env, "run", "-q", "plain")[0] == 3
    (tmp_path / "links" / "plain-1.0-py3-none-any.whl").unlink()
    assert pexlite(env, "run", "-q", "plain")[0] == 3
    [file] = Path(os.environ["PEXLITE_CACHE_DIR"], "runs").glob("*.pex")
    old = time.time() - 25 * 3600
    os.utime(file, (old, old))
    assert pexlite(env, "run", "-q", "--offline", "plain")[0] == 3
    assert "there is no project plain" in pexlite(env, "run", "-q", "plain")[2]


def test_offline_it_is_built_of_what_the_store_has(env: dict[str, str], tmp_path: Path) -> None:
    make_wheel(
        tmp_path / "links",
        "needs",
        files={"needs_code.py": "import plain_code\n\n\ndef main():\n    return plain_code.main()\n"},
        requires=["plain>=1"],
        entry_points={"console_scripts": {"needs": "needs_code:main"}},
    )
    assert pexlite(env, "run", "-q", "needs")[0] == 3
    env["PIP_FIND_LINKS"] = str(tmp_path / "nowhere")
    (tmp_path / "nowhere").mkdir()
    assert "there is no project plain" in pexlite(env, "run", "-q", "plain")[2]
    # None of these was run before; teller was in no build.
    assert pexlite(env, "run", "-q", "--offline", "plain")[:2] == (3, "plain say []\n")
    assert pexlite(env, "run", "-q", "--offline", "needs>=1")[:2] == (3, "plain needs []\n")
    code, _, said = pexlite(env, "run", "-q", "--offline", "teller")
    assert code == 3 and "hint: once with a network: pexlite run teller\n" in said
    # What has changed in the store since is not taken.
    for wheel in Path(os.environ["PEXLITE_CACHE_DIR"], "wheels").glob("*/*/plain*.whl"):
        wheel.write_bytes(wheel.read_bytes()[:-1] + b"x")
    assert "once with a network" in pexlite(env, "run", "-q", "--offline", "plain>=1.0")[2]


def test_several_commands_of_other_names_are_told(env: dict[str, str]) -> None:
    code, _, said = pexlite(env, "run", "-q", "many")
    assert code == 4
    assert "it has one, two" in said
    assert "pexlite run many -c one" in said
    assert pexlite(env, "run", "-q", "many", "-c", "tow")[0] == 4


def test_a_build_runs_what_stands_behind_it_and_leaves_nothing(env: dict[str, str], tmp_path: Path) -> None:
    env["TMPDIR"] = str(tmp_path / "temporary")
    Path(env["TMPDIR"]).mkdir()
    code, out, _ = pexlite(env, "teller", "-q", "-c", "teller", "--", "-o", "x")
    assert (code, out.split(" ", 1)[0]) == (3, "teller")
    assert "['-o', 'x']" in out
    assert list(Path(env["TMPDIR"]).iterdir()) == []
    assert pexlite(env, "teller", "-q", "--", "-c", "raise SystemExit(5)")[0] == 5
    assert pexlite(env, "info", "x", "--", "y")[0] == 2


def test_a_built_file_is_called_by_its_path(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "app.pex").write_bytes(b"x")
    done = run([sys.executable, "-m", "pexlite", "run", "app.pex", "a b"], env, cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert "did you mean `./app.pex 'a b'`?" in done.stderr
