"""Requirements to a lock, by uv or pip, for all targets at once.

In come requirements (`Root`), targets and index settings; out comes a `Pylock`, or a ResolutionError in our words.

    lock                one lock for all targets: open this first
    resolver            what is asked of a resolver; resolvers: the table of them
    uv, pip             the two resolvers
    uv_program          uv found, and told of index settings; pip_program: likewise pip
    run                 a resolver's program run
    job                 the input of a resolver for one target
    pip_report          what pip says it would install, as a lock
    run_patched_pip     pip, told what it has no options for; patched_pip: the program that changes it
    metadata_wheels     wheels of metadata alone, in place of large local ones
    foreign/            the locks of poetry, pdm and pipenv
    project_lock        the lock beside a project: pylock.toml, or a resolver's own
    pins                a lock's pins, compared with what would be resolved now
    stderr              the lines of uv's and pip's output that explain a failure
    explain/            a resolver's failure in our words
"""
