"""Whether wheels have the sha256 of the manifest, and unpacked files that of their wheel's RECORD."""

import base64
import csv
import hashlib
import os
import zlib

from . import cold, layout, prune, repair, roots, unzip

_PIECE = 1 << 20


def problems_of_wheels(opened):
    """What is wrong with the wheels in an open file, one line each."""
    problems = []
    for wheel in opened.manifest["pexlite"]["wheels"]:
        try:
            for _ in _checked_pieces(opened.descriptor, wheel):
                pass
        except unzip.Damaged as damage:
            problems.append(str(damage))
    return problems


def copy_wheel(descriptor, wheel, directory):
    """The wheel as a file in `directory`, which replaces an older one once it is whole. Raises unzip.Damaged."""
    path = "%s/%s" % (directory, wheel["name"])
    temporary = "%s/.%s-%d" % (directory, wheel["name"], os.getpid())
    try:
        with open(temporary, "wb") as file:
            for piece in _checked_pieces(descriptor, wheel):
                file.write(piece)
        os.rename(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def _checked_pieces(descriptor, wheel):
    digest = hashlib.sha256()
    position, end = wheel["offset"], wheel["offset"] + wheel["size"]
    while position < end:
        piece = unzip.read(descriptor, position, min(_PIECE, end - position))
        position += len(piece)
        digest.update(piece)
        yield piece
    if digest.hexdigest() != wheel["sha256"]:
        raise unzip.Damaged("%s has not the sha256 %s" % (wheel["name"], wheel["sha256"]))


def check_cache(asked, repairing):
    """Say whether what is unpacked of `asked` is whole; what is not is mended if `repairing`, else a failure."""
    from .tools import VERIFICATION, ToolError, say

    if not os.path.lexists(asked.prefix):
        return say("nothing of it is unpacked for this Python under %s" % asked.root)
    with asked.opened() as first:
        problems = _problems(first, asked.root, asked.prefix, repairing)
        if not problems:
            return say(
                "%s is whole: %d wheels have the digests of their RECORD" % (asked.prefix, len(first.wheels))
            )
    for problem in problems:
        say(problem)
    if not repairing:
        raise ToolError("%s is damaged: verify --cache --repair unpacks it anew" % asked.prefix, VERIFICATION)
    repair.remove_ready(asked.prefix)
    return say("repaired: %s" % asked.install())


def _problems(first, root, prefix, repairing):
    """What is wrong with the wheels that the app links to and with its own directory, one line each."""
    problems = []
    for wheel in first.wheels:
        directory = cold.wheel_directory(root, wheel)
        found = _problems_of_wheel(first.opened.descriptor, wheel, directory)
        if found and repairing:
            cold.set_aside(directory)
        problems.extend(found)
    if not roots.is_ready(prefix):
        problems.append("READY is missing")
    # Links cannot be as they were without what they lead to.
    return problems or _problems_of_app(first, root, prefix)


def _problems_of_wheel(descriptor, wheel, directory):
    if not os.path.isdir(directory):
        return ["%s is missing" % wheel["name"]]
    pairs = cold.destinations(descriptor, wheel, directory)
    recorded = _recorded(descriptor, [member for member, _ in pairs])
    problems = []
    for member, path in pairs:
        try:
            digest, crc = _digests(path)
        except OSError as failure:
            problems.append("%s of %s: %s" % (member.name, wheel["name"], failure.strerror.lower()))
            continue
        if _is_record(member.name):
            right = _is_corrected(unzip.read_member(descriptor, member), path)
        else:
            right = crc == member.crc and recorded.get(member.name, digest) == digest
        if not right:
            problems.append("%s of %s has changed" % (member.name, wheel["name"]))
    return problems + _foreign(directory, set([path for _, path in pairs]))


def _foreign(directory, known):
    """What lies among the files of a wheel and is none of them, but for bytecode."""
    problems = []
    for place, directories, names in os.walk(os.fsencode(directory)):
        directories[:] = [name for name in directories if name != b"__pycache__"]
        for name in names + directories:
            path = os.path.join(place, name)
            if path not in known and (name in names or os.path.islink(path)):
                problems.append("%s is a file of no wheel" % os.fsdecode(path))
    return problems


def _recorded(descriptor, members):
    """The sha256 of each file that RECORD has one for, as RECORD spells it."""
    found = {}
    for member in members:
        if _is_record(member.name):
            # a/b.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,12
            text = unzip.read_member(descriptor, member).decode("utf-8")
            for row in csv.reader(text.splitlines()):
                if len(row) > 1 and row[1].startswith("sha256="):
                    found[row[0]] = row[1][len("sha256=") :].rstrip("=")
    return found


def _is_record(name):
    return name.endswith(".dist-info/RECORD") and name.count("/") == 1


def _is_corrected(original, path):
    """Whether the RECORD at `path` is what unpacking makes of the `original`."""
    with open(path, "rb") as record:
        return record.read() in (original, cold.corrected(original))


def _digests(path):
    digest, crc = hashlib.sha256(), 0
    with open(path, "rb") as file:
        piece = file.read(_PIECE)
        while piece:
            digest.update(piece)
            crc = zlib.crc32(piece, crc)
            piece = file.read(_PIECE)
    return base64.urlsafe_b64encode(digest.digest()).decode("ascii").rstrip("="), crc & 0xFFFFFFFF


def _problems_of_app(first, root, prefix):
    """How the app's directory differs from one that is laid out now."""
    fresh = cold.beside(prefix)
    first.name = prune.file_name(prefix)  # any copy of the file may have been the one that was unpacked
    try:
        layout.lay_out(first, root, fresh, prefix)
        return ["%s has changed" % name for name in _entries(fresh) if _kept(fresh + name) != _kept(prefix + name)]
    except PermissionError:
        return []  # a cache that is only read
    finally:
        cold.remove(fresh)


def _entries(place):
    for directory, directories, names in os.walk(place):
        for name in names + [name for name in directories if os.path.islink(directory + "/" + name)]:
            if not name.endswith(".pyc"):  # two runs of Python do not write the same
                yield (directory + "/" + name)[len(place) :]


def _kept(path):
    """What the link at `path` leads to, or the file there holds; None where there is nothing."""
    try:
        if os.path.islink(path):
            return os.readlink(path)
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None
