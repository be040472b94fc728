"""From the app's directory to the app: this Python made to look into it, the entry point called.

Every app directory holds this module, compiled, as `_pexlite_launch`. It imports `os`,
`sys` and the built-in `time`, nothing else.
"""

import os
import sys
import time

FACTS = None  # those of the file, written at the end when the app is laid out
# What Spark asks a Python for: a worker; and which Python this is, before the first use of a data source.
SPARK_ASKS = ("-m pyspark.", "-c import sys; print('%d.%d' % sys.version_info[:2])")


def ready(facts):
    """What runs the app of this directory, which is in use now; None where `facts` are those of another one."""
    note_use(os.path.dirname(__file__))
    return run if facts == FACTS else None


def run(archive, main):
    """Run the app in this directory as the file `archive`, whose compiled `__main__` has the names `main`."""
    library = os.path.dirname(os.__file__)
    sys.path[1:1] = [library, library + "/lib-dynload"]
    os.environ["PEX"] = os.path.abspath(archive)
    try:
        function, start = go_on(FACTS, os.path.dirname(__file__))
    except (Exception, KeyboardInterrupt) as failure:
        from __pexlite__ import failed

        failed.explain(failure, FACTS, os.environ["PEX"])
    function(start, main)


def go_on(facts, prefix, switches=None):
    """The function that calls the entry point and its first argument, once this process is the app's.

    No return where it becomes another program: an interpreter, or a script of the bundle.
    """
    if not switches and not facts["special"] and " ".join(sys.argv[1:3])[:11] == "-m pyspark.":
        facts = as_worker(facts)
    elif switches or facts["special"] or not facts["start"] or by_spark():
        from __pexlite__ import find_the_rest

        find_the_rest()
        from __pexlite__ import special

        facts = special.run(facts, switches, prefix)
    if switches:
        switches.say("calling %s" % ":".join(filter(None, facts["start"])))
    finder = sys.modules.get("__pexlite__.finder")
    if finder is not None:
        finder.leave()
    enter(prefix, facts)
    return call, facts["start"]


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


def enter(prefix, facts):
    """Make this process what `prefix/bin/python` would be: a Python with the bundle as its packages."""
    inherit_path = facts["inherit_path"]
    del sys.path[1:3]  # what `start` put there
    library = os.path.dirname(os.__file__)
    site_packages = "%s/lib/%s/site-packages" % (prefix, os.path.basename(library))
    keep = _standard_path(library)
    inherited = []
    if inherit_path != "false":
        inherited = [entry for entry in sys.path[1:] if entry not in keep]
    else:
        _forget_foreign_modules(tuple([entry + "/" for entry in keep]))
    if inherit_path == "prefer":
        sys.path[:] = keep + inherited + [site_packages]
    else:
        sys.path[:] = keep + [site_packages] + inherited
    sys.prefix = sys.exec_prefix = prefix
    sys.executable = prefix + "/bin/python"
    site = sys.modules.get("site")
    if site is not None:
        site.PREFIXES[:] = [prefix]
        if inherit_path == "false":
            site.ENABLE_USER_SITE = False
    sys.path.extend(facts.get("extra_path", ()))
    if facts["pth"]:
        import site

        for name in facts["pth"]:
            if os.path.exists(site_packages + "/" + name):
                site.addpackage(site_packages, name, None)
    if "as_module" in facts:
        _begin_as_module(site_packages)
    if "entered" in facts:
        facts["entered"]()


def _begin_as_module(site_packages):
    """What Python makes of the words `-m module` on its command line, but that this file is no module there."""
    del sys.argv[1:3]
    if not getattr(sys.flags, "safe_path", sys.flags.isolated):
        sys.path.insert(0, os.getcwd())
    name, extension = os.path.splitext(os.path.basename(os.environ["PEX"]))
    if extension == ".py":
        sys.meta_path.insert(0, _Namesake(name, site_packages))


class _Namesake:
    """Finds the module `name` in the bundle, where job.py holds a package `job`.

    Spark puts job.py into the directory that its workers look for modules in before any other.
    """

    def __init__(self, name, site_packages):
        self.name = name
        self.path = [site_packages]

    def find_spec(self, name, path=None, target=None):
        if name == self.name:
            from _frozen_importlib_external import PathFinder

            return PathFinder.find_spec(name, self.path)
        return None


def leave_out_python_path():
    """Started by the sh header this Python is the app's own already; only what PYTHONPATH added has to go.

    So has the directory of the script, the first entry. Where a variable as PYTHONEXECUTABLE kept Python from
    seeing that it is a venv's, it is made the app's own here.
    """
    prefix = os.path.dirname(__file__)
    if sys.prefix != prefix:
        sys.path[1:1] = ["", ""]
        enter(prefix, FACTS)
        return
    path = os.environ.get("PYTHONPATH")
    # Nothing between two colons is the current directory.
    given = [os.path.abspath(entry) for entry in path.split(os.pathsep)] if path else []
    keep = _standard_path(os.path.dirname(os.__file__))
    if path:
        _forget_foreign_modules(tuple([entry + "/" for entry in keep]), prefix + "/")
    given = set(["", sys.path[0]] + given).difference(keep)
    sys.path[:] = [entry for entry in sys.path if entry not in given]


def _standard_path(library):
    """The entries of sys.path that are Python's own, in their order."""
    if sys.implementation.name == "cpython":
        version = sys.version_info
        names = [os.path.basename(library), "python%d%d.zip" % version[:2]]
        names.append(names[0] + "/lib-dynload")
        own = set()
        for base in (sys.base_prefix, sys.base_exec_prefix):
            for folder in ("/lib/", "/" + getattr(sys, "platlibdir", "lib") + "/"):
                for name in names:
                    own.add(base + folder + name)
        keep = [entry for entry in sys.path if entry in own]
        if library in keep:
            return keep
    # PyPy, framework builds and other layouts: whatever lies in the directory `os` came from.
    inside = library + "/"
    return [
        entry
        for entry in sys.path
        if ((entry + "/").startswith(inside) and "-packages" not in entry[len(library) :])
        or (entry.endswith(".zip") and entry != sys.path[0])
    ]


def _forget_foreign_modules(own, bundled=None):
    """Drop what the host's .pth files and sitecustomize imported from outside the standard library.

    Started by the sh header, the bundle's own .pth files have run too: what lies below `bundled` stays.
    """
    # All are looked at before one goes: where a namespace package lies is found out through its parent.
    places = [(name, _place_of(module)) for name, module in list(sys.modules.items()) if name != "__main__"]
    shortest = min([len(entry) for entry in own])
    foreign = set()
    for name, where in places:
        if not where or bundled and where.startswith(bundled):
            continue
        if "-packages/" in where[shortest:] + "/" or not where.startswith(own):
            foreign.add(name)
            del sys.modules[name]
    for finders in (sys.meta_path, sys.path_hooks):
        finders[:] = [finder for finder in finders if getattr(finder, "__module__", None) not in foreign]


def _place_of(module):
    """The file or directory of the module, "" where it has none or does not tell."""
    try:
        where = getattr(module, "__file__", None)
        if where is None:
            where = list(getattr(module, "__path__", None) or ("",))[0]
        return where if isinstance(where, str) else ""
    except Exception:
        return ""  # a stranger's module may do anything when it is asked


def call(start, main):
    """Call the entry point `start`: (module, attribute) of a function, or (module, "") to be `__main__`.

    (module, None) is `-m module`, which is told its own path as its name.
    """
    module, attribute = start
    sys.modules.pop(__name__, None)
    _dress(main)
    file, prefix = main["__file__"], os.path.dirname(__file__)
    try:
        if not attribute:
            import runpy

            runpy._run_module_as_main(module, alter_argv=attribute is None)
            return
        __import__(module)
        function = sys.modules[module]
        for name in attribute.split("."):
            function = getattr(function, name)
        sys.exit(function())
    except SystemExit:
        raise
    except BaseException:
        _hide_our_frames(file, prefix)
        raise


# CPython's frames lie in chunks of 16 kB from 3.11 on. A call that needs the next chunk maps it and its return
# unmaps it, so a loop that happens to be at such a depth does both each time: 5,600 times in a start of pandas. A
# frame larger than a chunk gets one of the next power of two, and what is left of that is for the frames above it.
# Nothing is written to what the frame itself does not use, so this takes addresses and no memory.
if sys.implementation.name == "cpython" and sys.version_info > (3, 11):
    call.__code__ = call.__code__.replace(co_stacksize=1 << 15)


def _dress(main):
    """Have `__main__` look as in a venv's console script.

    Reloaders take a `__spec__` or `__package__` for a start with -m, and multiprocessing has its children run
    `__file__` under another name, for which the file does nothing.
    """
    for name in [name for name in main if name[:2] != "__" or name == "__pexlite__"]:
        del main[name]
    main.update(__file__=os.environ.get("PEX", sys.argv[0]), __cached__=None, __package__=None, __spec__=None)


def _hide_our_frames(file, prefix):
    """Have an uncaught exception shown without the frames of the boot, by whatever shows exceptions now.

    Unless it comes from a cache that is damaged: then that is said instead.
    """
    shown_by = sys.excepthook

    def hook(kind, value, traceback):
        sys.excepthook = shown_by
        last = traceback
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename == hook.__code__.co_filename:
                last = traceback.tb_next
            traceback = traceback.tb_next
        # An entry point that is a module is run by runpy, whose frames are ours too.
        while last is not None and last.tb_next is not None and last.tb_frame.f_globals.get("__name__") == "runpy":
            last = last.tb_next
        value.__traceback__ = last
        # Not for KeyboardInterrupt: to run more code would lose that the process is to end by its signal.
        if issubclass(kind, Exception) and _came_from_damage(kind, file, prefix):
            return
        shown_by(kind, value, last)

    sys.excepthook = hook


def _came_from_damage(kind, file, prefix):
    sys.path.insert(0, file)
    try:
        from __pexlite__ import find_the_rest

        find_the_rest()
        from __pexlite__ import repair

        return repair.explain(kind, file, prefix)
    except Exception:
        return False  # the app's own failure is what has to be shown
    finally:
        sys.path.remove(file)
