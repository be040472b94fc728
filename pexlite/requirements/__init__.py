"""A request, read: a `BuildRequest` and all files that it names become a `Specification`.

Words of the command line and files of unknown origin come in; requirements, local code and settings go out, or one
UsageError with all that is wrong. Every reader returns a `Parsed`; `read` adds them up.

    read                  the whole request: open this first
    arguments             one requirement or path, as typed or as written in a file
    bare_names            a word that names both a project of the index and something in this directory
    requirements_txt      requirements files as pip reads them; constraints: the same behind URLs
    pyproject             dependencies, extras and groups of a pyproject.toml (PEP 621, 735)
    inline_metadata       the header of a script (PEP 723)
    declared/             the sources and indexes that a project's own tools name, as `[tool.uv.sources]`
    uv_workspaces         uv's workspaces and their members
    amendments            `--exclude` and `--override`
    conflicting_options   options that make another one useless; beside_venvs: those that `--venv` does
    build_properties      facts that the file is to say of itself
    declarative           whether building a project runs code of its own
    lock_lines          a lock as a requirements file
    lock_lines            a lock as a requirements file that pip installs from
    lines                 requirements as lines of the files that uv and pip read
    parsed                the value that readers return
"""
