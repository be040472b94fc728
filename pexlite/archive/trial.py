"""Asks a file's own Python, where it is unpacked, whether it starts and whether its files are as they were.

This program travels, in both launchers: `python -I -B -c PROGRAM PREFIX` compares the files with FILES in the
prefix, and with one word more writes that. It prints "starts" where all is well. Python 3.6 grammar.
"""

import json
import os
import sys
import zlib

place = sys.argv[1]


def seen(name):
    # type: (str) -> str
    found = os.stat(place + "/" + name)
    return "%d %d %s\n" % (found.st_size, found.st_mtime, name)


def files():
    # type: () -> list[str]
    names = []
    for directory, _, found in os.walk(place):
        names += [os.path.join(directory, name) for name in found]
    return sorted([name[len(place) + 1 :] for name in names if "\n" not in name and not os.path.islink(name)])


def compare(lines):
    # type: (list[str]) -> None
    if lines[-1:] != ["end\n"]:
        sys.exit("FILES is cut off")
    for line in lines[:-1]:
        name = line[:-1].split(" ", 2)[2]
        if seen(name) != line:
            sys.exit(name + " has changed")


def note(lines):
    # type: (list[str]) -> None
    with open(place + "/FILES", "w", -1, "utf-8", "surrogateescape", "\n") as listed:
        listed.writelines(lines)


def noted():
    # type: () -> list[str]
    with open(place + "/FILES", "r", -1, "utf-8", "surrogateescape", "\n") as listed:
        return listed.readlines()


json.loads("0")
zlib.crc32(b"")
try:
    if sys.argv[2:]:
        note([seen(name) for name in files()] + ["end\n"])
    else:
        compare(noted())
except OSError as failure:
    sys.exit(str(failure))
print("starts")
