"""Real applications, built by each resolver and run cold and warm, do what they do in a plain venv."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

import pytest

from pexlite.model import BuildRequest, BuildResult
from pexlite.pipeline.build import build
from tests.bundles import environment, run
from tests.factories import write_files
from tests.programs.conformance.application import Application
from tests.programs.conformance.table import JOURNEYS

pytestmark = [pytest.mark.journey, pytest.mark.network]


def plain_venv(directory: Path, requirements: Sequence[str]) -> Path:
    """The programs' directory of a venv with `requirements`, which everything is compared with."""
    venv.create(directory, symlinks=True)
    command = [sys.executable, "-m", "uv", "pip", "install", "-q", "--python", str(directory / "bin" / "python")]
    command += ["--index-strategy", "unsafe-best-match", *requirements]
    subprocess.run(command, check=True)
    return directory / "bin"


def do(
    program: Sequence[Path], application: Application, work: Path, env: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run the application's task by `program` in a fresh directory, and return what came of it."""
    shutil.rmtree(work, ignore_errors=True)
    write_files(work, application.files)
    work.mkdir(exist_ok=True)
    arguments = [argument.format(work=work) for argument in application.arguments]
    done = run([*program, *arguments], env, cwd=work, stdin=application.stdin, check=False)
    for name in application.makes:
        assert (work / name).exists(), f"{name} was not made\n{done.stdout}\n{done.stderr}"
    return done


def built(application: Application, output: Path, resolver: str) -> BuildResult:
    return build(
        BuildRequest(
            directory=output.parent,
            requirements=application.requirements,
            script=application.script or None,
            resolver=resolver,
            output=output,
        )
    )


# Those of few and settled requirements: the resolvers have nothing to differ over.
ALIKE = ("httpie", "cryptography", "ansible-core")


@pytest.mark.parametrize("application", JOURNEYS, ids=str)
def test_an_application_does_what_it_does_in_a_venv(application: Application, tmp_path: Path) -> None:
    results: dict[str, BuildResult] = {}
    for resolver in ("uv", "pip"):
        (tmp_path / resolver).mkdir()
        result = built(application, tmp_path / resolver / "app.pex", resolver)
        results.setdefault(result.sha256, result)  # the same bytes would do the same
    assert len(results) == 1 or application.name not in ALIKE
    for digest, result in results.items():
        assert_as_in_a_venv(application, result, tmp_path / digest[:8])


def assert_as_in_a_venv(application: Application, result: BuildResult, directory: Path) -> None:
    env = environment(directory / "root", HOME=str(directory / "home"))
    (directory / "home").mkdir(parents=True)
    pins = [f"{wheel.name}=={wheel.version}" for wheel in result.wheels]
    programs = plain_venv(directory / "venv", pins)
    expected = do([programs / (application.script or "python")], application, directory / "work", env)
    for _ in ("cold", "warm"):
        found = do([Path(sys.executable), result.path], application, directory / "work", env)
        assert found.returncode == expected.returncode, found.stdout + found.stderr
        if application.contains:
            assert application.contains in expected.stdout
            assert application.contains in found.stdout, found.stderr
        else:
            assert found.stdout == expected.stdout, found.stderr
