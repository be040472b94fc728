"""A link to a server that is cut, or slow: the program of ssh's ProxyCommand, and how a test has ssh take it.

    python -S link.py PORT FOLDER

FOLDER/settings has, as JSON, after how many bytes of each direction the link is cut, and how many go through in a
second; FOLDER/counts gets the bytes that went through, up and down.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path

UNLIMITED = 1 << 60


@dataclass(frozen=True)
class Link:
    """The link, as a test sets it and looks at it."""

    folder: Path

    def set(self, up: int = UNLIMITED, down: int = UNLIMITED, rate: int = UNLIMITED) -> None:
        """Have the next connection cut after so many bytes up, or down, and so slow."""
        (self.folder / "settings").write_text(json.dumps({"up": up, "down": down, "rate": rate}))

    def counts(self) -> tuple[int, int]:
        """The bytes that the last connection has taken up, and down."""
        up, down = json.loads((self.folder / "counts").read_text())
        return up, down


def make_link(folder: Path, ssh: Path, port: int) -> Link:
    """A link in `folder`, which gets an ssh that takes it."""
    command = f"{sys.executable} -S {Path(__file__)} {port} {folder}"
    (folder / "ssh").write_text(f'#!/bin/sh\nexec {ssh} -o "ProxyCommand={command}" "$@"\n')
    (folder / "ssh").chmod(0o755)
    link = Link(folder)
    link.set()
    return link


def _pass_on(port: int, folder: Path) -> None:
    settings = json.loads((folder / "settings").read_text())
    server = socket.create_connection(("127.0.0.1", port))
    limits = {"up": settings["up"], "down": settings["down"]}
    counts = {"up": 0, "down": 0}
    ways = {0: ("up", server.fileno()), server.fileno(): ("down", 1)}
    piece = max(1, min(1 << 16, settings["rate"] // 20))
    # Kept up with all the time: ssh ends this process when it has no more use of it.
    counted = os.open(folder / "counts", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        while True:
            ready, _, _ = select.select(list(ways), [], [])
            for source in ready:
                way, to = ways[source]
                content = os.read(source, min(piece, limits[way] - counts[way]))
                if not content:
                    return
                while content:
                    written = os.write(to, content)
                    content = content[written:]
                    counts[way] += written
                    os.pwrite(counted, b"[%12d, %12d]" % (counts["up"], counts["down"]), 0)
                time.sleep(min(piece, written) / settings["rate"])
                if counts[way] >= limits[way]:
                    return
    except OSError:
        return


if __name__ == "__main__":
    _pass_on(int(sys.argv[1]), Path(sys.argv[2]))
