"""Starts that have to do with Spark: as the Python of its workers or its driver, and as the application.

What Spark hands over is on PYTHONPATH (pyspark, py4j, spark-submit's --py-files): it is kept, behind the bundle.
"""

import os
import sys

from .launch import SPARK_ASKS, as_worker

# Where pyspark keeps SparkContext: up to 3.5, and since 4.0.
_CONTEXTS = ("pyspark.context", "pyspark.core.context")
_FUNCTIONS = "pyspark.sql.udf"
# What executors run functions of Spark SQL in, whatever those were made with; since 3.5.
_OF_SQL = "spark.sql.execution.pyspark.python"


def prepare(facts, prefix):
    """Whether Spark wants this file as an interpreter; otherwise `facts` become a worker's or a driver's.

    An interpreter it is, whatever its entry point, for an application that is another.
    """
    if " ".join(sys.argv[1:]).endswith("/find_spark_home.py"):
        _say_where_spark_is()
    file = os.environ["PEX"]
    if facts.get("spark"):
        _stop_if_another(prefix)
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ
    words = " ".join(sys.argv[1:3])
    if words.startswith("-m pyspark."):
        facts.update(as_worker(facts))
        return False
    if words.startswith(SPARK_ASKS):
        return True
    if submitted and _is_python_of_driver(file):
        if not os.path.samefile(sys.argv[1], file):
            return True
        del sys.argv[0]  # the Python of itself: the application begins one word later
    if submitted:
        entries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        given = [os.path.abspath(entry) for entry in entries if entry]
        facts["extra_path"] = list(facts.get("extra_path", ())) + given
    facts["entered"] = Sharing(file).watch
    return False


def _say_where_spark_is():
    """The process becomes the Python that the script lies beside, as installers put it, which has that Spark.

    spark-submit asks the Python it was told to use, and that one need not have pyspark.
    """
    python = os.path.dirname(sys.argv[1]) + "/python3"
    if not os.access(python, os.X_OK):
        python = "python3"
    os.execvp(python, [python, sys.argv[1]])  # a venv's Python knows its place by the name it is called


def _is_python_of_driver(file):
    """Whether spark-submit started `file` with the application as its first argument.

    A driver's children inherit what tells that, but not the application: hence the rest.
    """
    named = os.environ.get("PYSPARK_DRIVER_PYTHON") or os.environ.get("PYSPARK_PYTHON") or ""
    submitted = "".join(sys.argv[1:2])
    if not submitted.endswith(".py") or not os.path.isfile(submitted):
        return False
    if os.sep not in named:  # found on PATH
        return named == os.path.basename(file)
    return os.path.exists(named) and os.path.samefile(named, file)


def _stop_if_another(prefix):
    """Nothing if the bundle's pyspark is the cluster's; words if it is not, and the end if they could not talk."""
    library = os.path.basename(os.path.dirname(os.__file__))
    bundled = [_bundled(name) for name in os.listdir("%s/lib/%s/site-packages" % (prefix, library))]
    bundled = "".join(filter(None, bundled))
    if not bundled:
        return
    cluster = _cluster()
    if not cluster or cluster == bundled:
        return
    words = "%s holds pyspark %s, and the Spark here is %s" % (
        os.path.basename(os.environ["PEX"]),
        bundled,
        cluster,
    )
    if cluster.split(".")[:2] == bundled.split(".")[:2]:
        sys.stderr.write("note: %s\n" % words)
        return
    hint = "build it with pyspark==%s, or with --exclude pyspark: Spark brings its own" % cluster
    sys.stderr.write("error: %s\nhint: %s\n" % (words, hint))
    sys.exit(1)


def _bundled(name):
    """The version in "pyspark-4.0.1.dist-info"; empty for any other name."""
    known = name.startswith(("pyspark-", "pyspark_client-")) and name.endswith(".dist-info")
    return name[:-10].partition("-")[2] if known else ""


def _cluster():
    """The version in the name of Spark's own jar, "spark-core_2.13-4.0.1.jar"; empty if it is nowhere."""
    entries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    try:
        entries.extend(os.listdir(os.environ.get("SPARK_HOME", "") + "/jars"))
    except OSError:
        pass
    for entry in entries:
        name = os.path.basename(entry)
        if name.startswith("spark-core_") and name.endswith(".jar"):
            return ".".join(name[:-4].split("-")[2].split(".")[:3])
    return ""


class Sharing:
    """Has executors run in the same file as the driver, unless somebody has said what they run in.

    That takes two settings, and they can be made only once the master is known and the context not yet there: the
    file among spark.files, and PYSPARK_PYTHON, the name it has in an executor's directory.
    """

    def __init__(self, file):
        self.file = file
        self.python = None

    def watch(self):
        """From now on pyspark's context is met as it is loaded."""
        sys.meta_path.insert(0, self)

    def find_spec(self, name, path=None, target=None):
        then = self.join if name in _CONTEXTS else self.plan_here if name == _FUNCTIONS else None
        if then is None:
            return None
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target) if finder is not self else None
            if spec is not None:
                spec.loader = _Loader(spec.loader, then)
                return spec
        return None

    def join(self, module):
        """Settings come before the context of `module` is made."""
        context = getattr(module, "SparkContext", None)
        if context is None or context.__module__ != module.__name__:
            return  # in 4.0 one of the two names is but another door
        initialize = context._initialize_context

        def initialize_context(this, configuration):
            self.set(configuration)
            return initialize(this, configuration)

        context._initialize_context = initialize_context

    def plan_here(self, module):
        """Classes, which are data sources and table functions, are asked on the driver's machine first."""
        wrap = module._wrap_function

        def wrap_function(context, function, *more):
            python = context.pythonExec
            # What is sent to the executors need not be here.
            sent = python == self.python or os.sep in python and not os.path.exists(python)
            if isinstance(function, type) and sent and os.access(self.file, os.X_OK):
                context = _ContextHere(context, self.file)
            return wrap(context, function, *more)

        module._wrap_function = wrap_function

    def set(self, configuration):
        """Executors get the file, and run in it; on this machine alone they run in what is unpacked already."""
        named = os.environ.get("PYSPARK_PYTHON", self.python)
        if named != self.python and not _is_any_python(named):
            return
        if configuration.get("spark.master", "").startswith("local"):
            self.python = sys.executable
        else:
            name = os.path.basename(self.file)
            self.python = "./" + name
            files = [path for path in configuration.get("spark.files", "").split(",") if path]
            if name not in [os.path.basename(path) for path in files]:
                configuration.set("spark.files", ",".join(files + [self.file]))
            configuration.setIfMissing(_OF_SQL, self.python)
            base = getattr(sys, "_base_executable", None)
            if named and os.path.isabs(named) and base and os.path.realpath(named) == os.path.realpath(base):
                configuration.setIfMissing("spark.executorEnv.PEX_PYTHON", named)
        os.environ["PYSPARK_PYTHON"] = self.python


def _is_any_python(named):
    """Whether `named` is but a Python of the cluster's, as "/opt/python3.11/bin/python", which runs this driver.

    A path from the executor's directory, as "./env/bin/python", is what somebody has sent there.
    """
    placed = os.sep not in named or os.path.isabs(named)
    return placed and "PYSPARK_GATEWAY_PORT" in os.environ and os.path.basename(named).startswith("python")


class _ContextHere:
    """A context whose functions run in `python`."""

    def __init__(self, context, python):
        self.context = context
        self.pythonExec = python

    def __getattr__(self, name):
        return getattr(self.context, name)


class _Loader:
    """Loads a module as `loader` does, and shows it to `then`."""

    def __init__(self, loader, then):
        self.loader = loader
        self.then = then

    def __getattr__(self, name):
        return getattr(self.loader, name)

    def create_module(self, spec):
        return self.loader.create_module(spec) if hasattr(self.loader, "create_module") else None

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self.loader
        if hasattr(self.loader, "exec_module"):
            self.loader.exec_module(module)
        else:  # zipimport before Python 3.10
            exec(self.loader.get_code(module.__name__), module.__dict__)
        self.then(module)
