# The Python that the file brings, unpacked once for all files that bring the same one: whole or not there, under a
# lock where there is `flock`, else in turn by the names of what is being unpacked (work may be done twice). The app
# is given what the file was given: the umask is put back, and no variable is exported.
_pex_file=$0 _pex_name=${0##*/} _pex_why= _pex_refusal=
_pex_umask=$(umask)
umask go-w
_pex_mask=$(umask)

_pex_fail() {
    printf '%s\n' "error: $1" "hint: $2" >&2
    exit 1
}

_pex_tell() {
    printf '%s\n' "pexlite: $1" >&2
}

# Exec the Python of the file, with the file and its arguments.
_pex_become() {
    umask "$_pex_umask"
    unset PYTHONHOME
    _pex_tell_origin "${_pex_python%/*}"
    exec "$_pex_python" "$_pex_file" "$@"
}

# glibc asks /proc where the libraries beside a program are, and without /proc this variable.
_pex_tell_origin() {
    [ -e /proc/self/exe ] || export LD_ORIGIN_PATH="$1"
}

# Set _pex_python, for: loader, glibc's version (major and minor, or 0 0), sha256, its second half, offset + 1,
# bytes, unpacked kB, program. Fails, with _pex_why, where that Python does not run here.
_pex_own() {
    _pex_short=$4 _pex_sha=$4$5 _pex_begin=$6 _pex_size=$7 _pex_kilobytes=$8 _pex_program=$9
    if [ -n "$1" ] && [ ! -e "$1" ]; then
        _pex_why="there is no $1 here"
        return 1
    fi
    _pex_has_glibc "$2" "$3" || return 1
    if [ -n "$_pex_root" ]; then
        _pex_in "$_pex_root" && return
        [ -z "$_pex_why" ] || return 1
    else
        _pex_refusal="there is no home directory"
    fi
    _pex_private && _pex_in "$_pex_found" && return
    [ -z "$_pex_why" ] || return 1
    _pex_fail "$_pex_refusal" "set PEX_ROOT to a directory that can be written, and from which programs may be run"
}

# Asked before anything is unpacked; without getconf, the first start of that Python tells.
_pex_has_glibc() {
    [ "$1" -gt 0 ] && _pex_libc=$(getconf GNU_LIBC_VERSION 2>/dev/null) || return 0
    case $_pex_libc in "glibc "[0-9]*.[0-9]*) _pex_libc=${_pex_libc#glibc } ;; *) return 0 ;; esac
    _pex_minor=${_pex_libc#*.}
    _pex_minor=${_pex_minor%%[!0-9]*}
    [ "${_pex_libc%%.*}" -lt "$1" ] || { [ "${_pex_libc%%.*}" -eq "$1" ] && [ "$_pex_minor" -lt "$2" ]; } || return 0
    _pex_why="it needs glibc $1.$2, and this is glibc $_pex_libc"
    return 1
}

# Set _pex_python to the one under the root $1, unpacked if need be. Fails, with _pex_refusal, where it cannot be.
_pex_in() {
    _pex_layout=$1/@layout@
    _pex_home=$_pex_layout/interpreters/$_pex_short
    _pex_is_safe "$1" || return 1
    _pex_is_there || _pex_unpack "$1"
}

# Whether the root $1 and what it has are this user's or root's, and closed to others.
_pex_is_safe() {
    _pex_refusal=$(_pex_doubts "$1" "$_pex_layout" "$_pex_layout/interpreters" "$_pex_home")
    if [ ! -d "$1" ]; then
        _pex_above=$1
        while [ -n "$_pex_above" ] && [ ! -d "$_pex_above" ]; do _pex_above=${_pex_above%/*}; done
        _pex_refusal=$(_pex_doubts "${_pex_above:-/}")
        case $_pex_refusal in *" may be written by others"*) _pex_refusal= ;; esac
    fi
    [ -z "$_pex_refusal" ]
}

_pex_doubts() {
    LC_ALL=C ls -ldnL "$@" 2>/dev/null | (
        while read -r _pex_mode _pex_n _pex_owner _pex_n _pex_n _pex_n _pex_n _pex_n _pex_path; do
            # A name may have a line end: what follows it is no line of ls.
            case $_pex_mode in ([-a-z][-r][-w][-xsS]*) ;; (*) continue ;; esac
            if [ "$_pex_owner" != 0 ] && [ "$_pex_owner" != "$_pex_user" ]; then
                printf '%s' "$_pex_path belongs to another account ($_pex_owner)"
                break
            fi
            case $_pex_mode in
                (?????w* | ????????w*)
                    printf '%s' "$_pex_path may be written by others ($_pex_mode)"
                    break
                    ;;
            esac
        done
    )
}

# Whether the Python is there and starts. Its time is set, in turn with a pruner that may have found it unused.
_pex_is_there() {
    _pex_seen=
    _pex_is_whole || return 1
    _pex_seen=1
    if [ -O "$_pex_home" ]; then
        _pex_lock_at "$_pex_layout/locks/prune"
        { _pex_hold -s; touch -c "$_pex_home/READY" 2>/dev/null; } 9>>"$_pex_lock"
        [ -s "$_pex_home/READY" ] && _pex_starts "$_pex_home" || return 1
    fi
    _pex_python=$_pex_home/$_pex_program
}

_pex_is_whole() {
    [ -s "$_pex_home/READY" ] && [ ! -e "$_pex_home/DAMAGED" ]
}

# Whether the Python in $1 says that it starts, and has the files that it should; with $2 it writes down which those
# are. It has to say so: a shell takes a program that is empty for one that does its work.
_pex_starts() {
    _pex_tell_origin "$1/${_pex_program%/*}"
    _pex_words=$({ "$1/$_pex_program" -I -B -c @trial@ "$@"; } 2>&1 </dev/null)
    case $_pex_words in *starts) ;; *) return 1 ;; esac
}

# Name the file to lock: $1, or where that cannot be opened /dev/null, which is never locked.
_pex_lock_at() {
    umask 077
    _pex_lock=$1
    true 2>/dev/null >>"$_pex_lock" || _pex_lock=/dev/null
    umask "$_pex_mask"
}

# Whether the lock, which is open as 9, was taken as flock is told: it goes with its last holder, however that ends.
_pex_hold() {
    [ "$_pex_lock" != /dev/null ] && { flock -w 300 "$@" 9 || flock -n "$@" 9; } 2>/dev/null
}

_pex_needs() {
    for _pex_tool in "$@"; do
        command -v "$_pex_tool" >/dev/null 2>&1 ||
            _pex_fail "$_pex_name needs $_pex_tool to unpack its Python, and there is none on PATH" \
                "install it, name a Python with PEX_PYTHON=/path/to/python, or build with --launcher elf"
    done
}

_pex_unpack() {
    _pex_needs tail head gzip tar mkdir mv rm chmod
    mkdir -p "$_pex_layout/interpreters" 2>/dev/null
    [ -d "$_pex_layout/locks" ] || mkdir -m 700 "$_pex_layout/locks" 2>/dev/null
    if [ ! -d "$_pex_layout/interpreters" ] || [ ! -w "$_pex_layout/interpreters" ]; then
        _pex_refusal="$1 cannot be written"
        return 1
    fi
    _pex_host=$({ uname -n; readlink /proc/self/ns/pid; } 2>/dev/null | cksum 2>/dev/null)
    _pex_host=${_pex_host%%[!0-9]*}
    _pex_host=${_pex_host:-0}
    _pex_lock_at "$_pex_layout/locks/$_pex_short"
    { _pex_take_turn; _pex_is_new || _pex_is_there || _pex_put "$1"; } 9>>"$_pex_lock"
}

# Whether another start has unpacked it, and started it once, since this one looked and found none. Those that wait
# for the lock would else start it one after the other.
_pex_is_new() {
    [ -z "$_pex_seen" ] && _pex_is_whole && _pex_python=$_pex_home/$_pex_program
}

_pex_take_turn() {
    _pex_turn=
    _pex_hold -x && _pex_turn=locked || _pex_wait
}

# Wait for another start that unpacks the same, half a minute at most, where locks do not work.
_pex_wait() {
    _pex_turns=0
    while [ "$_pex_turns" -lt 300 ] && [ ! -s "$_pex_home/READY" ] && _pex_another; do
        sleep 0.1 2>/dev/null || { sleep 1; _pex_turns=$((_pex_turns + 9)); }
        _pex_turns=$((_pex_turns + 1))
    done
}

# Whether a process of this host unpacks the same, of a lower number than $1 if that is given.
_pex_another() {
    for _pex_old in "$_pex_layout/interpreters/.$_pex_short-"*"-$_pex_host-00000000"; do
        _pex_pid=${_pex_old##*/."$_pex_short"-}
        _pex_pid=${_pex_pid%%-*}
        [ -d "$_pex_old" ] && [ "$_pex_pid" -ne $$ ] && [ "$_pex_pid" -lt "${1:-999999999}" ] &&
            kill -0 "$_pex_pid" 2>/dev/null && return 0
    done
    return 1
}

# Unpack the Python beside its place, start it once, and put it there. Fails where it cannot be at the root $1, or
# with _pex_why where it does not start.
_pex_put() {
    _pex_new=$_pex_layout/interpreters/.$_pex_short-$$-$_pex_host-00000000
    _pex_clear
    trap '_pex_remove; trap - INT; kill -INT $$' INT
    trap '_pex_remove; trap - TERM; kill -TERM $$' TERM
    trap '_pex_remove; trap - HUP; kill -HUP $$' HUP
    _pex_beside "$1"
    set -- $?
    trap - INT TERM HUP
    return "$1"
}

_pex_beside() {
    if ! _pex_words=$(LC_ALL=C mkdir "$_pex_new" 2>&1); then
        case $_pex_words in *"No space left"* | *"quota"*) _pex_explain ;; esac
        _pex_refusal="$1 cannot be written"
        return 1
    fi
    if [ -z "$_pex_turn" ] && _pex_another $$; then
        # Without locks two may have begun at once: the lower number goes on.
        _pex_remove
        _pex_wait
        _pex_is_there && return
        mkdir "$_pex_new" || return
    fi
    if ! _pex_runs_programs; then
        _pex_remove
        _pex_refusal="$1 is mounted noexec"
        return 1
    fi
    _pex_words=$(
        {
            { _pex_archive | gzip -dc; echo "gzip $?" >&3; } | LC_ALL=C TAR_OPTIONS= tar -C "$_pex_new" -xof -
            echo "tar $?" >&3
        } 3>&1 2>&1
    )
    case $_pex_words in *"tar 0"*) ;; *) _pex_explain ;; esac
    case $_pex_words in *"gzip 0"*) ;; *) _pex_explain ;; esac
    if ! _pex_starts "$_pex_new" new; then
        case $_pex_words in
            "[Errno 27]"* | "[Errno 28]"* | "[Errno 122]"*) _pex_explain ;;
            *"GLIBC_"*"not found"*)
                _pex_words=${_pex_words#*GLIBC_}
                _pex_words="it needs glibc ${_pex_words%%[!0-9.]*}"
                ;;
            Traceback*) _pex_words=${_pex_words##*"$_pex_line"} ;;
        esac
        _pex_remove
        _pex_why=${_pex_words%%"$_pex_line"*}
        [ -n "$_pex_why" ] || _pex_why="$_pex_program does not start"
        return 1
    fi
    _pex_words=$(echo "pexlite interpreter $_pex_sha" 2>&1 >"$_pex_new/READY") && [ -s "$_pex_new/READY" ] || _pex_explain
    if _pex_is_there; then
        # Where there are no locks, another one was as fast.
        :
    elif [ -d "$_pex_home" ]; then
        _pex_over "$_pex_new" "$_pex_home"
        mv -f "$_pex_new/READY" "$_pex_home/READY" 2>/dev/null
        rm -f "$_pex_home/DAMAGED"
        _pex_tell "the unpacked Python of $_pex_name was damaged: it has been unpacked again"
    else
        mv "$_pex_new" "$_pex_home" 2>/dev/null
        # Where one came into being just now, mv has moved it into that.
        _pex_new=$_pex_home/${_pex_new##*/}
    fi
    _pex_remove
    [ -s "$_pex_home/READY" ] || _pex_fail "$_pex_home cannot be written" "set PEX_ROOT to a directory that can"
    _pex_python=$_pex_home/$_pex_program
}

_pex_archive() {
    tail -c "+$_pex_begin" "$_pex_file" 2>/dev/null | head -c "$_pex_size"
}

# Put each file that is in $1, but for READY, into $2 in the place of the one there, whoever may have that open. The
# bytecode that Python has added may be cut off too: it is compiled again.
_pex_over() {
    [ -d "$2" ] || mkdir "$2"
    rm -f "$2"/__pycache__/*.pyc
    for _pex_old in "$1"/* "$1"/.[!.]*; do
        if [ -d "$_pex_old" ] && [ ! -h "$_pex_old" ]; then
            _pex_over "$_pex_old" "$2/${_pex_old##*/}"
        elif [ "$_pex_old" != "$_pex_new/READY" ] && { [ -e "$_pex_old" ] || [ -h "$_pex_old" ]; }; then
            mv -f "$_pex_old" "$2/${_pex_old##*/}"
        fi
    done
}

_pex_runs_programs() {
    echo '#!/bin/sh' >"$_pex_new/.runs" && chmod 700 "$_pex_new/.runs" && "$_pex_new/.runs" 2>/dev/null
    _pex_status=$?
    rm -f "$_pex_new/.runs"
    [ "$_pex_status" -ne 126 ]
}

# Remove what this process unpacks: renamed first, so that nobody can put it into its place any more.
_pex_remove() {
    _pex_gone=$_pex_layout/interpreters/.$_pex_short-$$-$_pex_host-ffffffff
    mv "$_pex_new" "$_pex_gone" 2>/dev/null
    rm -rf "$_pex_gone"
}

# Remove what starts that were killed on this host have left.
_pex_clear() {
    _pex_kept=$_pex_new
    for _pex_old in "$_pex_layout/interpreters/.$_pex_short-"*"-$_pex_host-"*; do
        _pex_pid=${_pex_old##*/."$_pex_short"-}
        _pex_pid=${_pex_pid%%-*}
        if [ -d "$_pex_old" ] && { [ "$_pex_pid" = $$ ] || ! kill -0 "$_pex_pid" 2>/dev/null; }; then
            _pex_new=$_pex_old
            _pex_remove
        fi
    done
    _pex_new=$_pex_kept
}

# Exit with an error if a tool is there that does nothing, as a link to a busybox without it.
_pex_needs_working_tools() {
    [ "$(echo abc | tail -c +3 2>/dev/null)" = c ] || _pex_fail_without tail
    [ "$(echo abc | head -c 1 2>/dev/null)" = a ] || _pex_fail_without head
    printf '\037\213\010\0\0\0\0\0\0\003\003\0\0\0\0\0\0\0\0\0' | gzip -dc >/dev/null 2>&1 || _pex_fail_without gzip
    case $_pex_words in *"applet not found"* | *"tar 126"* | *"tar 127"*) _pex_fail_without tar ;; esac
}

_pex_fail_without() {
    _pex_fail "$_pex_name needs $1 to unpack its Python, and the one on PATH does not work" \
        "install it, name a Python with PEX_PYTHON=/path/to/python, or build with --launcher elf"
}

# Exit with an error: _pex_words are those of the tool that failed.
_pex_explain() {
    _pex_remove
    _pex_needs_working_tools
    if ! _pex_archive | gzip -t 2>/dev/null; then
        _pex_fail "$_pex_name is damaged: the Python in it has changed" "copy it here again"
    fi
    _pex_free=$(df -Pk "$_pex_layout" 2>/dev/null | {
        read -r _pex_n
        read -r _pex_n _pex_n _pex_n _pex_free _pex_n
        echo "$_pex_free"
    })
    case $_pex_free in "" | *[!0-9]*) _pex_free=$_pex_kilobytes ;; *) _pex_free=$((_pex_free * 1024 / 1000)) ;; esac
    if [ "$_pex_free" -lt "$_pex_kilobytes" ]; then
        _pex_needed="$((_pex_kilobytes / 1000)).$((_pex_kilobytes / 100 % 10)) MB needed"
        _pex_fail "no room to unpack into $_pex_layout: $_pex_needed, $((_pex_free / 1000)).$((_pex_free / 100 % 10)) MB free" \
            "make room, or set PEX_ROOT to a directory on another disk"
    fi
    _pex_words=${_pex_words%%"$_pex_line"*}
    _pex_fail "$_pex_name cannot unpack its Python into $_pex_layout: $_pex_words" \
        "make room there, or set PEX_ROOT to a directory on another disk"
}

# Set _pex_found to this user's private directory, made if need be, where the runtime makes it too.
_pex_private() {
    for _pex_place in "${TMPDIR-}" /var/tmp /tmp /dev/shm; do
        case $_pex_place in /*) ;; *) continue ;; esac
        _pex_listed=$(LC_ALL=C ls -ldnL "$_pex_place" 2>/dev/null)
        case $_pex_listed in
            d????????t* | d????-??-*) ;;
            *) continue ;;
        esac
        [ -w "$_pex_place" ] || continue
        case $(_pex_doubts "$_pex_place") in *" belongs to "*) continue ;; esac
        { flock -w 2 9 2>/dev/null; _pex_find || _pex_make; } 9<"$_pex_place" && break
    done
    [ -n "$_pex_found" ] || return 1
    case $_pex_refusal in
        *" cannot be written" | "there is no home directory") [ -z "${PEX_VERBOSE-}" ] || _pex_tell "$_pex_refusal: using $_pex_found" ;;
        *) _pex_tell "$_pex_refusal: using $_pex_found" ;;
    esac
}

_pex_find() {
    for _pex_found in "$_pex_place/pexlite-$_pex_user-"*; do
        case $(LC_ALL=C ls -ldn "$_pex_found" 2>/dev/null) in
            drwx------*) [ ! -O "$_pex_found" ] || return 0 ;;
        esac
    done
    _pex_found=
    return 1
}

_pex_make() {
    umask 077
    _pex_found=$(mktemp -d "$_pex_place/pexlite-$_pex_user-XXXXXX" 2>/dev/null)
    umask "$_pex_mask"
    [ -n "$_pex_found" ]
}

_pex_line='
'
{ read -r _pex_n && read -r _pex_n; } 2>/dev/null <"$0"
[ "$_pex_n" = ': "@unreadable@' ] ||
    _pex_fail "$_pex_name is no file that can be read again, as from a pipe" "save the file, and start that"
_pex_found=
_pex_needs id uname ls
_pex_user=$(id -u 2>/dev/null) && [ -n "$_pex_user" ] || _pex_fail_without id
_pex_root=${PEX_ROOT:-@own_root@}
case $_pex_root in
    "~" | "~/"*) [ -n "${HOME-}" ] && _pex_root=${HOME%/}${_pex_root#"~"} || _pex_root= ;;
    "~"*) _pex_root= ;;
esac
case $_pex_root in
    "" | /*) ;;
    *)
        case $PWD in (/*) [ -d "$PWD" ] ;; (*) false ;; esac ||
            _pex_fail "the current directory is gone" "start $_pex_name from another one"
        _pex_root=$PWD/$_pex_root
        ;;
esac
while [ "${_pex_root%/}" != "$_pex_root" ]; do _pex_root=${_pex_root%/}; done
_pex_machine=$(uname -sm 2>/dev/null) && [ -n "$_pex_machine" ] || _pex_fail_without uname
@tries@
_pex_fail "$_pex_name brings "@brought@", and that does not run here: ${_pex_why:-this is $_pex_machine}" \
    "name a Python with PEX_PYTHON=/path/to/python, or build for this machine with --python-from"
