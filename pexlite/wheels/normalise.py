"""A built wheel rewritten, so that its bytes do not depend on where, when and by whom it was built."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from pexlite.errors import ProjectBuildError
from pexlite.wheels.path_requirements import with_other_urls
from pexlite.wheels.write import Member, write_own_wheel

# A new RECORD invalidates signatures over the old one; direct_url.json names the directory of the build.
_LEFT_OUT = frozenset({"RECORD", "RECORD.jws", "RECORD.p7s", "direct_url.json"})


def normalise(built: Path, directory: Path, url: Callable[[str], str] = str) -> Path:
    """The wheel `built`, rewritten in `directory` under the same name, in our order, times and modes.

    The `file:` URLs of its requirements are replaced by the results of `url`. Raises ProjectBuildError
    where the backend wrote no wheel.
    """
    try:
        with zipfile.ZipFile(built) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            info = _dist_info(entries)

            def content(entry: zipfile.ZipInfo) -> bytes:
                found = archive.read(entry)
                if entry.filename != f"{info}/METADATA":
                    return found
                return with_other_urls(found, lambda _, given: url(given))

            members = [
                Member(entry.filename, content(entry), bool(entry.external_attr >> 16 & 0o111))
                for entry in entries
                if entry.filename.rpartition("/")[0] != info or entry.filename.rpartition("/")[2] not in _LEFT_OUT
            ]
        return write_own_wheel(directory / built.name, members, info)
    except (zipfile.BadZipFile, StopIteration, ValueError) as problem:
        raise ProjectBuildError(
            f"the backend wrote {built.name}, which is no wheel",
            causes=[str(problem) or "it has no .dist-info directory"],
        ) from problem


def _dist_info(entries: list[zipfile.ZipInfo]) -> str:
    return next(
        entry.filename.partition("/")[0]
        for entry in entries
        if entry.filename.endswith(".dist-info/METADATA") and entry.filename.count("/") == 1
    )
