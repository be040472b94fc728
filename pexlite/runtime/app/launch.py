"""From the app's directory to the app: set up this Python for the bundle, call the entry point.

`start` loads this module out of the launcher, the one file that a start opens in the app's directory. It imports
`os`, `sys` and the built-in `time`; modules that only some starts need lie in the launcher too, or in files beside
it once such a start has been.

It has more than 400 lines because every start runs all of it: each further module is one more to load.
"""

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType
    from typing import Any

    from .switches import Switches

    Start = tuple["str | bytes", "str | None | dict[str, Any]"]

# Set by whoever loads this module: the launcher's content (the modules of this folder, marshalled), the facts of
# the file, the app's directory, and the switches if they have been read already.
PARTS: "dict[str, Any]"
FACTS: "dict[str, Any]"
PLACE: str
GIVEN: "Switches | None" = None
IS_NEW = False  # whether this start installed the app: then its files need no comparing
IS_FIRST = False  # whether this is the app's first start of a day, or since the machine was started

_DAY = 86400
_YOUNG = 100_000  # objects that may come to be, while the entry point is imported, before the collector looks
_LONGEST_WAIT = 10  # seconds for a pruner, which takes a tenth of one
_BEGAN = time.time()
_PATH = "__PEXLITE_PATH"  # what `host` tells children

# How Spark starts a Python; `spark` draws the processes. Every worker of Spark 2.4 to 4.3 has one of these
# variables, over TCP or Unix sockets, started by the daemon or without it.
_OF_WORKERS = (
    "PYTHON_WORKER_FACTORY_SECRET",
    "PYTHON_WORKER_FACTORY_SOCK_DIR",
    "PYTHON_WORKER_FACTORY_SOCK_PATH",
)
# Spark asks for the Python's version before it uses a data source, and for its log.
_WHICH_PYTHON = (["-c", "import sys; print('%d.%d' % sys.version_info[:2])"], ["-VV"])
_HOOKS = ("excepthook", "displayhook", "unraisablehook", "breakpointhook")  # of `sys`, which a host may set
_WHICH_PACKAGES = "\nimport pkg_resources\n\ninstalled_packages = "


def begin(file: str) -> "tuple[Callable[..., Any], Start] | None":
    """The function that calls the entry point and its first argument, once this process is set up for the app.

    None where the start needs the file itself: for a tool, or to look for another Python. May not return: this
    process may become another program, an interpreter or a script of the bundle.
    """
    os.environ["PEX"] = file
    _look_at_own_python(file)
    _look_at_libraries(file)
    switches = GIVEN or _switches()
    if switches and switches is not GIVEN and switches.needs_the_file:
        switches.give_back()
        return None
    return _begun(FACTS, switches)


def begin_from_shell(file: str) -> "tuple[Callable[..., Any], Start]":
    """The same as `begin`, for a process that the sh header started with the app's own Python."""
    os.environ["PEX"] = os.path.abspath(file)
    _look_at_own_python(os.environ["PEX"])
    _look_at_libraries(os.environ["PEX"])
    # The header has passed the sealed Python arguments already, and its pointer works.
    return _begun(dict(FACTS, inject_python_args=(), sh_boot=False), _switches())


def _look_at_own_python(file: str) -> None:
    """Start over where programs or libraries of the Python that the file has brought are not as it was unpacked.

    One that was cut short ends the process that loads it by SIGBUS, and no code of ours would see that.
    """
    base, look = sys.base_prefix + "/", os.stat
    try:
        for name, size, seconds in PARTS.get("own_files", ()):
            found = look(base + name)
            if found[6] != size or found[8] != seconds:
                break
        else:
            return
    except OSError:
        pass
    part("own").start_over(file)


def _look_at_libraries(file: str) -> None:
    """Write back what was cut of the wheels' libraries, before anything loads them and ends by SIGBUS.

    Each start on a Python that the file has brought looks; one on another Python where a power cut may have come
    since the last look, or a day has gone by.
    """
    if "sizes" in PARTS and (IS_FIRST or PARTS.get("own_files")):
        part("libraries").look(PLACE, PARTS["sizes"], damage, file)


def begin_in_venv(file: str) -> "tuple[Callable[..., Any], Start]":
    """The same as `begin`, for the program `pex` of a venv that was made of the file."""
    os.environ["PEX"] = file
    # Its Python is chosen, and the tools are in the file alone.
    return _begun(dict(FACTS, sh_boot=False), _switches(("PEX_PYTHON", "PEX_PYTHON_PATH", "PEX_TOOLS")))


def _switches(idle: "tuple[str, ...]" = ()) -> "Switches | None":
    # As the system has them: to decode every name takes longer than all else here.
    held = None if os.name == "nt" else getattr(os.environ, "_data", None)
    found = map(os.fsencode, os.environ) if held is None else held
    names = [
        os.fsdecode(name) for name in found if name[:4] == b"PEX_" and name not in (b"PEX_ROOT", b"PEX_KEEP_DAYS")
    ]
    return part("switches").Switches(names, idle) if names else None


def _begun(facts: "dict[str, Any]", switches: "Switches | None") -> "tuple[Callable[..., Any], Start]":
    facts = _prepared(facts, switches)
    if switches:
        what = facts["program"][0][:2] if facts.get("program") else [word for word in facts["start"] if word]
        switches.say("calling %s" % ":".join(what))
    enter(PLACE, facts)
    if "not_lazy" in facts and hasattr(sys, "set_lazy_imports") and not facts.get("as_module"):
        part("lazy").begin(facts["not_lazy"])
    return call, facts["start"]


def _prepared(facts: "dict[str, Any]", switches: "Switches | None") -> "dict[str, Any]":
    """The facts to start with, once everything but sys.path and the entry point is done."""
    if switches:
        facts = switches.applied(facts)
        if switches.pex_path:
            found = part("pex_path").added(switches.pex_path, part("start").python_key())
            facts["extra_path"] = found + facts["extra_path"]
    modes = (facts["inherit_path"], FACTS["inherit_path"])
    if modes != ("false", "false") or facts.get("extra_path") or _PATH in os.environ:
        keep = _standard_path(os.path.dirname(os.__file__))
        facts = part("host").Host(PLACE, keep, _on_pythonpath()).let_in(facts, FACTS["inherit_path"])
    asked = like_sparks(sys.argv[1:], os.environ)
    spark: Any = None
    if asked:
        spark = part("spark")
        asked = spark.confirmed(asked, sys.argv[1:], os.environ, spark.ancestors())
    if is_python_of_a_worker(sys.argv[1:], os.environ):
        asked = "python"
    if asked == "worker" and facts["plain"] and not switches:
        prepared: dict[str, Any] = spark.as_worker(facts)
        return prepared
    if not asked and facts["plain"] and not facts["sh_boot"] and not switches:
        if "commands" in facts:
            facts = part("commands").chosen(facts, PLACE)
        return facts
    if facts["spark"]:
        spark = part("spark")
    become = part("become").Becoming(PARTS, PLACE, switches, part, damage)
    prepared = become.prepared(facts, asked, spark)
    return prepared


def like_sparks(words: "list[str]", variables: "Mapping[str, str]") -> str:
    """The kind of Spark's start that this looks like: "worker", "question", "home", "driver"; "" for none.

    Arguments may match by chance and variables be inherited: `spark.confirmed` has the last word.
    """
    first = words[0] if words else ""
    if first == "-m":
        if 1 < len(words) < 4 and any([name in variables for name in _OF_WORKERS]):
            return "worker"
    elif first == "-c" or first == "-VV":
        if words in _WHICH_PYTHON or words[1:2] and words[1].startswith(_WHICH_PACKAGES):
            return "question"
    elif first.endswith("/find_spark_home.py") and len(words) == 1 and not variables.get("SPARK_HOME"):
        return "home"
    return "driver" if "PYSPARK_GATEWAY_PORT" in variables else ""


def is_python_of_a_worker(words: "list[str]", variables: "Mapping[str, str]") -> bool:
    """Whether Ray or Dask runs this file as the Python of one of its processes, whatever its entry point.

    FILE /…/ray/_private/workers/default_worker.py --node-ip-address=…   {RAY_RAYLET_PID}  py_executable
    FILE -m distributed.cli.dask_spec --spec {…}                         {DASK_INTERNAL_INHERIT_CONFIG}  SSHCluster
    """
    first = words[0] if words else ""
    if first == "-m":
        return words[1:2] == ["distributed.cli.dask_spec"] and "DASK_INTERNAL_INHERIT_CONFIG" in variables
    return first.endswith("/ray/_private/workers/default_worker.py") and "RAY_RAYLET_PID" in variables


def part(name: str) -> "Any":
    """The module `name` of this folder, out of the launcher; what few starts need, out of a file beside it."""
    module = sys.modules.get("__pexlite__.app." + name)
    if module is None:
        import marshal

        code = marshal.loads(PARTS[name]) if name in PARTS else _kept_or_new(name)
        module = type(sys)("__pexlite__.app." + name)
        module.__package__ = "__pexlite__.app"
        exec(code, module.__dict__)
        sys.modules[module.__name__] = module
    return module


def _kept_or_new(name: str) -> "Any":
    """The code of a module that few starts need: the first of them has it out of the file, and keeps it."""
    import marshal
    from _frozen_importlib_external import MAGIC_NUMBER

    start = part("start")
    try:
        content = start.own_content(PLACE, "_pexlite_" + name)
        code = marshal.loads(memoryview(content)[4:]) if content[:4] == MAGIC_NUMBER else None
        if hasattr(code, "co_code"):
            return code
    except Exception:
        pass  # MemoryError as well: what is damaged may name any size
    with start.room_of(os.environ["PEX"], FACTS) as room:
        from __pexlite__.unpack import launcher

        return launcher.keep(room, PLACE, name)


def damage(file: str, began: "float | None") -> "Any":
    """The `failing.Damage` of the app, for a process that began at `began`."""
    own = part("own") if FACTS["own"] else None
    return part("failing").Damage(part("start").room_of, FACTS, file, PLACE, began, own)


def note_use(place: str) -> None:
    """Set READY's time to now if it is more than a day old, or older than this boot of the machine.

    Raises OSError where there is no app.
    """
    global IS_FIRST
    if os.name == "nt":
        part("windows").hold(place)
    found = os.stat(place + "/READY")
    if not found.st_size:
        raise OSError  # a power cut leaves READY empty
    # Neither clock takes a call of the system. The second stands still while the machine sleeps: one look more.
    if not -_DAY < time.time() - found.st_mtime < min(_DAY, time.monotonic()):
        IS_FIRST = _renew_mark(place)


def _renew_mark(place: str) -> bool:
    """Set READY's time to now, and say whether that can be done: not in a cache that is only read.

    Not while a pruner runs, which may be about to act on the old time. Raises OSError where a pruner has removed
    the app, TimeoutError where the pruner does not finish.
    """
    lock = -1
    try:
        import fcntl

        lock = os.open(place.rpartition("/apps/")[0] + "/locks/prune", os.O_RDWR | os.O_CREAT, 0o600)
        end = time.time() + _LONGEST_WAIT
        while not _is_shared(fcntl, lock):
            if not time.time() < end:
                raise TimeoutError
            time.sleep(0.01)
    except TimeoutError:
        os.close(lock)
        raise
    except (ImportError, OSError):
        pass  # a read-only cache, or one without locks: nobody prunes there
    try:
        os.utime(place + "/READY")
        return True
    except FileNotFoundError:
        raise
    except OSError:
        return False
    finally:
        if lock >= 0:
            os.close(lock)


def _is_shared(fcntl: "Any", lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False


# -- this process becomes the app's ------------------------------------------------------------------


def enter(place: str, facts: "dict[str, Any]") -> None:
    """Set up this process as the app's `bin/python` would be: with the bundle as its site-packages.

    In that Python itself, remove from `sys.path` the script or its directory, and the entries of PYTHONPATH.
    """
    inherit_path = facts["inherit_path"]
    library = os.path.dirname(os.__file__)
    site_packages = place + PARTS["inside"]["packages"]
    keep = _standard_path(library)
    given = _on_pythonpath()
    # By it a tool of the bundle reaches into what it starts, as opentelemetry-instrument does.
    tools = [entry for entry in given if entry.startswith(place + os.sep)]
    inherited = [entry for entry in facts.get("inherited", ()) if entry not in tools]
    is_own = sys.prefix == place
    if inherit_path != "prefer" and (given or not is_own):
        tops = set(_tops(site_packages)) if inherit_path == "fallback" else None
        _forget_foreign_modules(keep, (place + os.sep,) + _let_in(facts), tops)
    own = [site_packages]
    if is_own:  # its .pth files have been run
        foreign = set(keep + given + inherited + ["", place, sys.argv[0]])
        own = [entry for entry in sys.path if entry not in foreign]
    first, last = (inherited, own) if inherit_path == "prefer" else (own, inherited)
    sys.path[:] = tools + keep + first + last
    if not is_own:
        _become_environment(place, site_packages, facts)
    sys.path.extend(facts.get("extra_path", ()))
    if tools and not is_own:
        import site

        site.execsitecustomize()
    _join(facts, site_packages)
    if not is_own:
        _share_with_interpreters(facts)


def _share_with_interpreters(facts: "dict[str, Any]") -> None:
    """Have the module that makes more interpreters in this process looked after, once it is used."""
    name = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
    if sys.implementation.name == "cpython" and sys.version_info >= (3, 8) and name not in sys.modules:
        stand_in: Any = type(sys)(name)
        del stand_in.__spec__  # which an import asks for
        stand_in.__getattr__ = lambda attribute: part("interpreters").loaded(stand_in, PLACE, facts, attribute)
        sys.modules[name] = stand_in


def _become_environment(place: str, site_packages: str, facts: "dict[str, Any]") -> None:
    """Do what the `site` module has done in the app's own Python."""
    sys.prefix = sys.exec_prefix = place
    sys.executable = place + PARTS["inside"]["python"]
    site: Any = sys.modules.get("site")
    if site is not None:
        site.PREFIXES[:] = [place]
        if facts["inherit_path"] == "false":
            site.ENABLE_USER_SITE = False
    if facts["pth"]:
        run_startup_files(site_packages, facts["pth"])


def run_startup_files(site_packages: str, names: "list[str]") -> None:
    """Run the .pth files among `names` as the `site` module does; from Python 3.15 on the .start files too."""
    if sys.version_info >= (3, 15):
        part("startup").run(site_packages, names)
        return
    import site

    for name in names:
        if name[-4:] == ".pth" and os.path.exists(site_packages + "/" + name):
            site.addpackage(site_packages, name, None)


def _on_pythonpath() -> "list[str]":
    path = None if sys.flags.ignore_environment else os.environ.get("PYTHONPATH")
    # An empty entry, as between two colons, is the current directory.
    return [os.path.abspath(entry) for entry in path.split(os.pathsep)] if path else []


def _join(facts: "dict[str, Any]", site_packages: str) -> None:
    if facts.get("as_module"):
        part("spark").begin_as_module()
        part("namesake").prefer(site_packages)
    if facts.get("program"):
        part("program").begin(facts["program"], site_packages)
        if os.environ["PEX"][-3:] == ".py":
            part("namesake").prefer(site_packages)
    if facts.get("drives"):
        part("sharing").Sharing(os.environ["PEX"]).watch()


def _standard_path(library: str) -> "list[str]":
    """The entries of sys.path that belong to Python itself, in their order."""
    if os.name == "nt":
        found: list[str] = part("windows").standard_path(library)
        return found
    if sys.implementation.name == "cpython":
        folder = os.path.basename(library)  # python3.13t
        names = [folder, folder.replace(".", "") + ".zip"]
        names.append(names[0] + "/lib-dynload")
        own = set()
        for base in (sys.base_prefix, sys.base_exec_prefix):
            for above in ("/lib/", "/" + getattr(sys, "platlibdir", "lib") + "/"):
                for name in names:
                    own.add(base + above + name)
        keep = [entry for entry in sys.path if entry in own]
        if library in keep:
            return keep
    # PyPy, framework builds and other layouts: whatever lies below the directory of os.py.
    inside = library + "/"
    return [
        entry
        for entry in sys.path
        if ((entry + "/").startswith(inside) and "-packages" not in entry[len(library) :])
        or (entry.endswith(".zip") and entry != sys.path[0])
    ]


def _let_in(facts: "dict[str, Any]") -> "tuple[str, ...]":
    """The directories that the start adds to `sys.path`, each with a trailing slash."""
    return tuple([entry + os.sep for entry in facts.get("extra_path", ())])


def _tops(site_packages: str) -> "list[str]":
    """The names of the bundle's top-level modules, with some names that are no modules."""
    try:
        return [name.partition(".")[0] for name in os.listdir(site_packages)]
    except OSError:
        return []


def _forget_foreign_modules(
    standard: "list[str]", others: "tuple[str, ...]", tops: "set[str] | None" = None
) -> None:
    """Drop modules that the host's .pth files and sitecustomize imported from outside the `standard` path.

    With `tops`, only modules below these names: the host's others may stay where the host's path is inherited.

    Modules below `others` stay too: directories that the start adds, and the bundle's own, whose .pth files have
    run where the sh header started the app's Python.
    """
    # Look at all of them before dropping any: a namespace package finds its path through its parent module.
    own = tuple([entry + os.sep for entry in standard])
    places = [(name, _place_of(module)) for name, module in list(sys.modules.items()) if name != "__main__"]
    shortest = min([len(entry) for entry in own])
    foreign = set()
    for name, where in places:
        if not where or where.startswith(others) or tops is not None and name.partition(".")[0] not in tops:
            continue
        if "-packages" + os.sep in where[shortest:] + os.sep or not where.startswith(own):
            foreign.add(name)
            del sys.modules[name]
    finders: Any
    for finders in (sys.meta_path, sys.path_hooks):
        finders[:] = [finder for finder in finders if getattr(finder, "__module__", None) not in foreign]
    for hook in _HOOKS if foreign else ():
        if getattr(getattr(sys, hook, None), "__module__", None) in foreign:
            setattr(sys, hook, getattr(sys, "__%s__" % hook))


def _place_of(module: "Any") -> str:
    """The file or directory of the module; "" where it has none."""
    try:
        where = getattr(module, "__file__", None)
        if where is None:
            where = list(getattr(module, "__path__", None) or ("",))[0]
        return where if isinstance(where, str) else ""
    except Exception:
        return ""  # a module's attributes may be properties that raise anything


# -- the entry point ---------------------------------------------------------------------------------


def call(start: "Start", main: "dict[str, Any]") -> None:
    """Exit as the entry point `start` does.

    `start` is one of these:

        (module, attribute)    a function
        (module, "")           a module, run as `__main__`
        (module, None)         `-m module`: its own path is sys.argv[0]
        (source, names)        a program, with `names` added to its `__main__`
    """
    module, attribute = start
    for name in [name for name in sys.modules if name.startswith("__pexlite__")]:
        del sys.modules[name]
    _dress(main)
    file = main["__file__"]
    try:
        if isinstance(attribute, dict):
            del main["__file__"]
            main.pop("__cached__", None)
            main.update(attribute)
            program: Any = module
            # Of a command, "<string>", exec makes the code; compile makes all types of `ast` first, for 2 ms.
            if "__file__" in attribute:
                program = compile(module, attribute["__file__"], "exec", dont_inherit=True)
            exec(program, main)
            sys.exit()
        if not attribute:
            import runpy

            runpy._run_module_as_main(module, alter_argv=attribute is None)  # type: ignore[attr-defined]
            sys.exit()
        function: Any = _imported(str(module))
        for name in attribute.split("."):
            function = getattr(function, name)
        sys.exit(function())
    except SystemExit as end:
        if end.code and not IS_NEW:
            damage(file, _BEGAN).look_for(end)
        raise
    except BaseException:
        is_command = isinstance(attribute, dict) and "__file__" not in attribute
        damage(file, _BEGAN).hide_our_frames(str(module) if is_command else "")
        raise


def _imported(module: str) -> "ModuleType":
    """The module of the entry point, with all that it imports.

    What an import makes stays, so that looking through it again and again for garbage is a thirtieth of a start,
    and finds next to none. So the collector's first generation takes more until then, and goes over into the last
    one, where what has been looked through is, in no time. What a module has set, or frozen, stays.
    """
    import gc

    has_generations = sys.implementation.name == "cpython" and "t" not in getattr(sys, "abiflags", "")
    usual = gc.get_threshold() if has_generations else (0,)
    waits = 0 < usual[0] < _YOUNG
    if waits:
        gc.set_threshold(_YOUNG, *usual[1:])
    try:
        __import__(module)
    finally:
        if waits and gc.get_threshold()[0] == _YOUNG:
            if sys.version_info >= (3, 7) and not gc.get_freeze_count():
                gc.freeze()
                gc.unfreeze()
            gc.set_threshold(*usual)
    return sys.modules[module]


# From 3.11 on CPython keeps frames in chunks of 16 kB. A call that needs the next chunk maps it and its return
# unmaps it, so a loop that happens to run at such a depth does both each time: 5,600 times in a start of pandas.
# A frame larger than a chunk gets a chunk of the next power of two, whose rest serves the frames above it. Pages
# that no frame writes to are never touched, so this costs addresses and no memory.
if sys.implementation.name == "cpython" and sys.version_info > (3, 11):
    call.__code__ = call.__code__.replace(co_stacksize=1 << 15)


def _dress(main: "dict[str, Any]") -> None:
    """Make `__main__` look as in a venv's console script.

    Reloaders take a `__spec__` or `__package__` for a start with -m, and multiprocessing has its children run
    `__file__` under another name, for which the file does nothing.
    """
    for name in [name for name in main if name[:2] != "__"]:
        del main[name]
    file = os.environ.get("PEX", sys.argv[0])
    main.pop("__cached__", None)
    main.update(__file__=file, __package__=None, __spec__=None, __doc__=None)
    if sys.version_info < (3, 15):
        main["__cached__"] = None
