"""Bundle -> file, and file -> Manifest. Same input, same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pexlite.deferred import deferred

if TYPE_CHECKING:
    from pexlite.archive.drafting import draft as draft
    from pexlite.archive.launch_options import check_launch as check_launch
    from pexlite.archive.launch_options import unread_variables as unread_variables
    from pexlite.archive.parts import UNREADABLE as UNREADABLE
    from pexlite.archive.parts import open_zip as open_zip
    from pexlite.archive.parts import pieces as pieces
    from pexlite.archive.parts import read_part as read_part
    from pexlite.archive.reader import read_manifest as read_manifest
    from pexlite.archive.runtime_files import ROOM_DIRECTORY as ROOM_DIRECTORY
    from pexlite.archive.runtime_files import room_sources as room_sources
    from pexlite.archive.stored import chunks as chunks
    from pexlite.archive.stored import open_wheel as open_wheel
    from pexlite.archive.stored import sha256 as sha256
    from pexlite.archive.trees import problems_of_trees as problems_of_trees
    from pexlite.archive.writer import write as write
else:
    # To write what was decided before takes neither zipfile nor packaging.
    __getattr__, __dir__ = deferred(
        __name__,
        {
            **dict.fromkeys(("UNREADABLE", "open_zip", "pieces", "read_part"), "pexlite.archive.parts"),
            "ROOM_DIRECTORY": "pexlite.archive.runtime_files",
            "check_launch": "pexlite.archive.launch_options",
            "chunks": "pexlite.archive.stored",
            "draft": "pexlite.archive.drafting",
            "open_wheel": "pexlite.archive.stored",
            "problems_of_trees": "pexlite.archive.trees",
            "read_manifest": "pexlite.archive.reader",
            "sha256": "pexlite.archive.stored",
            "room_sources": "pexlite.archive.runtime_files",
            "unread_variables": "pexlite.archive.launch_options",
            "write": "pexlite.archive.writer",
        },
    )
