"""The applications that these tests build."""

from __future__ import annotations

from pathlib import Path

GREETING = """
import click

@click.command()
@click.argument("name", default="world")
@click.option("--code", default=0)
def main(name, code):
    click.echo("hello " + name)
    raise SystemExit(code)
"""

# Says in JSON what a process sees of itself, of a child by sys.executable, and of the workers of a pool.
SURROUNDINGS = """
import json, multiprocessing, ssl, subprocess, sys
import markupsafe

ASK = "import json, sys, markupsafe; print(json.dumps([sys.prefix, markupsafe.__file__]))"

def of_worker(number):
    import markupsafe._speedups
    return [number * number, markupsafe._speedups.__file__]

def main():
    child = subprocess.run([sys.executable, "-c", ASK], stdout=subprocess.PIPE, check=True)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        workers = pool.map(of_worker, [1, 2, 3])
    found = {
        "argv": sys.argv, "prefix": sys.prefix, "base": sys.base_prefix, "executable": sys.executable,
        "path": sys.path, "child": json.loads(child.stdout), "workers": workers,
        "tls": ssl.create_default_context().verify_mode, "ours": [n for n in sys.modules if "pexlite" in n],
    }
    print(json.dumps(found))
"""

PROJECT = """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "tool"
version = "1.0"
dependencies = ["markupsafe"]

[project.scripts]
tool = "tool:main"
other-tool = "tool:other"

[tool.setuptools]
packages = ["tool"]
script-files = ["plain"]
"""

TOOL = """
import subprocess, sys

def main():
    print("tool", sys.argv[1:], sys.argv[0].rpartition("\\\\")[2])
    return 5

def other():
    print("other", sys.argv[1:], flush=True)
    return subprocess.run(["tool", "a b", "c"]).returncode
"""


def write(directory: Path, **modules: str) -> Path:
    """`directory`, with these modules in it."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in modules.items():
        (directory / f"{name}.py").write_text(text)
    return directory


def write_project(directory: Path) -> Path:
    """`directory`, with a project that has console scripts and a script among its data."""
    write(directory / "tool", __init__=TOOL)
    (directory / "pyproject.toml").write_text(PROJECT)
    (directory / "plain").write_text("#!/usr/bin/env python\nimport sys\nprint('plain', sys.argv[1:])\n")
    return directory
