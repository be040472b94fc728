"""The host's side of a push: texts that travel, in Python 3.6 grammar, of the standard library alone.

    program      answers the question, then follows plans; place: the path it is about
    host         a new file, put together and put in its place
    old_files    what files of pexlite's that are there have in them
    arrived      files that arrive in parts
    machine      the Pythons and the platform that are there

They find each other, and `archive` and `reassemble` of the runtime room, as names that were put there.
"""
