"""Little files to submit, with a package `greeting` that knows its version."""

from __future__ import annotations

from pathlib import Path

from pexlite.model import EntryPoint, LaunchOptions, StartKind
from tests.bundles import bundle_file
from tests.factories import make_wheel

JOB = Path(__file__).parent / "jobs" / "version.py"


def greeting_file(output: Path, *, sh_boot: bool = False, ballast: bytes = b"") -> Path:
    """A file without an entry point; `ballast` makes it larger to unpack."""
    wheels = [_greeting(output, "1.0"), make_wheel(_wheels(output), "ballast", files={"ballast.bin": ballast})]
    launch = LaunchOptions(sh_boot=sh_boot)
    return bundle_file(output, wheels, EntryPoint(StartKind.INTERPRETER), launch=launch)


def application(output: Path, version: str) -> Path:
    """A file whose app is jobs/version.py, with its `greeting`."""
    job = make_wheel(_wheels(output), "version-job", version, files={"version_job.py": JOB.read_text()})
    return bundle_file(output, [_greeting(output, version), job], EntryPoint(StartKind.MODULE, "version_job"))


def _greeting(output: Path, version: str) -> Path:
    files = {"greeting/__init__.py": f"VERSION = {version!r}\n"}
    return make_wheel(_wheels(output), "greeting", version, files=files)


def _wheels(output: Path) -> Path:
    directory = output.parent / "wheels"
    directory.mkdir(exist_ok=True)
    return directory
