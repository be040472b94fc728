"""Prints the name of a domain as the network's name servers know it."""

import sys

import idna


def main() -> None:
    """Exit with 2 unless one name is given."""
    if len(sys.argv) != 2:
        sys.exit("usage: domain NAME")
    print(idna.encode(sys.argv[1]).decode())
