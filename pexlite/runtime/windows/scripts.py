"""Console scripts on Windows: a launcher with the program behind it; without a launcher, a batch file with it."""

import io
import zipfile

# The name by which it was called, as elsewhere.
_NAME = b'import sys\n\nif sys.argv[0][-4:].lower() in (".exe", ".cmd"):\n    sys.argv[0] = sys.argv[0][:-4]\n'
# What cmd runs, and Python passes over (-x). The exit code is Python's: Wine has `exit /b` give 0.
_BATCH = b'@"%%~dp0%spython.exe" -x "%%~f0" %%* & @goto :eof\r\n'
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)


def program(source: bytes, first_line: bytes, launcher: "bytes | None") -> bytes:
    """The content of a console script that runs `source` by the Python that `first_line` names."""
    if launcher is None:
        return by_itself(_NAME + source, b"")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(zipfile.ZipInfo("__main__.py", _FIRST_DAY), _NAME + source)
    return launcher + first_line + packed.getvalue()


def by_itself(source: bytes, folder: bytes) -> bytes:
    """The content of a batch file that runs `source` by the python.exe in the `folder` beside it."""
    return _BATCH % folder + source
