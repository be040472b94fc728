"""The program of sh at the beginning of a file."""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pexlite.archive.launcher_facts import LARGEST_OFFSET, host_pythons, in_words, is_left_to_python, trial
from pexlite.archive.runtime_files import LAYOUT
from pexlite.archive.switches import asked_by_people
from pexlite.model import Bundle, LaunchOptions, OwnPython
from pexlite.outputs import UNREADABLE

_BLANK = re.compile(r"@([a-z_]+)@")
# As `uname -sm` has them, in patterns of sh. Kernels run programs of 32 bits too.
_SYSTEMS = {"linux": "Linux", "macosx": "Darwin"}
_MACHINES = {
    "x86_64": ("x86_64", "amd64"),
    "aarch64": ("aarch64", "arm64"),
    "arm64": ("arm64", "aarch64"),
    "i686": ("i[3-6]86", "x86_64"),
    "armv7l": ("armv[78]*", "aarch64"),
}
# What only the pointer to an app on a Python of the file's has: its prefix, and the files there without which it
# does not start, so that no code of ours could mend it. The pointer has their time: a newer one has been changed.
_PREFIX_LINES = " && { read -r _pex_base && read -r _pex_needed || _pex_base= _pex_needed=; }"
_PREFIX_TEST = """ &&
{ @unless_own@[ ! -e "$_pex_base/DAMAGED" ]; } &&
{ for _pex_n in $_pex_needed; do
[ -s "$_pex_base/$_pex_n" ] && ! [ "$_pex_base/$_pex_n" -nt "$_pex_pointer" ] || continue 2; done; }"""
# Whether the app may stand on a Python of the host's.
_ALWAYS_OWN, _PERHAPS_OWN = '[ -n "$_pex_base" ] && ', '[ -z "$_pex_base" ] || '
# glibc asks /proc where the libraries beside a program are, and without /proc this variable.
_ORIGIN = '[ -e /proc/self/exe ] || [ -z "$_pex_base" ] || export LD_ORIGIN_PATH="$_pex_base/bin"'
# Of a group of commands.
_END = "}\n"
# PEX_CHOSEN_PYTHON=own: a Python of the host's has handed over (see runtime/start.py).
_IS_LEFT = '[ "${PEX_CHOSEN_PYTHON-}" = own ]'
_IS_ASKED_FOR = '[ -n "${PEX_PYTHON-}${PEX_PYTHON_PATH-}" ]'


def program(bundle: Bundle, build_id: str, own_offsets: Sequence[int]) -> str:
    """The program for a file whose own Pythons are at `own_offsets`.

    Its length depends neither on these nor on the build id.
    """
    own = bundle.own_pythons
    values = _values(bundle, build_id)
    warm, host, none, whole = (_filled(f"{name}.sh", values) for name in ("warm", "host", "none", "whole"))
    if not own:
        return f"{warm}{{\n{host}{none}}}\n"
    tries = "".join(map(_try, own, own_offsets))
    values = {**values, "brought": shlex.quote(in_words(own)), "tries": tries.rstrip("\n")}
    if bundle.launch.prefer_host:
        first = f"{_IS_LEFT} || {{\n{host}{_IS_ASKED_FOR} && {{\n{none}}}\n}}\n"
    else:
        first = f"{_IS_LEFT} || {{ {_IS_ASKED_FOR} && {{\n{host}{none}}}; }}\n"
    # Braces are read as a whole, before anything in them is run: cut off in its first ones, a file does nothing.
    # Behind the start of the app they have what tells that it is cut off later.
    return f"{warm.removesuffix(_END)}{whole}{_END}{{\n{first}{_filled('own.sh', values)}}}\n"


def _values(bundle: Bundle, build_id: str) -> dict[str, str]:
    launch, in_process, own = bundle.launch, bundle.entry_point.is_called, bool(bundle.own_pythons)
    unless_own = _PERHAPS_OWN if launch.prefer_host else _ALWAYS_OWN
    taken = [*asked_by_people(), *(("PEX_CHOSEN_PYTHON", "PYTHONHOME") if own else ())]
    return {
        "root": "$HOME/.pex" if launch.pex_root is None else _shell_path(launch.pex_root),
        "own_root": shlex.quote("~/.pex" if launch.pex_root is None else launch.pex_root),
        "layout": LAYOUT,
        "more_lines": _PREFIX_LINES if own else "",
        "more_tests": _PREFIX_TEST.replace("@unless_own@", unless_own) if own else "",
        "asked": "".join(f"${name}" for name in asked_by_people()),
        "switches": " ".join(taken),
        "build_id": build_id,
        "unreadable": UNREADABLE,
        "pythons": _words(host_pythons(bundle)).rstrip(),
        "needed": shlex.quote(bundle.runs_on),
        "trial": shlex.quote(trial()),
        "sealed": "\n".join([*([_ORIGIN] if own else []), *_sealed(launch, in_process)]),
        "options": _words(launch.inject_python_args),
        # The program that calls an entry point is told the file's name, and sees to the arguments.
        "itself": ' "$0"' if in_process else "",
        "arguments": "" if in_process else _words(launch.inject_args),
    }


def _filled(name: str, values: Mapping[str, str]) -> str:
    """The part `name` with `values` in its blanks."""
    return _BLANK.sub(lambda blank: values[blank[1]], _part(name))


@functools.cache
def _part(name: str) -> str:
    """The lines of a part, without comments and indentation, which every start would read."""
    lines = Path(__file__).with_name(name).read_text(encoding="utf-8").splitlines()
    kept = [line.lstrip() for line in lines if not line.lstrip().startswith("# ")]
    return "".join(f"{line}\n" for line in kept if line)


def _try(own: OwnPython, offset: int) -> str:
    """The command that becomes one Python of the file, where it runs on this machine."""
    system, _, machine = own.platform.partition("_")
    names = [_SYSTEMS.get(system, system) + "\\ " + name for name in _MACHINES.get(machine, (machine,))]
    glibc = own.libc[1] if own.libc and own.libc[0] == "glibc" else (0, 0)
    place = str(offset + 1).ljust(LARGEST_OFFSET)
    given = [own.loader, *map(str, glibc), own.sha256[:32], own.sha256[32:]]
    after = [str(own.size), str(own.unpacked // 1000 + 1), own.program]
    words = f"{_words(given)}{place} {_words(after)}"
    return f'case $_pex_machine in\n{" | ".join(names)}) _pex_own {words}&& _pex_become "$@" ;;\nesac\n'


def _sealed(launch: LaunchOptions, in_process: bool) -> Iterator[str]:
    """The commands that set what is sealed in: variables that have no value yet, and the scripts on PATH."""
    if is_left_to_python(launch, in_process):
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
