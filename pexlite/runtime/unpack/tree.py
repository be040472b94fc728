"""An app's directory: the files it holds according to the file's tree, and how they get there.

The tree is text in the form of `bundle/tree.py`:

    /2 lib/pkg/sub          a directory of the variant's third unpacked wheel
    1234 module.py          a file in it, with its size in bytes
    - RECORD                a file whose size is not known at build time
    !2                      the console scripts of that wheel
    pkg.cli:main tool       a function, and the script that calls it
"""

import errno
import os

from .. import system
from ..cache import app, files
from . import environment, variant, wheel, write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..file.whole import Whole

UNKNOWN = -1
_FILES_AT_ONCE = 400
_NO_LINKS: "tuple[int, ...]" = (
    errno.EXDEV,
    errno.EPERM,
    errno.EMLINK,
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
    errno.ENOSYS,
    errno.EACCES,
)
if system.IS_WINDOWS:  # FAT has no links, and its error is no particular one
    _NO_LINKS += (errno.EINVAL,)
_HEAD = 16  # bytes of a script that show its #! line
_EDITED = (
    b".pem",
    b".crt",
    b".cfg",
    b".conf",
    b".ini",
    b".toml",
    b".yaml",
    b".yml",
    b".db",
    b".sqlite",
    b".sqlite3",
)


class Block:
    """One wheel's files in one directory, as pairs of size and name; or a wheel's console scripts.

    `lines` are those of the tree; most starts need few of them.
    """

    def __init__(self, wheel: int, directory: bytes, lines: bytes) -> None:
        self.wheel = wheel
        self.directory = directory
        self.lines = lines
        self._files: list[tuple[int, bytes]] | None = None

    @property
    def files(self) -> "list[tuple[int, bytes]]":
        """Size and name of each file; UNKNOWN for a size that no build can know."""
        if self._files is None:
            pairs = _pairs(self.lines) if self.directory else []
            self._files = [(UNKNOWN if size == b"-" else int(size), name) for size, name in pairs]
        return self._files

    @property
    def calls(self) -> "list[tuple[bytes, bytes]]":
        """The function and the name of each console script."""
        return [] if self.directory else _pairs(self.lines)

    @property
    def scheme(self) -> bytes:
        """The part of the wheel: lib, scripts, data or headers; "" for console scripts."""
        return self.directory.partition(b"/")[0]


def _pairs(lines: bytes) -> "list[tuple[bytes, bytes]]":
    found = [line.partition(b" ") for line in lines.split(b"\n") if line]
    return [(first, second) for first, _, second in found]


def parsed(text: bytes) -> "list[Block]":
    """The blocks of a tree's text, in order."""
    blocks: list[Block] = []
    for piece in (b"\n" + text).split(b"\n/"):
        for number, block in enumerate(piece.split(b"\n!")):
            first, _, lines = block.partition(b"\n")
            wheel, _, directory = first.partition(b" ")
            if wheel:
                blocks.append(Block(int(wheel), b"" if number else directory, lines))
    return blocks


class Plan:
    """The files of the app's directory `place`: those of a variant's wheels, and the app's own.

    `opened` is the file; `file_name` is the name under which the app is known.
    """

    def __init__(self, opened: "Whole", number: int, place: str, file_name: str) -> None:
        self.app = app.App(place)
        self.opened = opened
        self.descriptor = opened.descriptor
        self.room = opened.room
        self.build_id = opened.build_id
        self.inherit_path: str = opened.manifest["inherit_path"]
        self.sealed_root: str = opened.manifest["pex_root"] or ""
        self.file_name = file_name
        self.wheels = variant.wheels_of(opened.manifest, number)
        self.blocks = parsed(opened.tree(number))
        self.launcher = opened.launcher() if system.IS_WINDOWS else None
        self.first_line = environment.first_lines(self.app.place + "/" + app.PYTHON)
        self.names = [os.fsencode(one["sha256"][:32]) for one in self.wheels]
        self._store = os.fsencode(self.app.root) + b"/wheels/"

    def written(self, name: str) -> bytes:
        """The content of a file of written/."""
        return self.room.texts["written/" + name].encode("utf-8")

    def source_of(self, block: Block) -> bytes:
        """The directory in the store that holds the block's files."""
        return self._store + self.names[block.wheel] + b"/" + block.directory

    def target_of(self, block: Block) -> bytes:
        """The directory for the block's files, relative to the app's."""
        scheme, _, rest = block.directory.partition(b"/")
        if scheme == b"lib":
            top = os.fsencode(app.packages())
        elif scheme == b"data":
            return rest
        elif scheme == b"headers":
            top = self._headers(block.wheel)
        else:
            top = os.fsencode(app.SCRIPTS)
        return top + b"/" + rest if rest else top

    def installed(self) -> "list[Block]":
        """The blocks of the wheels that pip, run inside the app, has put no other version of in their place."""
        try:
            found = os.listdir(os.fsencode(app.site_packages(self.app.place)))
        except OSError:
            return self.blocks
        own = set([block.directory[len(b"lib/") :] for block in self.blocks])
        others = [_project(name) for name in found if name[-10:] == b".dist-info" and name not in own]
        replaced = set([i for i, one in enumerate(self.wheels) if _project(one["name"].encode("utf-8")) in others])
        return [block for block in self.blocks if block.wheel not in replaced]

    def libraries(self) -> "list[tuple[str, int]]":
        """The path in the app's directory and the size of each shared library of the wheels."""
        return [
            (os.fsdecode(self.target_of(block) + b"/" + name), size)
            for block in self.blocks
            if block.scheme == b"lib" and b".so" in block.lines
            for size, name in block.files
            if b".so" in name and size != UNKNOWN
        ]

    def own(self) -> "dict[str, bytes]":
        """Our own files in the app's directory except READY and the launcher, by relative path."""
        waits = bool(self.opened.manifest["pexlite"].get("start_lists")) and not system.IS_WINDOWS
        drives = any([block.directory == b"lib/pyspark" for block in self.blocks])
        return environment.own_files(self.written, self.inherit_path, self.file_name, waits, drives)

    def scripts(self, blocks: "list[Block] | None" = None) -> "Iterator[tuple[bytes, bytes]]":
        """The console scripts of `blocks`, by default all of them, as (path in the app's directory, content).

        And one for each of the file's own commands that is none: a reloader runs it by that path.
        """
        calls = [call for block in (self.blocks if blocks is None else blocks) for call in block.calls]
        every = set([name for block in self.blocks for _, name in block.calls])
        for command in self.opened.manifest["pexlite"]["start"].get("commands", ()):
            name = command["name"].encode("utf-8")
            if command["module"] and name not in every:
                calls.append((("%s:%s" % (command["module"], command["attribute"])).encode("utf-8"), name))
        for reference, script in calls:
            yield self.script(reference, script, self.first_line)

    def script(self, reference: bytes, name: bytes, first_line: bytes) -> "tuple[bytes, bytes]":
        """The path in the app's directory and the content of a console script that begins with `first_line`."""
        template = self.written("console_script.py")
        if system.IS_WINDOWS:
            from ..windows import scripts

            program = environment.console_script(template, reference, b"")
            content = scripts.program(program, first_line, self.launcher)
        else:
            content = environment.console_script(template, reference, first_line)
        return self.script_path(name), content

    def script_path(self, name: bytes) -> bytes:
        """The path of the console script `name` in the app's directory."""
        ending = b""
        if system.IS_WINDOWS:
            ending = b".exe" if self.launcher else b".cmd"
        return os.fsencode(app.SCRIPTS) + b"/" + name + ending

    def rewritten(self, source: bytes) -> "bytes | None":
        """The content that the app has instead of the file `source` of the store; None where it has that file.

        So it is with scripts that name their Python, and with a RECORD that says less than what is installed.
        Raises OSError where the file cannot be read.
        """
        name, _, path = source[len(self._store) :].partition(b"/")
        if path[:8] == b"scripts/":
            try:
                handle = system.open_file(source, os.O_RDONLY)
            except FileNotFoundError:
                return None
            try:
                head = os.read(handle, _HEAD)
            finally:
                os.close(handle)
            content = files.content(source) if head.startswith(b"#!python") else None
            return environment.rewritten_script(content, self.first_line) if content else None
        if path[-17:] != b".dist-info/RECORD" or path.count(b"/") != 2:
            return None
        try:
            content = files.content(source)
        except FileNotFoundError:
            return None  # and no other error, by which the app would get one that says less
        return self._record(content, self.names.index(name))

    def _record(self, content: bytes, number: int) -> "bytes | None":
        """RECORD of a wheel with headers or console scripts, which are named where they are; else None."""
        own = [block for block in self.blocks if block.wheel == number]
        scripts = [name for block in own for _, name in block.calls]
        if not scripts and not any([block.scheme == b"headers" for block in own]):
            return None
        lines = wheel.corrected_record(content, wheel.UP + self._headers(number) + b"/").splitlines()
        own_lines = [b"%s%s,," % (wheel.UP, self.script_path(name)) for name in scripts]
        return b"\n".join(lines + own_lines) + b"\n"

    def _headers(self, number: int) -> bytes:
        """The directory for the headers of a wheel, relative to the app's."""
        project = self.wheels[number]["name"].partition("-")[0]
        return os.fsencode("include/site/%s/%s" % (app.library(), project))


def _project(name: bytes) -> bytes:
    """The project in the name of a wheel or a .dist-info directory, in one spelling."""
    return name.partition(b"-")[0].lower().replace(b".", b"_")


class Layout:
    """A new app's files, laid out in `directory`, which is later renamed to the app's place."""

    def __init__(self, plan: Plan, directory: str) -> None:
        self.plan = plan
        self.directory = os.fsencode(directory)

    def make_directories(self) -> None:
        """Make all the app's directories. No wheel has to be unpacked for it."""
        site_packages = self.directory + b"/" + os.fsencode(app.packages())
        # Make __pycache__ now: made by a later compilation it would change the mtime of site-packages.
        wanted = set([site_packages + b"/__pycache__", self.directory + b"/" + os.fsencode(app.SCRIPTS)])
        makes_room = _umask_is_open()
        for block, target in self._blocks():
            wanted.add(target)
            if makes_room and block.scheme == b"lib" and b".py" in block.lines:
                wanted.add(target + b"/__pycache__")
        files.make_tree(self.directory, wanted)

    def run(self) -> None:
        """Make all files, links into the store and the app's own, in the directories that are there."""
        plan = self.plan
        jobs: list[tuple[bytes, bytes, list[bytes]]] = []
        for block, target in self._blocks():
            names = [file_name for _, file_name in block.files]
            if block.scheme == b"scripts" or block.directory[-10:] == b".dist-info":
                self._put(plan.source_of(block), target, names)
            else:
                jobs.append((plan.source_of(block), target, names))
        portions = write.portions(jobs, lambda job: len(job[2]), _FILES_AT_ONCE)
        if len(portions) > 1:
            from . import pool

            pool.run(portions, self._link, int)
        for portion in portions if len(portions) == 1 else ():
            self._link(portion)
        for path, content in plan.own().items():
            files.write(self.directory + b"/" + os.fsencode(path), content)
        environment.put_interpreters(os.fsdecode(self.directory))
        for script, content in plan.scripts():
            put_new(self.directory + b"/" + script, content)

    def _blocks(self) -> "Iterator[tuple[Block, bytes]]":
        """The blocks of files, each with its target directory."""
        for block in self.plan.blocks:
            if block.directory:
                target = self.plan.target_of(block)
                yield block, self.directory + b"/" + target if target else self.directory

    def _put(self, source: bytes, target: bytes, names: "list[bytes]") -> None:
        for name in names:
            content = self.plan.rewritten(source + b"/" + name)
            if content is None:
                link(source + b"/" + name, target + b"/" + name)
            elif name == b"RECORD":
                files.write(target + b"/" + name, content)
            else:
                put_new(target + b"/" + name, content)

    def _link(self, portion: "list[tuple[bytes, bytes, list[bytes]]]") -> None:
        for source, target, names in portion:
            for name in names:
                link(source + b"/" + name, target + b"/" + name)


def _umask_is_open() -> bool:
    """Whether directories that Python makes for bytecode would be writable by others."""
    if system.IS_WINDOWS:
        return False
    umask = os.umask(0o022)
    os.umask(umask)
    return umask & 0o022 != 0o022


def put_new(path: bytes, content: bytes) -> None:
    """Write a program over an earlier one of that name, in a directory that nobody uses yet."""
    try:
        files.write(path, content, 0o755)
    except FileExistsError:
        os.unlink(path)
        files.write(path, content, 0o755)


def is_edited(source: bytes) -> bool:
    """Whether people and programs write into such a file in place: settings, certificates, databases."""
    return source.endswith(_EDITED) or b"/data/etc/" in source


def link(source: bytes, path: bytes, final: bytes = b"") -> None:
    """Put the store's file at `path`, which is free, as a hard link: the same inode.

    One that is edited in place is a copy, so that no other app sees the change. Where the file system has no hard
    links, copy within the kernel; where that fails too, make a symbolic link, relative to `final`, which is where
    the file will be renamed to (`path` by default).
    """
    if is_edited(source):
        return files.write(path, files.content(source), 0o755 if os.stat(source).st_mode & 0o111 else 0o644)
    try:
        os.link(system.at(source), system.at(path))
    except OSError as failure:
        if failure.errno not in _NO_LINKS or not os.path.exists(source):
            raise
        _copy(source, path, final or path)


def _copy(source: bytes, path: bytes, final: bytes) -> None:
    if system.IS_WINDOWS:
        return files.write(path, files.content(source))
    try:
        copy = os.copy_file_range  # type: ignore[attr-defined, unused-ignore]
        handle = os.open(source, os.O_RDONLY)
        try:
            found = os.fstat(handle)
            target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755 if found.st_mode & 0o111 else 0o644)
            try:
                left = found.st_size
                while left > 0:
                    copied = copy(handle, target, left)
                    if not copied:
                        raise OSError(errno.EIO, os.strerror(errno.EIO), path)
                    left -= copied
                os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))  # by which bytecode knows its source
            finally:
                os.close(target)
        finally:
            os.close(handle)
    except (AttributeError, OSError) as failure:
        if getattr(failure, "errno", errno.ENOSYS) in (errno.ENOSPC, errno.EDQUOT, errno.EEXIST):
            raise
        if os.path.lexists(path):
            os.unlink(path)
        os.symlink(os.path.relpath(source, os.path.dirname(final)), path)


def relink(source: bytes, path: bytes) -> None:
    """Put the store's file at `path`, replacing atomically."""
    temporary = os.fsencode(files.beside(os.fsdecode(path)))
    try:
        link(source, temporary, path)
        system.rename(temporary, path)
    finally:
        # rename() does nothing where both names are one inode already (POSIX): the temporary one stays.
        if os.path.lexists(temporary):
            os.unlink(temporary)
