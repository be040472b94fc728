"""The bundle's package `job` where the file itself is called job.py, as Spark names what it sends to workers."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def prefer(site_packages: str) -> None:
    """Have imports find the package `job` in the bundle where this file is called job.py.

    The file's directory comes first on sys.path: as the current directory, and where Spark puts files for workers.
    """
    name, extension = os.path.splitext(os.path.basename(os.environ["PEX"]))
    if extension == ".py":
        sys.meta_path.insert(0, _Namesake(name, site_packages))


class _Namesake:
    """An import finder that finds the module `name` in the bundle, and no other module."""

    def __init__(self, name: str, site_packages: str) -> None:
        self.name = name
        self.path = [site_packages]

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        if name == self.name:
            from _frozen_importlib_external import PathFinder

            return PathFinder.find_spec(name, self.path)
        return None
