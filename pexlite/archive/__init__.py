"""Bundle -> file, and file -> Manifest. Same input, same bytes.

In come a `Bundle` and the runtime's sources; out comes a `Draft`, whose wheels are copied when it is written. Read
back, a file of anybody's gives a `Manifest`, or NotABundle.

    layout           a Bundle as the bytes of a file: open this first
    header           what the kernel starts a file with: a shebang, or a program of sh
    pex_info         PEX-INFO, and the facts that stand in `__main__`; docs/file.md has every key
    launch_options   what can be sealed into a file about its start
    runtime_files    the runtime room as text
    compiled_main    `__main__.pyc`; checked_main: the program in it that checks the rest
    writer           a Draft written, its wheels copied by the kernel
    reader           the Manifest of a file
    members          a zip of anybody's, read within limits
    stored_wheels    the wheels inside a file
    trees            the lists of an app's files, checked
"""
