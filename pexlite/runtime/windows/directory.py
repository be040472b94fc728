"""A directory of the cache on Windows, where no directory can be opened and worked in by its descriptor."""

import os

from . import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Directory:
    """The directory at `path`; empty if it is a link."""

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self.is_there = not files.is_link(os.lstat(path))
        except OSError:
            self.is_there = False

    def names(self) -> "list[str]":
        """All names in the directory."""
        return os.listdir(self.path) if self.is_there else []

    def own(
        self, is_of_form: "Callable[[str], object]", kind: "Callable[[int], bool]"
    ) -> "Iterator[tuple[str, float]]":
        """The (name, mtime) of the entries whose name and kind fit and which are no links."""
        for name in self.names():
            if not is_of_form(name):
                continue
            try:
                found = os.lstat("%s/%s" % (self.path, name))
            except OSError:
                continue
            if kind(found.st_mode) and not files.is_link(found):
                yield name, found.st_mtime

    def rename(self, name: str, new: str) -> bool:
        """Whether `name` could be renamed to `new`."""
        try:
            os.rename("%s/%s" % (self.path, name), "%s/%s" % (self.path, new))
            return True
        except OSError:
            return False

    def unlink(self, name: str) -> None:
        """Remove a file, if possible."""
        try:
            os.unlink("%s/%s" % (self.path, name))
        except OSError:
            pass

    def close(self) -> None:
        """Do what has to be done in the end: there is nothing to close."""
