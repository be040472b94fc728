"""Which destinations are on one host: one connection serves them all.

Several names of ssh's configuration may stand for one host. ssh itself says what it makes of a name (`ssh -G`):
where that is the same but for the name, the connection is.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence

from pexlite.files.programs import find_program
from pexlite.ship.destination import Destination

# Tokens of ssh_config(5) for the name that was typed; %k is that name as well, or its alias.
_NAME = re.compile(r"(?<!%)(?:%%)*%[nk]")
_AT_ONCE = 16
_LONGEST = 10  # seconds that ssh may take to say what it makes of a name


def by_host(destinations: Sequence[Destination]) -> tuple[tuple[Destination, ...], ...]:
    """The destinations, those on one host together, in the order in which hosts are named first."""
    hosts = {(to.host, to.port): to for to in destinations}
    known = _known(list(hosts.values())) if len(hosts) > 1 else {}
    found: dict[Hashable, list[Destination]] = {}
    for to in destinations:
        name = (to.host, to.port)
        found.setdefault(known.get(name, name), []).append(to)
    return tuple(map(tuple, found.values()))


def _known(hosts: Sequence[Destination]) -> dict[tuple[str, int | None], str]:
    """By host and port, all that ssh makes of each name; none for those that nothing but the name says."""
    ssh = find_program("ssh")
    if ssh is None:
        return {}
    found = {}
    for first in range(0, len(hosts), _AT_ONCE):
        found.update(_asked(str(ssh), hosts[first : first + _AT_ONCE]))
    return found


def _asked(ssh: str, hosts: Sequence[Destination]) -> dict[tuple[str, int | None], str]:
    import subprocess  # most pushes are to one host, and need nobody be asked

    asked = []
    for to in hosts:
        try:
            asked.append(
                subprocess.Popen(
                    [ssh, "-G", *to.words],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    text=True,
                    errors="surrogateescape",
                )
            )
        except OSError:
            break  # who connects is told
    found = {}
    for to, process in zip(hosts, asked, strict=False):
        try:
            said = process.communicate(timeout=_LONGEST)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            continue
        # The first line repeats the name, in newer versions.
        lines = [line for line in said.splitlines() if not line.startswith("host ")]
        if process.returncode == 0 and lines and not any(_NAME.search(line) for line in lines):
            found[to.host, to.port] = "\n".join(lines)
    return found
