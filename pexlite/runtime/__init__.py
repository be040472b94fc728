"""The room that travels: this folder is copied byte for byte into every file as `__pexlite__`.

Standard library only, Python 3.6 grammar, relative imports. This module runs on every start and imports `os`
and `sys`, nothing else; Python compiles it anew each time, since a zip keeps no bytecode, so it is short: it
finds the app's directory, and the rest of the start comes from there (`launch`, compiled once). What only a
first start or a switch needs is in modules of its own. `pythons` also parses under Python 2.7, to say there
which Python is needed.
"""

import os
import sys

# Where and how long the cache lives holds for children too; every other PEX_ switch is for one start only.
_KEPT_SWITCHES = ("PEX_ROOT", "PEX_KEEP_DAYS")


def start(facts, loader, main):
    """Run the app described by `facts`, whose file `loader` reads; `main` is the namespace of `__main__`."""
    # Whatever PYTHONPATH names comes after it until `enter`: nothing there may be taken for zlib or json.
    library = os.path.dirname(os.__file__)
    sys.path[1:1] = [library, library + "/lib-dynload"]
    file = os.path.abspath(loader.archive)
    environ = os.environ
    switches = [name for name in environ if name[:4] == "PEX_" and name not in _KEPT_SWITCHES]
    if switches:
        from .switches import Switches

        switches = Switches(switches)
        if switches.python:
            from . import pythons

            pythons.run_asked(file, switches)
    prefix = "%s/lite-1/apps/%s-%s" % (cache_root(facts["pex_root"]), facts["build_id"], python_key())
    try:
        os.stat(prefix + "/READY")
    except OSError:
        from . import cold

        prefix = cold.install(facts, loader, file, prefix, switches)
    environ["PEX"] = file
    if switches or facts["special"] or not facts["start"] or sys.argv[1:3] in SPARK_WORKERS:
        from . import special

        facts = special.run(facts, switches, prefix)  # returns if the entry point is to be called after all
    sys.path[0] = prefix
    try:
        import _pexlite_launch
    except ImportError:
        from . import repair

        _pexlite_launch = repair.launch_again(facts, loader, file, prefix, switches)

    _pexlite_launch.enter(prefix, facts)
    _pexlite_launch.call(facts["start"], main)


# What Spark starts on its executors: any file is a Python interpreter for these, whatever its entry point.
SPARK_WORKERS = (["-m", "pyspark.daemon"], ["-m", "pyspark.worker"])


def cache_root(baked_in):
    """The cache's root directory: $PEX_ROOT, else `baked_in`, else ~/.pex."""
    root = os.environ.get("PEX_ROOT") or baked_in
    if not root:
        # A plain concatenation where expanduser would import pwd.
        home = os.environ.get("HOME") or os.path.expanduser("~")
        return os.path.abspath(home.rstrip("/") + "/.pex")
    return os.path.abspath(os.path.expanduser(root))


def python_key():
    """What tells this Python from any other that may share the cache, as in "cp311-9f86d081e2"."""
    implementation = sys.implementation
    text = "|".join(
        (
            implementation.cache_tag or "",
            getattr(sys, "abiflags", ""),
            getattr(implementation, "_multiarch", ""),
            os.uname()[4],
            str(sys.maxsize),
            sys.base_prefix,
            sys.base_exec_prefix,
        )
    )
    digest = 0xCBF29CE484222325  # FNV-1a: hashlib alone would cost 2 ms
    for character in text:
        digest = ((digest ^ ord(character)) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return "%s-%010x" % (python_tag(), digest & 0xFFFFFFFFFF)


def python_tag():
    """The running Python as in wheel tags: "cp311", "cp313t" (free-threaded), "pp39"."""
    version = "%d%d" % sys.version_info[:2]
    if sys.implementation.name == "cpython":
        return "cp" + version + ("t" if "t" in getattr(sys, "abiflags", "") else "")
    return ("pp" if sys.implementation.name == "pypy" else sys.implementation.name) + version
