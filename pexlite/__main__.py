"""`python -m pexlite`, and the `pexlite` command."""

from __future__ import annotations

from pexlite.cli import main

if __name__ == "__main__":
    main()
