"""Targets: ask an interpreter, parse a platform, list the Pythons around it.

Every Target is made from facts (`facts.Python` and `facts.Platform`), never from the interpreter that runs
pexlite, so that one that was asked and one that was only named come out alike.
"""
