"""Built files and caches: what `pexlite info`, `verify`, `extract`, `venv` and `cache` show and do.

Files of unknown origin come in, and none of their code runs here; values for the command line and the API go out.

    info            what is in a file and where it runs
    verify          that a file is one that a build writes, and agrees with a lock: open this first of these
    held_wheels     its wheels and Pythons against their digests; vouched: its wheels against a lock
    remade          all else in it made again, and compared; recompiled: its bytecode
    bill            its bill of materials; compare: what differs between two of them
    sign            its signature, beside it or in it
    extract         its wheels, byte for byte
    flat            its packages in a plain directory, or a zip of one
    image           an image for containers, on top of another; oci: how such images are read and written
    who             which files carry a project, here and on hosts; carried: the program that looks
    activate        its content importable in this process
    runtime_tools   tools of the runtime room, run on a file; run_tool: the program that does it
    own_venv        the Python that a file carries, put into its venv
    caches          the store, and the cache that built files unpack into
"""
