"""`python -m tests.programs.profile warm|cold|build WORKLOAD`: boot phases, functions, imports, system calls."""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.programs.bench.setting import Setting, ask, base_python, clean_python
from tests.programs.bench.timing import Contender, emptied, paired, run
from tests.programs.bench.tools import TOOLS
from tests.programs.bench.workloads import WORKLOADS, Workload

_LINES = 25
# Runs the file as Python itself would, under a profiler that follows the thread it is started in.
_PROFILED_START = """
import cProfile, pstats, runpy, sys
path = sys.argv[1]
sys.argv[:] = sys.argv[1:]
profiler = cProfile.Profile()
try:
    profiler.runcall(runpy.run_path, path, run_name="__main__")
except SystemExit:
    pass
sys.stdout.flush()
statistics = pstats.Stats(profiler, stream=sys.stderr).strip_dirs()
statistics.sort_stats("cumulative").print_stats(25)
statistics.sort_stats("tottime").print_stats(25)
statistics.sort_stats("cumulative").print_stats("^(?:start|launch|boot|install)[.]py:|builtins.compile")
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the profile that the command line asks for."""
    parser = argparse.ArgumentParser(prog="nox -s profile --", description=__doc__)
    parser.add_argument("what", choices=("warm", "cold", "build"))
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("--python", type=Path, help="the Python to run on (the one behind this one)")
    parser.add_argument("--directory", type=Path, help="where to work and to keep wheelhouses")
    chosen = parser.parse_args(arguments)
    directory = (chosen.directory or Path(tempfile.gettempdir()) / "pexlite-bench").resolve()
    directory.mkdir(parents=True, exist_ok=True)
    python = ask((chosen.python or base_python()).absolute())
    setting = Setting(directory, clean_python(directory, python.path, python.hooks))
    setting.install("pexlite")
    {"warm": warm, "cold": cold, "build": build}[chosen.what](setting, WORKLOADS[chosen.workload])
    return 0


def warm(setting: Setting, workload: Workload) -> None:
    """Print a warm start beside a plain venv's: extra modules, functions, system calls."""
    state = setting.state("profile", workload.name)
    application = str(TOOLS["pexlite"].application(setting, workload))
    environment = setting.environment(state)
    ours = Contender("pexlite", (application, *workload.arguments), environment, workload.contains)
    script = str(setting.floor(workload) / "bin" / workload.script)
    floor = Contender("venv", (script, *workload.arguments), environment, workload.contains)
    run(ours)
    run(floor)
    _heading("21 starts each, in turn")
    for tool, figure in paired([ours, floor], 21).items():
        cpu = (figure.cpu or 0) * 1000
        print(f"{tool:8} {figure.median * 1000:7.1f} ms, least {figure.least * 1000:.1f}, CPU {cpu:.1f}")
    _heading("modules that only the file's start imports")
    profiled = {**environment, "PYTHONPROFILEIMPORTTIME": "1"}
    their = {name for name, _ in _imports(floor, profiled)}
    for name, microseconds in _imports(ours, profiled):
        if name not in their:
            print(f"{microseconds / 1000:7.2f} ms  {name}")
    _heading("functions, under the profiler")
    command = (str(setting.python), "-c", _PROFILED_START, application, *workload.arguments)
    print(_said(command, environment))
    for contender in (ours, floor):
        _system_calls(contender, f"system calls of {contender.tool}")


def cold(setting: Setting, workload: Workload) -> None:
    """Print a first start: what the boot says of itself, its main thread's functions, system calls, and a copy."""
    state = setting.state("profile", f"{workload.name}-cold")
    application = str(TOOLS["pexlite"].application(setting, workload))
    arguments = workload.first or workload.arguments
    environment = setting.environment(state)
    ours = Contender("pexlite", (application, *arguments), environment)
    emptied(state)()
    _heading("what the boot says (PEX_VERBOSE)")
    print(_said((application, *arguments), {**environment, "PEX_VERBOSE": "1"}))
    emptied(state)()
    _heading("functions of the main thread, under the profiler")
    command = (str(setting.python), "-c", _PROFILED_START, application, *arguments)
    print(_said(command, environment))
    tree = str(setting.tree(workload))
    copy = Contender("cp -r", ("cp", "-r", tree, str(state / "copy")), environment, prepare=emptied(state))
    again = Contender("pexlite", ours.command, environment, prepare=emptied(state))
    _heading("5 first starts, and as many copies of the same files")
    for tool, figure in paired([again, copy], 5).items():
        cpu = (figure.cpu or 0) * 1000
        print(f"{tool:8} {figure.median * 1000:7.0f} ms, least {figure.least * 1000:.0f}, CPU {cpu:.0f}")
    emptied(state)()
    _system_calls(ours, "system calls")


def build(setting: Setting, workload: Workload) -> None:
    """Print a build from a lock with everything cached: its functions by time, and its system calls."""
    state = setting.state("profile", f"{workload.name}-build")
    environment = setting.environment(state)
    program = setting.program("pexlite", "python")
    output = state / "app.pex"
    words = ("build", *workload.requirements, "--lock", str(setting.lock(workload)), "-q", "-o", str(output))
    ours = Contender("pexlite", (str(program), "-m", "pexlite", *words), environment)
    run(ours)
    _heading("5 builds")
    figure = paired([ours], 5)["pexlite"]
    cpu = (figure.cpu or 0) * 1000
    print(f"{figure.median * 1000:.0f} ms, least {figure.least * 1000:.0f}, CPU {cpu:.0f}")
    for order in ("cumulative", "tottime"):
        _heading(f"functions by {order}")
        said = _said((str(program), "-m", "cProfile", "-s", order, "-m", "pexlite", *words), environment)
        print("\n".join(said.splitlines()[: _LINES + 6]))
    _heading("modules by the time their import takes")
    found = _imports(ours, {**environment, "PYTHONPROFILEIMPORTTIME": "1"})
    for name, microseconds in sorted(found, key=lambda pair: -pair[1])[:_LINES]:
        print(f"{microseconds / 1000:7.2f} ms  {name}")
    _system_calls(ours, "system calls")


def _heading(text: str) -> None:
    print(f"\n== {text} ==", flush=True)


def _said(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """The command's output on both streams."""
    done = subprocess.run(
        command, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.stdout


def _imports(contender: Contender, environment: Mapping[str, str]) -> list[tuple[str, int]]:
    """Modules in the order of their import, with their own microseconds.

    import time:       123 |        456 |   encodings
    """
    said = _said(contender.command, environment)
    found = re.findall(r"^import time:\s+(\d+) \|\s+\d+ \| +(\S+)$", said, flags=re.MULTILINE)
    return [(name, int(microseconds)) for microseconds, name in found]


def _system_calls(contender: Contender, title: str) -> None:
    _heading(title)
    program = shutil.which("strace")
    if program is None:
        print("strace is not installed")
        return
    with tempfile.NamedTemporaryFile() as file:
        command = [program, "-f", "-c", "-U", "calls,errors,time,name", "-S", "calls", "-o", file.name]
        _said([*command, *contender.command], contender.environment)
        print("\n".join(Path(file.name).read_text().splitlines()[:_LINES]))


if __name__ == "__main__":
    sys.exit(main())
