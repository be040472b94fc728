"""The first bytes of a file: what the kernel starts it with."""

from __future__ import annotations

from pexlite.errors import UsageError
from pexlite.model import Bundle


def header(bundle: Bundle) -> bytes:
    """The `#!` line. Raises UsageError for one that no kernel could read."""
    shebang = bundle.launch.shebang.removeprefix("#!").strip()
    if not shebang or "\n" in shebang or len(shebang.encode()) > 125:
        raise UsageError(
            f"{bundle.launch.shebang!r} is no line that a kernel can start a file with",
            causes=["it has to be one line of at most 127 bytes"],
            hint="--python-shebang '/usr/bin/env python3'",
        )
    return f"#!{shebang}\n".encode()
