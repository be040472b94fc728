"""A Spark driver's executors run in the driver's own file, unless the user chose their Python."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Where pyspark keeps SparkContext: up to 3.5, and since 4.0.
_CONTEXTS = ("pyspark.context", "pyspark.core.context")
_FUNCTIONS = "pyspark.sql.udf"
# The Python in which executors run functions of Spark SQL; it overrides PYSPARK_PYTHON. Since Spark 3.5.
_OF_SQL = "spark.sql.execution.pyspark.python"


class Sharing:
    """The settings by which executors run in the driver's `file`, made unless the user chose their Python.

    The file goes among spark.files, and PYSPARK_PYTHON becomes its path in an executor's directory. Both have to
    be set between the choice of the master and the making of the SparkContext.
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.python = ""

    def watch(self) -> None:
        """Hook SparkContext as soon as pyspark is imported."""
        sys.meta_path.insert(0, self)

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        then = self.join if name in _CONTEXTS else self.plan_here if name == _FUNCTIONS else None
        if then is None:
            return None
        for finder in sys.meta_path:
            spec: Any = finder.find_spec(name, path, target) if finder is not self else None
            if spec is not None:
                spec.loader = _Loader(spec.loader, then)
                return spec
        return None

    def join(self, module: "Any") -> None:
        """Have `module`'s SparkContext make the settings before it initializes."""
        context = getattr(module, "SparkContext", None)
        if context is None or context.__module__ != module.__name__:
            return  # since 4.0 pyspark.context only re-exports the class
        initialize = context._initialize_context

        def initialize_context(this: "Any", configuration: "Any") -> "Any":
            self.set(configuration)
            if self.python == sys.executable:
                # Workers inherit Java's environment, and Java may have been started before this file.
                this.environment["PEX"] = self.file
            return initialize(this, configuration)

        context._initialize_context = initialize_context

    def plan_here(self, module: "Any") -> None:
        """Have this file plan data sources and table functions: the executors' Python may not be here."""
        wrap = module._wrap_function

        def wrap_function(context: "Any", function: "Any", *more: "Any") -> "Any":
            python = context.pythonExec
            # A path such as "./app.pex" exists only where Spark has sent the file: on the executors.
            sent = python == self.python or os.sep in python and not os.path.exists(python)
            if isinstance(function, type) and sent and os.access(self.file, os.X_OK):
                context = _ContextHere(context, self.file)
            return wrap(context, function, *more)

        module._wrap_function = wrap_function

    def set(self, configuration: "Any") -> None:
        """Have executors get the file and run in it; with a local master they run in the unpacked app."""
        named = os.environ.get("PYSPARK_PYTHON") or self.python
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


def _is_any_python(named: str) -> bool:
    """Whether `named` is merely a Python of the cluster's that runs this driver, as "/opt/python3.11/bin/python".

    A relative path as "./env/bin/python" is a Python that the user has sent to the executors.
    """
    placed = os.sep not in named or os.path.isabs(named)
    is_python = os.path.basename(named).startswith(("python", "pypy"))
    return placed and is_python and "PYSPARK_GATEWAY_PORT" in os.environ


class _ContextHere:
    """A SparkContext whose functions run in `python`."""

    def __init__(self, context: "Any", python: str) -> None:
        self.context = context
        self.pythonExec = python

    def __getattr__(self, name: str) -> "Any":
        return getattr(self.context, name)


class _Loader:
    """An import loader that passes each module that `loader` has loaded to `then`."""

    def __init__(self, loader: "Any", then: "Callable[[Any], None]") -> None:
        self.loader = loader
        self.then = then

    def __getattr__(self, name: str) -> "Any":
        return getattr(self.loader, name)

    def create_module(self, spec: "Any") -> "Any":
        return self.loader.create_module(spec) if hasattr(self.loader, "create_module") else None

    def exec_module(self, module: "Any") -> None:
        module.__spec__.loader = module.__loader__ = self.loader
        if hasattr(self.loader, "exec_module"):
            self.loader.exec_module(module)
        else:  # zipimport before Python 3.10
            exec(self.loader.get_code(module.__name__), module.__dict__)
        self.then(module)
