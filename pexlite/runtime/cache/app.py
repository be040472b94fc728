"""One app's directory in the cache: its names, READY and its time."""

import os
import sys

from ..start import LAYOUT
from ..system import IS_WINDOWS
from . import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


SCRIPTS = "Scripts" if IS_WINDOWS else "bin"
PYTHON = SCRIPTS + ("/python.exe" if IS_WINDOWS else "/python")


def library() -> str:
    """The name of this Python's library directory, as "python3.11"."""
    return "python%d.%d" % sys.version_info[:2] if IS_WINDOWS else os.path.basename(os.path.dirname(os.__file__))


def packages() -> str:
    """The path of site-packages in an app's directory, for this Python."""
    return "Lib/site-packages" if IS_WINDOWS else "lib/%s/site-packages" % library()


def site_packages(place: str) -> str:
    """The path of site-packages in the app's directory `place`, for this Python."""
    return "%s/%s" % (place, packages())


def inside() -> "dict[str, str]":
    """The paths in an app's directory that starts need, each after a separator."""
    found = {"python": "/" + PYTHON, "scripts": "/" + SCRIPTS, "packages": "/" + packages()}
    return {name: path.replace("/", os.sep) for name, path in found.items()}


class App:
    """The app in the directory `place`, ".../lite-2/apps/<build id>-<python key>"."""

    def __init__(self, place: str) -> None:
        self.place = place = place.replace(os.sep, "/")
        self.name = os.path.basename(place)
        self.root = os.path.dirname(os.path.dirname(place))
        self.build_id = self.name.partition("-")[0]
        self.ready_path = place + "/READY"

    @property
    def python(self) -> str:
        """The tag of the app's Python, as "cp311"."""
        return self.name.split("-")[1]

    @property
    def key(self) -> str:
        """The tag of the app's Python and a hash of its installation, as "cp311-9f86d081e2"."""
        return self.name.partition("-")[2]

    def is_ready(self) -> bool:
        """Whether READY exists and is not empty; a power cut leaves it empty."""
        return files.size_of(self.ready_path) > 0

    def ready(self) -> "Ready | None":
        """The parsed READY; None where it is missing or has another form."""
        content = files.read(self.ready_path)
        return Ready.parse(content) if content else None

    def wheels(self) -> "tuple[str, ...]":
        """The names of the app's unpacked wheels. Raises OSError where READY exists and cannot be read."""
        try:
            ready = Ready.parse(files.content(self.ready_path))
        except (FileNotFoundError, NotADirectoryError):
            return ()
        return ready.wheels if ready else ()

    def interpreter(self) -> str:
        """The name under interpreters/ of the Python that the app stands on; "" where that is the host's."""
        try:
            target = os.readlink(self.place + "/bin/python")
        except OSError:
            return ""
        name = target.rpartition("/%s/interpreters/" % LAYOUT)[2].partition("/")[0]
        return name if is_wheel_name(name) else ""

    def known_as(self, file: str) -> str:
        """The name of the file that was unpacked, as in READY; else the name of `file`, which may be a copy."""
        ready = self.ready()
        return ready.file if ready else os.path.basename(file)

    def mark(self) -> "float | None":
        """When the app was last used, in seconds since 1970, right to a day; None where that cannot be read."""
        for path in (self.ready_path, self.place):
            try:
                return os.lstat(path).st_mtime
            except FileNotFoundError:
                continue
            except OSError:
                break
        return None

    def set_mark(self, seconds: float) -> None:
        """Set the time of last use, which is READY's mtime, where READY exists and may be written."""
        try:
            os.utime(self.ready_path, (seconds, seconds))
        except OSError:
            pass


class Ready:
    """The content of an app's READY. The room's `__init__` has its form."""

    def __init__(
        self, build_id: str, wheels: "Iterable[str]", file: str, sealed_root: str, names: "Iterable[str]"
    ) -> None:
        self.build_id = build_id
        self.wheels = tuple(wheels)
        self.file = file
        self.sealed_root = sealed_root
        self.names = tuple(names)

    def text(self) -> bytes:
        """The content as it is written."""
        lines = ["pexlite " + self.build_id, " ".join(("wheels",) + self.wheels)]
        lines += ["file " + self.file, "cache " + self.sealed_root, ""]
        return os.fsencode("\n".join(lines + list(self.names)) + "\n")

    @classmethod
    def parse(cls, content: bytes) -> "Ready | None":
        """The Ready with this content; None where it has another form."""
        head, _, names = os.fsdecode(content).partition("\n\n")
        said = [line.partition(" ")[2] for line in head.split("\n")]
        if len(said) != 4 or not head.startswith("pexlite "):
            return None
        return cls(said[0], said[1].split(), said[2], said[3], [name for name in names.split("\n") if name])


def note_venv(place: str) -> None:
    """Have the Python that a file brought stay in the cache while a venv at `place` stands on it.

    For a Python of the host's, do nothing. Raises OSError.
    """
    if os.path.dirname(sys.base_prefix).endswith("/%s/interpreters" % LAYOUT):
        with open(sys.base_prefix + "/VENVS", "ab") as file:
            file.write(os.fsencode(place) + b"\n")


def has_venv(prefix: str) -> bool:
    """Whether a venv that was noted stands on the Python at `prefix`."""
    home = os.fsencode("/interpreters/%s/" % os.path.basename(prefix))
    noted = (files.read(prefix + "/VENVS") or b"").splitlines()
    return any([home in (files.read(place + b"/pyvenv.cfg") or b"") for place in noted])


def plain(name: str) -> str:
    """`name` where pyvenv.cfg and READY may hold it, else ""."""
    known = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-"
    return name if set(name) <= set(known) else ""


# -- forms of names: only what has one of them is ever removed ---------------------------------------


def is_app_name(name: str) -> bool:
    """Whether `name` has the form of an app's directory, "0123456789abcdef-cp311-0123456789"."""
    build_id, _, key = name.partition("-")
    tag, _, digest = key.partition("-")
    return _is_hex(build_id, 16) and tag.isalnum() and tag[:1].isalpha() and _is_hex(digest, 10)


def is_wheel_name(name: str) -> bool:
    """Whether `name` has the form of an unpacked wheel's or Python's directory: 32 hex digits."""
    return _is_hex(name, 32)


def is_pointer_name(name: str) -> bool:
    """Whether `name` has the form of a pointer for the sh header; that was a build id and ".sh" once."""
    return name.endswith(".sh") and (is_app_name(app_pointed_to(name)) or _is_hex(name[:-3], 16))


def app_locked_by(name: str) -> str:
    """The name of the app to which a lock belongs: held by who makes the app, or (".use") by who runs it."""
    return name[:-4] if name.endswith(".use") else name


def app_pointed_to(name: str) -> str:
    """The name of the app to which a pointer of this name leads."""
    return name[:-3].replace(".", "-")


def final_name(temporary: str) -> str:
    """The final name of which `temporary` was made by `files.beside`; "" for a name of another form."""
    # .0123456789abcdef-cp311-0123456789-1234-1700000000000000-01234567
    parts = temporary[1:].rsplit("-", 3)
    if temporary[:1] != "." or len(parts) != 4:
        return ""
    name, process, micros, host = parts
    return name if process.isdigit() and micros.isdigit() and _is_hex(host, 8) else ""


def _is_hex(text: str, length: int) -> bool:
    return len(text) == length and set(text) <= set("0123456789abcdef")


def interpreters() -> "tuple[str, ...]":
    """The names of the app's Python among its scripts."""
    if IS_WINDOWS:
        return ("python.exe", "pythonw.exe")
    return ("python", "python3", "python%d.%d" % sys.version_info[:2])
