"""The program `pex` of a venv made from a built file: it starts what the file starts, as the file does."""

import os
import sys


def main() -> None:
    """Exit as what the file starts does, or exec it."""
    import marshal
    from _frozen_importlib_external import MAGIC_NUMBER

    place = os.path.dirname(os.path.realpath(__file__))
    with open(place + "/_pexlite_launch", "rb") as file:
        content = file.read()
    if content[:4] != MAGIC_NUMBER:
        sys.exit("error: %s was made for another Python than %s\nhint: make it anew" % (place, sys.executable))
    parts = marshal.loads(content[4:])
    launch = {"__name__": "__pexlite__.app.launch", "PARTS": parts, "PLACE": place, "FACTS": parts["facts"]}
    exec(marshal.loads(parts["launch"]), launch)
    function, argument = launch["begin_in_venv"](os.path.abspath(sys.argv[0]))
    function(argument, globals())


if __name__ == "__main__":
    main()
