"""Code, read and never run: its imports, and the Pythons that can parse it.

Wheels come in; imports and grammars go out, kept in the store since reading takes long.

    imports          the modules that local code imports
    start_imports    the modules that a start imports, in order
    grammar          the oldest Python whose grammar a module keeps to
    mentions         the modules of the standard library that any code in wheels names
    own_grammar      the oldest Python for all local code, and the modules that the running Python cannot parse
"""
