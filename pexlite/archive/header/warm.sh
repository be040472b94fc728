#!/bin/sh
: "@unreadable@
"
[ -z "${ZSH_VERSION-}" ] || emulate sh
# Reads the pointers that first starts left (see runtime/__init__.py): a program of the app, the script it runs,
# and the loader of such programs, since a home may be shared by machines of several kinds: the first whose loader
# is here. Only where both pointer and app are this user's own: else, with any switch set, or nothing there yet, a
# Python has to look at it. In braces, sh reads all of it before it runs any; and what comes behind them it reads
# only where no app is started here. The names are not those of variables that the app may have been given: to set
# one of those would change it for the app. A worker that Spark's Java starts (see runtime/app/spark.py) is the
# app's Python, but where a file job.py could be taken for a module `job`. That one the boot sees to, and all else
# that may be Spark's: whether it is, is told there.
{
case $0 in /*) PEX=$0 ;; *) PEX=$PWD/${0#./} ;; esac
_pex_root=${PEX_ROOT:-@root@}
_pex_worker=
case "$PYSPARK_GATEWAY_PORT:$1 $2" in
    [0-9]* | ":-VV "* | ":-c import sys; print("* | ":-c "*"import pkg_resources"*) _pex_root= ;;
    *"/find_spark_home.py ") _pex_root= ;;
    ":-m "*)
        _pex_worker=$PYTHON_WORKER_FACTORY_SECRET$PYTHON_WORKER_FACTORY_SOCK_DIR$PYTHON_WORKER_FACTORY_SOCK_PATH
        _pex_parent=
        [ -z "$_pex_worker" ] || { read -r _pex_parent; } 2>/dev/null <"/proc/$PPID/comm"
        case "$_pex_worker:$_pex_parent $#:$0" in
            :*) ;;
            *.py) _pex_root= ;;
            *":java "[23]:*) ;;
            *) _pex_root= ;;
        esac
        ;;
esac
_pex_asked=@asked@
for _pex_pointer in "$_pex_root/@layout@/apps/@build_id@".*.*.sh; do
    if [ -z "$_pex_asked" ] && [ -O "$_pex_pointer" ] &&
        { read -r _pex_python && read -r _pex_script && read -r _pex_loader@more_lines@; } 2>/dev/null <"$_pex_pointer" &&
        [ -e "$_pex_loader" ] && _pex_app=${_pex_python%/bin/*} && [ -O "$_pex_app" ] &&
        [ -s "$_pex_app/READY" ] && [ -x "$_pex_python" ] && [ -s "${_pex_script:-$_pex_python}" ]@more_tests@; then
        export PEX
        unset @switches@
@sealed@
        [ -z "$_pex_worker" ] || exec "$_pex_app/bin/python" "$@"
        exec "$_pex_python" @options@${_pex_script:+"$_pex_script"@itself@} @arguments@"$@"
    fi
done
}
