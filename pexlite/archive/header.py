"""The first bytes of a file: what the kernel starts it with."""

from __future__ import annotations

import shlex

from pexlite.errors import UsageError
from pexlite.model import Bundle

# Reads what the boot left for the shell (see runtime/layout.py): two lines, the app's Python and its script.
# With any switch set, or nothing there yet, a Python has to look at it.
_SHELL = """\
#!/bin/sh
case $0 in /*) PEX=$0 ;; *) PEX=$PWD/${{0#./}} ;; esac
root=${{PEX_ROOT:-{root}}}
case "$1 $2" in "-m pyspark."*) root= ;; esac
if [ -z "$PEX_INTERPRETER$PEX_MODULE$PEX_SCRIPT$PEX_PYTHON$PEX_INHERIT_PATH$PEX_EXTRA_SYS_PATH$PEX_VERBOSE" ] &&
    {{ read -r python && read -r script; }} 2>/dev/null <"$root/lite-1/apps/{build_id}.sh" &&
    [ -x "$python" ] && [ -e "${{python%/bin/python}}/READY" ]; then
    export PEX
    exec "$python" ${{script:+"$script" "$0"}} "$@"
fi
for python in {pythons}; do
    if command -v "$python" >/dev/null 2>&1; then exec "$python" "$0" "$@"; fi
done
echo "error: ${{0##*/}} needs {needed}, and there is no Python on PATH" >&2
echo "hint: install one of these and start it again" >&2
exit 1
"""
_SAMPLE_BUILD_ID = "0" * 16


def header(bundle: Bundle, build_id: str = _SAMPLE_BUILD_ID) -> bytes:
    """The `#!` line, or with `sh_boot` a script in POSIX sh; as many bytes for one build id as for any other.

    Raises UsageError for a line that no kernel could read.
    """
    if bundle.launch.sh_boot:
        return _shell_header(bundle, build_id).encode()
    shebang = bundle.launch.shebang.removeprefix("#!").strip()
    if not shebang or "\n" in shebang or len(shebang.encode()) > 125:
        raise UsageError(
            f"{bundle.launch.shebang!r} is no line that a kernel can start a file with",
            causes=["it has to be one line of at most 127 bytes"],
            hint="--python-shebang '/usr/bin/env python3'",
        )
    return f"#!{shebang}\n".encode()


def _shell_header(bundle: Bundle, build_id: str) -> str:
    names = ["python3"]
    tags = list(dict.fromkeys(python for variant in bundle.variants for python in variant.pythons))
    for implementation, program in (("cp", "python"), ("pp", "pypy")):
        names += [f"{program}{tag[2]}.{tag[3:]}" for tag in reversed(tags) if tag.startswith(implementation)]
    root = bundle.launch.pex_root
    return _SHELL.format(
        root="$HOME/.pex" if root is None else _shell_path(root),
        build_id=build_id,
        pythons=" ".join(names),
        needed=bundle.runs_on,
    )


def _shell_path(root: str) -> str:
    """A path as sh reads it inside ${…:-…}, its leading ~ being the home directory."""
    if root == "~" or root.startswith("~/"):
        return '"$HOME"' + shlex.quote(root[1:])
    return shlex.quote(root)
