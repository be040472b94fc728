"""Counts words: of files, and of what web servers answer."""

from __future__ import annotations

import pathlib

import click
import requests


@click.command()
@click.argument("sources", nargs=-1, required=True)
def main(sources: tuple[str, ...]) -> None:
    """Count the words of every file or URL in SOURCES."""
    for source in sources:
        click.echo(f"{len(read(source).split()):6}  {source}")


def read(source: str) -> str:
    if source.startswith(("http://", "https://")):
        answer = requests.get(source, timeout=10)
        answer.raise_for_status()
        return answer.text
    return pathlib.Path(source).read_text(encoding="utf-8")
