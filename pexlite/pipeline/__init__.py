"""From a request to a file, and to a lock: the stages in their order.

In comes a `BuildRequest`; out comes a `BuildResult` or `LockResult`. Read `decide.decide` from top to bottom.

    build             build(request): decided now or earlier, then written
    decide            all about a file, decided: the pipeline in one screen
    checks            what may be wrong between the stages; notices: what to tell who builds
    prepare           targets found, local code made into wheels
    resolve           the requirements resolved into a new lock
    choose_lock       the lock that a build goes by, with its wheels
    lock_part         the part of a given lock that some requirements need
    choose_installed  the wheels of virtual environments, which take its place
    foreign_lock      the lock of poetry, pdm or pipenv beside a project
    earlier_lock      the lock that is there already, and how much of it stays
    given_lock        a lock that is only to be written in another format
    unusable_lock     locks beside projects that cannot be followed
    lock              lock(request): the lock that `pexlite lock` writes
    lazy_trial        what --lazy-imports changes, tried; lazy_hook: a program for that, run by a Python of 3.15
    trial_runs        the finished file, run at build with the arguments of --trace-start
    start_list        the files that these runs have read; asked_hook: a program that notes those asked about
    start_libraries   the modules and libraries among them that a start can wait for one by one
    patch             patch(file, request): other versions of some projects in a built file
    reopen            a built file as the values that it was written from; carried_pythons: the Pythons in it
    patched_versions  the versions that a patch asks for; patched_start: the entry point, looked up again
    patched_bundle    the closure checked again; patched_file: the bytes, compiled as before
    run               requirements as a file in the store that is run, kept while it is fresh
    offline           a request that the store answers, for want of a network
    sourced           a request with the sources that its projects name, as a value
    project_sources   `[tool.uv.sources]` and the like of local projects, followed
    project_indexes   the indexes that these name, in order with the builder's own
    index_origins     projects that several places have: where each came from
    parts_of_python   the parts of its own Python that a file needs
    entry_point       how a file starts, checked against the sources
    git_state         the commit that a file is built from
    python_floor      the Pythons that can read own code
    uncompressed      --no-compress: wheels rewritten, and how each is made again
    packed            --zstd: such wheels packed
    decisions         what was decided earlier, for builds from a lock
"""
