"""The host's side of a push: texts that travel, in Python 3.6 grammar, of the standard library alone.

    program      answers the question, then follows plans; place: a path that it is about
    noted        the sha256 that is noted with a file
    host         a new file, put together; destination: put in its place; copies: and in others
    old_files    what files of pexlite's that are there have in them
    arrived      files that arrive in parts
    machine      the Pythons and the platform that are there

They find each other, and `archive` and `reassemble` of the runtime room, as names that were put there.
"""
