"""Where distributions come from: index settings, and the indexes that they come to.

In come the request's `IndexSettings`; out come the effective ones, and the indexes by rank.

    settings            what was asked for, over PIP_* variables, over pip's configuration files
    ignored_settings    pip's settings that a build does not heed, named so that nobody counts on them
    uv_configuration    uv's own settings that hold whatever resolves
    dates               a date of `--uploaded-prior-to` as an instant that uv and pip read alike
    indexes             the indexes that uv or pip would ask, by rank, and those that may not be asked
    formats             wheels or sources, by --only-binary and --no-binary
    environment         the environment that uv and pip run in
    shared_names        projects that several indexes have
"""
