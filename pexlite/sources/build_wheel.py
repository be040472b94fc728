"""One wheel from a project, an sdist or a requirement, built or downloaded by uv or pip."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import InvalidSdistFilename, parse_sdist_filename

from pexlite.addresses import mask
from pexlite.errors import FetchError, PexliteError, ProjectBuildError
from pexlite.model import IndexSettings
from pexlite.requirements.arguments import SDIST_ENDINGS
from pexlite.requirements.lines import requirement_line, write_lines
from pexlite.resolve.resolver import Build, Resolver
from pexlite.resolve.run import Outcome, run
from pexlite.resolve.stderr import essential_lines
from pexlite.sources.build_tools import build_requirements
from pexlite.sources.sdist import unpack_sdist


def build_wheel(
    resolver: Resolver,
    source: Path,
    output_directory: Path,
    *,
    settings: IndexSettings,
    interpreter: Path | None,
    source_date_epoch: int,
    original: Path | None = None,
) -> Path:
    """The wheel of a project directory or an sdist, built by its PEP 517 backend in isolation.

    `original` is what the person has, where `source` is that or a copy of it; None where it was fetched.
    `interpreter` builds it; by default, and where `interpreter` is too old for pip, the Python that runs pexlite,
    which makes no difference to a pure wheel. An sdist is unpacked first, so that its directory can be passed to
    the compiler's `-ffile-prefix-map` and stays out of extension modules. Raises ProjectBuildError with the
    backend's last lines.
    """
    if build_requirements(source):
        resolver.check_builds(source.name, settings)
    with tempfile.TemporaryDirectory(prefix="pexlite-build-") as scratch:
        project = source if source.is_dir() else unpack_sdist(source, Path(scratch) / "source")
        wheels = Path(scratch) / "wheels"
        wheels.mkdir()
        steady = _steady_environment(project, source_date_epoch)
        outcome = resolver.build_wheel(Build(project, wheels, interpreter, settings, steady))
        if outcome.code:
            raise _build_failure(source, original, outcome)
        return _only_file(wheels, output_directory, f"{source.name} gave no wheel", ProjectBuildError)


def download(requirement: str, directory: Path, settings: IndexSettings) -> Path:
    """The distribution file of `requirement` (`name==version`, `name @ URL`), without dependencies.

    For indexes behind a keyring, which plain HTTP cannot read. pip does it with either resolver, since uv has no
    such command. Raises FetchError.
    """
    # Imported here: most builds ask pip for no file.
    from pexlite.resolve.pip_program import PipProgram

    with tempfile.TemporaryDirectory(prefix="pexlite-download-") as scratch:
        files = Path(scratch) / "files"
        # In a file: a URL may contain a password, and `ps` shows arguments.
        listed = write_lines(Path(scratch) / "requirements.txt", [requirement_line(requirement)])
        run(
            PipProgram(),
            ["download", "--dest", str(files), "--quiet", "--no-deps", "-r", str(listed)],
            settings=settings,
            error=FetchError,
            message=f"{mask(requirement)} could not be downloaded",
            hint="check its name, version or URL, and the index settings; pip download says more",
            cwd=Path(scratch),
            extra_environment={"TMPDIR": scratch},
        )
        return _only_file(files, directory, f"{mask(requirement)} gave no file", FetchError)


@dataclass(frozen=True)
class BuiltCheckout:
    """The wheel of a project in a repository, and what its pyproject.toml says."""

    wheel: Path
    needs: tuple[str, ...]
    """The build requirements."""
    sourced: tuple[str, ...] = ()
    """The dependencies that `[tool.uv.sources]` has, which pip does not read."""


@dataclass(frozen=True)
class Checkout:
    """A commit of a repository: its VCS URL as a requirement, and the project's directory in it."""

    requirement: str
    subdirectory: str = ""

    def build(
        self,
        directory: Path,
        settings: IndexSettings,
        *,
        interpreter: Path | None,
        source_date_epoch: int,
    ) -> BuiltCheckout:
        """The project's wheel, in `directory`, and what its checkout says.

        pip builds it with either resolver, since uv has no such command. Raises ProjectBuildError.
        """
        # Imported here: most builds have no repository.
        from pexlite.resolve.pip import Pip
        from pexlite.resolve.pip_program import run_by
        from pexlite.sources.build_sources import sourced_dependencies

        pip, shown = Pip(), mask(self.requirement)
        pip.check_builds(shown, settings)
        with tempfile.TemporaryDirectory(prefix="pexlite-download-") as scratch:
            files = Path(scratch) / "files"
            listed = write_lines(Path(scratch) / "requirements.txt", [requirement_line(self.requirement)])
            command = [*run_by(interpreter), "wheel", "--wheel-dir", str(files), "--quiet", "--no-deps"]
            run(
                pip.program,
                # --no-clean keeps the checkout, so that its pyproject.toml can be read.
                [*command, "--no-clean", "-r", str(listed)],
                settings=settings,
                error=ProjectBuildError,
                message=f"{shown} could not be built",
                hint="check its name, version or URL, and the index settings; pip wheel says more",
                cwd=Path(scratch),
                extra_environment=_steady_environment(Path(scratch), source_date_epoch) | {"TMPDIR": scratch},
            )
            places = list(Path(scratch).glob("pip-wheel-*/*/"))
            place = places[0] if places else Path(scratch)
            return BuiltCheckout(
                _only_file(files, directory, f"{shown} gave no wheel", ProjectBuildError),
                build_requirements(place, self.subdirectory),
                sourced_dependencies(place / self.subdirectory),
            )


def _build_failure(source: Path, original: Path | None, outcome: Outcome) -> ProjectBuildError:
    lines = essential_lines(outcome.stderr, most=40) or essential_lines(outcome.stdout)
    # uv's hints, which come last, name uv's own commands.
    lines = list(itertools.takewhile(lambda line: not line.startswith("hint:"), lines))[-12:]
    said = "\n".join(lines)
    command = shlex.join(["pip", "wheel", "--no-deps", _typed(source, original)])
    hint = f"build it by itself to see all that its backend says: {command}"
    if re.search(r"gcc|clang|compil|\.h:|command '.*cc'", said):
        hint = "it compiles code: install a compiler and the headers it asks for, or take a version with a wheel"
    elif re.search(r"not found in the package registry|No matching distribution|dns error|name resolution", said):
        hint = "its build requirements (build-system.requires) could not be had; check the index and the network"
    return ProjectBuildError(f"{source.name} could not be built into a wheel", causes=lines, hint=hint)


def _typed(source: Path, original: Path | None) -> str:
    """The word by which pip finds `original`, else the project of an index whose sdist `source` was fetched."""
    if original is None:
        try:
            return "==".join(map(str, parse_sdist_filename(source.name)))
        except InvalidSdistFilename:
            return f"./{source.name}"
    # Its name alone would be that of a project of an index.
    place, here = original.resolve(), Path.cwd()
    if place == here:
        return "."
    return f"./{place.relative_to(here)}" if place.is_relative_to(here) else str(place)


def _steady_environment(project: Path, source_date_epoch: int) -> dict[str, str]:
    """Variables that make the same source give the same wheel, whatever its directory."""
    steady = {"SOURCE_DATE_EPOCH": str(source_date_epoch), "TZ": "UTC", "PYTHONHASHSEED": "0"}
    if os.name == "posix":
        given = os.environ.get("CFLAGS", "")
        steady["CFLAGS"] = f"{given} -ffile-prefix-map={project}=.".strip()
    return steady


def _only_file(found: Path, directory: Path, message: str, error: type[PexliteError]) -> Path:
    """The one distribution in `found`, moved to `directory`."""
    endings = (".whl", *SDIST_ENDINGS)
    files = [path for path in found.iterdir() if path.name.endswith(endings)] if found.is_dir() else []
    if len(files) != 1:
        raise error(message, causes=[f"there are {len(files)} files: {', '.join(path.name for path in files)}"])
    directory.mkdir(parents=True, exist_ok=True)
    return Path(shutil.move(files[0], directory / files[0].name))
