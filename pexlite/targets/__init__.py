"""Targets: ask an interpreter, parse a platform, list the Pythons around it.

Every Target is made from facts (`facts.Python` and `facts.Platform`), never from the interpreter that runs
pexlite, so that targets from an interpreter and targets from a platform's name come out alike.

    find           the targets of a build, from --python, --platform and --target: open this first
    facts          a Python and a platform, and the Target that they make
    interpreters   the Python that --python names; wanted: that word, read
    places         where a machine keeps Pythons; found: all of them
    asking         a Python runs `ask` and becomes a Target; ask: that program; answer: what it prints, checked
    platforms      a platform's name, parsed; complete_platform: pex's description of one
    probe          the facts of a Python, here or on another machine, as a file
    surroundings   the targets that the same wheels may serve as well; served: those of a variant of a built file
"""
