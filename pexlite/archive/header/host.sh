# The first Python that starts, since a name on PATH may be a shim for nothing; then those that PATH has behind the
# first of their name. None in the current directory, which may be a stranger's.
_pex_path=:${PEX_PYTHON_PATH:+$PEX_PYTHON_PATH:}$PATH:
while [ -n "$_pex_path" ]; do
    _pex_place=${_pex_path%%:*} _pex_path=${_pex_path#*:}
    for _pex_python in ${PEX_PYTHON:+"$PEX_PYTHON"} @pythons@; do
        case $_pex_place:$_pex_python in
            /*) [ -f "$_pex_place" ] && _pex_python=$_pex_place || _pex_python=$_pex_place/$_pex_python ;;
            :*/*) ;;
            :*) _pex_python=$(command -v "$_pex_python") && [ -z "${_pex_python%%/*}" ] || continue ;;
            *) continue ;;
        esac
        [ -x "$_pex_python" ] || continue
        if "$_pex_python" -I -S -c "" >/dev/null 2>&1 </dev/null; then exec "$_pex_python" "$0" "$@"; fi
    done
done
