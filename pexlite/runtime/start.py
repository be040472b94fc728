"""A built file's `__main__`: find the app's directory, load its launcher, hand over to it.

This one program is the `__main__.py` of every file, the file's facts written in as a literal. Compiled for the
Python that a file is built for, it is also what `__main__.pyc` runs (archive/compiled_main.py). In the app's
directory it opens one file, the launcher, which holds all that later starts need. Where anything is wrong, the
rest of this room is read from the file and puts it right.

Any other Python compiles this module on each start, so it is short and imports only `os`, `sys` and built-in
modules. It parses under Python 2.7 as well, and there looks for a Python that fits.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, NoReturn, Optional

FACTS = {}  # type: dict[str, Any]

LAYOUT = "lite-2"  # the form of the cache; what another form has left is not touched
ROOM, COMPILED = "__pexlite__.txt", "__pexlite__.bytecode"  # the members that hold the modules of this room
LAUNCHER = "_pexlite_launch"  # the file in an app's directory that holds modules of app/, compiled


def main(names):  # type: (dict[str, Any]) -> NoReturn
    """Run the app, whose `__main__` has the global variables `names`, and exit."""
    archive = names["__loader__"].archive
    try:
        file = os.path.abspath(archive)
    except OSError:
        fail("the current directory is gone", "start %s from another one" % os.path.basename(archive))
    if FACTS["own"] and not FACTS["prefer_host"] and _is_the_hosts():
        room_of(archive, FACTS).load("tags", "pythons").hand_over(file)
    if sys.version_info < (3, 6):
        pythons = room_of(archive, FACTS).load("tags", "pythons")
        pythons.run_fitting(archive, FACTS["pythons"], FACTS["runs_on"], None)
    try:
        # A tool only looks into the file: that does not count as a use of the app.
        launch = None if "PEX_TOOLS" in os.environ else launcher(app_directory(FACTS), FACTS)
        launch = launch or put_in_order(file)
        step = launch.begin(file) or put_in_order(file).begin(file)
    except (Exception, KeyboardInterrupt) as failure:
        explain(failure, file)
    step[0](step[1], names)
    sys.exit()


def _is_the_hosts():  # type: () -> bool
    """Whether this is a Python of the host's that nobody asked for, and the file brings one."""
    asked = [name for name in ("PEX_CHOSEN_PYTHON", "PEX_PYTHON", "PEX_PYTHON_PATH") if os.environ.get(name)]
    name = os.path.basename(getattr(sys, "base_prefix", ""))
    return not asked and name not in [own[0] for own in FACTS["own"]]


def app_directory(facts):  # type: (dict[str, Any]) -> str
    """The path of the app's directory for these `facts` and this Python."""
    name = "%s-%s" % (facts["build_id"], python_key())
    # The app follows the Python that the file has brought: programs may not be run from where it else would be.
    root, _, own = sys.base_prefix.rpartition("/" + LAYOUT + "/interpreters/")
    if not root or own not in [brought[0] for brought in facts["own"]]:
        root = cache_root(facts["pex_root"])
    return os.sep.join((root, LAYOUT, "apps", name))


def launcher(place, facts):  # type: (str, dict[str, Any]) -> Optional[ModuleType]
    """The module `launch` out of the app's directory `place`, whose last use is noted.

    None where anything there is missing, cut off, or may be written by another account (the protocol's rule 6).
    """
    try:
        import marshal
        from _frozen_importlib_external import MAGIC_NUMBER

        content = own_content(place, LAUNCHER)
        if content[:4] != MAGIC_NUMBER:
            return None
        parts = marshal.loads(memoryview(content)[4:])
        if parts["facts"] != facts:
            return None
        launch = type(sys)("__pexlite__.app.launch")
        launch.__dict__.update(PARTS=parts, PLACE=place, FACTS=facts)
        exec(marshal.loads(parts["launch"]), launch.__dict__)
        launch.note_use(place)
        return launch
    except Exception:
        return None


def own_content(place, name):  # type: (str, str) -> bytes
    """The content of the file `name` in the app's directory `place`.

    Raises OSError unless this user or root owns it and the directories above it.
    """
    if os.name == "nt":  # where modes say nothing, and a user's profile is closed to others
        with open(place + "/" + name, "rb") as file:
            return file.read()
    # Non-blocking: a pipe of that name would have this start wait for a writer.
    descriptor = os.open(place + "/" + name, os.O_RDONLY | os.O_NONBLOCK)
    try:
        found = os.fstat(descriptor)
        if found.st_mode & 0o170000 != 0o100000 or not is_own(found):
            raise OSError
        directory = place
        for _ in range(4):  # the app's, apps/, lite-2/ and the root
            if not is_own(os.stat(directory)):
                raise OSError
            directory = directory.rpartition("/")[0] or "/"
        return os.read(descriptor, found.st_size)
    finally:
        os.close(descriptor)


def is_own(found):  # type: (os.stat_result) -> bool
    """Whether this user or root owns the `found` file (os.stat), and nobody else may write to it."""
    return os.name == "nt" or not found.st_mode & 0o022 and found.st_uid in (0, os.geteuid())


def put_in_order(file):  # type: (str) -> ModuleType
    """The app's module `launch`, once the modules in the file have made or mended the app's directory."""
    with room_of(file, FACTS):
        from __pexlite__ import boot

        launch = boot.launcher_of(FACTS, file)  # type: ModuleType
        return launch


def explain(failure, file):  # type: (BaseException, str) -> NoReturn
    """Exit with an error about a `failure` of the boot, not of the app; for Ctrl-C, end by SIGINT."""
    if isinstance(failure, KeyboardInterrupt):
        import _signal  # type: ignore[import-not-found]  # `signal` takes long enough for another one to come

        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
        os.kill(os.getpid(), 0xC000013A if os.name == "nt" else _signal.SIGINT)  # STATUS_CONTROL_C_EXIT
    try:
        with room_of(file, FACTS):
            from __pexlite__ import failed

            failed.explain(failure, FACTS, file)
    except Exception:
        words = "%s could not be started: %s: %s" % (os.path.basename(file), type(failure).__name__, failure)
        if FACTS["own"] and os.path.dirname(sys.base_prefix).endswith("/" + LAYOUT + "/interpreters"):
            with open(sys.base_prefix + "/DAMAGED", "a"):  # by which the launcher knows
                fail(words, "start it again: the Python that it brings is unpacked anew")
        fail(words, "python3 -I %s has nothing of the host's in its way" % file)
    sys.exit(1)


def room_of(file, facts):  # type: (str, dict[str, Any]) -> Any
    """The modules (importing.Room) in the file with these `facts`. Exits with an error where they have changed."""
    path = sys.path[:]
    # The standard library first: nothing that PYTHONPATH names may be taken for zlib or json.
    library = os.path.dirname(os.__file__)
    sys.path[:0] = [library, library + "/lib-dynload", os.path.dirname(library) + "/DLLs"]
    try:
        try:
            import zlib
        except ImportError:
            fail(
                "%s needs a Python with the module zlib; %s has none" % (os.path.basename(file), sys.executable),
                "name another one with PEX_PYTHON=/path/to/python",
            )
        codes = codes_in(zlib.decompress(_packed(file, facts, "compiled"), -15)) if facts["compiled"] else {}
        importing = {"__name__": "pexlite_importing"}  # type: dict[str, Any]
        if "importing.py" in codes:
            import marshal

            exec(marshal.loads(codes["importing.py"]), importing)
            texts = importing["Texts"](lambda: _packed(file, facts, "room"))
        else:
            texts = texts_in(zlib.decompress(_packed(file, facts, "room"), -15))
            exec(compile(texts["importing.py"], "<pexlite>/importing.py", "exec"), importing)
        return importing["Room"](file, texts, codes)
    finally:
        sys.path[:] = path


def codes_in(content):  # type: (bytes) -> dict[str, bytes]
    """The compiled modules in `content`, each marshalled, by path; {} where another Python has compiled them."""
    if not content or sys.version_info < (3, 6):
        return {}
    import marshal
    from _frozen_importlib_external import MAGIC_NUMBER

    magic, codes = marshal.loads(content)
    return codes if magic == MAGIC_NUMBER else {}


def texts_in(content):  # type: (bytes) -> dict[str, str]
    """The sources in a room's member, by path. Each begins with a form feed and a line with its path."""
    return dict(part.split("\n", 1) for part in content.decode("utf-8").split("\f")[1:])


def _packed(file, facts, which):  # type: (str, dict[str, Any], str) -> bytes
    """One of the room's members, as it lies in the file. Exits with an error where its size or CRC is wrong."""
    import zlib

    name = os.path.basename(file)
    offset, size, crc = facts[which]
    with open(file, "rb") as archive:
        archive.seek(offset)
        content = archive.read(size)
    if zlib.crc32(content) & 0xFFFFFFFF == crc:
        return content
    try:
        import json
        import zipfile

        with zipfile.ZipFile(file) as found:
            info = json.loads(found.read("PEX-INFO").decode("utf-8"))
        is_another = info["pexlite"]["build_id"] != facts["build_id"]
    except Exception:
        is_another = False
    if is_another:
        fail("%s was replaced while it started" % name, "start it again")
    fail("%s is damaged: its own modules have changed" % name, "copy it here again")


def fail(message, hint):  # type: (str, str) -> NoReturn
    """Exit with 1 after an error and a hint."""
    sys.exit("error: %s\nhint: %s" % (message, hint))


def cache_root(baked_in):  # type: (Optional[str]) -> str
    """The cache's root directory: $PEX_ROOT, else `baked_in`, else ~/.pex."""
    root = os.environ.get("PEX_ROOT") or baked_in
    if not root:
        # A plain concatenation where expanduser would import pwd.
        home = os.environ.get("USERPROFILE" if os.name == "nt" else "HOME") or os.path.expanduser("~")
        if home == "~":
            home = "/dev/null"  # nobody's: a private directory will be used
        return os.path.abspath(home.rstrip("/") + "/.pex")
    return os.path.abspath(os.path.expanduser(root))


def python_key():  # type: () -> str
    """The name of this Python among all that may share the cache, as "cp311-9f86d081e2"."""
    abi = getattr(sys, "abiflags", "")
    machine = sys.version if os.name == "nt" else os.uname()[4]
    names = (sys.implementation, abi, machine, sys.maxsize, sys.base_prefix, sys.base_exec_prefix)
    text = ascii(names).encode()
    try:
        from _imp import source_hash  # hashlib alone would cost 2 ms

        digest = source_hash(0, text).hex()
    except ImportError:  # before Python 3.7
        digest = "%010x" % (int.from_bytes(text, "little") % ((1 << 40) - 87))  # a prime
    return "%s-%s" % (python_tag(), digest[:10])


def python_tag():  # type: () -> str
    """The running Python as in wheel tags (PEP 425): "cp311", "cp313t" (free-threaded), "pp39"."""
    version = "%d%d" % sys.version_info[:2]
    if sys.implementation.name == "cpython":
        return "cp" + version + ("t" if "t" in getattr(sys, "abiflags", "") else "")
    return ("pp" if sys.implementation.name == "pypy" else sys.implementation.name) + version


if __name__ == "__main__":
    main(globals())
