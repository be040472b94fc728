"""Where distributions come from: index settings, and the indexes that result from them.

The request's `IndexSettings` come in; the effective settings go out, and the indexes by rank.

    settings            the request's settings, over PIP_* variables, over pip's configuration files
    ignored_settings    notices about pip's settings that a build ignores
    uv_configuration    uv's own settings that apply with either resolver
    dates               a date of `--uploaded-prior-to` as an instant that uv and pip read alike
    indexes             the indexes that uv or pip would use, by rank, and those that are not allowed
    formats             wheels or sources, by --only-binary and --no-binary
    environment         the environment that uv and pip run in
    shared_names        projects that several indexes have
"""
