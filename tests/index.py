"""A package index on 127.0.0.1: the simple pages (PEP 503) of wheels and sdists that lie in a directory."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from packaging.utils import canonicalize_name

from tests.network.server import Reply, Server, content


def serve(
    server: Server,
    directory: Path,
    *,
    user: str = "",
    at: str = "",
    reply: Callable[[bytes], Reply] = content,
) -> str:
    """Serve all files in `directory` as an index, and return its URL, with `user` (`name:password`) in it.

    `at` is in front of its paths, or the address of another server whose proxy this one plays; `reply` makes the
    answers for files.
    """
    pages: dict[str, list[str]] = {}
    for path in sorted(directory.iterdir()):
        body = path.read_bytes()
        digest = hashlib.sha256(body).hexdigest()
        link = f'<a href="../../files/{path.name}#sha256={digest}">{path.name}</a><br>'
        pages.setdefault(canonicalize_name(path.name.split("-")[0]), []).append(link)
        server.on(f"{at}/files/{path.name}", reply(body))
    for name, links in pages.items():
        server.on(f"{at}/simple/{name}/", page("<!DOCTYPE html><html><body>" + "".join(links) + "</body></html>"))
    return f"{at}/simple/" if "://" in at else server.url(f"{at}/simple/", user=user)


def page(text: str, *, kind: str = "text/html; charset=utf-8") -> Reply:
    """A reply that is a page of an index, in HTML or of another `kind`."""
    body = text.encode()

    def reply(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return reply
