"""`python -m tests.offline [--as-root] COMMAND…`: the command in this process, with no network but the loopback.

Linux lets root take the network from a process, and most kernels anyone, in a user namespace of their own. From
there the account's other processes cannot be looked into, so what is tested about those takes --as-root. Where the
network cannot be left, as in many containers, the command runs with it, and a line says so.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path

_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000  # CLONE_NEWNET and CLONE_NEWUSER of <linux/sched.h>
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1  # SIOCGIFFLAGS, SIOCSIFFLAGS and IFF_UP of <linux/if.h>


def main() -> None:
    """Exec the command; leave the network before, if that is allowed."""
    command = sys.argv[1:]
    if command[0] == "--as-root":
        del command[0]
        hindrance = what_hinders() if os.geteuid() == 0 else "it takes root"
    else:
        hindrance = what_hinders()
    if hindrance:
        print(f"note: the tests run with the network, which cannot be left here: {hindrance}", file=sys.stderr)
    else:
        leave_network()
    os.execvp(command[0], command)


def what_hinders() -> str:
    """Words that say why the network cannot be left, found by a child that tries: half of it done is worst."""
    if sys.platform != "linux":
        return f"{sys.platform} has no network namespaces"
    child = os.fork()
    if not child:
        try:
            leave_network()
        except OSError as failure:
            os._exit(failure.errno or 1)
        finally:
            os._exit(0)
    number = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return os.strerror(number) if number else ""


def leave_network() -> None:
    """Put this process into a network of its own, of which 127.0.0.1 is all there is. Raises OSError."""
    user, group = os.geteuid(), os.getegid()
    library = ctypes.CDLL(None, use_errno=True)
    if library.unshare(_NEW_NETWORK if user == 0 else _NEW_NETWORK | _NEW_USER):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    if user:
        # The same account inside as outside, so that no test takes itself for root's.
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as loopback:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(loopback, _GET_FLAGS, request))[1]
        fcntl.ioctl(loopback, _SET_FLAGS, struct.pack("16sh14x", b"lo", flags | _UP))


if __name__ == "__main__":
    main()
