# Python reads the end of a file first, and takes one that is cut off for a program in Python: whole, it ends as a zip.
# Without tail or head that is not to be seen.
[ -e /dev/null ] || {
    echo "error: ${0##*/} needs /dev/null, and there is none" >&2
    echo "hint: start it where /dev is mounted, or build with --launcher elf" >&2
    exit 1
}
if [ -f "$0" ] && [ "$(echo ab | tail -c 2 2>/dev/null | head -c 1 2>/dev/null)" = b ]; then
    { _pex_end=$(tail -c 22 "$0" | head -c 4); } 2>/dev/null
    case $_pex_end in
        PK*) ;;
        *)
            echo "error: ${0##*/} is damaged: it is cut off" >&2
            echo "hint: copy it here again" >&2
            exit 1
            ;;
    esac
fi
