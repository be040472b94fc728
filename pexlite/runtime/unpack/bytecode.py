"""Bytecode that a new app need not compile: other apps' of the same Python, and the file's.

Every app has bytecode of its own. Another app's is right where the source is the same inode: Python compares the
size and mtime in the bytecode with the source's. The file's gets these of the unpacked source, so that who
changes a source there has it compiled anew, as in any environment. Sources are looked at in the store, whose
files the app has or has copied with their times: they may be put into the app at the same time.
"""

import os
import sys

from .. import system
from ..cache import app, files
from ..file import zip as archive
from ..start import python_tag
from . import tree, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FEW = 48  # modules that are written sooner than another process is at work


def put(plan: "tree.Plan", directory: str) -> None:
    """Give the new app in `directory` the bytecode at hand. Failures are ignored: Python compiles the rest."""
    top = os.fsencode(directory) + b"/"
    try:
        others = neighbours(plan.app)
        for block in plan.blocks:
            if block.scheme == b"lib":
                _link_bytecode(plan, block, others, top)
        _write_packed(plan, top)
    except OSError:
        pass  # a full disk, or a neighbour being removed


def neighbours(target: "app.App") -> "dict[str, app.App]":
    """The most recently used ready app of the same Python for each wheel, by the wheel's name in the store."""
    found: dict[str, app.App] = {}
    apps = target.root + "/apps/"
    names = [name for name in os.listdir(apps) if name.endswith("-" + target.key) and app.is_app_name(name)]
    others = [app.App(apps + name) for name in names if name != target.name]
    for other in sorted(others, key=lambda other: other.mark() or 0):
        ready = other.ready()
        for wheel in ready.wheels if ready else ():
            found[wheel] = other
    return found


def _link_bytecode(plan: "tree.Plan", block: "tree.Block", others: "dict[str, app.App]", top: bytes) -> None:
    other = others.get(os.fsdecode(plan.names[block.wheel]))
    if other is None:
        return
    target = plan.target_of(block)
    theirs, ours, source = os.fsencode(other.place) + b"/" + target, top + target, plan.source_of(block)
    try:
        compiled = set(os.listdir(theirs + b"/__pycache__"))
    except OSError:
        return
    ending = b"." + os.fsencode(sys.implementation.cache_tag or "") + b".pyc"
    for _, name in block.files:
        bytecode = name[:-3] + ending
        if name[-3:] != b".py" or bytecode not in compiled:
            continue
        try:
            if os.path.samestat(os.stat(theirs + b"/" + name), os.stat(source + b"/" + name)):
                files.make_directories(ours + b"/__pycache__")
                os.link(theirs + b"/__pycache__/" + bytecode, ours + b"/__pycache__/" + bytecode)
        except OSError:
            continue


def _write_packed(plan: "tree.Plan", top: bytes) -> None:
    """Write the bytecode in the file for modules that come from the wheel itself."""
    tag = python_tag()
    packs = [(number, wheel) for number, wheel in enumerate(plan.wheels) if wheel.get("bytecode", {}).get(tag)]
    found: list[tuple[archive.Member, bytes, bytes]] = []
    for number, wheel in packs:
        sources: dict[tuple[bytes, bytes], bytes] = {}
        for block in plan.blocks:
            if block.wheel == number and block.scheme == b"lib":
                target, source = plan.target_of(block), plan.source_of(block)
                sources.update([((target, name), source + b"/" + name) for _, name in block.files])
        found.extend(_missing(wheel, plan.descriptor, sources, top))
    files.make_tree(top.rstrip(b"/"), set([path.rpartition(b"/")[0] for _, path, _ in found]))
    # Beside it first: where another process does this, it may be killed, and what it has begun be taken for done.
    ending = b".%d" % os.getpid()
    jobs = [(member, path + ending) for member, path, _ in found]
    try:
        if len(jobs) > _FEW:
            write.members(plan.descriptor, jobs, int)
        for member, path in jobs if len(jobs) <= _FEW else ():
            write.member_to(plan.descriptor, member, path)
        for _, path, source in found:
            _stamp(path + ending, source)
            system.rename(path + ending, path)
    except BaseException:
        for _, path in jobs:
            files.remove(os.fsdecode(path))
        raise


def _missing(
    wheel: "dict[str, Any]", descriptor: int, sources: "dict[tuple[bytes, bytes], bytes]", top: bytes
) -> "list[tuple[archive.Member, bytes, bytes]]":
    """The wheel's bytecode that is not there: each member, its path, and the path of its source in the store."""
    site_packages = os.fsencode(app.packages())
    missing = []
    for member in archive.read_members(descriptor, wheel["bytecode"][python_tag()], wheel["name"]):
        # pkg/__pycache__/module.cpython-311.pyc
        folder, _, name = member.name.encode("utf-8").rpartition(b"/__pycache__/")
        if not folder and name.startswith(b"__pycache__/"):
            name = name[len(b"__pycache__/") :]
        directory = site_packages + b"/" + folder if folder else site_packages
        path = top + directory + b"/__pycache__/" + name
        source = sources.get((directory, _source_of(name)))
        if source and not os.path.lexists(path):
            missing.append((member, path, source))
    return missing


def _source_of(bytecode: bytes) -> bytes:
    """The name of the source of `module.cpython-311.pyc`."""
    return bytecode[: -len(b".pyc")].rpartition(b".")[0] + b".py"


def _stamp(path: bytes, source: bytes) -> None:
    """Have the bytecode at `path` hold for its source as that is now (PEP 552: no flags, mtime, size)."""
    found = os.stat(source)
    numbers = [number & 0xFFFFFFFF for number in (0, int(found.st_mtime), found.st_size)]
    handle = system.open_file(path, os.O_WRONLY)
    try:
        os.lseek(handle, 4, os.SEEK_SET)
        os.write(handle, b"".join([number.to_bytes(4, "little") for number in numbers]))
    finally:
        os.close(handle)
