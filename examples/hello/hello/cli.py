"""The `hello` command."""

from __future__ import annotations

import click
import requests


@click.group()
@click.version_option(package_name="hello")
def main() -> None:
    """Say hello, or show what a web server answers."""


@main.command()
@click.argument("name")
@click.option("--shout", is_flag=True, help="Say it loudly.")
def greet(name: str, shout: bool) -> None:
    """Say hello to NAME."""
    greeting = f"Hello, {name}!"
    click.echo(greeting.upper() if shout else greeting)


@main.command()
@click.argument("url")
def head(url: str) -> None:
    """Show the status and headers that URL answers with."""
    try:
        answer = requests.head(url, timeout=10, allow_redirects=True)
    except requests.RequestException as failure:
        raise click.ClickException(str(failure)) from failure
    click.echo(f"{answer.status_code} {answer.reason}")
    for name, value in answer.headers.items():
        click.echo(f"{name}: {value}")
