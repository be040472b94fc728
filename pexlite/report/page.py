"""A report as one page of HTML that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from pathlib import Path

from pexlite.report.value import Report, as_json

PARTS = Path(__file__).parent / "parts"
LIBRARIES = ("d3-hierarchy", "dagre")
SCRIPTS = ("page", "overview", "sizes", "graph", "tables", "difference", "start")
"""The page's own scripts, in the order in which they run."""

_PLACE = re.compile(r"\{\{(\w+)\}\}")
# A browser that shows its tools would ask for a map that is not there.
_SOURCE_MAP = re.compile(r"\n//# sourceMappingURL=\S+\n?$")


def page_of(report: Report) -> bytes:
    """The page that shows `report`, in UTF-8; the same bytes for the same value.

    Its policy lets in the page's own style and scripts alone, by their digests, and no request to anywhere.
    """
    style = _part("page.css")
    libraries = "\n".join(map(library, LIBRARIES))
    script = '"use strict";\n(() => {\n' + "\n".join(_part(f"{name}.js") for name in SCRIPTS) + "\n})();\n"
    places = {
        "policy": _policy(style, libraries, script),
        "title": html.escape(f"{report.file.name} · pexlite"),
        "style": style,
        "licences": "\n".join(map(_licence, LIBRARIES)),
        "data": as_json(report),
        "libraries": libraries,
        "script": script,
    }
    # In one go: what takes a place is never looked at for places.
    text = _PLACE.sub(lambda found: places[found[1]], _part("page.html"))
    return text.encode("utf-8", "replace")


def library(name: str) -> str:
    """The text of a library as the page has it."""
    return _SOURCE_MAP.sub("\n", _part(f"libraries/{name}.min.js"))


def _licence(name: str) -> str:
    text = html.escape(_part(f"libraries/{name}.LICENSE"))
    return f"<h3>{name}</h3>\n<pre>{text}</pre>"


def _policy(style: str, *scripts: str) -> str:
    """A Content-Security-Policy that lets in these texts alone."""
    sources = " ".join(map(_source, scripts))
    return (
        f"default-src 'none'; style-src {_source(style)}; script-src {sources}; "
        "base-uri 'none'; form-action 'none'"
    )


def _source(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _part(name: str) -> str:
    return (PARTS / name).read_text(encoding="utf-8")
