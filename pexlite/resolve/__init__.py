"""Requirements to a lock, by uv or pip, for all targets at once.

In come requirements (`Root`), targets and index settings; out comes a `Pylock`, or a ResolutionError in our words.

    lock                one lock for all targets: open this first
    job                 one resolution: the input of uv or pip for one target
    uv, pip             the two resolvers
    installers          uv and pip found, and run
    run_patched_pip     pip, told what it has no options for; patched_pip: the program that changes it
    metadata_wheels     wheels of metadata alone, in place of large local ones
    project_lock        the lock beside a project: pylock.toml, or uv.lock through `uv export`
    build_wheel         a project built by uv or pip; build_tools: what it is built with; sdist: unpacked
    stderr              the lines of uv's and pip's output that explain a failure
    explain/            a resolver's failure in our words
"""
