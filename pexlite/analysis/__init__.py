"""Own code, read and never run: its imports, and the Pythons that can read it.

In come the wheels of local code; out come imports and grammars, kept in the store since reading takes long.

    imports       the modules that own code imports
    grammar       the oldest Python whose grammar a module keeps to
    own_grammar   that of all own code, and what the running Python cannot read
"""
