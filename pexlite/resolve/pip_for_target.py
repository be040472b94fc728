"""pip, resolving for a Python that is not the one that runs it.

pip's --platform and --python-version choose wheels for another Python, yet its markers stay those of the
running one. This file is run as a program: `pip_for_target.py ENVIRONMENT.json ARGUMENT...` gives the marker
evaluation that pip brings along the variables in the file, and then is pip.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main() -> int:
    """The exit code of pip."""
    environment = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    from pip._internal.cli.main import main as pip_main
    from pip._vendor.packaging import markers

    markers.default_environment = environment.copy
    return pip_main(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
