"""Bundle -> file, and file -> Manifest. Same input, same bytes.

A `Bundle` and the runtime's sources come in; a `Draft` goes out, whose wheels are copied when it is written. A
file of unknown origin, read back, gives a `Manifest`, or NotABundle.

    layout           a Bundle as the bytes of a file: open this first
    header/          the first bytes, by which the kernel starts a file: a shebang, or a program of sh
    launcher_configuration   those of a file for hosts without a shell: the static launcher, and what it reads
    launcher_facts   what both of these go by; trial: the program by which both look at an unpacked Python
    pex_info         PEX-INFO, and the facts in `__main__`; docs/file.md has every key
    launch_options   the request's LaunchOptions, checked: what no start could follow is refused
    windows_launchers  the programs that start console scripts on Windows
    runtime_files    the runtime room as text; switches: the PEX_ variables that it lists
    compiled_main    `__main__.pyc`; checked_main: the program in it that checks the rest
    imported_file    `__pex__`, by which a file on sys.path makes its content importable
    writer           a Draft written, its wheels copied by the kernel
    reader           the Manifest of a file
    member           a member of a file as bytes: its local header, its place in the directory
    aligned          places at which large content begins, so that its blocks can be shared
    frames           wheels packed by zstandard, read as if they were not; seekable: what such files have in common
    frame            the members of a file of unknown origin, every byte around them accounted for
    members          a zip of unknown origin, read within limits
    stored_wheels    the wheels inside a file; sealed_launch: the LaunchOptions of one
    trees            the lists of an app's files, checked
"""
