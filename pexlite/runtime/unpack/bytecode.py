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
    from collections.abc import Callable
    from typing import Any

    Packed = tuple[archive.Member, bytes, bytes]  # a module's bytecode, its path, and the path of its source

_FEW = 48  # modules that are written sooner than another process is at work
_PORTION = 16  # modules of one job


def put(plan: "tree.Plan", directory: str, before_each: "Callable[[], object]" = int) -> None:
    """Give the new app in `directory` the bytecode at hand. Failures are ignored: Python compiles the rest.

    The app may run already: each module comes whole or not at all, those first that the file says are imported
    first. `before_each` is called before each module of the file.
    """
    top = os.fsencode(directory) + b"/"
    try:
        others = neighbours(plan.app)
        for block in plan.blocks:
            if block.scheme == b"lib":
                _link_bytecode(plan, block, others, top)
        _write_packed(plan, top, before_each)
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


def _write_packed(plan: "tree.Plan", top: bytes, before_each: "Callable[[], object]") -> None:
    """Write the bytecode in the file for modules that come from the wheel itself."""
    tag = python_tag()
    packs = [(number, wheel) for number, wheel in enumerate(plan.wheels) if wheel.get("bytecode", {}).get(tag)]
    found: list[Packed] = []
    for number, wheel in packs:
        sources: dict[tuple[bytes, bytes], bytes] = {}
        for block in plan.blocks:
            if block.wheel == number and block.scheme == b"lib":
                target, source = plan.target_of(block), plan.source_of(block)
                sources.update([((target, name), source + b"/" + name) for _, name in block.files])
        found.extend(_missing(wheel, plan.descriptor, sources, top))
    files.make_tree(top.rstrip(b"/"), set([path.rpartition(b"/")[0] for _, path, _ in found]))

    def write_some(portion: "list[Packed]") -> None:
        for member, path, source in portion:
            before_each()
            _write(plan.descriptor, member, path, source)

    imports = plan.opened.manifest["pexlite"].get("imports", ())
    places = dict([(name.rpartition("/")[::2], place) for place, name in enumerate(imports)])
    found.sort(key=lambda one: places.get(_module_of(one[0]), len(places)))
    if len(found) > _FEW:
        from . import pool

        pool.run(write.portions(found, lambda _: 1, _PORTION), write_some, int)
    else:
        write_some(found)


def _write(descriptor: int, member: "archive.Member", path: bytes, source: bytes) -> None:
    """Write a module's bytecode to `path`, made to hold for its source as that is now.

    Its header is PEP 552's, without flags: the mtime and the size. It is written beside its place first: where
    another process does this, it may be killed, and what it has begun be taken for done.
    """
    now = os.stat(source)
    numbers = [number & 0xFFFFFFFF for number in (0, int(now.st_mtime), now.st_size)]
    content = archive.read_member(descriptor, member)
    temporary = path + b".%d" % os.getpid()
    try:
        header = b"".join([number.to_bytes(4, "little") for number in numbers])
        files.write(temporary, b"".join([content[:4], header, content[16:]]))
        system.rename(temporary, path)
    except BaseException:
        files.remove(os.fsdecode(temporary))
        raise


def _missing(
    wheel: "dict[str, Any]", descriptor: int, sources: "dict[tuple[bytes, bytes], bytes]", top: bytes
) -> "list[Packed]":
    """The wheel's bytecode that is not there: each member, its path, and the path of its source in the store."""
    site_packages = os.fsencode(app.packages())
    missing = []
    for member in archive.read_members(descriptor, wheel["bytecode"][python_tag()], wheel["name"]):
        folder, module = [part.encode("utf-8") for part in _module_of(member)]
        directory = site_packages + b"/" + folder if folder else site_packages
        path = top + directory + b"/__pycache__/" + member.name.rpartition("/")[2].encode("utf-8")
        source = sources.get((directory, module))
        if source and not os.path.lexists(path):
            missing.append((member, path, source))
    return missing


def _module_of(member: "archive.Member") -> "tuple[str, str]":
    """The directory in site-packages and the name of the source of `pkg/__pycache__/module.cpython-311.pyc`."""
    folder, _, name = member.name.rpartition("__pycache__/")
    return folder.rstrip("/"), name[: -len(".pyc")].rpartition(".")[0] + ".py"
