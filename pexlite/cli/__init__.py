"""The command line: options, help, words, progress, exit codes. Only this room prints or exits.

A person's words come in; a request goes out, then the result or the failure in words, and an exit code.

    main                runs a command and turns its end into words and an exit code: open this first
    commands            the commands by name; words_first: options before the command
    run_built           a build whose file is run; push_built: one whose file is pushed
    options             every option of a build, by question; lock_options: those of a lock
    info_graph          the tree of `info`, and its --why; info_foreign: files of pex and shiv
    own_python_options  those about a Python that the file carries
    start_list_options  those about starts that are tried at build
    signers_options     those about who may have signed a file
    option_values       words read into values
    build, run, lock, patch, info, report, diff, sbom, verify, sign, extract, venv, who, cache, probe, push, delta
                        a command each: options into a request, a result into words
    image               the command that makes an image for containers
    about, help         the help of pexlite as a whole, and of a command; docs: the pages in pexlite/docs
    completion          words that a shell may complete to
    mistaken            requirements that look like a misspelt command; pex_options: options of pex, with advice
    project_defaults    `[tool.pexlite]` of the local project
    progress            progress for people; sent: bytes sent to hosts; outcome: the result of a build or a lock
    failures            errors as lines and exit codes
    say, stdout, words  all output; sizes and times as people read them
"""

from pexlite.cli.main import main as main
