"""`__main__.pyc`: run the compiled start inside it if none of its bits has changed, else exit with an error.

Python checks no CRC of what it runs out of a zip. This program is compiled for one Python and never run from here;
compiled_main.py puts the start into it. It is short, since nothing checks the program itself: a changed bit in one
of its names is caught, but changed instructions may end Python before it can print anything.
"""

HELD = b"the compiled start of a file stands here"

try:
    import marshal

    # A changed bit changes the number by a power of two, which this prime does not divide.
    is_whole = int.from_bytes(HELD, "little") % 2305843009213693951 == 0
    HELD = marshal.loads(HELD) if is_whole else None  # type: ignore[assignment]
except Exception:
    HELD = None  # type: ignore[assignment]
if HELD:
    exec(HELD)  # a start never returns
if __name__ == "__main__":
    raise SystemExit("error: this file is damaged: __main__.pyc has changed\nhint: copy it here again")
