"""The first bytes of a file: what the kernel starts it with."""

from __future__ import annotations

import shlex

from pexlite.errors import UsageError
from pexlite.model import Bundle

# Reads what the boot left for the shell (see runtime/layout.py): two lines, the app's Python and its script.
# With any switch set, or nothing there yet, a Python has to look at it: the first that starts, since a name on
# PATH may be a shim for nothing; then those that PATH has behind the first of their name. In braces, sh reads all
# of it before it runs any. The names are not those of variables that the app may have been given: to set one of
# those would change it for the app. Spark's workers are the app's Python, but where a file job.py could be taken
# for a module `job`: that one the boot sees to.
_SHELL = """\
#!/bin/sh
# {coding}
{{
case $0 in /*) PEX=$0 ;; *) PEX=$PWD/${{0#./}} ;; esac
_pex_root=${{PEX_ROOT:-{root}}}
case "$PYSPARK_GATEWAY_PORT:$1 $2" in
    [0-9]* | ":-c import sys; print("* | *"/find_spark_home.py ") _pex_root= ;;
    ":-m pyspark."*) case $0 in *.py) _pex_root= ;; *) _pex_worker=1 ;; esac ;;
    *) _pex_worker= ;;
esac
_pex_asked=$PEX_INTERPRETER$PEX_MODULE$PEX_SCRIPT$PEX_PYTHON$PEX_INHERIT_PATH$PEX_EXTRA_SYS_PATH
if [ -z "$_pex_asked$PEX_TOOLS$PEX_VERBOSE" ] &&
    {{ read -r _pex_python && read -r _pex_script; }} 2>/dev/null <"$_pex_root/lite-1/apps/{build_id}.sh" &&
    [ -x "$_pex_python" ] && [ -s "${{_pex_python%/bin/python}}/READY" ] &&
    [ -s "${{_pex_script:-$_pex_python}}" ]; then
    export PEX
    [ -z "$_pex_worker" ] || _pex_script=
    unset PEX_INTERPRETER PEX_MODULE PEX_SCRIPT PEX_PYTHON PEX_INHERIT_PATH PEX_EXTRA_SYS_PATH
    unset PEX_TOOLS PEX_VERBOSE
    exec "$_pex_python" ${{_pex_script:+"$_pex_script" "$0"}} "$@"
fi
_pex_path=:$PATH:
while [ -n "$_pex_path" ]; do
    _pex_place=${{_pex_path%%:*}} _pex_path=${{_pex_path#*:}}
    for _pex_python in ${{PEX_PYTHON:+"$PEX_PYTHON"}} {pythons}; do
        _pex_python=${{_pex_place:+$_pex_place/}}$_pex_python
        [ -z "$_pex_place" ] || [ -x "$_pex_python" ] || continue
        if "$_pex_python" -I -S -c "" >/dev/null 2>&1 </dev/null; then exec "$_pex_python" "$0" "$@"; fi
    done
done
echo "error: ${{0##*/}} needs {needed}, and there is none on PATH" >&2
echo "hint: install one of these, or name it with PEX_PYTHON=/path/to/python" >&2
exit 1
}}
"""
_SAMPLE_BUILD_ID = "0" * 16
# Python takes a file that is cut off for a script. There it refuses the coding it does not know, with these words
# (PEP 263), and runs nothing.
_CODING = "coding: damaged-or-read-from-a-pipe--copy-the-file-here-again"


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
    return f"#!{shebang}\n# {_CODING}\n".encode()


def _shell_header(bundle: Bundle, build_id: str) -> str:
    names = ["python3"]
    tags = list(dict.fromkeys(python for variant in bundle.variants for python in variant.pythons))
    for implementation, program in (("cp", "python"), ("pp", "pypy")):
        names += [f"{program}{tag[2]}.{tag[3:]}" for tag in reversed(tags) if tag.startswith(implementation)]
    root = bundle.launch.pex_root
    return _SHELL.format(
        root="$HOME/.pex" if root is None else _shell_path(root),
        build_id=build_id,
        coding=_CODING,
        pythons=" ".join(names),
        needed=bundle.runs_on,
    )


def _shell_path(root: str) -> str:
    """A path as sh reads it inside ${…:-…}, its leading ~ being the home directory."""
    if root == "~" or root.startswith("~/"):
        return '"$HOME"' + shlex.quote(root[1:])
    return shlex.quote(root)
