"""The launch options of a built file, read back from its first lines and PEX-INFO."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from urllib.parse import unquote

from pexlite.archive.launch_options import check_launch, line_for
from pexlite.errors import NotABundle, UsageError
from pexlite.model import LaunchOptions, Manifest
from pexlite.model.given import as_fields
from pexlite.model.manifest import OwnTable

# The first Python that the sh header looks for is the one of --python-shebang:
#     for _pex_python in ${PEX_PYTHON:+"$PEX_PYTHON"} python3 python3.14 ...; do
_FIRST_OF_LAUNCHER = re.compile(r"^python (?P<name>\S+)$", re.MULTILINE)  # as launcher_configuration writes it
_FIRST_PYTHON = re.compile(r'for _pex_python in \$\{PEX_PYTHON:\+"\$PEX_PYTHON"\} (?P<words>.+); do')


def sealed_launch(path: Path, manifest: Manifest) -> LaunchOptions:
    """The options with which the file at `path` was built. Raises NotABundle where they are none."""
    with path.open("rb") as file:
        header = file.read(manifest.header[0]).decode("utf-8", "surrogateescape")
    facts, own = manifest.facts, manifest.facts["pexlite"]
    try:
        values = {
            "sh_boot": own["sh_boot"],
            "bin_path": own["bin_path"],
            "inherit_path": facts["inherit_path"],
            "inject_args": facts["inject_args"],
            "inject_env": facts["inject_env"],
            "inject_python_args": facts["inject_python_args"],
            "pex_root": facts["pex_root"],
            "launcher": own.get("launcher", ""),
            "prefer_host": own.get("prefer_host", False),
            "lazy_imports": "all" if "lazy_imports" in own else "off",
            "not_lazy": own.get("lazy_imports", []),
            "shebang": _shebang(header, own),
        }
        launch = LaunchOptions(**as_fields(LaunchOptions, values))
        check_launch(launch)
    except (KeyError, ValueError, UsageError) as failure:
        raise NotABundle(
            f"the options sealed into {path} cannot be read", causes=[str(failure)], hint="build it again"
        ) from failure
    return launch


def _shebang(header: str, own: OwnTable) -> str:
    """The text of --python-shebang; of a launcher only its Python is known, which is all that it uses."""
    if own.get("launcher") == "elf":
        found = _FIRST_OF_LAUNCHER.search(header)
        words = [unquote(found["name"])] if found else []
    elif own["sh_boot"]:
        found = _FIRST_PYTHON.search(header)
        words = shlex.split(found["words"]) if found else []
    else:
        return header.partition("\n")[0].removeprefix("#!")
    if not words:
        raise ValueError("its first lines have changed")
    return line_for(words[0])
