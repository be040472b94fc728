"""`verify`: the file's wheels compared with the manifest's sha256, unpacked files with the wheels'."""

import functools
import os
import struct
import sys

from ..app import own as own_python
from ..cache import app, files, lock
from ..file import interpreter, whole
from ..file import zip as archive
from ..start import LAUNCHER
from ..unpack import launcher, split, tree, wheel
from ..upkeep import mend
from . import foreign
from .built_file import USAGE, VERIFICATION, WRITING, BuiltFile, ToolError, say
from .extract import checked_pieces

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from typing import Any

_OWN = "its Python: "
_LONGEST_WAIT = 300  # seconds for a start that is at work on the same app


def add_to(commands: "Any") -> None:
    """Add the command to those of the file."""
    verify = commands.add_parser("verify", help="check this file, every wheel against its sha256")
    verify.add_argument("--cache", action="store_true", help="check the unpacked files too")
    verify.add_argument("--repair", action="store_true", help="unpack anew what is damaged there")
    verify.add_argument(
        "--signers", metavar="FILE", help="insist on a signature by one of these signers of OpenSSH"
    )
    verify.add_argument("--identity", metavar="NAME", help="insist on this one of them")
    verify.set_defaults(do=_verify)


def _verify(built_file: BuiltFile, options: "argparse.Namespace") -> None:
    if options.repair and not options.cache:
        raise ToolError("--repair is for the unpacked files: verify --cache --repair", USAGE)
    if options.identity and not options.signers:
        raise ToolError("--identity is one of the signers: verify --signers FILE", USAGE)
    with whole.opened(built_file.file) as opened:
        if options.signers:
            from . import signature

            signer = signature.signer_of(opened.descriptor, built_file.file, options.signers, options.identity)
            say("signed by %s" % signer)
        problems = list(_problems_of_file(opened))
    if problems:
        for problem in problems:
            say(problem)
        raise ToolError("%s is damaged: copy it here again" % built_file.name, VERIFICATION)
    say("%s is whole: %d wheels have their sha256" % (built_file.name, len(opened.manifest["pexlite"]["wheels"])))
    if options.cache:
        _verify_cache(built_file, options.repair)


def _problems_of_file(opened: whole.Whole) -> "Iterator[str]":
    for number in range(len(opened.manifest["pexlite"]["variants"])):
        try:
            for block in tree.parsed(opened.tree(number)):
                block.files  # noqa: B018
        except (archive.Damaged, ValueError, IndexError) as damage:
            yield str(damage)
    own = opened.manifest["pexlite"]
    for brought in own["wheels"] + [dict(one, name="its Python") for one in own.get("interpreters", ())]:
        try:
            for _ in checked_pieces(opened.descriptor, brought):
                pass
        except archive.Damaged as damage:
            yield str(damage)
    yield from _problems_of_bytecode(opened)
    if opened.has(whole.PIECES):
        try:
            _check_pieces(opened)
        except (archive.Damaged, ValueError, struct.error) as damage:
            yield "the index of pieces is none of the wheels: %s" % damage


def _problems_of_bytecode(opened: whole.Whole) -> "Iterator[str]":
    """The faults of the wheels' bytecode in the file, which a start that another process helps does not tell."""
    for brought in opened.manifest["pexlite"]["wheels"]:
        for tag, pack in sorted(brought.get("bytecode", {}).items()):
            try:
                for member in archive.read_members(opened.descriptor, pack, brought["name"]):
                    archive.read_member(opened.descriptor, member)
            except archive.Damaged as damage:
                yield "bytecode for %s: %s" % (tag, damage)


def _check_pieces(opened: whole.Whole) -> None:
    """Raise Damaged, ValueError or struct.error unless the index of pieces is that of the wheels."""
    known = split.pieces_in(opened.part(whole.PIECES))
    found = set()
    # The members of a packed wheel are stored, so none has pieces, and not every Python reads them.
    for brought in [one for one in opened.manifest["pexlite"]["wheels"] if "zstd" not in one]:
        for member in archive.read_members(opened.descriptor, brought, brought["name"]):
            for piece in split.pieces_of(member, known):
                found.add((member.compressed, member.size, member.crc))
                for _ in piece.content(opened.descriptor):
                    pass
    if found != set(known):
        raise ValueError("it is of other members")


def _verify_cache(built_file: BuiltFile, repairing: bool) -> None:
    """Check the unpacked files; mend them if `repairing`, else raise ToolError where any is wrong."""
    if not os.path.lexists(built_file.place):
        return say("nothing of it is unpacked for this Python under %s" % built_file.root)
    with built_file.opened() as (opened, number):
        plan = tree.Plan(opened, number, built_file.place, app.App(built_file.place).known_as(built_file.file))
        found = list(_Comparison(plan, built_file.facts).problems())
        if not found:
            return say(
                "%s is whole: %d wheels have the files that they should" % (built_file.place, len(plan.wheels))
            )
        for problem in found:
            say(problem.words)
        if not repairing:
            raise ToolError(
                "%s is damaged: verify --cache --repair unpacks it anew" % built_file.place, VERIFICATION
            )
        pruner = lock.Lock(built_file.root + "/locks/prune", shared=True)
        starts = lock.Lock("%s/locks/%s" % (built_file.root, plan.app.name))
        with pruner.take(_LONGEST_WAIT), starts.take(_LONGEST_WAIT):
            if pruner.refused or starts.refused:
                raise ToolError("%s: another start may be at work there, try again" % built_file.root, WRITING)
            for problem in _Comparison(plan, built_file.facts).problems():
                problem.put_right()
            mend.add_missing(plan, built_file.facts, anew=True)
        if any([problem.words.startswith(_OWN) for problem in found]):
            say("the next start unpacks its Python anew")
    return say("repaired: %s" % built_file.install())


class _Problem:
    """A file with wrong content, and the function that puts it right; None where `mend.add_missing` does."""

    def __init__(self, words: str, put_right: "Any" = None) -> None:
        self.words = words
        self._put_right = put_right

    def put_right(self) -> None:
        """Write the content back, or remove a file of no wheel."""
        if self._put_right:
            self._put_right()


class _Comparison:
    """A comparison by content of the store's and the app's files with those in the wheels."""

    def __init__(self, plan: "tree.Plan", facts: "dict[str, Any]") -> None:
        self.plan = plan
        self.facts = facts
        self.top = os.fsencode(plan.app.place) + b"/"

    def problems(self) -> "Iterator[_Problem]":
        """Every file that has changed, is missing, or belongs to no wheel."""
        for brought in self.plan.wheels:
            yield from self._of_store(brought)
        installed = self.plan.installed()
        for block in installed:
            if block.directory:
                yield from self._of_block(block)
        own = {os.fsencode(path): content for path, content in self.plan.own().items()}
        own.update(self.plan.scripts(installed))
        if os.path.exists(self.plan.app.place + "/" + launcher.PROGRAM):  # only where the sh header starts the app
            own[os.fsencode(launcher.PROGRAM)] = launcher.program(self.plan, self.facts)
        for path, content in own.items():
            yield from self._of_content(path, content)
        entry = interpreter.of_this_process(self.plan.opened.manifest)
        for words in interpreter.problems(self.plan.descriptor, entry, sys.base_prefix, True) if entry else ():
            yield _Problem(_OWN + words, functools.partial(own_python.mark_interpreter, sys.base_prefix))
        for name in ("READY", app.PYTHON):
            if files.size_of(self.plan.app.place + "/" + name) <= 0:
                yield _Problem("%s is missing" % name)
        for added, words in foreign.in_app(self.plan.app.place, self._known(installed, own)):
            yield _Problem(words, functools.partial(os.unlink, added))
        for name in launcher.changed(self.plan, self.facts):
            yield _Problem("%s has changed" % name, functools.partial(self._write_anew, name))

    def _write_anew(self, name: str) -> None:
        """Replace the file `name` beside the launcher; `mend.add_missing` replaces the launcher itself."""
        path = self.plan.app.place + "/" + name
        if os.path.isdir(path):
            files.remove(path)  # no rename replaces it
        if name != LAUNCHER:
            launcher.keep(self.plan.room, self.plan.app.place, name[9:])

    def _known(self, installed: "list[tree.Block]", own: "dict[bytes, bytes]") -> "set[bytes]":
        """The paths in the app's directory of all that the file puts there."""
        known = set(own) | {os.fsencode(name) for name in ("READY", LAUNCHER)}
        for block in installed:
            target = self.plan.target_of(block) if block.directory else b""
            before = target + b"/" if target else b""
            known.update([before + name for _, name in block.files])
        return known

    def _of_store(self, brought: "dict[str, Any]") -> "Iterator[_Problem]":
        directory = wheel.directory_of(self.plan.app.root, brought)
        pairs = wheel.destinations(self.plan.descriptor, brought, directory)
        corrected = any([".data/" in member.name for member, _ in pairs])
        for member, path in pairs:
            is_corrected = corrected and wheel.is_record(member.name)
            if is_corrected:
                content = bytes(archive.read_member(self.plan.descriptor, member))
                right = files.read(path) == wheel.corrected_record(content)
            else:
                right = _holds(path, self.plan.descriptor, member)
            if not right:
                state = "has changed" if os.path.exists(path) else "is missing"
                put = functools.partial(wheel.put_file, self.plan.descriptor, member, path, is_corrected)
                yield _Problem("%s of %s %s" % (member.name, brought["name"], state), put)
        for other in _foreign(directory, set([path for _, path in pairs])):
            yield _Problem("%s is a file of no wheel" % other, functools.partial(os.unlink, other))

    def _of_block(self, block: "tree.Block") -> "Iterator[_Problem]":
        target, source = self.plan.target_of(block), self.plan.source_of(block)
        before = target + b"/" if target else b""
        for _, name in block.files:
            path = before + name
            content = self.plan.rewritten(source + b"/" + name)
            if content is not None:
                yield from self._of_content(path, content)
            elif not _same(self.top + path, source + b"/" + name):
                state = "has changed" if os.path.exists(self.top + path) else "is missing"
                put = functools.partial(self._relink, source + b"/" + name, self.top + path)
                yield _Problem("%s %s" % (os.fsdecode(path), state), put)

    def _of_content(self, path: bytes, content: bytes) -> "Iterator[_Problem]":
        if files.read(self.top + path) != content:
            yield _Problem("%s has changed" % os.fsdecode(path), functools.partial(self._replace, path, content))

    def _relink(self, source: bytes, path: bytes) -> None:
        files.make_directories(os.path.dirname(path))
        tree.relink(source, path)

    def _replace(self, path: bytes, content: bytes) -> None:
        files.make_directories(os.path.dirname(self.top + path))
        mode = 0o755 if path.startswith(os.fsencode(app.SCRIPTS) + b"/") else 0o644
        files.replace(os.fsdecode(self.top + path), content, mode)


def _same(path: bytes, source: bytes) -> bool:
    """Whether both paths are one file, or have the same content."""
    try:
        if os.path.samefile(path, source):
            return True
    except OSError:
        return False
    content = files.read(path)
    return content is not None and content == files.read(source)


def _holds(path: bytes, descriptor: int, member: "archive.Member") -> bool:
    """Whether the file has the member's content."""
    try:
        with open(path, "rb") as file:
            for piece in archive.pieces(descriptor, member):
                if file.read(len(piece)) != piece:
                    return False
            return not file.read(1)
    except OSError:
        return False


def _foreign(directory: str, known: "set[bytes]") -> "Iterator[str]":
    """The paths in an unpacked wheel's directory that are not its own files."""
    for place, directories, names in os.walk(os.fsencode(directory)):
        for name in names + directories:
            path = os.path.join(place, name).replace(os.fsencode(os.sep), b"/")
            if path not in known and (name in names or os.path.islink(path)):
                yield os.fsdecode(path)
