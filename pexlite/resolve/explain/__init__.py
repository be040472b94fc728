"""A resolver's failure in our words: one sentence, its essential lines, and what to type.

A `Job` comes in with the outcome of uv or pip; a ResolutionError goes out.

    failures         the first row that fits: open this first
    uv_failures      words of uv, row by row, and the kind of failure that they tell of
    pip_failures     likewise words of pip
    kinds            each kind's sentence and hint
    failure          a failed run as a value, and what a row is
    wheel_missing    the requirement that has no wheel for the target, found on the indexes
    no_wheel         the error for it: which version lacks one, and what else would do
    index_files      all files that indexes have of a project
    near_names       the project that a misspelt name meant; well_known: names that many people use
"""
