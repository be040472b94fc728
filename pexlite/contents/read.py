"""The content of the file at a path, whoever made it."""

from __future__ import annotations

from pathlib import Path

from pexlite.archive.members import UNREADABLE
from pexlite.archive.reader import read_manifest
from pexlite.contents.values import FileContents
from pexlite.errors import NotABundle


def read_contents(path: Path, *, files: bool = True) -> FileContents:
    """The content of the file at `path`, made by pexlite, pex or shiv; if so asked, without its wheels' `files`.

    Raises NotABundle where it is none of these, or damaged.
    """
    # Imported here: most files are pexlite's.
    from pexlite.contents.foreign_file import contents_of_foreign, maker_of

    maker = maker_of(path)
    try:
        if maker is not None:
            return contents_of_foreign(path, maker, files=files)
        manifest = read_manifest(path)

        from pexlite.contents.built_file import contents_of_built

        return contents_of_built(path, manifest, files=files)
    except (*UNREADABLE, TypeError, AttributeError, RecursionError) as failure:
        raise NotABundle(
            f"{path} has a description that cannot be read",
            causes=[(str(failure) or type(failure).__name__)[:200]],
            hint="it is damaged: copy it here again",
        ) from failure
