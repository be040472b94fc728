"""The names of entries in a store, by its directories: anything else there is somebody's, and stays as it is."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

NAMES: Mapping[str, tuple[str, ...]] = {
    "wheels": ("<64 hex>",),
    "built": ("<64 hex>.json", "<64 hex>-tools.json", "aligned-<64 hex>.json", "uncompressed-<64 hex>.json"),
    "bytecode": ("<32 hex>-<16 hex>.zip", "room-<16 hex>.zip"),
    "recipes": ("<64 hex>",),
    "pieces": ("<64 hex>",),
    "packed": ("<64 hex>.zst", "<64 hex>.json"),
    "imports": ("<32 hex>.json", "<32 hex>-grammar-<number>.json", "<32 hex>-start-<number>.json"),
    # The second is one that was being written when the process was killed.
    "decisions": ("<64 hex>.json", ".<40 hex>.<16 hex>"),
    # The last is one that was being unpacked when the process was killed.
    "interpreters": ("<64 hex>.tar.gz", "<64 hex>.tar.xz", "<64 hex>.json", "<64 hex>", ".<64 hex>.<number>"),
    # The second is one that was being written when the process was killed.
    "runs": ("<64 hex>.pex", ".<40 hex>.<16 hex>"),
    "incoming": ("<number>-<16 hex>",),
}
"""Forms of names: `<64 hex>` stands for so many hex digits, `<number>` for decimal ones."""


def is_entry(part: str, name: str) -> bool:
    """Whether `name` is of a form that pexlite gives in the directory `part` of a store."""
    return any(_pattern(form).fullmatch(name) for form in NAMES[part])


@functools.cache
def _pattern(form: str) -> re.Pattern[str]:
    text = re.escape(form).replace("<number>", "[0-9]+")
    return re.compile(re.sub(r"<(\d+)\\ hex>", r"[0-9a-f]{\1}", text))
