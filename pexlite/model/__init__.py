"""The frozen values that the stages pass along, in the order in which they are made.

    request          a build or lock as the command line or a program requests it
    given            the values that a program gives, checked and in the types of the request's fields
    specification    the requirements, local code and settings that the request names, read from its files
    found            targets and wheels, and the bundle that is decided from them
    tree             the files of an app's directory, each in its place, as values and as a text
    pythons          the Pythons that a set of wheels serves, as tags, and ranges of them without an end
    own_python       a Python that a file carries
    file             a built file, as it is written and read back; manifest: what it says of itself, key by key

Each module is imported when one of its names is first asked for: half of them import `packaging`, which takes
longer than writing a file of a hundred wheels does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pexlite.deferred import deferred

if TYPE_CHECKING:
    from pexlite.model.file import BuildResult as BuildResult
    from pexlite.model.file import BundledWheel as BundledWheel
    from pexlite.model.file import Command as Command
    from pexlite.model.file import Decision as Decision
    from pexlite.model.file import Draft as Draft
    from pexlite.model.file import EntryPoint as EntryPoint
    from pexlite.model.file import Libc as Libc
    from pexlite.model.file import Manifest as Manifest
    from pexlite.model.file import StartKind as StartKind
    from pexlite.model.file import StoredWheel as StoredWheel
    from pexlite.model.file import Variant as Variant
    from pexlite.model.file import ZipDirectory as ZipDirectory
    from pexlite.model.found import Bundle as Bundle
    from pexlite.model.found import Bytecode as Bytecode
    from pexlite.model.found import Extent as Extent
    from pexlite.model.found import Import as Import
    from pexlite.model.found import Room as Room
    from pexlite.model.found import RoomBytecode as RoomBytecode
    from pexlite.model.found import Target as Target
    from pexlite.model.found import Wheel as Wheel
    from pexlite.model.own_python import InterpreterArchive as InterpreterArchive
    from pexlite.model.own_python import OwnPython as OwnPython
    from pexlite.model.own_python import StoredPython as StoredPython
    from pexlite.model.request import BuildOptions as BuildOptions
    from pexlite.model.request import BuildRequest as BuildRequest
    from pexlite.model.request import IndexSettings as IndexSettings
    from pexlite.model.request import InheritPath as InheritPath
    from pexlite.model.request import LaunchOptions as LaunchOptions
    from pexlite.model.request import LockOptions as LockOptions
    from pexlite.model.request import LockTerms as LockTerms
    from pexlite.model.request import Problem as Problem
    from pexlite.model.request import Progress as Progress
    from pexlite.model.request import Recall as Recall
    from pexlite.model.request import Report as Report
    from pexlite.model.request import no_report as no_report
    from pexlite.model.specification import Amendments as Amendments
    from pexlite.model.specification import LocalKind as LocalKind
    from pexlite.model.specification import LocalSource as LocalSource
    from pexlite.model.specification import LockChange as LockChange
    from pexlite.model.specification import LockParts as LockParts
    from pexlite.model.specification import LockResult as LockResult
    from pexlite.model.specification import Root as Root
    from pexlite.model.specification import Specification as Specification
    from pexlite.model.tree import SITE_PACKAGES as SITE_PACKAGES
    from pexlite.model.tree import Entry as Entry
    from pexlite.model.tree import InstalledTree as InstalledTree
    from pexlite.model.tree import Kind as Kind
    from pexlite.model.tree import entries_in as entries_in
    from pexlite.model.tree import kind_in as kind_in
    from pexlite.model.tree import place_of as place_of
    from pexlite.model.tree import read_tree as read_tree
else:
    _NAMES = {
        "pexlite.model.specification": (
            "Amendments",
            "Specification",
            "LocalKind",
            "LocalSource",
            "LockChange",
            "LockParts",
            "LockResult",
            "Root",
        ),
        "pexlite.model.file": (
            "BuildResult",
            "BundledWheel",
            "Command",
            "Decision",
            "Draft",
            "EntryPoint",
            "Libc",
            "Manifest",
            "StartKind",
            "StoredWheel",
            "Variant",
            "ZipDirectory",
        ),
        "pexlite.model.found": (
            "Bundle",
            "Bytecode",
            "Extent",
            "Import",
            "Room",
            "RoomBytecode",
            "Target",
            "Wheel",
        ),
        "pexlite.model.own_python": ("InterpreterArchive", "OwnPython", "StoredPython"),
        "pexlite.model.request": (
            "BuildOptions",
            "BuildRequest",
            "IndexSettings",
            "InheritPath",
            "LaunchOptions",
            "LockOptions",
            "LockTerms",
            "Problem",
            "Progress",
            "Recall",
            "Report",
            "no_report",
        ),
        "pexlite.model.tree": (
            "SITE_PACKAGES",
            "Entry",
            "InstalledTree",
            "Kind",
            "entries_in",
            "kind_in",
            "place_of",
            "read_tree",
        ),
    }
    __getattr__, __dir__ = deferred(__name__, {name: home for home, names in _NAMES.items() for name in names})
