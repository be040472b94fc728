"""Programs that measure, compare and try: nox runs them when asked, and no run of the tests does.

    bench        how fast, large and hungry pexlite and its peers are, side by side
    conformance  real applications and libraries against a plain virtual environment
    comparison   the README's six lines, from the results of these two
    recording    the picture at the top of the README
    profile      where the time of one start or build goes
    machines     files built here and run on other systems and Pythons
    simulation   the cache's protocol under many schedules
    coverage     the modules that the tests hardly run, against the reasons in tests/README.md

`python -m tests.programs.NAME --help` says how each is run. Their tests lie in tests/NAME.
"""
