"""Options that pex has and pexlite does not, with what to do instead."""

from __future__ import annotations

_NO_NEED = "leave it out: every file starts as it would in a virtual environment, unpacked once into the cache"
_INSTEAD = {
    "--venv": _NO_NEED,
    "--layout": "leave it out: pexlite writes one kind of file, a single one",
    "--include-tools": "leave it out",
    "--compress": "leave it out: wheels go in as they are, compressed",
    "--compressed": "leave it out: wheels go in as they are, compressed",
    "--not-compressed": "use --no-compress",
    "--no-compression": "use --no-compress",
    "--no-pypi": "use --no-index",
    "--pypi": "leave it out: the configured index is used unless --no-index is given",
    "--repo": "use --find-links",
    "--constraints": "use --constraint",
    "--pylock": "use --lock",
    "--venv-bin-path": "use --bin-path",
    "--interpreter-constraint": "name the interpreters: --python 3.11 --python 3.12",
    "--python-path": "name the interpreter: --python /path/to/python",
    "--manylinux": "name the platform: --platform manylinux_2_28_x86_64-cp-312-cp312",
    "--pex-root": "leave it out for the build; for the running file, use --runtime-pex-root",
    "--no-build": "leave it out: where a wheel is there, it is used",
}


def in_pexlite(option: str) -> str | None:
    """Advice on what to do instead of pex's `option`; None where pex has no such option either."""
    return _INSTEAD.get(option)
