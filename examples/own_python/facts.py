"""Facts about a machine, for machines on which nothing can be installed."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from pathlib import Path

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def main(as_json: bool) -> None:
    """Tell what this machine is."""
    facts = found()
    if as_json:
        click.echo(json.dumps(facts))
        return
    for name, value in facts.items():
        click.echo(f"{name:>10}  {value}")


def found() -> dict[str, object]:
    """The facts by name."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processors": len(os.sched_getaffinity(0)),
        "free": f"{shutil.disk_usage('/').free // 1000_000} MB",
        "account": os.geteuid(),
        "shell": Path("/bin/sh").exists(),
        "python": f"{platform.python_version()} in {sys.base_prefix}",
    }
