"""The command on a host: one fixed text, which whatever shell the user has there hands to sh.

It starts the first Python that can run the host's side. Where there is none, the same connection is used by sh
itself: that takes no old files as sources, but a file that carries its own Python needs no other. There are no
single quotes, exclamation marks or line breaks in it: csh reads those within quotes too.

stdin: the program for Python, in a line; then a line with the question as JSON, the mark, and the path as octal
numbers for printf. sh answers with the mark, and a line of fields. It passes over a line, which is for Python.
Then, in a line, what to do: how many bytes of the part that has arrived are kept, the sha256 of the whole, its
mode, whether the old file is kept; and the bytes, up to the end of stdin.
"""

from __future__ import annotations

# The program ends with 0 or 70; after any other code, the next Python is tried. 2.7 knows no -I. What fails after
# stdin was read ends with 70 as well: the next Python would wait for a program that has been read.
_PYTHON = (
    "import sys;sys.version_info<(3,6)and sys.exit(97);"
    "from binascii import a2b_base64 as b;from os import _exit as e;from zlib import decompress as d;"
    "sys.excepthook=lambda*a:e(70);exec(d(b(sys.stdin.buffer.readline())))"
)
_NAMES = (
    "python3",
    *(f"python3.{minor}" for minor in range(15, 5, -1)),
    *("/usr/libexec/platform-python", "/usr/local/bin/python3", "/opt/homebrew/bin/python3", "pypy3", "python"),
)
_LINES = (
    "exec 3>&2;",
    f"for p in {' '.join(_NAMES)}; do",
    "command -v $p >/dev/null 2>&1 || continue;",
    f'$p -I -S -c "{_PYTHON}" 2>/dev/null; c=$?;',
    "if test $c = 0 || test $c = 70 || test $c -gt 128; then exit $c; fi;",
    "done;",
    # From here on there is no Python.
    "LC_ALL=C; export LC_ALL;",
    "read -r p || exit 69; read -r q m e || exit 69;",
    'p=$(printf "%b_" "$e"); p=${p%_}; d=${p%/*}; d=${d:-/}; t=$d/.${p##*/}.pexlite-part;',
    'h() { sha256sum <"$1" 2>/dev/null || shasum -a 256 <"$1" 2>/dev/null || echo -; };',
    'k=none; test -e "$p" && k=other; test -f "$p" && k=file; test -d "$p" && k=directory;',
    'test -w "$d" || k=locked; test -d "$d" || k=nowhere;',
    # In /tmp and the like, others may have put there what would be written to, or keep what would be replaced.
    'if test -k "$d" && test -e "$p"; then',
    'test -O "$p" || test -O "$d" || test "$(id -u)" = 0 || k=others; fi;',
    'if test -e "$t" || test -h "$t"; then test -f "$t" && test -O "$t" || k=foreign; fi;',
    'if test -h "$t"; then k=foreign; fi;',
    's=0; a=-; if test $k = file; then s=$(wc -c <"$p"); set -- $(h "$p"); a=$1; fi;',
    'n=0; b=-; if test -f "$t"; then n=$(wc -c <"$t"); set -- $(h "$t"); b=$1; fi;',
    'set -- $(df -Pk "$d" 2>/dev/null | tail -n 1); f=${4:-0};',
    'l=$(getconf GNU_LIBC_VERSION 2>/dev/null); case "$l" in glibc*) ;; *) l="musl -";; esac;',
    'echo; echo "$m"; echo sh $(uname -s) $(uname -m) $l $k $s $a $n $b $f;',
    # For a Python, there would be more to read.
    "read -r x || exit 0; read -r keep want mode old || exit 0;",
    'if test -e "$t"; then :; else (set -C; umask 077; : >"$t") || { echo system; exit 0; }; fi;',
    'exec 9>>"$t" || { echo system; exit 0; };',
    "if command -v flock >/dev/null 2>&1; then flock -n 9 || { echo busy; exit 0; }; fi;",
    'test $keep = 0 && : >"$t"; cat >>"$t" || { rm -f "$t"; echo full; exit 0; };',
    'set -- $(h "$t"); if test "$1" = "$want"; then',
    'chmod "$mode" "$t"; sync; test "$old" = 1 && test -f "$p" && ln -f "$p" "$p.previous";',
    'mv -f "$t" "$p" && echo done || echo system; else echo cut; fi',
)
COMMAND = f"sh -c '{' '.join(_LINES)}'"
"""The text for ssh."""


def octal(path: bytes) -> str:
    """A path for printf in sh: no byte of it means anything to a shell."""
    if path.startswith(b"~/"):
        path = path[2:]
    if not path.startswith(b"/"):
        path = b"./" + path
    return "".join(f"\\0{byte:03o}" for byte in path)
