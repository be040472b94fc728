"""Bytecode, compiled by the Pythons that will run it: of what a start imports first, or of all (`--compile`).

Wheels and the runtime room's sources come in; `Bytecode` and `Room` go out, kept in the store.

    parts            what of a bundle's file is bytecode, and how much that may be
    compilers        the targets that a Python here can compile for; why the others get nothing
    bytecode         the bytecode of wheels, for each of these targets
    first_imports    that of what a start imports first, as much as there is room for
    compile_wheel    the program that such a Python runs for a wheel
    room             the parts of the runtime room that a file carries
    compile_room     the program that such a Python runs for the room
"""
