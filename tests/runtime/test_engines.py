"""A file is the Python that Ray and Dask start, whatever it starts otherwise; acted out without them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pexlite.model import Command, EntryPoint, LaunchOptions, StartKind
from pexlite.runtime.app import launch
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel

TELL = "import json, os, sys\nprint(json.dumps([sys.argv[1:], sys.executable, sys.path[0]]))\n"
WORKER = "ray/_private/workers/default_worker.py"
FILES = {
    "application.py": "import sys\n\ndef main():\n    print('the application', sys.argv[1:])\n",
    "ray/__init__.py": "",
    WORKER: "import application\n" + TELL,
    "distributed/cli/dask_spec.py": "import application\n" + TELL,
}
RAY, DASK = {"RAY_RAYLET_PID": "1"}, {"DASK_INTERNAL_INHERIT_CONFIG": "e30="}
SPEC = ["-m", "distributed.cli.dask_spec"]
LAUNCHES = {
    "plain": LaunchOptions(),
    "sh header": LaunchOptions(sh_boot=True),
    "sealed": LaunchOptions(inject_args=("--never-seen",)),
}


@pytest.mark.parametrize("kind", ["function", "commands"])
@pytest.mark.parametrize("way", LAUNCHES)
def test_an_application_is_a_python_for_workers(way: str, kind: str, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "application", files=FILES)
    commands = (Command("main", "application", "main"), Command("other", "application", "main"))
    start = (
        function("application", "main")
        if kind == "function"
        else EntryPoint(StartKind.COMMANDS, commands=commands)
    )
    file = bundle_file(tmp_path / "app.pex", [wheel], start, launch=LAUNCHES[way])
    env = environment(tmp_path / "root")
    script = tmp_path / "node" / WORKER
    script.parent.mkdir(parents=True)
    script.write_text(FILES[WORKER])
    for _ in range(2):  # the first start, and a later one
        for words, variables in ([str(script)], RAY), (SPEC, DASK):
            told = run([file, *words, "--spec", "{'a': 1}"], {**env, **variables}, cwd=tmp_path)
            arguments, executable, first = json.loads(told.stdout)
            assert arguments == ["--spec", "{'a': 1}"]
            assert executable.startswith(str(tmp_path / "root")) and executable.endswith("/bin/python")
            assert first == (str(script.parent) if variables is RAY else str(tmp_path))


def test_without_an_engine_the_words_are_the_applications(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "application", files=FILES)
    file = bundle_file(tmp_path / "app.pex", [wheel], function("application", "main"))
    for words in [f"/{WORKER}"], SPEC:
        assert run([file, *words], environment(tmp_path / "root")).stdout == f"the application {words}\n"


@pytest.mark.parametrize(
    ("words", "variables", "is_python"),
    [
        ([f"/site-packages/{WORKER}", "--node-ip-address=127.0.0.1"], RAY, True),
        ([f"/site-packages/{WORKER}"], DASK, False),
        (["/home/me/default_worker.py"], RAY, False),
        (["run", f"/site-packages/{WORKER}"], RAY, False),
        (["-c", "from multiprocessing.spawn import spawn_main"], RAY, False),
        ([*SPEC, "tcp://127.0.0.1:1", "--spec", "{}"], DASK, True),
        (SPEC, RAY, False),
        (["-m", "distributed.cli.dask_worker"], DASK, False),
        (["-m"], DASK, False),
        ([], {**RAY, **DASK}, False),
    ],
)
def test_words_and_variables_tell(words: list[str], variables: dict[str, str], is_python: bool) -> None:
    assert launch.is_python_of_a_worker(words, variables) is is_python
