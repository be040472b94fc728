"""The content of the file at a path, whoever made it."""

from __future__ import annotations

from pathlib import Path

from pexlite.archive.members import UNREADABLE
from pexlite.archive.reader import read_manifest
from pexlite.contents.values import ALL, FileContents, Scope
from pexlite.errors import NotABundle


def read_contents(path: Path, scope: Scope = ALL) -> FileContents:
    """The content of the file at `path`, made by pexlite, pex or shiv, as far as `scope` goes.

    Raises NotABundle where it is none of these, or damaged.
    """
    # Imported here: most files are pexlite's.
    from pexlite.contents.foreign_file import contents_of_foreign, maker_of

    maker = maker_of(path)
    try:
        if maker is not None:
            return contents_of_foreign(path, maker, scope)
        manifest = read_manifest(path)

        from pexlite.contents.built_file import contents_of_built

        return contents_of_built(path, manifest, scope)
    except (*UNREADABLE, TypeError, AttributeError, RecursionError) as failure:
        raise NotABundle(
            f"{path} has a description that cannot be read",
            causes=[(str(failure) or type(failure).__name__)[:200]],
            hint="it is damaged: copy it here again",
        ) from failure
