"""Look at a built file: `python run_tool.py ROOM FILE COMMAND …`, with the tools of the runtime room at ROOM.

No code of FILE runs. This program itself runs on every Python that built files support, which need not have
pexlite: so it is Python 3.6 grammar, standard library only, and imports nothing but the room, under the name that
the room has in a file.
"""

import sys
from pathlib import Path
from types import ModuleType


def look(room: str, file: str, arguments: "list[str]") -> None:
    """Exit having run the tool that `arguments` name on `file`; with 6 where pexlite did not make the file."""
    # This program's directory holds modules whose names would hide those of the standard library.
    sys.path[:] = [entry for entry in sys.path if entry != str(Path(__file__).parent)]
    sys.dont_write_bytecode = True
    package = ModuleType("__pexlite__")
    package.__path__ = [room]
    sys.modules["__pexlite__"] = package
    from __pexlite__ import tools
    from __pexlite__.importing import Room
    from __pexlite__.tools.built_file import BuiltFile

    built_file = BuiltFile({}, file, "", None, Room(file, _texts(Path(room)), {}))
    try:
        tools.run(built_file, arguments)
    except Exception as failure:  # noqa: BLE001 - any of them says that the file is not what it should be
        sys.stderr.write(
            f"error: {built_file.name} is damaged: {type(failure).__name__}: {ascii(str(failure))[:200]}\n"
        )
        sys.exit(6)


def _texts(room: Path) -> "dict[str, str]":
    """The sources of the room, and the files that it writes as they are, by their paths in it."""
    paths = [path for path in room.rglob("*") if path.suffix in (".py", ".pth", ".sh")]
    return {path.relative_to(room).as_posix(): path.read_text(encoding="utf-8") for path in paths}


if __name__ == "__main__":
    look(sys.argv[1], sys.argv[2], sys.argv[3:])
