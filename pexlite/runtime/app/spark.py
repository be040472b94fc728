"""Starts by Spark: as the Python of its workers or its driver, and as the application.

Who starts what, from Spark 3.5.9 to 4.3.0; FILE is this file, named by PYSPARK_PYTHON or a setting. Every Python
that Spark starts is a child of a Java process, except "home", which finds Spark's directory. Braces hold the
variables that mark a start. Java sets them for that child alone, but the child's own children inherit them, so
the parent process counts too.

    spark-submit (bash)
     |- FILE …/bin/find_spark_home.py               {no SPARK_HOME; PYSPARK_PYTHON or PYSPARK_DRIVER_PYTHON = FILE}
     |                                              "home": only by the scripts of a Spark that pip has installed
     '- java …SparkSubmit                           spark-submit becomes it; on YARN …ApplicationMaster
         |- FILE job.py ARGUMENT…                   {PYSPARK_GATEWAY_PORT} "driver"
         |- python3 FILE ARGUMENT…                  {PYSPARK_GATEWAY_PORT} "application"
         |   '- whatever a job starts               {the same}
         |- FILE -c "import sys; print('%d.%d' …"   {spark-core_….jar on PYTHONPATH} "question": data sources
         '- FILE -m pyspark.sql.worker.…            {PYTHON_WORKER_FACTORY_…} "worker": plans a data source or a
                                                    table function; runs a streaming query of Spark Connect
    java …ExecutorBackend                           of an executor; of SparkSubmit too where the master is local
     |- FILE -VV                                    {spark-core_….jar on PYTHONPATH} "question", and
     |- FILE -c "import pkg_resources …"            {} "question": spark.executor.python.worker.log.details
     |- FILE -m pyspark.daemon [pyspark.worker]     {PYTHON_WORKER_FACTORY_SECRET, or …_SOCK_DIR} "worker"
     |   '- its forks                               {the same}
     |       '- whatever a function starts          {the same}
     '- FILE -m pyspark.worker                      {the same, or …_SOCK_PATH} "worker": without a daemon

`launch.like_sparks` compares arguments and variables, which costs other starts almost nothing; then `confirmed`
looks at the parent process. So an application's own arguments are never taken for Spark's: without Spark's
variables they do not match, and below a driver or a worker the parent is no Java. Shell scripts between Java and
a worker are skipped. These starts are still mistaken:

- a Java application that runs a FILE with the very arguments and variables of a question;
- where /proc is missing, as on macOS, or hides the parent, arguments and variables decide alone: then a FILE that
  a worker's function starts with `-m MODULE` is taken for a worker;
- a worker that Java starts through another program than a shell, as a Python wrapper: set PEX_INTERPRETER=1.

Spark passes pyspark, py4j and --py-files by PYTHONPATH: its entries stay, behind the bundle.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    Process = tuple[str, list[str]]  # the name of its program, the words of its command line

_SHELLS = ("sh", "bash", "dash", "ash", "busybox", "ksh", "mksh", "zsh")


def confirmed(
    kind: str, words: "list[str]", variables: "Mapping[str, str]", ancestors: "Iterator[Process]"
) -> str:
    """`kind` of `launch.like_sparks` if Spark has started this file; otherwise "application" or "".

    `ancestors` is read last; processes that cannot be seen count as Spark's.
    """
    if kind == "worker":
        sure = _first_but_shells(ancestors) == "java"
    elif kind == "question":
        sure = _has_sparks_jar(words, variables) and _nearest(ancestors) == "java"
    elif kind == "home":
        sure = _is_named(variables) and _is_script_beside(words[0], next(ancestors, None))
    else:
        file = "".join(words[:1])
        sure = file.endswith(".py") and os.path.isfile(file) and _is_named(variables)
        sure = sure and _nearest(ancestors) == "java"
    if sure:
        return kind
    return "application" if "PYSPARK_GATEWAY_PORT" in variables else ""


def _first_but_shells(ancestors: "Iterator[Process]") -> str:
    """The program of the nearest ancestor that is no shell; users put scripts between Java and a worker."""
    name = "java"
    for name, _ in ancestors:
        if name not in _SHELLS:
            break
    return name


def _nearest(ancestors: "Iterator[Process]") -> str:
    return next(ancestors, ("java", []))[0]


def _has_sparks_jar(words: "list[str]", variables: "Mapping[str, str]") -> bool:
    """Whether Spark's own jar is on PYTHONPATH, where only Spark puts one."""
    if "pkg_resources" in "".join(words):
        return True  # Spark sets no PYTHONPATH where it asks a Python for its packages
    return any([entry.endswith(".jar") for entry in variables.get("PYTHONPATH", "").split(os.pathsep)])


def _is_named(variables: "Mapping[str, str]") -> bool:
    """Whether the variables name this file as the Python of Spark's driver."""
    named = variables.get("PYSPARK_DRIVER_PYTHON") or variables.get("PYSPARK_PYTHON") or ""
    if os.sep not in named:  # found on PATH
        return named == os.path.basename(variables["PEX"])
    return os.path.exists(named) and os.path.samefile(named, variables["PEX"])


def _is_script_beside(path: str, process: "Process | None") -> bool:
    """Whether the process is a shell that runs a script in the directory of `path`, as "bash bin/spark-submit"."""
    if process is None:
        return True
    name, words = process
    script = next((word for word in words[1:] if word[:1] != "-"), "")
    directory = os.path.dirname(path)
    if name not in _SHELLS or not os.path.isfile(script) or not os.path.isdir(directory):
        return False
    return os.path.samefile(os.path.dirname(script) or ".", directory)


def ancestors() -> "Iterator[Process]":
    """The processes above this one, nearest first, each as (program's name, words of the command line).

    A process that has loaded a Java VM is called "java". Ends where /proc is missing or hides a process.
    """
    process = os.getppid()
    while process:  # 0 is a parent outside of this container
        place = "/proc/%d" % process
        try:
            with open(place + "/stat", "rb") as file:
                # "1234 (a name) S 1 …": the name may hold anything.
                name, _, facts = file.read().decode("utf-8", "replace").partition(" (")[2].rpartition(") ")
            with open(place + "/cmdline", "rb") as file:
                words = os.fsdecode(file.read()).rstrip("\0").split("\0")
        except OSError:
            return
        yield _program(place, name), words
        process = int(facts.split()[1])


def _program(place: str, name: str) -> str:
    """The name of a process's program. For a script, the system's `name` is the script's own."""
    if name == "java":
        return name
    try:
        program = os.path.basename(os.readlink(place + "/exe").replace(" (deleted)", ""))
        if program in _SHELLS or program.startswith(("python", "pypy")):
            return program  # even with a Java VM loaded, as by pyarrow
        with open(place + "/maps", "rb") as file:
            return "java" if b"/libjvm." in file.read() else program
    except OSError:
        return name


def prepare(facts: "dict[str, Any]", asked: str) -> bool:
    """Whether Spark wants this file as an interpreter; if not, `facts` become those of a worker or a driver.

    For a job that is another file this file is an interpreter, whatever its entry point.
    """
    if asked == "home":
        _say_where_spark_is()
    file = os.environ["PEX"]
    if facts["spark"]:
        _stop_if_another(facts["spark"])
    if asked == "worker":
        facts.update(as_worker(facts))
        return False
    if asked == "question":
        return True
    if asked == "driver":
        if not os.path.samefile(sys.argv[1], file):
            return True
        del sys.argv[0]  # FILE FILE ARGUMENT…: this file is both the driver's Python and the job
    if asked:
        entries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        given = [os.path.abspath(entry) for entry in entries if entry]
        facts["extra_path"] = list(facts.get("extra_path", ())) + given
    facts["drives"] = True
    return False


def _say_where_spark_is() -> None:
    """Exec the Python beside the script, which has that Spark; installers put both into one bin/.

    spark-submit asks the Python that was configured, which need not have pyspark.
    """
    python = os.path.dirname(sys.argv[1]) + "/python3"
    if not os.access(python, os.X_OK):
        python = "python3"
    os.execvp(python, [python, sys.argv[1]])  # unresolved: a venv's Python finds its venv by argv[0]


def _stop_if_another(bundled: str) -> None:
    """Exit with an error where the cluster's Spark differs from the bundle's pyspark in its minor version.

    `bundled` is the bundle's version. A different patch release only gets a note.
    """
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


def _cluster() -> str:
    """The version in the name of Spark's own jar, "spark-core_2.13-4.0.1.jar"; "" where there is none."""
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


def as_worker(facts: "dict[str, Any]") -> "dict[str, Any]":
    """The facts of a start as `python -m MODULE`, with Spark's PYTHONPATH behind the bundle.

    It runs in this process, because a task waits for the worker: a second Python would take longer.
    """
    given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    path = list(facts.get("extra_path", ())) + [os.path.abspath(entry) for entry in given if entry]
    return dict(facts, start=(sys.argv[2], None), extra_path=path, as_module=True)


def begin_as_module() -> None:
    """Set sys.argv and sys.path as Python does for `-m module`."""
    del sys.argv[1:3]
    if not getattr(sys.flags, "safe_path", sys.flags.isolated):
        sys.path.insert(0, os.getcwd())
