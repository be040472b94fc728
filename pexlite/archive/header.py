"""The first bytes of a file: what the kernel starts it with."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from pexlite.archive.launch_options import VARIABLE, python_of, shebang_of
from pexlite.archive.launcher_configuration import launcher_with_configuration
from pexlite.archive.runtime_files import LAYOUT
from pexlite.archive.switches import asked_by_people
from pexlite.model import Bundle, LaunchOptions
from pexlite.model.pythons import known
from pexlite.outputs import UNREADABLE

# Reads the pointers that first starts left (see runtime/__init__.py): a program of the app, the script it runs,
# and the loader of such programs, since a home may be shared by machines of several kinds: the first whose loader
# is here. Only where both pointer and app are this user's own: else, with any switch set, or nothing there yet, a
# Python has to look at it: the first that starts, since a name on PATH may be a shim for nothing; then those that
# PATH has behind the first of their name. None in the current directory, which may be a stranger's. In braces, sh
# reads all of it before it runs any. The names are not those of variables that the app may have been given: to set
# one of those would change it for the app. A worker that Spark's Java starts (see runtime/app/spark.py) is the
# app's Python, but where a file job.py could be taken for a module `job`. That one the boot sees to, and all else
# that may be Spark's: whether it is, is told there.
_SHELL = """\
#!/bin/sh
: "{unreadable}
"
[ -z "${{ZSH_VERSION-}}" ] || emulate sh
{{
case $0 in /*) PEX=$0 ;; *) PEX=$PWD/${{0#./}} ;; esac
_pex_root=${{PEX_ROOT:-{root}}}
_pex_worker=
case "$PYSPARK_GATEWAY_PORT:$1 $2" in
    [0-9]* | ":-VV "* | ":-c import sys; print("* | ":-c "*"import pkg_resources"*) _pex_root= ;;
    *"/find_spark_home.py ") _pex_root= ;;
    ":-m "*)
        _pex_worker=$PYTHON_WORKER_FACTORY_SECRET$PYTHON_WORKER_FACTORY_SOCK_DIR$PYTHON_WORKER_FACTORY_SOCK_PATH
        _pex_parent=
        [ -z "$_pex_worker" ] || {{ read -r _pex_parent; }} 2>/dev/null <"/proc/$PPID/comm"
        case "$_pex_worker:$_pex_parent $#:$0" in
            :*) ;;
            *.py) _pex_root= ;;
            *":java "[23]:*) ;;
            *) _pex_root= ;;
        esac
        ;;
esac
_pex_asked={asked}
for _pex_pointer in "$_pex_root/{layout}/apps/{build_id}".*.*.sh; do
    if [ -z "$_pex_asked" ] && [ -O "$_pex_pointer" ] &&
        {{ read -r _pex_python && read -r _pex_script && read -r _pex_loader; }} 2>/dev/null <"$_pex_pointer" &&
        [ -e "$_pex_loader" ] && _pex_app=${{_pex_python%/bin/*}} && [ -O "$_pex_app" ] &&
        [ -s "$_pex_app/READY" ] && [ -x "$_pex_python" ] && [ -s "${{_pex_script:-$_pex_python}}" ]; then
        export PEX
        unset {switches}
{sealed}        [ -z "$_pex_worker" ] || exec "$_pex_app/bin/python" "$@"
        exec "$_pex_python" {options}${{_pex_script:+"$_pex_script"{itself}}} {arguments}"$@"
    fi
done
_pex_path=:${{PEX_PYTHON_PATH:+$PEX_PYTHON_PATH:}}$PATH:
while [ -n "$_pex_path" ]; do
    _pex_place=${{_pex_path%%:*}} _pex_path=${{_pex_path#*:}}
    for _pex_python in ${{PEX_PYTHON:+"$PEX_PYTHON"}} {pythons}; do
        case $_pex_place:$_pex_python in
            /*) [ -f "$_pex_place" ] && _pex_python=$_pex_place || _pex_python=$_pex_place/$_pex_python ;;
            :*/*) ;;
            :*) _pex_python=$(command -v "$_pex_python") && [ -z "${{_pex_python%%/*}}" ] || continue ;;
            *) continue ;;
        esac
        [ -x "$_pex_python" ] || continue
        if "$_pex_python" -I -S -c "" >/dev/null 2>&1 </dev/null; then exec "$_pex_python" "$0" "$@"; fi
    done
done
echo "error: ${{0##*/}} needs "{needed}", and there is none on PATH" >&2
echo "hint: install one of these, or name it with PEX_PYTHON=/path/to/python" >&2
exit 1
}}
"""
_SAMPLE_BUILD_ID = "0" * 16
_PLACEHOLDER = "{pex.env."
_AHEAD = 3  # minor versions that are yet to come, looked for by name


def header(bundle: Bundle, build_id: str = _SAMPLE_BUILD_ID, own_offsets: Sequence[int] = ()) -> bytes:
    """The `#!` line, a script in POSIX sh, or a program; as many bytes for one build id as for any other.

    `own_offsets` are the places in the file of the bundle's own Pythons; their length in it is fixed.

    Raises UsageError for a line that no kernel could read.
    """
    if bundle.launch.launcher == "elf":
        return launcher_with_configuration(bundle, build_id, own_offsets or (0,) * len(bundle.own_pythons))
    if bundle.launch.sh_boot:
        return _shell_header(bundle, build_id).encode("utf-8", "surrogateescape")
    return f'#!{shebang_of(bundle.launch)}\n"{UNREADABLE}\n'.encode()


def _shell_header(bundle: Bundle, build_id: str) -> str:
    names = [python_of(bundle.launch), "python3"]
    tags = list(dict.fromkeys(tag for variant in bundle.variants for tag in known(variant.pythons, _AHEAD)))
    for implementation, program in (("cp", "python"), ("pp", "pypy")):
        names += [f"{program}{tag[2]}.{tag[3:]}" for tag in reversed(tags) if tag.startswith(implementation)]
    launch, in_process = bundle.launch, bool(bundle.entry_point.module)
    return _SHELL.format(
        root="$HOME/.pex" if launch.pex_root is None else _shell_path(launch.pex_root),
        layout=LAYOUT,
        asked="".join(f"${name}" for name in asked_by_people()),
        switches=" ".join(asked_by_people()),
        build_id=build_id,
        unreadable=UNREADABLE,
        pythons=_words(list(dict.fromkeys(names))).rstrip(),
        needed=shlex.quote(bundle.runs_on),
        sealed="".join(f"        {line}\n" for line in _sealed(launch, in_process)),
        options=_words(launch.inject_python_args),
        # The program that calls an entry point is told the file's name, and sees to the arguments.
        itself=' "$0"' if in_process else "",
        arguments="" if in_process else _words(launch.inject_args),
    )


def _sealed(launch: LaunchOptions, in_process: bool) -> Iterator[str]:
    """The commands that set what is sealed in: variables that have no value yet, and the scripts on PATH."""
    named = not in_process and any(_PLACEHOLDER in word for word in launch.inject_args)
    if named or not all(VARIABLE.fullmatch(name) for name, _ in launch.inject_env):
        # No shell can set such a variable, or find the values of those in arguments: the start is left to Python.
        yield 'exec "$_pex_app/bin/python" "$0" "$@"'
        return
    for name, value in launch.inject_env:
        yield f'[ -n "${{{name}+x}}" ] || {name}={shlex.quote(value)}'
        yield f"export {name}"
    if launch.bin_path == "prepend":
        yield "PATH=$_pex_app/bin:$PATH"
    elif launch.bin_path == "append":
        yield "PATH=$PATH:$_pex_app/bin"


def _words(words: Sequence[str]) -> str:
    """The words as sh reads them, whatever is in them, a space behind each."""
    return "".join(f"{shlex.quote(word)} " for word in words)


def _shell_path(root: str) -> str:
    """A path as sh reads it inside ${…:-…}, its leading ~ being the home directory."""
    if root == "~" or root.startswith("~/"):
        return '"$HOME"' + shlex.quote(root[1:])
    return shlex.quote(root)
