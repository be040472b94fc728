"""Wheels -> Bundle: the wheels for each target, the entry point, and the Pythons on which the file will run.

Pure: values in, values out. No disk, no network, no clock, no environment.

    plan               wheels, targets and an entry point as a `Bundle`: open this first
    closure            the wheels that requirements need on one target, or what is missing and who requires it
    lock_changes       what a lock lacks to satisfy some requirements
    entry_points       the entry point, read from source; definitions: the names in it; suggestions: corrected
                       ones; summaries: what it says of itself
    tree               the files of an app's directory, each where an installer would put it
    runs_on            the Pythons and platforms of a file, in words; limits: what keeps it from others
    floors             the oldest C library and macOS that wheels run on
    platform_tag       both as one tag, for the file's name
    collisions, sizes, records, missing_modules, without_effect
                       problems of a bundle, reported or refused, one kind each
"""
