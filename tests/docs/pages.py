"""The pages of pexlite/docs and the README, as tests read them."""

from __future__ import annotations

import re
from pathlib import Path

from tests.checkout import REPOSITORY
from tests.docs.tables import DOCS

README = REPOSITORY / "README.md"
PAGES = sorted(DOCS.glob("*.md"))


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def block_after(words: str, text: str) -> list[str]:
    """The lines of the first indented block that follows `words` in `text`."""
    found = re.search(r"\n\n((?:    .*\n)+)", text.split(words, 1)[1])
    assert found, f"there are no commands after {words!r}"
    return [line.strip() for line in found[1].splitlines()]
