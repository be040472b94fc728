try:
    # The sh header has the app's Python run this program: it loads the launcher and calls the entry point. All of
    # it is one statement, so that a file cut off by a power cut is a SyntaxError, not a program that does less.
    import marshal
    import os
    import sys
    from _frozen_importlib_external import MAGIC_NUMBER

    place = os.path.dirname(__file__)
    given = sys.argv[1:]
    try:
        sys.argv[:] = given  # the file, as it was named, and its arguments
        with open(place + "/_pexlite_launch", "rb") as file:
            content = file.read()
        if content[:4] != MAGIC_NUMBER:
            raise ImportError
        parts = marshal.loads(memoryview(content)[4:])
        launch = {"__name__": "__pexlite__.app.launch", "PARTS": parts, "PLACE": place, "FACTS": parts["facts"]}
        exec(marshal.loads(parts["launch"]), launch)
        launch["note_use"](place)
        function, argument = launch["begin_from_shell"](given[0])
    except Exception:
        # The file itself can mend a damaged cache.
        os.execv(sys.executable, [sys.executable] + given)
    function(argument, globals())
finally:
    pass
