"""The command line: options, help, words, progress, exit codes. Only this room prints or exits.

In come words of a person; out come a request, and the result or the failure in words and an exit code.

    main                the command that was meant, run; its end in words and an exit code: open this first
    commands            the commands by name; words_first: one that stands behind options
    options             every option of a build, by question; option_values: words read into values
    build, lock, info, verify, extract, venv, cache, probe
                        a command each: options into a request, a result into words
    about, help         the help of pexlite as a whole, and of a command; docs: the pages in pexlite/docs
    completion          words that a shell may complete to
    mistaken            words meant as a command; pex_options: options of pex, and what to type instead
    project_defaults    `[tool.pexlite]` of the local project
    progress            progress for people; outcome: the result of a build or a lock
    failures            errors as lines and exit codes
    say, stdout, words  all that is written; sizes and times as people read them
"""

from pexlite.cli.main import main as main
