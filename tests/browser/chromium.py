"""Make sure that a Chromium is here and print its path: `python -m tests.browser.chromium`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

HOME = "PEXLITE_CHROMIUM"
"""The variable with the path of the browser; without it the tests in it are left out."""
_NAMES = ("chromium", "chromium-browser", "google-chrome")


def find() -> str | None:
    """The path of a Chromium on PATH; None where there is none."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


def main() -> int:
    """Print the path of a Chromium, installing Debian's where root can; return 1 where there is none."""
    if find() is None and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-q"], check=True, stdout=sys.stderr)
        command = ["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium", "fonts-dejavu-core"]
        subprocess.run(
            command, check=True, stdout=sys.stderr, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        )
    found = find()
    print(found or "there is no Chromium here: install one", file=sys.stdout if found else sys.stderr)
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
