"""Options that no start could follow are refused before anything is resolved."""

from __future__ import annotations

from typing import Any

import pytest

from pexlite.archive.launch_options import check_launch
from pexlite.errors import UsageError
from pexlite.model import LaunchOptions


@pytest.mark.parametrize(
    ("option", "given"),
    [
        ("--python-shebang", {"shebang": "/usr/bin/python3 \0"}),
        ("--runtime-pex-root", {"pex_root": "/var/\0"}),
        ("--inject-args", {"inject_args": ("a", "\0")}),
        ("--inject-python-args", {"inject_python_args": ("-u", "\0")}),
        ("--inject-env", {"inject_env": (("A", "1"), ("B", "\0"))}),
        ("--inject-env", {"inject_env": (("A\0", "1"),)}),
    ],
)
def test_no_text_has_a_character_that_ends_it(option: str, given: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=rf"^{option} has a character that no program can be given \(NUL\)$"):
        check_launch(LaunchOptions(**given))
