"""Bytecode, compiled by the Pythons that will run it (`--compile`).

Wheels and the runtime room's sources come in; `Bytecode` and `Room` go out, kept in the store.

    compilers        the targets that a Python here can compile for; why the others get nothing
    bytecode         the bytecode of wheels, for each of these targets
    compile_wheel    the program that such a Python runs for a wheel
    room             the parts of the runtime room that a file carries
    compile_room     the program that such a Python runs for the room
"""
