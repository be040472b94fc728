"""The modules that every start but the first runs, compiled by the first start into one file.

What few starts need is in no such file: the first of them compiles it into one beside it.

    launch        turn this process into the app's, call the entry point
    switches      the PEX_ variables of one start
    become        sealed arguments and variables, the sh header
    program       scripts, the interpreter
    spark         starts by Spark
    namesake      the bundle's package of the file's own name
    sharing       Spark's executors run in the same file
    failing       the end of an app that failed; own: the Python that its file has brought
    interpreters  more interpreters in the app's process
    startup       the bundle's .pth and .start files, from Python 3.15 on
    lazy          imports that wait until they are needed, from Python 3.15 on
    host          the host's packages let in
    pex_path      what other files add to sys.path

Later starts read nothing of the zip but its `__main__`. These modules use the standard library and each other.
"""
