"""The program `pex` of a venv made from a built file: it starts what the file starts."""

import os
import runpy
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

START = {}  # type: dict[str, Any]


def main() -> None:
    """Exit as the entry point does, or exec it."""
    for name, value in START["environment"]:
        os.environ.setdefault(name, value)
    sys.argv[1:1] = START["arguments"]
    kind = START["kind"]
    if kind == "module":
        runpy.run_module(START["module"], run_name="__main__", alter_sys=True)
    elif kind == "function":
        __import__(START["module"])
        function: Any = sys.modules[START["module"]]
        for name in START["attribute"].split("."):
            function = getattr(function, name)
        sys.exit(function())
    elif kind == "script":
        program = os.path.join(sys.prefix, "bin", START["script"])
        os.execv(program, [program] + sys.argv[1:])
    else:
        os.execv(sys.executable, [sys.executable] + sys.argv[1:])


if __name__ == "__main__":
    main()
