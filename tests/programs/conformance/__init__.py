"""Real applications and libraries, each compared with a plain venv of the same versions. `nox -s conformance`.

__main__      which rows, which tools, from the command line
application   what a row is
programs      rows: programs that are started by a console script
libraries     rows: libraries, each put to work by a few lines of code
processes     rows: servers, workers, schedulers, test runners: what starts other processes
table         all rows; the journeys of the usual test run take some of them
compare       one row built, run in each form, cold and warm, and held against the venv
report        the totals, results.json and its part of docs/conformance.md
"""
