"""Wheels out of the file: their directories read, their members inflated, checked and written."""

import errno
import os
import struct
import zlib

_END = b"PK\x05\x06"
_BIG = 32 << 20  # a member above this many bytes is inflated piece by piece, so that memory stays flat
_PIECE = 4 << 20
# Of the members that are unpacked by several processes: what is taken by itself, and what together; in all no more
# than pool.MOST_JOBS, which is imported only where there is something to share.
_LARGE, _MOST_LARGE = 1 << 20, 400
_PORTION, _MOST_BATCHES = 32, 1000
_SCHEMES = {"purelib": "lib", "platlib": "lib", "scripts": "scripts", "data": "data", "headers": "headers"}


class Damaged(Exception):
    """The file does not hold what it should."""


class Member:
    """One file of a wheel: where its bytes are in the archive and where they go."""

    __slots__ = ("compressed", "crc", "mode", "name", "offset", "size", "stored")

    def __init__(self, name, offset, compressed, size, crc, stored, mode):
        self.name = name
        self.offset = offset
        self.compressed = compressed
        self.size = size
        self.crc = crc
        self.stored = stored
        self.mode = mode


def read_members(descriptor, start, size, wheel, directory_crc32=None):
    """The members of the zip at `start` (bytes `size`) of the open file, directories left out.

    Raises Damaged when it is no zip, when its directory and what follows have not the CRC `directory_crc32`, when
    a name would lead out of the wheel, and when two members have one place (APPNOTE.TXT 4.3).
    """
    tail_size = min(size, 22 + 65535)
    tail = read(descriptor, start + size - tail_size, tail_size)
    end = tail.rfind(_END, 0, max(0, tail_size - 18))
    if end < 0:
        raise Damaged("%s is no wheel any more" % wheel)
    count, directory_size, directory = struct.unpack_from("<HII", tail, end + 10)
    if 0xFFFFFFFF in (directory_size, directory) or count == 0xFFFF:
        count, directory_size, directory = _read_zip64_end(descriptor, start, size, tail, end)
    if directory + directory_size > size:
        raise Damaged("the directory of %s has changed" % wheel)
    content = read(descriptor, start + directory, size - directory)
    if directory_crc32 is not None and zlib.crc32(content) & 0xFFFFFFFF != directory_crc32:
        raise Damaged("the directory of %s has changed" % wheel)
    members = []
    seen = set()
    position = 0
    for _ in range(count):
        if content[position : position + 4] != b"PK\x01\x02" or position + 46 > directory_size:
            raise Damaged("the directory of %s has changed" % wheel)
        fields = struct.unpack_from("<HHHHHHIIIHHHHHII", content, position + 4)
        flags, method, crc, compressed, unpacked = fields[2], fields[3], fields[6], fields[7], fields[8]
        name_size, extra_size, comment_size, mode, offset = fields[9:12] + (fields[14] >> 16, fields[15])
        position += 46
        name = content[position : position + name_size].decode("utf-8" if flags & 0x800 else "cp437", "replace")
        extra = content[position + name_size : position + name_size + extra_size]
        position += name_size + extra_size + comment_size
        if position > directory_size:
            raise Damaged("the directory of %s has changed" % wheel)
        if 0xFFFFFFFF in (compressed, unpacked, offset):
            unpacked, compressed, offset = _zip64_values(extra, unpacked, compressed, offset)
        if name.endswith("/"):
            continue
        if offset + compressed > directory:
            raise Damaged("the directory of %s has changed" % wheel)
        if method not in (0, 8) or flags & 1:
            raise Damaged("%s in %s is packed in a way Python cannot read everywhere" % (name, wheel))
        parts = name.split("/")
        is_link = mode & 0o170000 == 0o120000
        if is_link or "\\" in name or "\0" in name or not {"", ".", ".."}.isdisjoint(parts):
            raise Damaged("%s holds a file that would be written elsewhere: %r" % (wheel, name))
        if name in seen:
            raise Damaged("%s holds %r twice" % (wheel, name))
        seen.add(name)
        members.append(Member(name, start + offset, compressed, unpacked, crc, method == 0, mode))
    return members


def _read_zip64_end(descriptor, start, size, tail, end):
    """Count, size and offset of the directory from the ZIP64 record (APPNOTE.TXT 4.3.14)."""
    if end < 20 or tail[end - 20 : end - 16] != b"PK\x06\x07":
        raise Damaged("a wheel's directory is cut off")
    (record,) = struct.unpack_from("<Q", tail, end - 12)
    if record + 56 > size:
        raise Damaged("a wheel's directory has changed")
    content = read(descriptor, start + record, 56)
    return struct.unpack_from("<QQQ", content, 32)


def _zip64_values(extra, *values):
    """`values` with those that say 0xFFFFFFFF replaced from the ZIP64 extra field, in its order."""
    position = 0
    while position + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, position)
        if kind == 1:
            if size % 8 or len(extra) < position + 4 + size or size // 8 < values.count(0xFFFFFFFF):
                break
            wide = iter(struct.unpack_from("<%dQ" % (size // 8), extra, position + 4))
            return tuple([next(wide) if value == 0xFFFFFFFF else value for value in values])
        position += 4 + size
    raise Damaged("a wheel's directory has changed")


def read(descriptor, offset, size):
    """The `size` bytes at `offset`. Raises Damaged where the file has not as many."""
    content = os.pread(descriptor, size, offset)
    while len(content) < size:
        more = os.pread(descriptor, size - len(content), offset + len(content))
        if not more:
            raise Damaged("the file ends too early")
        content += more
    return content


def make_directories(path):
    """`path` is a directory; what had to be made for that is closed to others' writing under any umask."""
    if not os.path.isdir(path):
        parent = os.path.dirname(path)
        if parent != path:
            make_directories(parent)
        try:
            os.mkdir(path, 0o755)
        except FileExistsError:
            if not os.path.isdir(path):
                raise


def make_tree(top, paths):
    """The new directory `top` and all of `paths` below it (bytes) are there, closed to others' writing."""
    wanted = set([top])
    for path in paths:
        while path not in wanted:
            wanted.add(path)
            path = path.rpartition(b"/")[0]
    for path in sorted(wanted):
        os.mkdir(path, 0o755)
    make_room_for_bytecode([path for path in paths if not path.endswith(b"/__pycache__")])


def make_room_for_bytecode(directories):
    """Nothing; where the umask is open, Python's own directory for bytecode is made in each of the directories."""
    umask = os.umask(0o022)
    os.umask(umask)
    if umask & 0o022 != 0o022:
        for path in directories:
            make_directories(os.path.join(path, b"__pycache__" if isinstance(path, bytes) else "__pycache__"))


def destination(name, data_prefix):
    """Where in the unpacked wheel the member `name` goes: under lib, scripts, data or headers."""
    if data_prefix and name.startswith(data_prefix):
        scheme, _, rest = name[len(data_prefix) :].partition("/")
        if scheme not in _SCHEMES or not rest:
            raise Damaged("%s is in no known scheme" % name)
        return _SCHEMES[scheme] + "/" + rest
    return "lib/" + name


def unpack(descriptor, jobs, watch):
    """Write every (member, path) of `jobs` to disk, in as many processes as help.

    Directories must exist. `watch(bytes)` is called from time to time with what has been begun since.
    Raises the first error after everything has stopped.
    """
    batches, sizes = _batches(jobs)
    if len(batches) < 2:
        _write_members(descriptor, jobs)
        return
    from . import pool

    begun = [0]

    def told(number):
        watch(sum(sizes[begun[0] : number]))
        begun[0] = number

    pool.run(batches, lambda batch: _write_members(descriptor, batch), told)


def _batches(jobs):
    """`jobs` in portions that are worth taking one by one, and the bytes of each.

    The largest members come first, each by itself, so that no process ends alone with one. Then files of one
    directory stay together.
    """
    large = [job for job in jobs if job[0].size > _LARGE]
    large.sort(key=_compressed_size, reverse=True)
    small = [job for job in jobs if job[0].size <= _LARGE]
    batches = [[job] for job in large[:_MOST_LARGE]]
    rest = large[_MOST_LARGE:] + small
    count = max(_PORTION, -(-len(rest) // (_MOST_BATCHES - len(batches))))
    batches.extend([rest[place : place + count] for place in range(0, len(rest), count)])
    return batches, [sum([member.size for member, _ in batch]) for batch in batches]


def _compressed_size(job):
    return job[0].compressed


def _write_members(descriptor, jobs):
    for member, path in jobs:
        _write_member(descriptor, member, path)


def _write_member(descriptor, member, path):
    executable = member.mode & 0o111
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o755 if executable else 0o644)
    try:
        if member.size > _BIG or member.compressed > _BIG:
            _write_pieces(descriptor, member, handle)
        else:
            _write(handle, read_member(descriptor, member))
    finally:
        os.close(handle)


def read_member(descriptor, member):
    """The member's content. Raises Damaged when it is not what the directory says."""
    # One read for the local header and the data: its extra field is rarely longer than this guess.
    guess = 30 + len(member.name.encode("utf-8")) + 64
    block = os.pread(descriptor, guess + member.compressed, member.offset)
    start = _data_start(block)
    if len(block) < start + member.compressed:
        block = read(descriptor, member.offset, start + member.compressed)
    content = memoryview(block)[start : start + member.compressed]
    if not member.stored:
        content = _inflate(content, member)
    _check(zlib.crc32(content), len(content), member)
    return content


def _inflate(content, member):
    inflate = zlib.decompressobj(-15)
    try:
        # One byte more than it should be tells what is longer, however much longer it is.
        return inflate.decompress(content, member.size + 1)
    except zlib.error:
        raise Damaged("%s has changed" % member.name)


def _check(crc, size, member):
    if crc & 0xFFFFFFFF != member.crc or size != member.size:
        raise Damaged("%s has changed" % member.name)


def _data_start(header):
    if header[:4] != b"PK\x03\x04" or len(header) < 30:
        raise Damaged("a member of a wheel is not where it should be")
    name_size, extra_size = struct.unpack_from("<HH", header, 26)
    return 30 + name_size + extra_size


def _write(handle, content):
    written = os.write(handle, content)
    while written < len(content):
        content = memoryview(content)[written:]
        written = os.write(handle, content)
        if not written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _write_pieces(descriptor, member, handle):
    size, crc = 0, 0
    try:
        for content in _pieces(descriptor, member):
            crc = zlib.crc32(content, crc)
            size += len(content)
            if size > member.size:
                break
            _write(handle, content)
    except zlib.error:
        raise Damaged("%s has changed" % member.name)
    _check(crc, size, member)


def _pieces(descriptor, member):
    """The member's content, a few MB at a time however small it was packed."""
    position = member.offset + _data_start(read(descriptor, member.offset, 30))
    end = position + member.compressed
    inflate = None if member.stored else zlib.decompressobj(-15)
    while position < end:
        piece = read(descriptor, position, min(end - position, _PIECE))
        position += len(piece)
        while inflate and piece:
            yield inflate.decompress(piece, _PIECE)
            piece = inflate.unconsumed_tail
        yield inflate.flush() if inflate and position == end else piece
