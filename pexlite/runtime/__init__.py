"""The room that travels: this folder is copied into every file as `__pexlite__`, less what only people read.

Standard library only, Python 3.6 grammar, relative imports. This module runs on every start and imports `os`,
`sys` and the built-in `time`, nothing else; Python compiles it anew each time, since a zip keeps no bytecode,
so it is short: it finds the app's directory, and the rest of the start comes from there (`launch`, compiled
once). What only a first start or a switch needs is in modules of its own. `pythons` also parses under Python
2.7, to say there which Python is needed.
"""

import os
import sys
import time

# Where and how long the cache lives holds for children too; every other PEX_ switch is for one start only.
_KEPT_SWITCHES = ("PEX_ROOT", "PEX_KEEP_DAYS")


def start(facts, loader):
    """What runs the app described by `facts`, whose file `loader` reads: a function and its first argument."""
    # Whatever PYTHONPATH names comes after it until `enter`: nothing there may be taken for zlib or json.
    library = os.path.dirname(os.__file__)
    sys.path[1:1] = [library, library + "/lib-dynload"]
    file = os.path.abspath(loader.archive)
    environ = os.environ
    switches = [name for name in environ if name[:4] == "PEX_" and name not in _KEPT_SWITCHES]
    if switches:
        find_the_rest()
        from .switches import Switches

        switches = Switches(switches)
        if switches.python:
            from . import pythons

            pythons.run_asked(file, switches)
    prefix = "%s/lite-1/apps/%s-%s" % (cache_root(facts["pex_root"]), facts["build_id"], python_key())
    if switches and switches.tools:
        from . import tools

        tools.run(facts, file, prefix, switches)
    try:
        note_use(prefix)
    except OSError:
        find_the_rest()
        from . import roots

        prefix = roots.find_or_install(facts, file, prefix, switches)
    environ["PEX"] = file
    given = facts
    if not switches and not facts["special"] and " ".join(sys.argv[1:3])[:11] == "-m pyspark.":
        facts = as_worker(facts)
    elif switches or facts["special"] or not facts["start"] or by_spark():
        find_the_rest()
        from . import special

        facts = special.run(facts, switches, prefix)  # returns if the entry point is to be called after all
    sys.path[0] = prefix
    try:
        import _pexlite_launch

        if _pexlite_launch.FACTS != given:
            raise ImportError
    except Exception:
        find_the_rest()
        from . import repair

        prefix, _pexlite_launch = repair.launch_again(given, file, prefix, switches)
    if switches:
        switches.say("calling %s" % ":".join(filter(None, facts["start"])))
    if "finder" in globals():
        globals()["finder"].leave()
    _pexlite_launch.enter(prefix, facts)
    return _pexlite_launch.call, facts["start"]


def find_the_rest():
    """From now on the modules that no ordinary start needs, which travel in one piece, can be imported."""
    from . import finder

    finder.install(__loader__, __spec__)


def as_worker(facts):
    """The facts with which a start is `python -m pyspark.…`, what Spark hands over being behind the bundle.

    In this process: for a worker that a task waits for, Python is not started a second time.
    """
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    path = list(facts.get("extra_path", ())) + [os.path.abspath(entry) for entry in given if entry]
    return dict(facts, start=(sys.argv[2], None), extra_path=path, as_module=True)


def by_spark():
    """Whether Spark starts this: as an interpreter, which any file is for it, or as an application it submits."""
    words = " ".join(sys.argv[1:3])
    return (
        words.startswith(SPARK_ASKS)
        or words.endswith("/find_spark_home.py")
        or "PYSPARK_GATEWAY_PORT" in os.environ
    )


# A worker; and which Python this is, before the first use of a data source.
SPARK_ASKS = ("-m pyspark.", "-c import sys; print('%d.%d' % sys.version_info[:2])")


def note_use(prefix):
    """Nothing; the time of READY says, to a day, that the app is in use. Raises OSError where there is no app."""
    ready = prefix + "/READY"
    found = os.stat(ready)
    if not found.st_size:
        raise OSError  # what a power cut leaves
    if not -86400 < time.time() - found.st_mtime < 86400:
        try:
            os.utime(ready)
        except FileNotFoundError:
            raise  # it has been pruned since
        except OSError:
            pass  # a cache that is only read


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
