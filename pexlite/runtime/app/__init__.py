"""The modules that every start but the first runs: compiled at the first start into one file.

    launch      this process becomes the app's, and the entry point is called
    switches    the PEX_ variables of one start
    become      sealed arguments and variables, the sh header
    program     scripts, the interpreter
    spark       starts that have to do with Spark
    sharing     Spark's executors run in the file too
    failing     the end of an app that failed

No later start reads anything of the zip but its `__main__`. These modules use the standard library and each other.
"""
