"""A real web server on 127.0.0.1 that serves what it is told and fails as it is told."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a Python without it runs the runtime's tests too
    import ssl

Reply = Callable[[BaseHTTPRequestHandler], None]
Maker = Callable[[bytes], Reply]


class Server:
    """Replies by path: each request takes the path's next reply, the last one again and again."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.replies: dict[str, list[Reply]] = {}
        self.requests: list[tuple[str, str | None]] = []
        """Path and Authorization header of every request."""
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._scheme = "https" if tls else "http"
        if tls:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    def url(self, path: str, *, host: str = "127.0.0.1", user: str = "") -> str:
        return f"{self._scheme}://{user + '@' if user else ''}{host}:{self.port}{path}"

    def on(self, path: str, *replies: Reply) -> None:
        self.replies[path] = list(replies)

    def count(self, path: str) -> int:
        return sum(1 for asked, _ in self.requests if asked == path)

    def __enter__(self) -> Server:
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._http.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                server.requests.append((self.path, self.headers.get("Authorization")))
                replies = server.replies.get(self.path, [status(404)])
                reply = replies.pop(0) if len(replies) > 1 else replies[0]
                reply(self)

            def do_HEAD(self) -> None:
                # As simple servers do; uv then asks for the whole file.
                status(405)(self)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


def content(body: bytes) -> Reply:
    def reply(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return reply


def half(body: bytes) -> Reply:
    """A reply of the first half; then the connection is closed."""

    def reply(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body[: len(body) // 2])
        request.wfile.flush()
        request.close_connection = True

    return reply


def half_of_unknown_length(body: bytes) -> Reply:
    """A reply of the first half without its length, as old servers send it; then the connection is closed."""

    def reply(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Connection", "close")
        request.end_headers()
        request.wfile.write(body[: len(body) // 2])
        request.close_connection = True

    return reply


def stalls(body: bytes, until: threading.Event) -> Reply:
    """A reply of the first half; then nothing for long."""

    def reply(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(body)))
        # Without it uv would not wait for the rest of a page.
        request.send_header("Content-Type", "text/html")
        request.end_headers()
        request.wfile.write(body[: len(body) // 2])
        request.wfile.flush()
        until.wait(30)
        request.close_connection = True

    return reply


def status(code: int, **headers: str) -> Reply:
    def reply(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return reply


def redirect(to: str) -> Reply:
    return status(302, Location=to)


def only_for(user: str, password: str, body: bytes) -> Reply:
    """A reply with the content for this user and password, and 401 for anybody else."""
    expected = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def reply(request: BaseHTTPRequestHandler) -> None:
        if request.headers.get("Authorization") == expected:
            content(body)(request)
        else:
            status(401, WWW_Authenticate='Basic realm="here"')(request)

    return reply
