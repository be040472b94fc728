"""Wheels -> Bundle: which wheels each target gets, what starts, and on which Pythons the file will run.

Pure: values in, values out. No disk, no network, no clock, no environment.

    plan               wheels, targets and an entry point as a `Bundle`: open this first
    closure            the wheels that requirements need on one target, or who asked for what is missing
    lock_changes       what a lock lacks to satisfy some requirements
    entry_points       the entry point, read from source; definitions: the names in it; suggestions: what was meant
    tree               the files of an app's directory, each where an installer would put it
    runs_on            on which Pythons and platforms a file runs, in words; limits: what keeps it from others
    collisions, sizes, records, missing_modules, without_effect
                       what is told or refused about a bundle, one kind each
"""
