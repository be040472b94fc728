"""Have this process wait for files of its app that another process is still unpacking, where it needs them.

What is there is used. An import that finds nothing, a file that is opened or asked about, a directory that is
listed: if the app's directory will have it, this waits until all of it is there (READY). Where nobody unpacks any
more, the file itself completes its app. What code in C opens, nobody sees: the start list has to have it.
"""

import os
import sys
import time

_EVENTS = ("open", "ctypes.dlopen", "os.exec", "os.posix_spawn", "subprocess.Popen", "sqlite3.connect")
_LISTINGS = ("os.listdir", "os.scandir")
_OF_METADATA = ("importlib/metadata/__init__.py", "importlib_metadata/__init__.py", "importlib/metadata.py")
_PAUSE = 0.005  # seconds between two looks at READY
_LOOKS = 40  # at READY, between two looks whether somebody is at work


class Coming:
    """The app's files that are not there yet: `names` by directory, relative to the app's directory `place`."""

    def __init__(self, place, packages, names):
        # type: (str, str, dict[str, list[str]]) -> None
        self.place = place
        self.packages = place + "/" + packages
        self.names = {folder: frozenset(found) for folder, found in names.items()}
        self.is_over = False
        self.calls = {name: getattr(os, name) for name in ("stat", "lstat", "access")}  # type: dict[str, object]

    def find_spec(self, name, path=None, target=None):  # type: (str, object, object) -> object
        """The spec of a module that no other finder has found, once it has come; None where none will come."""
        if self.is_over or not self._brings(name.rpartition(".")[2], sys.path if path is None else path):
            return None
        self.wait()
        from _frozen_importlib_external import PathFinder

        return PathFinder.find_spec(name, path, target)  # type: ignore[arg-type]

    def _brings(self, module, path):  # type: (str, object) -> bool
        for entry in list(path):  # type: ignore[call-overload]
            inside = self.inside(entry)
            for name in self.names.get(inside, ()) if inside is not None else ():
                if name == module or name.startswith(module + "."):
                    return True
        return False

    def inside(self, path):  # type: (object) -> str | None
        """`path` relative to the app's directory; None for any other path."""
        try:
            text = os.path.abspath(os.fsdecode(path))  # type: ignore[arg-type]
        except (TypeError, ValueError, OSError):
            return None
        if text == self.place:
            return ""
        return text[len(self.place) + 1 :] if text.startswith(self.place + "/") else None

    def look(self, path):  # type: (object) -> None
        """Wait where `path` is, or is below, something that is coming."""
        inside = self.inside(path)
        while inside and not self.is_over:
            folder, _, name = inside.rpartition("/")
            if name in self.names.get(folder, ()):
                return self.wait()
            inside = folder

    def listed(self, path, frame):  # type: (object, object) -> None
        """Wait where a directory is listed that lacks something, but for an import, which asks `find_spec`."""
        inside = self.inside("." if path is None else path)
        if inside is None or not self._lacks(inside):
            return
        where = frame.f_code.co_filename.replace(os.sep, "/")  # type: ignore[attr-defined]
        # The directories with the metadata of all wheels are there from the first.
        in_metadata = where.endswith(_OF_METADATA) and self.place + "/" + inside == self.packages
        if not where.startswith("<frozen importlib") and not in_metadata:
            self.wait()

    def _lacks(self, inside):  # type: (str) -> bool
        return inside in self.names or any([name in self.names.get(folder, ()) for folder, name in _above(inside)])

    def heard(self, event, arguments):  # type: (str, tuple[object, ...]) -> None
        """An audit hook (PEP 578)."""
        if self.is_over:
            return
        if event in _EVENTS:
            self.look(arguments[0])
        elif event in _LISTINGS:
            self.listed(arguments[0], sys._getframe(1))

    def wait(self):  # type: () -> None
        """Return once all files are there, or nobody can bring them."""
        looks = 0
        while not self.is_over:
            try:
                if self.calls["stat"](self.place + "/READY").st_size:  # type: ignore[operator]
                    break
            except OSError:
                pass
            looks += 1
            if looks % _LOOKS == 0 and not _is_busy(self.place):
                _complete(self.place)
                break
            time.sleep(_PAUSE)
        self.end()

    def end(self):  # type: () -> None
        """Look no more: all files are there."""
        self.is_over = True
        for name, call in self.calls.items():
            if getattr(getattr(os, name), "coming", None) is self:
                setattr(os, name, call)
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]  # type: ignore[comparison-overlap]
        for cache in list(sys.path_importer_cache.values()):
            if cache is not None and hasattr(cache, "invalidate_caches"):
                cache.invalidate_caches()


def _above(inside):  # type: (str) -> list[tuple[str, str]]
    found = []
    while inside:
        folder, _, name = inside.rpartition("/")
        found.append((folder, name))
        inside = folder
    return found


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


def _looking(coming, call):  # type: (Coming, object) -> object
    """`call`, a function of `os`, after a look at its first argument."""

    def looking(path, *more, **named):  # type: (object, object, object) -> object
        if not coming.is_over and not isinstance(path, int) and named.get("dir_fd") is None:
            coming.look(path)
        return call(path, *more, **named)  # type: ignore[operator]

    looking.coming = coming  # type: ignore[attr-defined]
    for able in (os.supports_fd, os.supports_dir_fd, os.supports_follow_symlinks, os.supports_effective_ids):
        if call in able:
            able.add(looking)
    return looking


def begin(place, packages, names):  # type: (str, str, dict[str, list[str]]) -> None
    """Look from now on at what this process needs of the app in `place`."""
    coming = Coming(place, packages, names)
    sys.addaudithook(coming.heard)
    sys.meta_path.append(coming)  # type: ignore[arg-type]
    for name, call in coming.calls.items():
        setattr(os, name, _looking(coming, call))


if __name__ == "_pexlite_early":  # in a child of the app, whose bin/python it is
    import marshal

    try:
        if not os.path.exists(sys.prefix + "/READY"):
            with open(sys.prefix + "/_pexlite_launch", "rb") as file:
                parts = marshal.loads(file.read()[4:])
            if "coming" in parts:
                begin(sys.prefix, parts["inside"]["packages"][1:], parts["coming"])
    except (OSError, ValueError, EOFError):
        pass  # the app has gone: its modules will tell
