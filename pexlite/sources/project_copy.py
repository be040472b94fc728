"""A copy of a project for its build, as in its checkout but without leftovers of earlier builds."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

from pexlite.errors import ProjectBuildError
from pexlite.files.programs import find_program
from pexlite.network.urls import local_path

_NEVER_COPIED = frozenset(
    {"__pycache__", "node_modules", ".tox", ".nox", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
)
_COPIED_KINDS = frozenset({stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK})
_STALE_IN_BUILD = re.compile(r"lib|lib\..*|bdist\..*|temp\..*|scripts-.*")
# The directories of a copy that stand for the root of the file system, and for those from there to the checkout.
_ROOT = "pexlite-root"
_PARENT = "pexlite-parent"
# The files that git writes even when it only reads; the rest of the history, which may be large, is linked.
_WRITTEN_BY_GIT = frozenset({"index", "HEAD"})


def copy_project(source: Path, scratch: Path) -> Path:
    """The copy of the project `source` under `scratch`; links stay links, and `..` leads to the same files.

    It lies as deep under `scratch` as the original under the root, so that `original_url` finds the original of
    any place that the backend writes down, whatever `..` led there. A project in a subdirectory of a checkout gets
    links to its neighbours, since backends read `../README.md` and ask git for the version. Raises
    ProjectBuildError where the copy cannot be made.
    """
    source = source.resolve()
    checkout = next((place for place in (source, *source.parents) if (place / ".git").exists()), source)
    try:
        # Directories with other names, since compilers are given options that a blank would end.
        top = place = scratch.joinpath(_ROOT, *[_PARENT] * len(checkout.parts[1:-1]), checkout.name or "project")
        place.parent.mkdir(parents=True, exist_ok=True)
        at = checkout
        for part in source.relative_to(checkout).parts:
            place.mkdir()
            for neighbour in at.iterdir():
                if neighbour.name not in (part, ".git"):
                    (place / neighbour.name).symlink_to(neighbour)
            at, place = at / part, place / part
        shutil.copytree(source, place, symlinks=True, ignore=_left_out(source))
        if (checkout / ".git").is_dir():
            _lend_history(checkout / ".git", top, place)
        elif (checkout / ".git").is_file():
            shutil.copy(checkout / ".git", top / ".git")
    except shutil.Error as problem:
        causes = [f"{path}: {reason}" for path, _, reason in problem.args[0]]
        raise ProjectBuildError(f"{source.name} could not be copied to be built", causes=causes[:8]) from problem
    except OSError as problem:
        raise ProjectBuildError(
            f"{source.name} could not be copied to be built: {problem.strerror or problem}",
            causes=[f"at {problem.filename}"] if problem.filename else [],
            hint="TMPDIR names the directory that is built in; does it have room?",
        ) from problem
    return place


def original_url(url: str, copy: Path, scratch: Path, source: Path) -> str:
    """The `file:` URL of the original of a place in or beside the `copy` of the project `source` under `scratch`.

    A relative path starts at the project. Other places stay where they are.
    """
    found, _, fragment = url.partition("#")
    path = local_path(found)
    assert path is not None
    place = os.path.normpath(copy / path)
    for root in (scratch / _ROOT, scratch.resolve() / _ROOT):
        if Path(place).is_relative_to(root):
            inside, original = Path(place).relative_to(root).parts, source.resolve().parts
            above = len(list(itertools.takewhile(lambda part: part == _PARENT, inside)))
            place = str(Path(*original[: 1 + above], *inside[above:]))
    return Path(place).as_uri() + (f"#{fragment}" if fragment else "")


def is_copied(source: Path, file: Path) -> bool:
    """Whether a build of the project `source` sees `file`, by its own name or through a link."""
    source, found = source.resolve(), file.stat()
    left_out = _left_out(source)
    for place, directories, names in os.walk(source):
        out = left_out(place, [*directories, *names])
        directories[:] = [name for name in directories if name not in out]
        for name in names:
            with contextlib.suppress(OSError):
                if name not in out and os.path.samestat(os.stat(Path(place, name)), found):  # noqa: PTH116
                    return True
    return False


def _left_out(source: Path) -> Callable[[str, list[str]], set[str]]:
    """A filter for `shutil.copytree`: the names in each directory under `source` that are not copied."""

    def left_out(directory: str, names: list[str]) -> set[str]:
        here = Path(directory)
        found = {name for name in names if name in _NEVER_COPIED or name.endswith((".pyc", ".pyo"))}
        found |= {name for name in names if (here / name / "pyvenv.cfg").is_file()}
        # A socket or a pipe of a running program has no content to copy.
        found |= {name for name in names if stat.S_IFMT((here / name).lstat().st_mode) not in _COPIED_KINDS}
        if here == source:
            found.add(".git")
            # The output of an earlier `pexlite . -o app.pex` is no source of the next one.
            found |= {name for name in names if name.endswith((".pex", ".pyz"))}
        if source in (here, here.parent):
            # setuptools would take its list of files from these instead of from the present files.
            found |= {name for name in names if name.endswith(".egg-info") and (here / name).is_dir()}
        if here.name == "build" and here.parent == source:
            found |= {name for name in names if _STALE_IN_BUILD.fullmatch(name)}
        return found

    return left_out


def _lend_history(history: Path, checkout: Path, project: Path) -> None:
    """Let git in `checkout` see the original's `history`, with only `project` as its files.

    The neighbours are links there. git would see them as changes, and a version would end in `.dirty`.
    """
    lent = checkout / ".git"
    lent.mkdir()
    for entry in history.iterdir():
        if entry.name in _WRITTEN_BY_GIT:
            shutil.copy(entry, lent / entry.name)
        elif not entry.name.endswith(".lock"):
            (lent / entry.name).symlink_to(entry)
    git = find_program("git")
    if git is None or project == checkout:
        return
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    inside = project.relative_to(checkout).as_posix()
    listed = subprocess.run(
        [git, "ls-files", "-z", "--", ".", f":(exclude,literal){inside}"],
        cwd=checkout,
        env=environment,
        capture_output=True,
        check=False,
    )
    # Where git fails, it will fail for the backend too, which reports it or does without a version.
    if listed.returncode == 0:
        subprocess.run(
            [git, "update-index", "--skip-worktree", "-z", "--stdin"],
            cwd=checkout,
            env=environment,
            input=listed.stdout,
            capture_output=True,
            check=False,
        )
