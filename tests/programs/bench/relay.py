"""ssh's connection to a server, by way of stdin and stdout: `relay.py HOST PORT DIRECTORY` keeps a count there.

At the end DIRECTORY has a file whose name is this process's number, with the bytes that have passed in both
directions.
"""

import os
import selectors
import socket
import sys


def main() -> None:
    """Pass on what comes until the server closes the connection, and count it."""
    host, port, directory = sys.argv[1:]
    passed = 0
    # Written at once and in one place: ssh ends this process by a signal.
    count = os.open(f"{directory}/{os.getpid()}", os.O_WRONLY | os.O_CREAT)
    os.pwrite(count, b"%020d" % passed, 0)
    with socket.create_connection((host, int(port))) as connection, selectors.DefaultSelector() as ready:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        ways = {0: connection.fileno(), connection.fileno(): 1}
        for source in ways:
            ready.register(source, selectors.EVENT_READ)
        try:
            while True:
                for key, _ in ready.select():
                    piece = os.read(key.fd, 1 << 16)
                    if not piece:
                        return
                    passed += len(piece)
                    _write(ways[key.fd], piece)
                    os.pwrite(count, b"%020d" % passed, 0)
        except OSError:
            return


def _write(descriptor: int, piece: bytes) -> None:
    while piece:
        piece = piece[os.write(descriptor, piece) :]


if __name__ == "__main__":
    main()
