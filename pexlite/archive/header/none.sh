echo "error: ${0##*/} needs "@needed@", and there is none on PATH" >&2
echo "hint: install one of these, or name it with PEX_PYTHON=/path/to/python" >&2
exit 1
