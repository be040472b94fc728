"""Bytecode, made by the Pythons that will run it (`--compile`).

In come wheels, or the runtime room's sources; out come `Bytecode` and `Room`, kept in the store.

    bytecode         the bytecode of wheels, for each target that has a Python here
    compile_wheel    the program that such a Python runs for a wheel
    room             what a file carries of the runtime room
    compile_room     the program that such a Python runs for the room
"""
