"""A file does what Spark asks of its start, acted out without Spark.

Longer than 400 lines: every way in which Spark starts a Python stands in one table beside the ways that only look
like it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from pexlite.model import EntryPoint, LaunchOptions, StartKind
from pexlite.runtime.app import launch, spark
from tests import needs
from tests.bundles import bundle_file, function, run
from tests.factories import make_wheel, write_files
from tests.interpreters import Interpreter
from tests.runtime.trials import only_temporary

APPLICATION = """
import json
import os
import subprocess
import sys

import helper


def main():
    names = ("PEX", "PYSPARK_PYTHON")
    told = {name: os.environ.get(name) for name in names}
    try:
        from pyspark import context
    except ImportError:
        context = None
    if context:
        settings = json.loads(os.environ.get("SETTINGS", "{}"))
        made = context.SparkContext()
        made._initialize_context(context.Configuration(settings))
        told["workers'"] = made.environment
        told.update(settings=settings, pyspark=context.__file__, PYSPARK_PYTHON=os.environ.get("PYSPARK_PYTHON"))
        from pyspark.sql import udf

        made = context.SparkContext()
        told["runs in"] = [udf._wrap_function(made, function) for function in (main, context.SparkContext)]
    print(json.dumps(dict(told, argv=sys.argv, helper=helper.__file__, executable=sys.executable)))
"""
# As much of pyspark as a start meets: a worker that says who it is, and what a driver makes a context with.
PYSPARK = {
    "pyspark/__init__.py": "",
    "pyspark/daemon.py": """
import json, os, sys
import helper
print(json.dumps({"argv": sys.argv, "pid": os.getpid(), "helper": helper.__file__, "read": sys.stdin.read()}))
""",
    "pyspark/context.py": """
class Configuration:
    def __init__(self, settings):
        self.settings = settings

    def get(self, name, default=None):
        return self.settings.get(name, default)

    def set(self, name, value):
        self.settings[name] = value

    def setIfMissing(self, name, value):
        self.settings.setdefault(name, value)


class SparkContext:
    def __init__(self):
        import os

        self.pythonExec = os.environ.get("PYSPARK_PYTHON", "python3")
        self.environment = {}

    def _initialize_context(self, configuration):
        return configuration
""",
    "pyspark/sql/__init__.py": "",
    "pyspark/sql/udf.py": """
def _wrap_function(context, function, kind=None):
    return context.pythonExec
""",
}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    directory = tmp_path_factory.mktemp("wheels")
    return [
        make_wheel(directory, "application", files={"application.py": APPLICATION}),
        make_wheel(directory, "helper", files={"helper.py": ""}),
    ]


@pytest.fixture(params=[False, True], ids=["python shebang", "sh header"])
def application(request: pytest.FixtureRequest, tmp_path: Path, wheels: list[Path]) -> Path:
    """A file with an entry point, in a directory of its own."""
    launch = LaunchOptions(sh_boot=request.param)
    return bundle_file(tmp_path / "app.py", wheels, function("application", "main"), launch=launch)


@pytest.fixture
def spark_path(tmp_path: Path) -> Path:
    """The PYTHONPATH that Spark sets: its pyspark, with a module that has the name of a bundled one."""
    return write_files(tmp_path / "spark", {**PYSPARK, "helper.py": "raise Exception('the decoy')"})


# What Spark sets for a worker, and the jar that it puts on PYTHONPATH.
WORKER = {"PYTHON_WORKER_FACTORY_SECRET": "secret"}
JAR = "/opt/spark/jars/spark-core_2.13-4.0.1.jar"
VERSION = ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
PACKAGES = ["-c", "\nimport pkg_resources\n\ninstalled_packages = pkg_resources.working_set\n"]
shows_parents = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="processes cannot be seen here without /proc"
)


@pytest.fixture(scope="session")
def java(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The beginning of a command whose rest a program called java starts as a child."""
    needs.shell_of_its_own()
    program = tmp_path_factory.mktemp("java") / "java"
    shutil.copy(os.path.realpath("/bin/sh"), program)
    return [str(program), "-c", '"$@"; exit $?', "java"]


def shell(words: list[str], env: dict[str, str], python: Interpreter, cwd: Path) -> str:
    """The output of the command, with this `python` first on PATH."""
    path = f"{python.programs}{os.pathsep}{env['PATH']}"
    return run(words, {**env, "PATH": path}, cwd=cwd).stdout


def test_a_file_with_an_entry_point_is_an_interpreter_for_a_worker(
    application: Path, spark_path: Path, env: dict[str, str], newest: Interpreter, java: list[str]
) -> None:
    words = [*java, "sh", "-c", "echo $$; exec ./app.py -m pyspark.daemon pyspark.worker"]
    for _ in range(2):
        path = {**WORKER, "PYTHONPATH": str(spark_path), "PATH": f"{newest.programs}{os.pathsep}{env['PATH']}"}
        done = run(words, {**env, **path}, cwd=application.parent, stdin="spoken")
        pid, told = done.stdout.split("\n", 1)
        worker = json.loads(told)
        assert worker["argv"] == [str(spark_path / "pyspark/daemon.py"), "pyspark.worker"]
        assert worker["pid"] == int(pid)
        assert worker["read"] == "spoken"
        assert str(env["PEX_ROOT"]) in worker["helper"]


@pytest.mark.parametrize(
    "switch",
    ["PEX_VERBOSE=1", "PEX_INTERPRETER=1", "PEX_INHERIT_PATH=fallback", "PEX_MODULE=application"],
)
def test_a_switch_that_is_set_for_all_starts_is_no_hindrance_to_a_worker(
    application: Path, spark_path: Path, env: dict[str, str], newest: Interpreter, java: list[str], switch: str
) -> None:
    name, _, value = switch.partition("=")
    words = [*java, str(newest.path), str(application), "-m", "pyspark.daemon", "pyspark.worker"]
    for _ in range(2):
        worker = json.loads(run(words, {**env, **WORKER, "PYTHONPATH": str(spark_path), name: value}).stdout)
        assert worker["argv"] == [str(spark_path / "pyspark/daemon.py"), "pyspark.worker"]
        assert str(env["PEX_ROOT"]) in worker["helper"]


def test_a_file_with_the_name_of_a_bundled_module_does_not_hide_it(
    application: Path, spark_path: Path, env: dict[str, str], newest: Interpreter, java: list[str]
) -> None:
    file = application.rename(application.with_name("helper.py"))
    environment = {**env, **WORKER, "PYTHONPATH": str(spark_path)}
    for start in [str(newest.path), str(file)], ["./helper.py"], ["./helper.py"]:
        worker = json.loads(shell([*java, *start, "-m", "pyspark.daemon"], environment, newest, file.parent))
        assert str(env["PEX_ROOT"]) in worker["helper"]


def test_the_question_which_python_it_is_does_not_start_the_application(
    application: Path, env: dict[str, str], newest: Interpreter, java: list[str]
) -> None:
    asked = {**env, "PYTHONPATH": JAR}
    for _ in range(2):
        version = ".".join(map(str, newest.version))
        assert shell([*java, "./app.py", *VERSION], asked, newest, application.parent) == f"{version}\n"
        assert shell([*java, "./app.py", "-VV"], asked, newest, application.parent).startswith(
            f"Python {version}."
        )


def test_the_question_where_spark_is_goes_to_the_python_beside_it(
    application: Path, env: dict[str, str], newest: Interpreter, tmp_path: Path
) -> None:
    needs.program("bash")
    programs = spark_programs(tmp_path / "a spark")
    asked = {**env, "PYSPARK_PYTHON": "./app.py"}
    for start in [str(programs / "spark-submit")], ["bash", "a spark/spark-submit"]:
        told = shell(start, asked, newest, application.parent)
        assert told == f"{programs}/python3 asked {programs}/find_spark_home.py\n"


def spark_programs(directory: Path) -> Path:
    """A directory as pip puts Spark's scripts into; `spark-submit` asks and says what it was told."""
    directory.mkdir()
    (directory / "find_spark_home.py").write_text("import sys; print(sys.prefix)")
    ask = 'echo "$($PYSPARK_PYTHON "$(cd "$(dirname "$0")"; pwd)/find_spark_home.py")"'
    for name, script in ("python3", "echo $0 asked $1"), ("spark-submit", ask):
        (directory / name).write_text(f"#!/bin/bash\n{script}\n")
        (directory / name).chmod(0o755)
    return directory


@pytest.mark.parametrize(
    "words",
    [["-m", "pyspark.x"], [*VERSION[:1], VERSION[1] + "; print('more')"], VERSION, ["-VV"], PACKAGES],
    ids=["-m", "-c and more", "-c", "-VV", "packages"],
)
@pytest.mark.parametrize(
    "variables",
    [{}, {"PYSPARK_PYTHON": "./app.py"}, {**WORKER, "PYTHONPATH": JAR, "PYSPARK_GATEWAY_PORT": "1"}],
    ids=["anywhere", "where Spark is set up", "below a driver and a worker"],
)
def test_arguments_like_sparks_are_the_applications(
    application: Path, env: dict[str, str], newest: Interpreter, variables: dict[str, str], words: list[str]
) -> None:
    if variables:
        needs.shown_processes()
    for _ in range(2):
        told = json.loads(shell(["./app.py", *words], {**env, **variables}, newest, application.parent))
        assert told["argv"][1:] == words


@shows_parents
def test_the_sh_header_tells_a_worker_from_what_a_worker_starts(
    wheels: list[Path], spark_path: Path, env: dict[str, str], newest: Interpreter, tmp_path: Path, java: list[str]
) -> None:
    bundle_file(tmp_path / "app", wheels, function("application", "main"), launch=LaunchOptions(sh_boot=True))
    environment = {**env, **WORKER, "PYTHONPATH": str(spark_path)}
    words = ["./app", "-m", "pyspark.daemon"]
    for _ in range(2):
        assert json.loads(shell(words, environment, newest, tmp_path))["argv"][1:] == words[1:]
        assert "read" in json.loads(shell([*java, *words], environment, newest, tmp_path))


@shows_parents
def test_paths_like_sparks_are_the_applications(
    application: Path, env: dict[str, str], newest: Interpreter, tmp_path: Path
) -> None:
    script = str(spark_programs(tmp_path / "spark") / "find_spark_home.py")
    below_a_driver = {"PYSPARK_PYTHON": "./app.py", "PYSPARK_GATEWAY_PORT": "1"}
    for variables in {}, {"PYSPARK_PYTHON": "./app.py"}, below_a_driver:
        for start in [], ["sh", "-c", '"$@"; exit $?', "sh"]:
            words = [*start, "./app.py", script]
            told = json.loads(shell(words, {**env, **variables}, newest, application.parent))
            assert told["argv"][1:] == [script]


JAVA: list[tuple[str, list[str]]] = [("java", ["java", "org.apache.spark.deploy.SparkSubmit"])]
PYTHON: list[tuple[str, list[str]]] = [("python3.11", ["python3", "-m", "pyspark.daemon"]), *JAVA]
A_SHELL: list[tuple[str, list[str]]] = [("bash", ["bash", "-c", "./app.py"])]


@pytest.mark.parametrize("ancestors", [JAVA, [*A_SHELL, *JAVA], []], ids=["java", "a shell of java's", "unseen"])
@pytest.mark.parametrize("words", [["-m", "pyspark.worker"], ["-m", "own_daemon", "pyspark.worker"]])
@pytest.mark.parametrize("name", ["SECRET", "SOCK_DIR", "SOCK_PATH"])
def test_a_worker_is_told(ancestors: list[tuple[str, list[str]]], words: list[str], name: str) -> None:
    assert asked(words, {f"PYTHON_WORKER_FACTORY_{name}": "x"}, ancestors) == "worker"


@pytest.mark.parametrize("ancestors", [PYTHON, [*A_SHELL, *PYTHON], A_SHELL, [("sshd", ["sshd"])]])
def test_a_workers_child_is_no_worker(ancestors: list[tuple[str, list[str]]]) -> None:
    assert asked(["-m", "pyspark.x"], WORKER, ancestors) == ""
    assert asked(["-m", "pyspark.x", "one", "two"], WORKER, JAVA) == ""


@pytest.mark.parametrize("words", [VERSION, ["-VV"]])
def test_a_question_is_told_by_words_variables_and_parent(words: list[str]) -> None:
    assert asked(words, {"PYTHONPATH": f"/opt/pyspark.zip:{JAR}"}, JAVA) == "question"
    assert asked([*words, "more"], {"PYTHONPATH": JAR}, JAVA) == ""
    assert asked(words, {"PYTHONPATH": "/opt/pyspark.zip"}, JAVA) == ""
    assert asked(words, {"PYTHONPATH": JAR}, PYTHON) == ""
    # A build server is a Java, and starts what a script says.
    assert asked(words, {"PYTHONPATH": JAR}, [*A_SHELL, *JAVA]) == ""


def test_the_question_for_packages_is_told_by_its_text_and_parent() -> None:
    assert asked(PACKAGES, {}, JAVA) == "question"
    assert asked(PACKAGES, {}, PYTHON) == ""


@pytest.mark.parametrize("words", [[], ["one"], ["--c", "x"], ["-m"], ["-m", "pyspark.x"], ["-c", "x"]])
def test_words_and_variables_alone_tell_an_ordinary_start(words: list[str]) -> None:
    assert launch.like_sparks(words, {"PYSPARK_PYTHON": "/app.py", "PYTHONPATH": JAR}) == ""


def test_a_drivers_child_is_no_drivers_python(tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text("")
    variables = {"PYSPARK_GATEWAY_PORT": "1", "PYSPARK_PYTHON": str(tmp_path / "job.py")}
    words = [str(tmp_path / "job.py")]
    pex = {"PEX": str(tmp_path / "job.py")}
    assert asked(words, {**variables, **pex}, JAVA) == "driver"
    assert asked(words, {**variables, **pex}, PYTHON) == "application"


def asked(words: list[str], variables: Mapping[str, str], ancestors: Sequence[tuple[str, list[str]]]) -> str:
    variables = {"PEX": "/app.py", **variables}
    kind = launch.like_sparks(words, variables)
    return str(kind and spark.confirmed(kind, words, variables, iter(ancestors)))


@shows_parents
def test_parents_are_told_by_their_programs(tmp_path: Path, java: list[str], newest: Interpreter) -> None:
    script = tmp_path / "job's (script) S 1"
    script.write_text('#!/bin/sh\n"$@"; exit $?\n')
    script.chmod(0o755)
    tell = (
        "import sys; sys.path.insert(0, sys.argv[1])\nfrom runtime.app.spark import *\nprint([*ancestors()][:3])"
    )
    room = str(Path(spark.__file__).parents[2])
    words = [*java, str(script), "sh", "-c", '"$@"; exit $?', "sh", str(newest.path), "-I", "-c", tell, room]
    told = run(words, os.environ).stdout
    shell = Path("/bin/sh").resolve().name
    assert [name for name, _ in eval(told)] == [shell, shell, "java"]


def test_a_submitted_application_finds_the_pyspark_that_spark_hands_over(
    application: Path, spark_path: Path, env: dict[str, str], newest: Interpreter
) -> None:
    submitted = {**env, "PYSPARK_GATEWAY_PORT": "1", "PYTHONPATH": str(spark_path)}
    for _ in range(2):
        told = json.loads(run([newest.path, application, "one"], submitted).stdout)
        assert told["pyspark"] == str(spark_path / "pyspark/context.py")
        assert str(env["PEX_ROOT"]) in told["helper"]
        assert told["argv"] == [str(application), "one"]


@pytest.mark.parametrize(
    ("settings", "files"),
    [
        ({}, "{file}"),
        ({"spark.files": "/data/a.txt"}, "/data/a.txt,{file}"),
        ({"spark.files": "file://{file}"}, "file://{file}"),
    ],
)
def test_executors_run_in_the_submitted_file(
    application: Path,
    spark_path: Path,
    env: dict[str, str],
    newest: Interpreter,
    settings: dict[str, str],
    files: str,
) -> None:
    settings = {name: value.format(file=application) for name, value in settings.items()}
    settings["spark.master"] = "spark://127.0.0.1:7077"
    submitted = {"PYSPARK_GATEWAY_PORT": "1", "PYTHONPATH": str(spark_path), "SETTINGS": json.dumps(settings)}
    told = json.loads(run([newest.path, application], {**env, **submitted}).stdout)
    assert told["settings"]["spark.files"] == files.format(file=application)
    assert told["settings"]["spark.sql.execution.pyspark.python"] == "./app.py"
    assert told["PYSPARK_PYTHON"] == "./app.py"
    # What is a class, as data sources are, is asked on the driver's machine first.
    assert told["runs in"] == ["./app.py", str(application)]


def test_on_this_machine_alone_workers_run_in_what_is_unpacked(
    application: Path, spark_path: Path, env: dict[str, str], newest: Interpreter
) -> None:
    settings = json.dumps({"spark.master": "local[2]"})
    submitted = {"PYSPARK_GATEWAY_PORT": "1", "PYTHONPATH": str(spark_path), "SETTINGS": settings}
    told = json.loads(run([newest.path, application], {**env, **submitted}).stdout)
    assert told["settings"] == {"spark.master": "local[2]"}
    assert told["PYSPARK_PYTHON"] == told["executable"]
    assert told["workers'"] == {"PEX": str(application)}


CHILDREN = """
import subprocess
import sys


def main():
    import helper

    print(helper.__file__, flush=True)
    for words in (["-m", "asks"], ["-c", "import asks"], ["here.py"]):
        subprocess.check_call([sys.executable] + words)
"""


@pytest.mark.parametrize("sh_boot", [False, True], ids=["python shebang", "sh header"])
def test_a_file_hides_no_package_of_its_name_from_what_runs_beside_it(
    sh_boot: bool, tmp_path: Path, env: dict[str, str], python: Interpreter
) -> None:
    ask = "import helper; print(helper.__file__)\n"
    wheels = [
        make_wheel(tmp_path, "children", files={"children.py": CHILDREN, "asks.py": ask}),
        make_wheel(tmp_path, "helper", files={"helper/__init__.py": ""}),
    ]
    launch = LaunchOptions(sh_boot=sh_boot)
    file = bundle_file(tmp_path / "helper.py", wheels, function("children", "main"), launch=launch)
    (tmp_path / "here.py").write_text(ask)
    for start in ("helper.py", file):
        places = run([python.path, start], env, cwd=tmp_path).stdout.splitlines()
        assert len(places) == 4 and set(places) == {places[0]}
        assert places[0].startswith(env["PEX_ROOT"])
        for words in ["-m", "asks"], ["-c", "import asks"], ["here.py"]:
            told = run([python.path, start, *words], {**env, "PEX_INTERPRETER": "1"}, cwd=tmp_path)
            assert told.stdout.splitlines() == places[:1]


@pytest.mark.parametrize("named", ["./env/bin/python", "/opt/shared/env.pex"])
def test_what_somebody_has_said_about_executors_stays(
    application: Path, spark_path: Path, env: dict[str, str], newest: Interpreter, named: str
) -> None:
    settings = json.dumps({"spark.master": "spark://127.0.0.1:7077"})
    submitted = {"PYSPARK_GATEWAY_PORT": "1", "PYTHONPATH": str(spark_path), "SETTINGS": settings}
    told = json.loads(run([newest.path, application], {**env, **submitted, "PYSPARK_PYTHON": named}).stdout)
    assert told["settings"] == json.loads(settings)
    assert told["PYSPARK_PYTHON"] == named


@pytest.mark.parametrize("name", ["", "python3", "pypy3"], ids=["a path", "a name", "the name of a PyPy"])
def test_the_python_of_a_cluster_is_the_python_that_runs_the_file(
    application: Path, spark_path: Path, env: dict[str, str], newest: Interpreter, name: str
) -> None:
    named = name or str(newest.path)
    settings = json.dumps({"spark.master": "spark://127.0.0.1:7077"})
    submitted = {"PYSPARK_GATEWAY_PORT": "1", "PYTHONPATH": str(spark_path), "SETTINGS": settings}
    told = json.loads(run([newest.path, application], {**env, **submitted, "PYSPARK_PYTHON": named}).stdout)
    assert told["PYSPARK_PYTHON"] == "./app.py"
    assert told["settings"].get("spark.executorEnv.PEX_PYTHON") == (None if name else named)


JOB = """
import json, os, sys
from pyspark import context
settings = {"spark.master": sys.argv[1]}
context.SparkContext()._initialize_context(context.Configuration(settings))
print(json.dumps([settings.get("spark.files"), os.environ.get("PYSPARK_PYTHON"), sys.executable]))
"""


@pytest.mark.parametrize("sh_boot", [False, True], ids=["python shebang", "sh header"])
@pytest.mark.parametrize("bundled", [False, True], ids=["the cluster's pyspark", "a bundled pyspark"])
def test_a_job_that_the_file_runs_as_an_interpreter_is_a_driver(
    tmp_path: Path, spark_path: Path, env: dict[str, str], newest: Interpreter, bundled: bool, sh_boot: bool
) -> None:
    files = PYSPARK if bundled else {"helper.py": ""}
    wheel = make_wheel(tmp_path, "pyspark" if bundled else "helper", "4.0.1", files=files)
    launch = LaunchOptions(sh_boot=sh_boot)
    file = bundle_file(tmp_path / "env.pex", [wheel], EntryPoint(StartKind.INTERPRETER), launch=launch)
    (tmp_path / "job.py").write_text(JOB)
    path = {} if bundled else {"PYTHONPATH": str(spark_path)}
    for _ in range(2):
        words = ["./env.pex", "job.py", "spark://127.0.0.1:7077"]
        sent, python, _ = json.loads(shell(words, {**env, **path}, newest, tmp_path))
        assert (sent, python) == (str(file), "./env.pex")
        sent, python, executable = json.loads(shell([*words[:2], "local"], {**env, **path}, newest, tmp_path))
        assert (sent, python) == (None, executable)


def test_an_application_can_be_its_own_python(
    application: Path, spark_path: Path, env: dict[str, str], newest: Interpreter, java: list[str]
) -> None:
    submitted = {"PYSPARK_GATEWAY_PORT": "1", "PYTHONPATH": str(spark_path), "PYSPARK_PYTHON": "./app.py"}
    words = [*java, "./app.py", str(application), "one"]
    told = json.loads(shell(words, {**env, **submitted}, newest, application.parent))
    assert told["argv"] == [str(application), "one"]


def test_a_file_with_an_entry_point_is_the_python_of_another_application(
    application: Path,
    spark_path: Path,
    env: dict[str, str],
    newest: Interpreter,
    tmp_path: Path,
    java: list[str],
) -> None:
    other = tmp_path / "other.py"
    other.write_text("import sys, helper, pyspark; print(sys.argv)")
    submitted = {"PYSPARK_GATEWAY_PORT": "1", "PYTHONPATH": str(spark_path), "PYSPARK_PYTHON": "./app.py"}
    words = [*java, "./app.py", str(other), "one"]
    assert shell(words, {**env, **submitted}, newest, application.parent) == f"{[str(other), 'one']}\n"


def test_what_a_driver_starts_is_an_application_as_ever(
    application: Path, spark_path: Path, env: dict[str, str], newest: Interpreter, tmp_path: Path
) -> None:
    (tmp_path / "data.py").write_text("")
    submitted = {"PYSPARK_GATEWAY_PORT": "1", "PYTHONPATH": str(spark_path), "PYSPARK_PYTHON": "./another.pex"}
    words = ["./app.py", "data.py"]
    assert json.loads(shell(words, {**env, **submitted}, newest, tmp_path))["argv"] == words


@pytest.mark.parametrize(
    ("version", "ending", "said"),
    [
        ("4.0.1", 0, ""),
        ("4.0.2", 0, "note: app.py holds pyspark 4.0.1, and the Spark here is 4.0.2\n"),
        (
            "3.5.9",
            1,
            "error: app.py holds pyspark 4.0.1, and the Spark here is 3.5.9\n"
            "hint: build it with pyspark==3.5.9, or with --exclude pyspark: Spark brings its own\n",
        ),
    ],
)
@pytest.mark.parametrize("start", [["-m", "pyspark.daemon"], []], ids=["worker", "driver"])
def test_a_pyspark_of_another_version_is_told(
    wheels: list[Path],
    tmp_path: Path,
    env: dict[str, str],
    newest: Interpreter,
    java: list[str],
    start: list[str],
    version: str,
    ending: int,
    said: str,
) -> None:
    pyspark = make_wheel(tmp_path, "pyspark", "4.0.1", files=PYSPARK)
    file = bundle_file(tmp_path / "app.py", [*wheels, pyspark], function("application", "main"))
    submitted = {"PYSPARK_GATEWAY_PORT": "1", "PYTHONPATH": f"/opt/spark/jars/spark-core_2.13-{version}.jar"}
    settings = {"SETTINGS": json.dumps({"spark.master": "local"})}
    done = run([*java, newest.path, file, *start], {**env, **submitted, **settings, **WORKER}, check=False)
    assert (done.returncode, done.stderr) == (ending, said)


def test_workers_without_a_home_that_start_at_once_unpack_once(
    wheels: list[Path], tmp_path: Path, env: dict[str, str], newest: Interpreter, java: list[str]
) -> None:
    file = bundle_file(tmp_path / "app.pex", wheels, function("application", "main"))
    del env["PEX_ROOT"]
    without_home = {**env, **WORKER, "HOME": str(file), **only_temporary(tmp_path)}
    temporary = tmp_path / "tmp"
    command = [*java, str(newest.path), str(file), "-m", "pyspark.daemon"]
    started = [
        subprocess.Popen(command, env=without_home, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(8)
    ]
    for process in started:
        assert b"No module named 'pyspark'" in process.communicate(timeout=120)[1]
    assert len(list(temporary.glob("pexlite-*"))) == 1
    assert len(list(temporary.glob("pexlite-*/lite-2/wheels/*"))) == 2


ALL_AT_ONCE = """
import sys, threading
sys.path.insert(0, sys.argv[1])
from runtime.cache import private
barrier = threading.Barrier(32)
def find():
    barrier.wait()
    private.place_in("/x/lite-2/apps/y", "")
threads = [threading.Thread(target=find) for _ in range(32)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


def test_workers_without_a_home_find_one_place_however_close_they_are(
    tmp_path: Path, env: dict[str, str], newest: Interpreter
) -> None:
    room = Path(spark.__file__).parents[2]
    run([newest.path, "-c", ALL_AT_ONCE, room], {**env, **only_temporary(tmp_path)})
    assert len(list((tmp_path / "tmp").iterdir())) == 1
