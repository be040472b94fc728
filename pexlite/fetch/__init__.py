"""Lock -> Wheels in the store: download, build, local code."""

from __future__ import annotations

from pexlite.fetch.bytecode import bytecode as bytecode
from pexlite.fetch.bytecode import compiling as compiling
from pexlite.fetch.collect import collect as collect
from pexlite.fetch.imports import own_imports as own_imports
from pexlite.fetch.left_out import needs_of as needs_of
from pexlite.fetch.local import LocalWheel as LocalWheel
from pexlite.fetch.local import goes_in as goes_in
from pexlite.fetch.local import local_wheels as local_wheels
from pexlite.fetch.local import loose_module as loose_module
from pexlite.fetch.local import module_of as module_of
from pexlite.fetch.own_grammar import OwnGrammar as OwnGrammar
from pexlite.fetch.own_grammar import own_grammar as own_grammar
from pexlite.fetch.room import carried_room as carried_room
from pexlite.fetch.selection import given as given
from pexlite.fetch.store import Store as Store
from pexlite.fetch.store import open_store as open_store
from pexlite.fetch.uncompressed import uncompressed as uncompressed
from pexlite.fetch.wheel_content import content_digests as content_digests
from pexlite.fetch.wheel_file import read_text as read_text
from pexlite.fetch.wheel_file import read_wheel as read_wheel

__all__ = [
    "LocalWheel",
    "OwnGrammar",
    "Store",
    "bytecode",
    "carried_room",
    "collect",
    "compiling",
    "content_digests",
    "given",
    "goes_in",
    "local_wheels",
    "loose_module",
    "module_of",
    "needs_of",
    "open_store",
    "own_grammar",
    "own_imports",
    "read_text",
    "read_wheel",
    "uncompressed",
]
