"""The room that travels: this folder is copied into every file as `__pexlite__`, less what only people read.

Standard library only, Python 3.6 grammar, relative imports. This module runs on every start but the warm ones of
the Python that a file is built for (`warm`, which travels compiled), and imports `os`, `sys` and what is built in,
nothing else. Python compiles it anew each time, since a zip keeps no bytecode, so it is short: it finds the app's
directory, and the rest of the start comes from there (`launch`, compiled once). What only a first start or a
switch needs is in modules of its own. `pythons` also parses under Python 2.7, to say there which Python is needed.
"""

import os
import sys

# Where and how long the cache lives holds for children too; every other PEX_ switch is for one start only.
_KEPT_SWITCHES = ("PEX_ROOT", "PEX_KEEP_DAYS")


def start(facts, loader):
    """What runs the app described by `facts`, whose file `loader` reads: a function and its first argument."""
    # Whatever PYTHONPATH names comes after it until `enter`: nothing there may be taken for zlib or json.
    library = os.path.dirname(os.__file__)
    sys.path[1:1] = [library, library + "/lib-dynload"]
    file = os.path.abspath(loader.archive)
    prefix = "%s/lite-1/apps/%s-%s" % (cache_root(facts["pex_root"]), facts["build_id"], python_key())
    switches = [name for name in os.environ if name[:4] == "PEX_" and name not in _KEPT_SWITCHES]
    launch = None if switches else launcher(facts, prefix)
    if launch is None:
        find_the_rest()
        from .begin import begin

        return begin(facts, file, prefix, switches)
    os.environ["PEX"] = file
    return launch.go_on(facts, prefix)


def launcher(facts, prefix):
    """The module `launch` out of the app's directory, which is in use now; None where all is not as it should be.

    Not imported from there: for that Python would list the directory first.
    """
    try:
        import marshal
        from importlib.util import MAGIC_NUMBER  # there already: Python needs it to run a zip

        with open(prefix + "/_pexlite_launch.pyc", "rb") as file:
            content = file.read()
        launch = sys.modules["__pexlite__.launch"] = type(sys)("__pexlite__.launch")
        launch.__file__ = prefix + "/_pexlite_launch.py"
        if content[:4] == MAGIC_NUMBER:
            exec(marshal.loads(content[16:]), launch.__dict__)
            launch.note_use(prefix)
            if launch.FACTS == facts:
                return launch
    except Exception:
        pass
    sys.modules.pop("__pexlite__.launch", None)
    return None


def find_the_rest():
    """From now on the modules that no ordinary start needs, which travel in one piece, can be imported."""
    from . import finder

    finder.install(__loader__, __spec__)


def cache_root(baked_in):
    """The cache's root directory: $PEX_ROOT, else `baked_in`, else ~/.pex."""
    root = os.environ.get("PEX_ROOT") or baked_in
    if not root:
        # A plain concatenation where expanduser would import pwd.
        home = os.environ.get("HOME") or os.path.expanduser("~")
        if home == "~":
            home = "/dev/null"  # nobody's: a private directory will be used
        return os.path.abspath(home.rstrip("/") + "/.pex")
    return os.path.abspath(os.path.expanduser(root))


def python_key():
    """What tells this Python from any other that may share the cache, as in "cp311-9f86d081e2"."""
    abi = getattr(sys, "abiflags", "")
    names = (sys.implementation, abi, os.uname()[4], sys.maxsize, sys.base_prefix, sys.base_exec_prefix)
    text = ascii(names).encode()
    try:
        from _imp import source_hash  # hashlib alone would cost 2 ms

        digest = source_hash(0, text).hex()
    except ImportError:  # before Python 3.7
        digest = "%010x" % (int.from_bytes(text, "little") % ((1 << 40) - 87))  # a prime
    return "%s-%s" % (python_tag(), digest[:10])


def python_tag():
    """The running Python as in wheel tags: "cp311", "cp313t" (free-threaded), "pp39"."""
    version = "%d%d" % sys.version_info[:2]
    if sys.implementation.name == "cpython":
        return "cp" + version + ("t" if "t" in getattr(sys, "abiflags", "") else "")
    return ("pp" if sys.implementation.name == "pypy" else sys.implementation.name) + version
