"""The `trust` command."""

from __future__ import annotations

import certifi
import click

GREETING = "trusting"


@click.command()
def main() -> None:
    """Say how many certificate authorities are trusted, and which list names them."""
    count = certifi.contents().count("BEGIN CERTIFICATE")
    click.echo(f"{GREETING} {count} authorities of certifi {certifi.__version__}")
