#!/bin/sh
# The Python of a venv that came out of an archive, where a link to it would lead outside, and not everything that
# unpacks takes such links. The first start makes the link, beside this file: a shell may be about to read that.
python=PYTHON
if [ ! -x "$python" ]; then
    echo "error: $0 is for machines that have $python, and this one has not" >&2
    echo "hint: make the archive for a Python that is here: pexlite venv FILE NAME.tar.gz --python PYTHON" >&2
    exit 127
fi
here=${0%/*}/NAME-here
if [ -f "${0%/*}/../pyvenv.cfg" ]; then
    [ -L "$here" ] || ln -s "$python" "$here" 2>/dev/null
    [ ! -x "$here" ] || exec "$here" "$@"
fi
# Nothing can be written here. A Python that is told this file's name for its own finds the venv as well.
exec "$python" -I -S -c 'import os, sys; os.execv(sys.argv[1], sys.argv[2:])' "$python" "$0" "$@"
