"""The bundle's .pth and .start files, run by the `site` module of Python 3.15 and newer (PEP 829)."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def run(site_packages: str, names: "list[str]") -> None:
    """Do what `site.addsitedir` does with the files `names` of site-packages.

    What each Python makes of their lines is its own affair: from 3.18 on import lines are to be left out.
    """
    import site

    state_of: Any = site.StartupState  # type: ignore[attr-defined]
    state = state_of(set([os.path.normcase(entry) for entry in sys.path]))
    try:
        # It has no public way to read some files of a directory, and our own are not to run here.
        for suffix, read in ((".pth", state._read_pth_file), (".start", state._read_start_file)):
            for name in sorted(names):
                if name.endswith(suffix):
                    read(site_packages, name)
    except AttributeError:
        state = state_of()
        state.addsitedir(site_packages)
    state.process()
