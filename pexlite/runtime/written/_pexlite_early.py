"""Have this process wait for files of its app that another process is still unpacking, where it needs them.

What is there is used. An import that finds nothing, a file that is opened or asked about, a directory that is
listed, a program that is told of it: if the app's directory will have it, this waits until all of it is there
(READY), or until a library is there that comes by itself, after all that it needs. Where nobody unpacks any more,
the file itself completes its app. What code in C opens, nobody sees: the start list has to have it.
"""

import os
import sys
import time
from _thread import get_ident

_IS_EARLY = "__PEXLITE_EARLY"  # the variable by which children know that files of the app are coming
_OURS = ("PEX", "__PEXLITE_")  # how variables begin that name the app, and are ours
# Audit events, and which of their arguments are paths.
_PATHS = {"open": 1, "ctypes.dlopen": 1, "import": 2, "os.rename": 2, "os.link": 2}
_PATHS.update({"os." + name: 1 for name in "chmod chown remove rmdir truncate utime".split()})
_LISTINGS = ("os.listdir", "os.scandir")
# Which of their arguments are the program, its words, its directory and its environment.
_PROGRAMS = {
    "os.exec": (0, 1, None, 2),
    "os.posix_spawn": (0, 1, None, 2),
    "os.system": (None, 0, None, None),
    "subprocess.Popen": (0, 1, 2, 3),
}  # type: dict[str, tuple[object, ...]]
_OF_METADATA = ("importlib/metadata/__init__.py", "importlib_metadata/__init__.py", "importlib/metadata.py")
_PAUSE, _SHORT_PAUSE = 0.005, 0.001  # seconds between two looks: at READY, and for what comes by itself
_LOOKS = 40  # at READY, between two looks whether somebody is at work


class Coming:
    """The app's files that are not there yet, of all in `lines`: those of its tree, each with a directory's path.

    Paths are relative to the app's directory `place`. What is `here` is not coming. `one_by_one` are those that
    are put in their places one by one, modules among them; so are their directories.
    """

    def __init__(self, place, packages, lines, here, one_by_one):
        # type: (str, str, list[tuple[bytes, bytes]], list[bytes], list[str]) -> None
        self.place = place
        self.places = [place + "/"]
        real = os.path.realpath(place)
        if real != place:  # a home may lie behind a link, which apps that resolve their path do not take
            self.places.append(real + "/")
        self.packages = place + "/" + packages
        self.lines = {}  # type: dict[bytes, list[bytes]]
        self.directories = {}  # type: dict[bytes, set[bytes]]
        for folder, some in lines:
            self.lines.setdefault(folder, []).append(some)
            while folder:
                folder, _, name = folder.rpartition(b"/")
                found = self.directories.setdefault(folder, set())
                if name in found:
                    break
                found.add(name)
        self.here = frozenset(here)
        self.found = {}  # type: dict[str, frozenset[str]]
        self.one_by_one = set(one_by_one)
        self.modules = {}  # type: dict[tuple[str, str], str]
        for path in one_by_one:
            above, _, last = path.rpartition("/")
            module = last.partition(".")[0]
            self.modules[above.rpartition("/")[::2] if module == "__init__" else (above, module)] = path
            while above not in self.one_by_one and os.fsencode(above) not in self.here:
                self.one_by_one.add(above)
                above = above.rpartition("/")[0]
        self.module_names = frozenset([name for _, name in self.modules])
        self.is_over = False
        self.completes = 0  # the thread that has the file complete its app, which starts a program
        self.calls = {name: getattr(os, name) for name in ("stat", "lstat", "access")}  # type: dict[str, object]

    def names(self, folder):  # type: (str) -> frozenset[str]
        """The names in the directory `folder` that are coming."""
        if folder not in self.found:
            inside = os.fsencode(folder)
            lines = b"\n".join(self.lines.get(inside, ())).split(b"\n")
            every = self.directories.get(inside, set()).union([line.partition(b" ")[2] for line in lines if line])
            before = inside + b"/" if inside else b""
            self.found[folder] = frozenset([os.fsdecode(name) for name in every if before + name not in self.here])
        return self.found[folder]

    def expect(self, name, path):  # type: (str, object) -> None
        """Wait for the module `name` where it comes by itself: until then its directory may be taken for it."""
        last = name.rpartition(".")[2]
        if last in self.module_names and not self.is_over:
            for entry in list(sys.path if path is None else path):  # type: ignore[call-overload]
                found = self.modules.get((self.inside(entry) or "", last))
                if found:
                    return self.wait([found])

    def find_spec(self, name, path=None, target=None):  # type: (str, object, object) -> object
        """The spec of a module that no other finder has found, once it has come; None where none will come."""
        entries = list(sys.path if path is None else path)  # type: ignore[call-overload]
        brought = [] if self.is_over else self._brought(name.rpartition(".")[2], entries)
        if not brought:
            return None
        # Beside a module that comes by itself only a directory can have its name, which Python would not take.
        self.wait([path for path in brought if path in self.one_by_one] or brought)
        for entry in entries:  # what these have noted of their directories may be older
            _forget(sys.path_importer_cache.get(entry))
        from _frozen_importlib_external import PathFinder

        return PathFinder.find_spec(name, path, target)  # type: ignore[arg-type]

    def _brought(self, module, entries):  # type: (str, list[object]) -> list[str]
        folders = [inside for inside in map(self.inside, entries) if inside is not None]
        return [
            "%s/%s" % (folder, name)
            for folder in folders
            for name in self.names(folder)
            if name == module or name.startswith(module + ".")
        ]

    def inside(self, path):  # type: (object) -> str | None
        """`path` relative to the app's directory; None for any other path."""
        try:
            text = os.path.abspath(os.fsdecode(path))  # type: ignore[arg-type]
        except (TypeError, ValueError, OSError):
            return None
        for place in self.places:
            if (text + "/").startswith(place):
                return text[len(place) :]
        return None

    def look(self, path):  # type: (object) -> None
        """Wait where `path` is, or is below, something that is coming."""
        inside = self.inside(path)
        if inside and not self.is_over:
            self._await(self._coming_above(inside))

    def _await(self, paths):  # type: (list[str]) -> None
        if paths:
            self.wait(paths)

    def listed(self, path, frame):  # type: (object, object) -> None
        """Wait where a directory is listed that lacks something, but for an import, which asks `find_spec`."""
        inside = self.inside("." if path is None else path)
        lacking = [] if inside is None else self._lacking(inside)
        if inside is None or not lacking:
            return
        where = frame.f_code.co_filename.replace(os.sep, "/")  # type: ignore[attr-defined]
        # The directories with the metadata of all wheels are there from the first.
        in_metadata = where.endswith(_OF_METADATA) and self.place + "/" + inside == self.packages
        if not where.startswith("<frozen importlib") and not in_metadata:
            self.wait(lacking)

    def _lacking(self, inside):  # type: (str) -> list[str]
        own = [inside + "/" + name for name in self.names(inside)]
        return own + self._coming_above(inside)

    def _coming_above(self, inside):  # type: (str) -> list[str]
        """Those of `inside` and the directories above it that are coming."""
        found = []
        while inside:
            folder, _, name = inside.rpartition("/")
            if name in self.names(folder):
                found.append(inside)
            inside = folder
        return found

    def entered(self, path):  # type: (object) -> None
        """Wait where a directory is opened or becomes the current one, and something in it or below it is coming.

        What is opened there then may be named relative to it.
        """
        inside = self.inside(path)
        if inside is not None and not self.is_over:
            below = os.fsencode(inside + "/" if inside else "")
            under = [os.fsdecode(top) for top in self.lines if top.startswith(below)]
            self._await(
                self._lacking(inside) + [folder + "/" + name for folder in under for name in self.names(folder)]
            )

    def started(self, program, words, directory, variables):
        # type: (object, object, object, object) -> None
        """Wait where a program is started that is told of the app's files and does not look by itself."""
        own = os.fsdecode(program) if isinstance(program, (str, bytes, os.PathLike)) else ""
        given = [words] if isinstance(words, (str, bytes)) else list(words or ())  # type: ignore[call-overload]
        texts = [_text(word) for word in given]
        environment = _texts(os.environ if variables is None else variables)
        if own and "/" not in own:
            self.look(self.place + "/bin/" + own)  # with --bin-path
        elif self.inside(own) is not None and _IS_EARLY in environment and not _leaves_out_site(texts[1:]):
            return self.look(own)
        values = [value for name, value in environment.items() if name != "PATH" and not name.startswith(_OURS)]
        self.look(own)
        if directory is not None:
            self.entered(directory)
        for text in texts + values:
            if any([place[:-1] in text for place in self.places]):
                return self.wait()

    def heard(self, event, arguments):  # type: (str, tuple[object, ...]) -> None
        """An audit hook (PEP 578)."""
        if self.is_over:
            return
        if event in _PATHS:
            for path in arguments[event == "import" : _PATHS[event]]:
                self.look(path)
            if event == "open" and arguments[1] is None:  # os.open, which takes directories too
                self.entered(arguments[0])
        elif event in _LISTINGS:
            self.listed(arguments[0], sys._getframe(1))
        elif event == "os.chdir":
            self.entered(arguments[0])
        elif event == "sqlite3.connect":
            self.look(_database(arguments[0]))
        elif event in _PROGRAMS and self.completes != get_ident():
            self.started(*[arguments[at] if isinstance(at, int) else None for at in _PROGRAMS[event]])

    def wait(self, paths=()):  # type: (list[str] | tuple[()]) -> None
        """Return once the files at `paths` are there, if all of them come one by one; else, or without any, all.

        At once where nobody can bring them.
        """
        looks = 0
        come_one_by_one = bool(paths) and self.one_by_one.issuperset(paths)
        while not self.is_over:
            if come_one_by_one and all(map(self._is_there, paths)):
                return
            try:
                if self.calls["stat"](self.place + "/READY").st_size:  # type: ignore[operator]
                    break
            except OSError:
                pass
            looks += 1
            if looks % _LOOKS == 0 and not _is_busy(self.place):
                self.completes = get_ident()
                _complete(self.place)
                break
            time.sleep(_SHORT_PAUSE if come_one_by_one else _PAUSE)
        self.end()

    def _is_there(self, path):  # type: (str) -> bool
        try:
            self.calls["stat"](self.place + "/" + path)  # type: ignore[operator]
            return True
        except OSError:
            return False

    def end(self):  # type: () -> None
        """Look no more: all files are there."""
        self.is_over = True
        for name, call in self.calls.items():
            if getattr(getattr(os, name), "coming", None) is self:
                setattr(os, name, call)
        sys.meta_path[:] = [one for one in sys.meta_path if self not in (one, getattr(one, "coming", None))]
        for finder in list(sys.path_importer_cache.values()):
            _forget(finder)


class _Expecting:
    """The first finder of modules, which finds none: it waits for those that come by themselves."""

    def __init__(self, coming):  # type: (Coming) -> None
        self.coming = coming

    def find_spec(self, name, path=None, target=None):  # type: (str, object, object) -> None
        self.coming.expect(name, path)


def _forget(finder):  # type: (object) -> None
    if hasattr(finder, "invalidate_caches"):
        finder.invalidate_caches()


def _text(value):  # type: (object) -> str
    return os.fsdecode(value) if isinstance(value, (str, bytes, os.PathLike)) else ""


def _texts(variables):  # type: (object) -> dict[str, str]
    return {_text(name): _text(value) for name, value in variables.items()}  # type: ignore[attr-defined]


def _leaves_out_site(words):  # type: (list[str]) -> bool
    """Whether Python, started with these words, does not run the line of ours in site-packages."""
    for word in words:
        if not word.startswith("-") or word in ("-c", "-m", "-", "--"):
            return False
        if not word.startswith("--") and "S" in word:
            return True
    return False


def _database(name):  # type: (object) -> object
    """The path of a database of SQLite that may be named by a URI: `file:/a/b.db?mode=ro`."""
    text = _text(name)
    if not text.startswith("file:"):
        return name
    path = text[5:].partition("?")[0].partition("#")[0]
    return path[path.find("/", 2) :] if path.startswith("//") else path


def _is_busy(place):  # type: (str) -> bool
    """Whether a process holds the app's lock: one that unpacks, or mends."""
    import fcntl

    apps, name = os.path.split(place)
    try:
        lock = os.open(os.path.dirname(apps) + "/locks/" + name, os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return False
    except OSError:
        return True
    finally:
        os.close(lock)


def _complete(place):  # type: (str) -> None
    """Have the file complete its app, as a start does that finds it without READY."""
    kept = {name: value for name, value in os.environ.items() if name[:4] != "PEX_" or name in ("PEX_ROOT",)}
    kept.pop("__PEXLITE_EARLY", None)
    kept["PEX_TOOLS"] = "1"
    words = [place + "/bin/python", "-E", "-S", os.environ.get("PEX", ""), "warm"]
    null = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    try:
        os.waitpid(os.posix_spawn(words[0], words, kept, file_actions=null), 0)
    except OSError:
        pass  # what is missing will tell


class _Looking:
    """A function of `os` that looks at its first argument before it is called.

    No function: pathlib before Python 3.11 has these in a class, where a function would become a method.
    """

    def __init__(self, coming, name, call):  # type: (Coming, str, object) -> None
        self.coming = coming
        self.call = call
        self.__name__ = self.__qualname__ = name
        self.__module__ = "os"
        self.__doc__ = call.__doc__

    def __call__(self, path, *more, **named):  # type: (object, object, object) -> object
        if not self.coming.is_over and not isinstance(path, int) and named.get("dir_fd") is None:
            self.coming.look(path)
        return self.call(path, *more, **named)  # type: ignore[operator]

    def __reduce__(self):  # type: () -> str
        return self.__name__


def _looking(coming, name, call):  # type: (Coming, str, object) -> object
    looking = _Looking(coming, name, call)
    for able in (os.supports_fd, os.supports_dir_fd, os.supports_follow_symlinks, os.supports_effective_ids):
        if call in able:
            able.add(looking)
    return looking


def begin(place, packages, lines, here, one_by_one):
    # type: (str, str, list[tuple[bytes, bytes]], list[bytes], list[str]) -> None
    """Look from now on at what this process needs of the app in `place`."""
    coming = Coming(place, packages, lines, here, one_by_one)
    sys.addaudithook(coming.heard)
    sys.meta_path.append(coming)  # type: ignore[arg-type]
    if one_by_one:
        sys.meta_path.insert(0, _Expecting(coming))
    for name, call in coming.calls.items():
        setattr(os, name, _looking(coming, name, call))


if __name__ == "_pexlite_early":  # in a child of the app, whose bin/python it is
    import marshal

    try:
        if not os.path.exists(sys.prefix + "/READY"):
            with open(sys.prefix + "/_pexlite_launch", "rb") as file:
                parts = marshal.loads(file.read()[4:])
            if "coming" in parts:
                packages = parts["inside"]["packages"][1:]
                begin(sys.prefix, packages, parts["coming"], parts["here"], parts["one_by_one"])
    except (OSError, ValueError, EOFError):
        pass  # the app has gone: its modules will tell
