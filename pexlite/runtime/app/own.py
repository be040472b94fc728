"""The Python that a file has brought, looked at by the processes that run on it: is it as it was unpacked?

Only such a file's apps have this module in their launcher. It imports nothing that is not built into Python: the
library of anything else may be what was cut.
"""

import os
import sys

# Modules without which Python does not start, so that nothing of this room could mend them; in newer versions most
# of them are in the program.
_OF_EACH_START = "encodings encodings.aliases encodings.utf_8 codecs io abc site os stat posixpath".split()
_OF_EACH_START += ["genericpath", "_collections_abc", "_sitebuiltins"]


def mark_interpreter(prefix: str) -> None:
    """Have the file's launcher unpack the Python in `prefix` again, at the next start. Raises OSError."""
    if os.path.dirname(prefix).endswith("/interpreters"):
        os.close(os.open(prefix + "/DAMAGED", os.O_WRONLY | os.O_CREAT, 0o644))


def is_here() -> bool:
    """Whether a Python that a built file has brought runs this process."""
    return os.path.dirname(sys.base_prefix).endswith("/interpreters")


def libraries() -> "list[tuple[str, int, int]]":
    """The name, size and time of each of its programs and libraries."""
    return [one for one in noted_files() if ".so" in one[0] or one[0][:4] == "bin/"]


def needed(program: str, with_libraries: bool) -> "list[str]":
    """The files of this Python without which its `program` does not start, relative to the prefix.

    With its programs and libraries, where no code of ours runs before they are loaded.
    """
    prefix = sys.base_prefix + "/"
    found = [program] + [prefix + "lib/" + name for name in os.listdir(prefix + "lib") if name[:9] == "libpython"]
    for name in _OF_EACH_START:
        spec = getattr(sys.modules.get(name), "__spec__", None)
        # By `os`, which is in newer programs, Python finds its library.
        if spec is not None and spec.has_location:
            found += [spec.origin, spec.cached or ""]
        elif name == "os":
            found.append(os.__file__)
    names = [path[len(prefix) :] for path in found if path.startswith(prefix) and os.path.isfile(path)]
    if with_libraries:
        names += [name for name, _, _ in libraries()]
    return [name for name in dict.fromkeys(names) if " " not in name and os.path.getsize(prefix + name) > 0]


def noted_files() -> "list[tuple[str, int, int]]":
    """The name, size and time of each file of this Python, where a built file has brought it.

    The launcher has written them down when it unpacked them (archive/trial.py).
    """
    if not is_here():
        return []
    try:
        with open(sys.base_prefix + "/FILES", encoding="utf-8", errors="surrogateescape", newline="\n") as listed:
            lines = [line[:-1].split(" ", 2) for line in listed]
        return [(line[2], int(line[0]), int(line[1])) for line in lines if len(line) == 3]
    except (OSError, ValueError):
        return []


def _changed_files(kind: "type[BaseException] | None" = None) -> "list[str]":
    """The names of those that are missing now, or have another size or time.

    Where the app has ended with an exception of this `kind`, by which Python finds bytecode that was cut off, also
    those of bytecode that it has added and is cut off.
    """
    changed = []
    noted = noted_files()
    if noted and kind is not None and issubclass(kind, (EOFError, ValueError, ImportError)):
        changed = _cut_bytecode(set([name for name, _, _ in noted]))
    for name, size, seconds in noted:
        try:
            found = os.stat(sys.base_prefix + "/" + name)
        except OSError:
            found = None
        if found is None or found[6] != size or found[8] != seconds:
            changed.append(name)
    return changed


def _cut_bytecode(noted: "set[str]") -> "list[str]":
    import marshal

    found = []
    for directory, _, names in os.walk(sys.base_prefix + "/lib"):
        for name in names if directory.endswith("/__pycache__") else ():
            path = directory + "/" + name
            try:
                with open(path, "rb") as file:
                    content = file.read()
                marshal.loads(content[16 if sys.version_info >= (3, 7) else 12 :])
            except (EOFError, ValueError, TypeError):
                found.append(path[len(sys.base_prefix) + 1 :])
            except OSError:
                pass
    return [name for name in found if name not in noted]


def start_over(file: str) -> None:
    """Exec the file's launcher, which unpacks the Python that the file has brought again.

    Return where its files are as they were unpacked. Exit with an error where it is not this user's to mend. Only
    what is built in may be imported here: the library of anything else may be the one that was cut.
    """
    changed = _changed_files()
    if not changed and noted_files():
        return
    try:
        mark_interpreter(sys.base_prefix)
        with open(file, "rb") as opened:
            is_script = opened.read(2) == b"#!"
        os.environ["PEX_CHOSEN_PYTHON"] = "own"
        program = "/bin/sh" if is_script else file
        os.execv(program, ["sh"] * is_script + [file] + sys.argv[1:])
    except OSError as failure:
        what = changed[0] if changed else "FILES"
        words = "error: the unpacked Python of %s is damaged: %s has changed\n" % (os.path.basename(file), what)
        sys.stderr.write(words + "hint: set PEX_ROOT to a directory of your own: %s\n" % failure)
        sys.exit(1)


def has_told(file: str, kind: "type[BaseException] | None") -> bool:
    """Whether the Python that the file has brought is damaged; the next start unpacks it again.

    Found without any module: what would find the rest may be what is missing.
    """
    changed = _changed_files(kind)
    if not changed:
        return False
    try:
        mark_interpreter(sys.base_prefix)
        hint = "start it again: they are written back"
    except OSError:
        hint = "start it again with PEX_ROOT set to a directory that can be written: this one cannot"
    more = " and %d more" % (len(changed) - 1) if len(changed) > 1 else ""
    words = "the unpacked files of %s were damaged: %s has changed%s" % (
        os.path.basename(file),
        changed[0],
        more,
    )
    line = "pexlite: %s; %s\n" if kind is None else "error: %s\nhint: %s\n"
    try:
        sys.stderr.write(line % (words, hint))
    except (AttributeError, OSError, ValueError):
        pass  # a process without stderr
    return True
