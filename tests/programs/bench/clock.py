"""Run one command and print, as JSON, what it cost: `python -I -S clock.py OUT ERR COMMAND…`.

The peak memory of a process begins with its parent's, so this parent has to be small and imports only what it
must.
"""

import os
import sys
import time


def main() -> None:
    out, err, command = sys.argv[1], sys.argv[2], sys.argv[3:]
    create = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, out, create, 0o644),
        (os.POSIX_SPAWN_OPEN, 2, err, create, 0o644),
    ]
    began = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - began
    memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    cpu, code = usage.ru_utime + usage.ru_stime, os.waitstatus_to_exitcode(status)
    print(f'{{"wall": {wall}, "cpu": {cpu}, "memory": {memory}, "code": {code}}}')


main()
