"""More interpreters in the app's process see the bundle, as the first one does."""

from __future__ import annotations

from pathlib import Path

import pytest

from pexlite.model import InheritPath, LaunchOptions
from tests.bundles import bundle_file, environment, function, run
from tests.factories import make_wheel
from tests.interpreters import Interpreter, supported

# In Python 3.6 grammar; before 3.8 the module can only be had in CPython's own tests.
MAKER = """
import sys

INSIDE = '''
import inside, sys
sys.stdout.write(inside.WHOSE + " " + str(sys.prefix == %r) + " " + str("__pexlite__" in dir()))
sys.stdout.flush()
'''


def main():
    name = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
    try:
        module = __import__(name)
    except ImportError:
        print("no such module", end="")
        return
    made = module.create()
    done = (getattr(module, "exec", None) or module.run_string)(made, INSIDE % sys.prefix)
    module.destroy(made)
    if done is not None:
        sys.exit(str(done))
"""


# PyPy has one interpreter in a process.
@pytest.mark.parametrize("python", [found for found in supported() if found.tag.startswith("cp")], ids=str)
@pytest.mark.parametrize("inherit", [InheritPath.FALSE, InheritPath.PREFER])
def test_an_interpreter_made_by_the_app_imports_what_the_app_does(
    inherit: InheritPath, python: Interpreter, tmp_path: Path
) -> None:
    files = {"maker.py": MAKER, "inside.py": "WHOSE = 'the bundle'\n"}
    wheel = make_wheel(tmp_path, "maker", files=files)
    launch = LaunchOptions(inherit_path=inherit)
    file = bundle_file(tmp_path / "app.pex", [wheel], function("maker", "main"), launch=launch)
    for _ in ("first", "later"):
        done = run([python.path, file], environment(tmp_path / "root"))
        assert done.stdout in ("the bundle True False", "no such module"), done.stdout + done.stderr
        assert done.stdout == "the bundle True False" or python.version < (3, 8)
