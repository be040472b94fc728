"""Addresses that are none end in an error that quotes them, wherever they are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pexlite.errors import FetchError, PexliteError, UsageError
from pexlite.model import BuildRequest, IndexSettings
from pexlite.network.urls import joined, local_path, parts_of
from pexlite.pipeline.build import build

BROKEN = "https://[a.test/simple"

pytestmark = pytest.mark.usefixtures("bare_machine")


@pytest.mark.parametrize("url", [BROKEN, "http://a.test:x/", "http://a.test:99999/", "//]"])
def test_a_host_or_port_that_is_none_is_an_error(url: str) -> None:
    with pytest.raises(UsageError, match="is no address"):
        parts_of(url)
    with pytest.raises(FetchError, match="is no address"):
        joined("https://a.test/", url, FetchError)


def test_a_password_with_a_slash_is_not_told_as_a_port() -> None:
    password = "correct" + "horse"
    with pytest.raises(UsageError) as caught:
        parts_of(f"https://user:{password}/staple@a.test/simple")
    failure = caught.value
    assert password not in " ".join([failure.message, *failure.causes])
    assert failure.__suppress_context__, "a traceback would show the words of the standard library"


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("file:///a%20b/c", Path("/a b/c")),
        ("links", Path("links")),
        ("https://index.example/x", None),
        ("git+https://host.example/x", None),
    ],
)
def test_a_location_is_a_path_or_a_url(location: str, path: Path | None) -> None:
    assert local_path(location) == path


LOCK = f"""
lock-version = "1.0"
created-by = "somebody"
[[packages]]
name = "core"
version = "1"
[[packages.wheels]]
name = "core-1-py3-none-any.whl"
url = "{BROKEN}/core-1-py3-none-any.whl"
hashes = {{ sha256 = "{64 * "0"}" }}
"""


@pytest.mark.parametrize("resolver", ["uv", "pip"])
@pytest.mark.parametrize(
    "asked",
    [
        {"requirements": (f"core @ {BROKEN}/core-1.tar.gz",)},
        {"requirements": (f"{BROKEN}/core-1.tar.gz",)},
        {"requirements": (f"git+{BROKEN}/core.git",)},
        {"requirements": ("core",), "index": IndexSettings(index_url=BROKEN)},
        {"requirements": ("core",), "index": IndexSettings(find_links=(BROKEN,))},
        {"requirements": ("core",), "index": IndexSettings(named_indexes=(("ours", BROKEN),))},
        {"requirements": ("core",), "constraint_files": (BROKEN,)},
        {"requirement_files": (BROKEN,)},
        {"requirement_files": ("requirements.txt",)},
        {"lock": Path("pylock.toml")},
    ],
    ids=str,
)
def test_it_is_quoted_wherever_it_is_written(asked: dict[str, Any], resolver: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text(f"--extra-index-url {BROKEN}\ncore\n")
    (tmp_path / "pylock.toml").write_text(LOCK)
    with pytest.raises(PexliteError) as caught:
        build(BuildRequest(directory=tmp_path, resolver=resolver, output=Path("x.pex"), **asked))
    assert BROKEN.partition("/simple")[0] in " ".join([caught.value.message, *caught.value.causes])
