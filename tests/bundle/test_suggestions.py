"""An entry point that is spelt as a file, or with a dot for the colon, gets the right spelling as a suggestion."""

from __future__ import annotations

import pytest

from pexlite.bundle.suggestions import suggested_reference

SOURCES = {
    "weather": "def main(): ...\ndef forecast(): ...\n",
    "plain": "print(1)\n",
    "tool": "",
    "tool.cli": "from x import run\nclass App: ...\n",
    "tool.main": "def main(): ...\n",
    "newer": "def main(:\n",
}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("weather.py", "weather:main"),
        ("./weather.py", "weather:main"),
        ("src/weather.py", "weather:main"),
        ("weather.main", "weather:main"),
        ("weather.py:main", "weather:main"),
        ("./weather.py:forecast", "weather:forecast"),
        ("weather.forecast", "weather:forecast"),
        ("weather:main()", "weather:main"),
        ("weather", "weather:main"),
        (" weather.py ", "weather:main"),
        ("plain.py", "plain"),
        ("tool/cli.py:run", "tool.cli:run"),
        ("tool.cli.run", "tool.cli:run"),
        ("tool:cli.run", "tool.cli:run"),
        ("tool/cli.py", "tool.cli"),
        ("tool/main.py", "tool.main:main"),
        ("tool.cli.App.start", "tool.cli:App.start"),
        ("tool/", "tool"),
        ("newer.py", "newer"),
        ("weather:main", "weather:main"),
        ("plain", "plain"),
        # Nothing that is there.
        ("weather:snow", None),
        ("weather.snow", None),
        ("weather.py:snow", None),
        ("rain.py", None),
        ("tool.clj:run", None),
        ("../weather.py", None),
        ("weather main", None),
        ("", None),
    ],
)
def test_what_is_there_is_found_behind_another_spelling(typed: str, expected: str | None) -> None:
    assert suggested_reference(typed, SOURCES.get) == expected
