# /// script
# requires-python = ">=3.9"
# dependencies = ["tabulate>=0.9"]
# ///
"""The nearest stars, as a table."""

from __future__ import annotations

import argparse

from tabulate import tabulate

STARS = [
    ("Sun", 0.0),
    ("Proxima Centauri", 4.25),
    ("Alpha Centauri", 4.37),
    ("Barnard's Star", 5.96),
    ("Sirius", 8.6),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--within", type=float, default=10.0, metavar="LIGHT_YEARS")
    within = parser.parse_args().within
    rows = [(name, distance) for name, distance in STARS if distance <= within]
    print(tabulate(rows, headers=["star", "light years"]))


if __name__ == "__main__":
    main()
